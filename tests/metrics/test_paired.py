"""Differences of two models on the same images: right, cautious, and never of zero width."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tlstudio.metrics import classification
from tlstudio.metrics.comparison import of_boxes, of_classes, of_regions
from tlstudio.metrics.intervals import MOVER_PAIRED, PAIRED_SHARES, TOO_FEW
from tlstudio.metrics.paired import mean_of_shares, shares
from tlstudio.metrics.segmentation import ImageCounts


def answers(right: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Probabilities that are right where `right` says so."""
    seen = np.where(right, truth, 1 - truth)
    return np.stack([1 - seen, seen], axis=1) * 0.8 + 0.1


def singles(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_the_interval_of_bonett_and_price() -> None:
    """Their paper's way by hand: 6 gained and 1 lost of 50."""
    found = shares(6, 1, 50)
    up, down = 7 / 52, 2 / 52
    half = 1.959964 * np.sqrt((up + down - (up - down) ** 2) / 52)
    assert found.pair == pytest.approx([up - down - half, up - down + half], abs=1e-6)
    assert found.method == PAIRED_SHARES


@pytest.mark.parametrize(("gained", "lost", "n"), [(0, 0, 5), (3, 0, 3), (0, 40, 40), (0, 0, 900)])
def test_shares_are_never_of_zero_width_and_hold_the_difference(
    gained: int, lost: int, n: int
) -> None:
    low, high = shares(gained, lost, n).pair or (1.0, -1.0)
    assert -1 <= low <= (gained - lost) / n <= high <= 1
    assert high - low > 0


def test_few_changes_all_one_way_do_not_exclude_zero() -> None:
    """A coin falls five times on one side once in sixteen times."""
    low, _high = shares(5, 0, 100).pair or (1.0, 1.0)
    assert low < 0
    low, _high = shares(8, 0, 100).pair or (0.0, 0.0)
    assert low > 0


def test_a_mean_of_differences_lies_around_their_mean() -> None:
    parts = [shares(5, 1, 40), shares(2, 3, 30)]
    found = mean_of_shares([0.1, -1 / 30], parts)
    low, high = found.pair or (1.0, -1.0)
    assert low < 0.1 / 2 - 1 / 60 < high
    assert high - low < max(i.pair[1] - i.pair[0] for i in parts if i.pair)
    assert found.method == MOVER_PAIRED


def test_figures_are_those_of_each_model_alone() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 150)
    one, two = (rng.dirichlet([1, 1, 1], 150) for _ in range(2))
    names = [str(i // 3) for i in range(150)]
    found = of_classes(truth, one, two, names, resamples=0)
    for p, side in ((one, "first"), (two, "second")):
        alone = classification.figures(truth, p, names, resamples=0)
        for name, row in found.overall.items():
            assert getattr(row, side) == pytest.approx(alone.overall[name], abs=1e-6)
        for row, label in zip(found.per_label, alone.per_label, strict=True):
            for name in row:
                assert getattr(row[name], side) == pytest.approx(label.values[name], abs=1e-6)
    accuracy = found.overall["accuracy"]
    assert accuracy.value == pytest.approx(accuracy.second - accuracy.first)


def test_what_is_hard_for_both_drops_out() -> None:
    """Two models that err on the same images are told apart by a few; the unpaired intervals of
    their figures overlap by far."""
    truth = np.arange(200) % 2
    rng = np.random.default_rng(1)
    one = rng.random(200) < 0.7
    two = one.copy()
    two[np.flatnonzero(~one)[:10]] = True
    found = of_classes(truth, answers(one, truth), answers(two, truth), singles(200))
    row = found.overall["accuracy"]
    assert row.value == pytest.approx(0.05)
    assert row.interval.low is not None and row.interval.low > 0.015
    alone = classification.figures(truth, answers(one, truth), singles(200)).intervals["accuracy"]
    assert (alone.high or 0) > row.second  # by itself, the first could be as good
    assert found.differ == 10


def test_images_of_one_group_count_as_one() -> None:
    truth = np.arange(240) % 2
    one = np.ones(240, bool)
    one[:24] = False  # four groups of 6 in which the second is better
    p = answers(one, truth), answers(np.ones(240, bool), truth)
    alone = of_classes(truth, *p, singles(240)).overall["accuracy"].interval
    grouped = of_classes(truth, *p, [str(i // 6) for i in range(240)]).overall["accuracy"]
    assert alone.low is not None and alone.low > 0
    assert grouped.interval.method == "jackknife"
    assert grouped.interval.low is not None and grouped.interval.low < 0


def test_the_correction_matches_that_of_shares() -> None:
    """With an image a group, the general interval is close to the one of Bonett and Price."""
    one, two = np.ones(80, bool), np.ones(80, bool)
    one[:7], two[7:9] = False, False
    counts = [
        [ImageCounts(np.array([[0, 0], [10 - 10 * r, 10 * r]]), np.array([[1, r, 1, r]]),
                     np.array([1.0])) for r in right.astype(int)]
        for right in (one, two)
    ]  # fmt: skip
    general = of_regions(counts[0], counts[1], 1, singles(80)).per_label[0]["recall"].interval
    exact = shares(7, 2, 80)
    assert general.pair == pytest.approx(exact.pair, abs=0.012)


def test_the_same_model_twice_differs_by_nothing_within_an_interval() -> None:
    truth = np.arange(60) % 2
    p = answers(np.arange(60) % 5 > 0, truth)
    for names in (singles(60), [str(i // 2) for i in range(60)]):
        found = of_classes(truth, p, p, names)
        row = found.overall["accuracy"]
        low, high = row.interval.pair or (1.0, 1.0)
        assert row.value == 0 and low < 0 < high
        assert found.differ == 0


def test_below_twenty_groups_only_shares_have_an_interval() -> None:
    truth = np.arange(18) % 2
    p = [answers(np.arange(18) % k > 0, truth) for k in (3, 4)]
    found = of_classes(truth, p[0], p[1], singles(18)).overall
    assert found["accuracy"].interval.pair is not None
    assert found["f1"].interval.method == TOO_FEW
    grouped = of_classes(truth, p[0], p[1], [str(i // 2) for i in range(18)]).overall
    assert all(row.interval.method == TOO_FEW for row in grouped.values())


def test_a_better_detector_is_told(sets: Any) -> None:
    rng = np.random.default_rng(3)
    truths, good = sets.smears(rng, 40, skill=0.95)
    bad = [type(f).of(f.boxes[::2], f.labels[::2], f.scores[::2]) for f in good]
    found = of_boxes(truths, bad, good, 3, singles(40), (0.4, 0.4))
    for name in ("map50", "recall", "f1"):
        low, _high = found.overall[name].interval.pair or (0.0, 0.0)
        assert low > 0, name
    again = of_boxes(truths, good, bad, 3, singles(40), (0.4, 0.4))
    assert again.overall["map50"].value == pytest.approx(-(found.overall["map50"].value or 0))
    assert found.per_label[0]["ap50"].value > 0.2


def test_a_distance_has_its_difference_in_pixels() -> None:
    rng = np.random.default_rng(2)

    def made(shift: float) -> list[ImageCounts]:
        return [
            ImageCounts(np.array([[900, 10], [10, 80]]), np.array([[40, 30, 40, 30]]),
                        np.array([3 + shift + rng.random()]))
            for _ in range(30)
        ]  # fmt: skip

    found = of_regions(made(4.0), made(0.0), 1, singles(30)).overall["hd95"]
    low, high = found.interval.pair or (0.0, 0.0)
    assert found.value == pytest.approx(-4, abs=0.5)
    assert -5 < low < found.value < high < -3


@pytest.mark.parametrize("rare", [0.4, 0.2])
def test_intervals_of_differences_cover(rare: float) -> None:
    """A small part of tests/bench/paired_coverage.py, with a fixed seed."""
    times, n, held, wrong = 150, 40, 0, 0
    rng = np.random.default_rng(7)
    for _ in range(times):
        truth = (rng.random(n) < rare).astype(int)
        hard = rng.normal(0, 1, n)
        p = []
        for skill in (2.0, 2.0):
            score = (truth - 0.5) * skill + 0.8 * hard + 0.6 * rng.normal(0, 1, n)
            right = 1 / (1 + np.exp(-score))
            p.append(np.stack([1 - right, right], axis=1))
        names = [str(i // 2) for i in range(n)]
        row = of_classes(truth, p[0], p[1], names, resamples=1).overall["accuracy"]
        low, high = row.interval.pair or (1.0, 1.0)
        held += low <= 0 <= high
        wrong += not low <= 0 <= high
    assert held / times >= 0.92 and wrong / times <= 0.08


def test_lists_that_do_not_fit_are_refused() -> None:
    p = np.full((3, 2), 0.5)
    with pytest.raises(ValueError, match="do not fit"):
        of_classes([0, 1], p, p, ["a", "b"])
    with pytest.raises(ValueError, match="answers"):
        of_boxes([], [], [], 1, [], (0.5, 0.5))
    with pytest.raises(ValueError, match="groups"):
        of_regions([], [], 1, [])
