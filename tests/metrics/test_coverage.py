"""Do 95 % intervals hold the true value about 95 times in 100? Small simulations, fixed seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tlstudio.metrics import detection, segmentation
from tlstudio.metrics.classification import figures
from tlstudio.metrics.intervals import mean_of_proportions, wilson


def _tests(
    rng: np.random.Generator, times: int, groups: int, each: int, rare: float, skill: float
) -> Iterator[tuple[np.ndarray, np.ndarray, list[str]]]:
    """Test sets of a classifier whose score is normal with a shift of `skill` for label 1, and
    a shift per group, so that images of one group go wrong together."""
    for _ in range(times):
        truth = np.repeat((rng.random(groups) < rare).astype(int), each)
        shared = np.repeat(rng.normal(0, 0.7, groups), each) if each > 1 else 0.0
        score = (truth - 0.5) * skill + shared + rng.normal(0, 1, groups * each)
        p = 1 / (1 + np.exp(-score))
        names = [f"g{i // each}" for i in range(groups * each)]
        yield truth, np.stack([1 - p, p], axis=1), names


def _truth(groups: int, each: int, rare: float, skill: float) -> dict[str, float | None]:
    rng = np.random.default_rng(99)
    total = 60_000 // each
    truth, p, names = next(_tests(rng, 1, total, each, rare, skill))
    return figures(truth, p, names, resamples=1).overall


@pytest.mark.parametrize(
    ("groups", "each", "rare", "skill"),
    [(120, 1, 0.5, 2.0), (120, 4, 0.4, 2.0), (250, 1, 0.2, 3.0), (120, 1, 0.2, 3.0)],
)
def test_bootstrap_over_groups_covers(groups: int, each: int, rare: float, skill: float) -> None:
    rng = np.random.default_rng(0)
    true = _truth(groups, each, rare, skill)
    times = 250
    held = dict.fromkeys(("accuracy", "balanced_accuracy", "f1", "auroc", "ece"), 0)
    for truth, p, names in _tests(rng, times, groups, each, rare, skill):
        found = figures(truth, p, names, resamples=400)
        for name in held:
            low, high = found.intervals[name].pair or (0.0, 1.0)
            held[name] += low <= true[name] <= high
    for name, count in held.items():
        assert (0.88 if name == "ece" else 0.91) <= count / times <= 0.99, (name, count / times)


@pytest.mark.parametrize("n", [8, 30, 90])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_wilson_covers(n: int, share: float) -> None:
    hits = np.random.default_rng(1).binomial(n, share, 2000)
    held = [i.low <= share <= i.high for i in (wilson(h / n, n) for h in hits)]
    assert np.mean(held) >= 0.91


def test_mean_of_proportions_covers() -> None:
    rng = np.random.default_rng(2)
    true, trials = (0.95, 0.7, 0.85), (60, 12, 18)
    held = 0
    for _ in range(2000):
        shares = [rng.binomial(n, p) / n for p, n in zip(true, trials, strict=True)]
        i = mean_of_proportions(shares, trials)
        held += i.low <= np.mean(true) <= i.high
    assert 0.93 <= held / 2000 <= 0.985


NAMES = ["red", "white", "platelet"]


def test_intervals_of_detectors_cover(sets: Any) -> None:
    """With 30 images, where the jackknife is used; average precision is optimistic there."""
    pool, times, n = 600, 60, 30
    truths, founds = sets.smears(np.random.default_rng(7), pool, tail=10)
    whole = detection.evaluate(truths, founds, NAMES, [""] * pool, 0.4, resamples=0).overall
    held = dict.fromkeys(("map50", "map50_95", "precision", "recall", "f1"), 0)
    rng = np.random.default_rng(1)
    for _ in range(times):
        picked = rng.integers(0, pool, n)
        found = detection.evaluate(
            [truths[i] for i in picked],
            [founds[i] for i in picked],
            NAMES,
            [str(i) for i in range(n)],
            0.4,
            resamples=80,
        )
        for name in held:
            low, high = found.intervals[name].pair or (2.0, 2.0)
            held[name] += low <= (whole[name] or 0.0) <= high
    for name, count in held.items():
        assert count / times >= 0.86, (name, count / times)


def _scans(rng: np.random.Generator, images: int) -> list[segmentation.ImageCounts]:
    """Of a segmenter with one label: sizes that vary much, Dice around .8, some images empty."""
    made = []
    for _ in range(images):
        size = int(rng.lognormal(6, 0.8)) + 20 if rng.random() > 0.15 else 0
        hits = round(float(rng.beta(8, 2)) * size)
        found = hits + int(rng.poisson(0.2 * size) if size else 30 * (rng.random() < 0.3))
        near = round(100 * hits / size) if size else 0
        borders = [[100, near, 100, near]] if hits else [[0, 0, 0, 0]]
        apart = 5 * (1 - hits / size) + rng.exponential(2) if hits else np.nan
        pixels = np.array([[10_000, found - hits], [size - hits, hits]])
        made.append(segmentation.ImageCounts(pixels, np.array(borders), np.array([float(apart)])))
    return made


@pytest.mark.parametrize("n", [30, 120])
def test_intervals_of_segmenters_cover(n: int) -> None:
    rng = np.random.default_rng(n)
    whole = segmentation.evaluate(_scans(rng, 10_000), ["a"], [""] * 10_000, resamples=0).overall
    times = 200
    held = dict.fromkeys(("dice", "iou", "boundary_f1", "hd95"), 0)
    for _ in range(times):
        found = segmentation.evaluate(
            _scans(rng, n), ["a"], [str(i) for i in range(n)], resamples=300
        )
        for name in held:
            low, high = found.intervals[name].pair or (-1.0, -1.0)
            held[name] += low <= (whole[name] or 0.0) <= high
    for name, count in held.items():
        assert count / times >= 0.87, (name, count / times)
