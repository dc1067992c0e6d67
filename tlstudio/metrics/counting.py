"""How well the number of things in an image is found, beside where they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlstudio.metrics.boxes import Ints
from tlstudio.metrics.intervals import RARE, Z95


@dataclass(frozen=True, slots=True)
class CountFigures:
    """Found against true counts per image.

    `bias` is the mean of found less true and `limits` are its limits of agreement, bias -/+ 1.96
    standard deviations (Bland and Altman 1986, Lancet 327, 307-310; None below 20 images, of which
    the deviation is hardly known); `error` is the mean absolute difference and `exact` the share
    of images without one.
    """

    true: int
    found: int
    bias: float
    limits: tuple[float, float] | None
    error: float
    exact: float


def count_figures(true: Ints, found: Ints) -> CountFigures:
    """Of counts [I], at least one image."""
    gap = (found - true).astype(np.float64)
    bias = float(gap.mean())
    half = Z95 * float(gap.std(ddof=1)) if gap.size >= RARE else None
    return CountFigures(
        true=int(true.sum()),
        found=int(found.sum()),
        bias=bias,
        limits=None if half is None else (bias - half, bias + half),
        error=float(np.abs(gap).mean()),
        exact=float((gap == 0).mean()),
    )
