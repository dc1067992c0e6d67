"""Answers, figures, tiles put together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tlstudio.metrics.detection import Found, Truth
from tlstudio.ml.detection import scoring
from tlstudio.ml.detection.answers import FLOOR, answer_of
from tlstudio.ml.detection.finding import by_picture
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.runs.snapshot import LabelName, Picture
from tlstudio.ml.zoo.detector import MOST_FOUND


def test_answers_are_sorted_and_told_by_label() -> None:
    found = Found.of([[0, 0, 1, 1], [1, 1, 2, 2], [3, 3, 1, 1]], [0, 1, 0], [0.2, 0.9, FLOOR / 2])
    line = answer_of(found, [7, 8], 10, 20)
    assert line == {
        "width": 10,
        "height": 20,
        "boxes": [[1, 1, 2, 2], [0, 0, 1, 1]],
        "labels": [8, 7],
        "scores": [0.9, 0.2],
    }
    assert answer_of(found, [7, 8], 10, 20, least=0.5)["scores"] == [0.9]


def test_the_better_epoch() -> None:
    def values(first: float, second: float) -> dict[str, float]:
        return {"map50": first, "map50_95": second}

    assert scoring.better(values(0.1, 0.2), values(0.9, 0.1))
    assert scoring.better(values(0.2, 0.0), values(0.1, 0.0))
    assert not scoring.better(values(0.1, 0.0), values(0.1, 0.0))
    assert scoring.better(values(0, 0), {}) and not scoring.better({}, values(0, 0))


def test_figures_and_threshold() -> None:
    picture = Picture(
        1, Path("x"), None, annotations=(
            {"kind": "box", "label": 4, "box": [0, 0, 10, 10], "crowd": False},
            {"kind": "box", "label": 5, "box": [20, 20, 10, 10], "crowd": True},
            {"kind": "box", "label": 6, "box": [60, 60, 9, 9], "crowd": False},
        ),
    )  # fmt: skip
    truth = scoring.truth_of(picture, [LabelName(4, "a"), LabelName(5, "b")])
    assert truth.labels.tolist() == [0, 1, 0, 1]
    assert truth.crowd.tolist() == [False, True, True, True]
    assert truth.boxes[2:].tolist() == [[60, 60, 9, 9]] * 2, "a crowd of each label"
    boxes = [[0, 0, 10, 10], [61, 61, 5, 5], [62, 62, 5, 5], [50, 50, 5, 5]]
    found = Found.of(boxes, [0, 0, 1, 0], [0.8, 0.95, 0.9, 0.3])
    assert scoring.score([truth], [found], 2)["map50"] == pytest.approx(1.0)
    threshold = scoring.threshold_of([truth], [found], 2)
    assert 0.3 < threshold <= 0.8
    assert scoring.all_figures([truth], [found], 2, threshold)["f1"] == pytest.approx(1.0)
    near = Found.of([boxes[0], boxes[3]], [0, 0], [0.3000004, 0.3000001])  # told as the same
    assert scoring.threshold_of([truth], [near], 2) == pytest.approx(0.15)
    assert scoring.score([], [], 2) == {} == scoring.all_figures([], [], 2, 0.5)
    assert scoring.threshold_of([], [], 2) == scoring.UNKNOWN


def test_without_objects_no_figure_is_made() -> None:
    ignored = Truth.of([[0, 0, 10, 10]], [0], [True])
    found = Found.of([[0, 0, 10, 10]], [0], [0.8])
    truths, founds = [ignored, Truth.of([], [])], [found, found]
    assert scoring.score(truths, founds, 1) == {} == scoring.all_figures(truths, founds, 1, 0.5)
    assert scoring.threshold_of(truths, founds, 1) == scoring.UNKNOWN


def test_regions_cover_the_image_and_overlap() -> None:
    assert regions_of(900, 500, -1, 0.2) == [(0, 0, 900, 500)]
    assert regions_of(140, 90, 100, 0.2) == [(0, 0, 100, 90), (40, 0, 100, 90)]
    regions = regions_of(1000, 300, 200, 0.25)
    seen = np.zeros((300, 1000), int)
    for x, y, w, h in regions:
        assert (w, h) == (200, 200) and x >= 0 and y >= 0 and x + w <= 1000 and y + h <= 300
        seen[y : y + h, x : x + w] += 1
    assert seen.min() >= 1
    starts = sorted({x for x, *_ in regions})
    assert max(np.diff(starts)) <= 150


def test_an_object_seen_in_two_tiles_counts_once() -> None:
    regions = regions_of(300, 100, 100, 0.5)
    assert len(regions) == 5
    founds = [Found.of([], [], []) for _ in regions]
    founds[0] = Found.of([[70, 20, 30, 30], [5, 5, 10, 10]], [0, 1], [0.9, 0.8])  # cut at 100
    founds[1] = Found.of([[70, 20, 40, 30]], [0], [0.7])  # whole
    founds[2] = Found.of([[100, 20, 10, 30]], [0], [0.95])  # the other end of it
    both = merged(founds, regions, 300, 100)
    assert sorted(map(tuple, both.boxes.tolist())) == [(5, 5, 10, 10), (70, 20, 40, 30)]


def test_an_image_in_pieces_holds_more_than_one_of_them_may_tell() -> None:
    regions = regions_of(800, 400, 400, 0.0)
    founds = []
    for x, y, _, _ in regions:
        at = np.arange(MOST_FOUND)
        corner = np.stack([x + 8 + 18 * (at % 20), y + 8 + 18 * (at // 20)], axis=1)
        founds.append(
            Found.of(
                np.concatenate([corner, np.full((MOST_FOUND, 2), 12)], axis=1),
                np.zeros(MOST_FOUND),
                np.full(MOST_FOUND, 0.9),
            )
        )
    both = merged(founds, regions, 800, 400)
    assert len(answer_of(both, [1], 800, 400)["boxes"]) == 2 * MOST_FOUND
    truth = Truth.of(both.boxes, both.labels)
    assert scoring.score([truth], [both], 1)["map50_95"] == pytest.approx(1.0)


def test_neighbours_and_other_labels_stay() -> None:
    regions = [(0, 0, 100, 100), (60, 0, 100, 100)]
    founds = [
        Found.of([[10, 10, 20, 20], [70, 10, 20, 20]], [0, 0], [0.9, 0.5]),
        Found.of(
            [[70, 11, 20, 20], [120, 10, 20, 20], [70, 10, 20, 20]], [0, 0, 1], [0.6, 0.5, 0.4]
        ),
    ]
    both = merged(founds, regions, 160, 100)
    assert len(both.scores) == 4 and sorted(both.labels.tolist()) == [0, 0, 0, 1]
    assert merged(founds[:1], regions[:1], 100, 100) is founds[0]


def test_pieces_of_a_picture_stay_together() -> None:
    assert by_picture([3, 3, 5, 6, 6]) == [[0, 1], [2], [3, 4]]
    assert by_picture([]) == []
