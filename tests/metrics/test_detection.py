"""Figures of detectors: COCO's numbers, verdicts at a threshold, counts, intervals."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tlstudio.metrics import detection, matching, pairing
from tlstudio.metrics.detection import Found, Prepared, Truth, evaluate, map_values


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("crowds", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_average_precision_is_cocos(seed: int, ties: bool, crowds: bool, sets: Any) -> None:
    """Each label, size and overlap, with a label that never occurs and images without boxes."""
    made = sets.scattered(np.random.default_rng(seed), 25, 4, ties=ties, crowds=crowds)
    theirs = sets.by_coco(made, 5).eval["precision"][..., -1]
    wanted = np.where((theirs == -1).any(axis=1), np.nan, theirs.mean(axis=1)).transpose(1, 2, 0)
    ours = Prepared(*made, 5).curves.values(np.ones((25, 1)))[..., 0]
    assert np.isnan(wanted[4]).all() and not np.isnan(wanted[:4]).all()
    np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-9)


def test_named_figures_are_cocos(sets: Any) -> None:
    made = sets.smears(np.random.default_rng(3), 20)
    theirs = sets.by_coco(made, 3).eval["precision"][..., -1]
    found = evaluate(*made, ["red", "white", "platelet"], [str(i) for i in range(20)])
    assert found.overall["map50_95"] == pytest.approx(theirs[:, :, :, 0].mean(), abs=1e-9)
    assert found.overall["map50"] == pytest.approx(theirs[0, :, :, 0].mean(), abs=1e-9)
    assert found.overall["map75"] == pytest.approx(theirs[5, :, :, 0].mean(), abs=1e-9)
    large = theirs[..., 3]
    assert found.overall["map_large"] == pytest.approx(large[large > -1].mean(), abs=1e-9)
    assert found.overall["map_small"] is None
    assert map_values(*made, 3)["map50_95"] == pytest.approx(theirs[:, :, :, 0].mean(), abs=1e-9)
    for k in range(3):
        assert found.per_label[k].values["ap50"] == pytest.approx(theirs[0, :, k, 0].mean())


def test_more_than_a_hundred_things_in_an_image_can_all_be_found() -> None:
    boxes = [[12 * (i % 20), 12 * (i // 20), 10, 10] for i in range(150)]
    truths = [Truth.of(boxes, [0] * 150)]
    founds = [Found.of(boxes, [0] * 150, np.linspace(1, 0.2, 150))]
    assert map_values(truths, founds, 1)["map50_95"] == pytest.approx(1.0)
    capped = evaluate(truths, founds, ["cell"], ["g"], limit=100).overall["map50_95"]
    assert capped == pytest.approx(67 / 101, abs=1e-9)


def test_overlaps_in_parts_are_those_of_the_whole(monkeypatch: Any, sets: Any) -> None:
    made = sets.scattered(np.random.default_rng(4), 6, 3, ties=True, crowds=True)
    whole = matching.flatten(*made, 3)
    monkeypatch.setattr(matching, "_AT_ONCE", 20)
    parts = matching.flatten(*made, 3)
    assert len(whole.pair_found)
    for name in ("pair_found", "pair_true", "pair_overlap"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_hundreds_of_things_in_a_large_image_can_all_be_found() -> None:
    boxes = [[12 * (i % 40), 12 * (i // 40), 10, 10] for i in range(1000)]
    founds = [Found.of(boxes, [0] * 1000, np.linspace(1, 0.2, 1000))]
    assert map_values([Truth.of(boxes, [0] * 1000)], founds, 1)["map50_95"] == pytest.approx(1.0)


def one(truth: list[Any], found: list[Any], threshold: float = 0.5) -> detection.Operating:
    """Verdicts on one image with boxes of two labels: (box, label) and (box, label, score)."""
    truths = [Truth.of([t[0] for t in truth], [t[1] for t in truth], [len(t) > 2 for t in truth])]
    founds = [Found.of([f[0] for f in found], [f[1] for f in found], [f[2] for f in found])]
    return Prepared(truths, founds, 2).at(threshold)


A, B, FAR = [0, 0, 20, 20], [50, 0, 20, 20], [200, 200, 20, 20]


def test_hits_misses_false_alarms_and_wrong_labels_are_told_apart() -> None:
    at = one([(A, 0), (B, 0), ([90, 0, 20, 20], 1)], [(A, 0, 0.9), (B, 1, 0.8), (FAR, 0, 0.7)])
    row = at.rows[0]
    assert row.true_verdict.tolist() == [pairing.HIT, pairing.WRONG_LABEL, pairing.MISS]
    assert row.found_verdict.tolist() == [
        pairing.HIT, pairing.WRONG_LABEL, pairing.FALSE_ALARM,
    ]  # fmt: skip
    assert row.true_partner.tolist() == [0, 1, -1]
    assert row.found_partner.tolist() == [0, 1, -1]
    assert at.confusion == [[1, 1, 0], [0, 0, 1], [1, 0, 0]]
    assert row.errors == 3


def test_a_second_box_on_the_same_thing_is_a_false_alarm() -> None:
    at = one([(A, 0)], [(A, 0, 0.9), ([1, 1, 20, 20], 0, 0.8), ([1, 0, 20, 20], 1, 0.7)])
    assert at.rows[0].found_verdict.tolist() == [pairing.HIT, *[pairing.FALSE_ALARM] * 2]
    assert at.overall["precision"] == pytest.approx(1 / 3)


def test_boxes_on_a_crowd_count_nowhere() -> None:
    at = one([([0, 0, 100, 100], 0, "crowd"), (FAR, 0)], [(A, 0, 0.9), (FAR, 0, 0.8)])
    assert at.rows[0].found_verdict.tolist() == [pairing.IGNORED, pairing.HIT]
    assert at.overall["precision"] == 1.0 and at.overall["recall"] == 1.0
    assert (at.count.true, at.count.found) == (1, 1)


def test_boxes_below_the_threshold_are_not_there() -> None:
    at = one([(A, 0), (B, 0)], [(A, 0, 0.9), (B, 0, 0.4)])
    assert at.rows[0].found_verdict.tolist() == [pairing.HIT, pairing.BELOW]
    assert at.overall == {
        "precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "threshold": 0.5,
    }  # fmt: skip


def test_figures_without_anything_are_unknown_not_zero() -> None:
    at = one([], [])
    assert at.overall["precision"] is None and at.overall["recall"] is None
    found = evaluate([Truth.of([], [])], [Found.of([], [], [])], ["a"], ["g"])
    assert found.overall["map50"] is None
    assert found.intervals["map50"].method == "undefined"


@pytest.mark.parametrize("seed", range(3))
def test_every_threshold_of_the_curve_gives_what_the_curve_says(seed: int, sets: Any) -> None:
    data = Prepared(*sets.scattered(np.random.default_rng(seed), 12, 3, ties=True, crowds=True), 3)
    for label in (None, 1):
        curve = data.curve(label)
        for i in range(len(curve.thresholds)):
            at = data.at(float(curve.thresholds[i]))
            said = at.overall if label is None else at.per_label[label]
            assert said["precision"] == pytest.approx(curve.precision[i])
            assert said["recall"] == pytest.approx(curve.recall[i])
            assert said["f1"] == pytest.approx(curve.f1[i])


def test_the_best_threshold_has_the_best_f1(sets: Any) -> None:
    made = sets.smears(np.random.default_rng(5), 15)
    data = Prepared(*made, 3)
    best = detection.best_threshold(*made, 3)
    assert best == data.best_threshold()
    tried = [data.at(float(t)).overall["f1"] or 0.0 for t in np.linspace(0.01, 0.99, 60)]
    assert (data.at(best).overall["f1"] or 0.0) >= max(tried) - 1e-12
    assert detection.best_threshold([Truth.of([A], [0])], [Found.of([], [], [])], 1) == 0.5


def test_confusion_agrees_with_the_tallies(sets: Any) -> None:
    made = sets.scattered(np.random.default_rng(9), 20, 3, ties=False, crowds=True)
    found = evaluate(*made, ["a", "b", "c"], [str(i) for i in range(20)], threshold=0.3)
    table = np.array(found.confusion)
    for k, row in enumerate(found.per_label):
        assert table[k].sum() == row.objects
        assert table[:, k].sum() == row.predicted
        assert row.values["recall"] == pytest.approx(table[k, k] / table[k].sum())
    assert table[3, 3] == 0
    assert sum(r.count(pairing.HIT) for r in found.rows) == np.trace(table)


def test_counts_per_image() -> None:
    truths = [Truth.of([A, B], [0, 0]), Truth.of([A], [0]), Truth.of([], [])]
    founds = [
        Found.of([A], [0], [0.9]), Found.of([A, FAR], [0, 0], [0.9, 0.9]), Found.of([], [], []),
    ]  # fmt: skip
    count = evaluate(truths, founds, ["a"], list("xyz"), threshold=0.5).at.count
    assert (count.true, count.found, count.bias) == (3, 3, 0.0)
    assert count.error == pytest.approx(2 / 3) and count.exact == pytest.approx(1 / 3)
    assert count.limits is None, "three images tell nothing of the range"
    many = [str(n) for n in range(21)]
    count = evaluate(truths * 7, founds * 7, ["a"], many, threshold=0.5).at.count
    half = 1.959964 * math.sqrt(14 / 20)
    assert count.limits == pytest.approx((-half, half), abs=0.001)


def test_too_few_groups_have_no_interval_and_none_has_no_width(sets: Any) -> None:
    names = ["red", "white", "platelet"]
    few = evaluate(*sets.smears(np.random.default_rng(0), 8), names, list("abcdefgh"))
    assert few.intervals["map50"].method == "too-few-groups"
    some = evaluate(*sets.smears(np.random.default_rng(0), 40), names, list(map(str, range(40))))
    assert some.intervals["map50"].method == "jackknife"
    many = evaluate(
        *sets.smears(np.random.default_rng(0), 120, tail=5), names, list(map(str, range(120))),
        resamples=100,
    )  # fmt: skip
    assert many.intervals["map50"].method == "bootstrap" and many.enough_groups
    for found in (some, many):
        for name in ("map50", "map50_95", "precision", "recall", "f1"):
            low, high = found.intervals[name].pair or (0.0, 0.0)
            assert 0 <= low < (found.overall[name] or 0.0) < high <= 1
    perfect = [Truth.of([A], [0])] * 120, [Found.of([A], [0], [0.9])] * 120
    sure = evaluate(*perfect, ["a"], list(map(str, range(120))), resamples=50)
    low, high = sure.intervals["map50"].pair or (0.0, 0.0)
    assert low < 0.98 and high == 1.0


def test_images_of_one_group_go_together(sets: Any) -> None:
    """Twenty copies of each of ten images say no more than the ten."""
    truths, founds = sets.smears(np.random.default_rng(1), 25)
    names = [str(i % 25) for i in range(100)]
    copied = evaluate(truths * 4, founds * 4, ["r", "w", "p"], names)
    alone = evaluate(truths, founds, ["r", "w", "p"], names[:25])
    assert copied.groups == 25
    assert copied.intervals["recall"].pair == pytest.approx(alone.intervals["recall"].pair)


def test_json_holds_what_the_verb_evaluate_says(sets: Any) -> None:
    made = sets.smears(np.random.default_rng(0), 6)
    said = detection.to_json(evaluate(*made, ["r", "w", "p"], list("abcdef")), ["r", "w", "p"])
    assert {"map50", "map50_95", "precision", "recall", "f1", "threshold"} <= set(said["metrics"])
    assert said["confusion"]["labels"] == ["r", "w", "p", None]
    assert said["groups"] == 6 and set(said["per_label"]) == {"r", "w", "p"}


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="label index"):
        map_values([Truth.of([A], [3])], [Found.of([], [], [])], 2)
    with pytest.raises(ValueError, match="boxes"):
        Truth.of([A, B], [0])
    with pytest.raises(ValueError, match="truths"):
        evaluate([], [], ["a"], [])
