from __future__ import annotations

import numpy as np
import pytest

from tlstudio.ml.runs.balance import class_weights
from tlstudio.ml.runs.course import Course, auto_batch, order_of, steps_per_epoch


def test_small_sets_are_shown_more_often() -> None:
    assert steps_per_epoch(1000, 10, 12, 150) == 100
    assert steps_per_epoch(20, 10, 12, 150) == 13
    assert auto_batch(3) == 3 and auto_batch(100) == 16 and auto_batch(5000) == 32


def test_an_epoch_shows_every_image_in_whole_batches_and_an_order_of_its_own() -> None:
    course = Course(np.arange(100, 110), batch=4, steps=7, epochs=2)
    first = list(order_of(course, 0, 1))
    places = np.concatenate([p for p, _ in first])
    keys = np.concatenate([k for _, k in first])
    assert [len(p) for p, _ in first] == [4] * 7
    assert sorted(places[:10].tolist()) == list(range(100, 110))
    assert len(set(keys.tolist())) == 28, "each showing draws a change of its own"
    again = np.concatenate([p for p, _ in order_of(course, 0, 1)])
    second = np.concatenate([p for p, _ in order_of(course, 0, 2)])
    assert places.tolist() == again.tolist() != second.tolist()


def test_class_weights_come_on_where_labels_are_uneven() -> None:
    even, uneven = np.array([20, 10]), np.array([30, 10])
    assert class_weights(even, "auto").tolist() == [1, 1]
    assert class_weights(even, "balanced").tolist() == [0.75, 1.5]
    found = class_weights(uneven, "auto")
    assert found[1] / found[0] == pytest.approx(3)
    assert class_weights(uneven, "none").tolist() == [1, 1]


def test_tempered_weights_lie_between_none_and_balanced() -> None:
    counts = np.array([900, 90, 10])
    found = class_weights(counts, "tempered")
    assert found[1] / found[0] == pytest.approx(10**0.5)
    assert found[2] / found[0] == pytest.approx(90**0.5)
    assert (found * counts).sum() == pytest.approx(counts.sum())
