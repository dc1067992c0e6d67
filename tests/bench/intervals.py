"""Intervals for the benches: paired medians, and differences over groups and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def median_interval(values: Sequence[float], seed: int = 0) -> dict[str, Any]:
    """The median with a 95 % bootstrap interval over the values."""
    data = np.asarray(values)
    rng = np.random.default_rng(seed)
    drawn = np.median(rng.choice(data, (10_000, len(data))), axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"median": round(float(np.median(data)), 4), "low": round(float(low), 4),
            "high": round(float(high), 4), "n": len(data)}  # fmt: skip


def paired_difference(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    groups: Sequence[str],
    *,
    draws: int = 5000,
    seed: int = 0,
) -> dict[str, float]:
    """Mean of first - second [seeds, images] with a 95 % interval, drawn with replacement over
    seeds and over groups of images together."""
    names, place = np.unique(np.asarray(groups), return_inverse=True)
    gaps = first - second
    sums = np.zeros((len(gaps), len(names)))
    for row, gap in zip(sums, gaps, strict=True):
        np.add.at(row, place, gap)
    sizes = np.bincount(place, minlength=len(names)).astype(float)
    rng = np.random.default_rng(seed)
    found = np.empty(draws)
    for number in range(draws):
        seeds = rng.integers(0, len(gaps), len(gaps))
        weights = np.bincount(rng.integers(0, len(names), len(names)), minlength=len(names))
        found[number] = (sums[seeds].mean(axis=0) @ weights) / (sizes @ weights)
    low, high = np.percentile(found, [2.5, 97.5])
    return {"mean": round(float(gaps.mean()), 4), "low": round(float(low), 4),
            "high": round(float(high), 4)}  # fmt: skip
