"""Raw answers become boxes as the library makes them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tlstudio.ml.ultralytics.suppression import MOST, boxes_of


def raw(labels: int, cells: int, seed: int = 0) -> np.ndarray:
    """[4 + labels, cells]: many boxes over each other, confidences from nothing to certain."""
    rng = np.random.default_rng(seed)
    centre, size = rng.uniform(20, 300, (2, cells)), rng.uniform(10, 60, (2, cells))
    return np.concatenate([centre, size, rng.uniform(0, 1, (labels, cells)) ** 6]).astype("f4")


@pytest.mark.parametrize(("labels", "cells"), [(1, 84), (2, 500), (3, 2100), (20, 60)])
def test_boxes_are_those_of_the_library(labels: int, cells: int) -> None:
    from tlstudio.ml.ultralytics.quiet import open_quietly

    open_quietly()
    from ultralytics.utils.nms import non_max_suppression

    answer = raw(labels, cells)
    (expected,) = non_max_suppression(
        torch.from_numpy(answer.copy())[None], 0.001, 0.7, multi_label=True, max_det=MOST
    )
    boxes, scores, found = boxes_of(answer)
    assert len(boxes) == len(expected) > 20
    np.testing.assert_allclose(scores, expected[:, 4], atol=1e-6)
    assert found.tolist() == expected[:, 5].tolist()
    np.testing.assert_allclose(boxes, expected[:, :4], atol=1e-3)


def test_an_answer_without_doubles_is_only_sorted_and_cut_off() -> None:
    rows = np.array([[0, 0, 9, 9, 0.2, 1], [0, 0, 9, 9, 0.9, 0], [0, 0, 9, 9, 0.0005, 0]], "f4")
    boxes, scores, labels = boxes_of(np.repeat(rows, 4, axis=0))
    assert len(boxes) == 8
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)
    assert labels.tolist() == [0] * 4 + [1] * 4


def test_nothing_found_is_no_boxes() -> None:
    boxes, scores, labels = boxes_of(np.zeros((6, 84), "f4"))
    assert (boxes.shape, scores.shape, labels.shape) == ((0, 4), (0,), (0,))
