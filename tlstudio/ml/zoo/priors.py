"""Priors: the boxes a detector starts from, fitted to the objects of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

GAIN = 0.02  # mean overlap that another choice must add before it replaces the published one
_STEPS = range(-10, 7)  # quarter octaves by which all sizes may be scaled
_LEAST = 4.0  # px; anchors are rounded to whole pixels
_MOST_SHAPES = 5000
_NARROWEST, _WIDEST = 0.2, 5.0


@dataclass(frozen=True, slots=True)
class Priors:
    """Anchor sizes of each map, from fine to coarse, and ratios height / width of each size.

    `relative` sizes are shares of the input's side (SSD), one for each map and one more; others
    are pixels of the input. A detector without anchors has no sizes.
    """

    sizes: tuple[tuple[float, ...], ...]
    ratios: tuple[float, ...]
    relative: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "sizes": [list(level) for level in self.sizes],
            "ratios": list(self.ratios),
            "relative": self.relative,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Priors:
        sizes = tuple(tuple(float(s) for s in level) for level in data["sizes"])
        return cls(sizes, tuple(float(r) for r in data["ratios"]), bool(data["relative"]))

    def shapes(self, side: int) -> NDArray[np.float64]:
        """[N, 2] widths and heights in pixels of an input of `side`."""
        flat = np.array([size for level in self.sizes for size in level])
        flat = flat * side if self.relative else flat
        root = np.sqrt(np.array(self.ratios))
        return np.stack([np.outer(flat, 1 / root).ravel(), np.outer(flat, root).ravel()], axis=1)


def overlap(shapes: NDArray[np.float64], priors: Priors, side: int) -> float:
    """Mean over `shapes` [N, 2] of the best intersection over union with a prior on the same
    centre: 1 where every object has a prior of its own shape."""
    known = priors.shapes(side)
    shared = np.minimum(shapes[:, None], known[None]).prod(axis=2)
    union = shapes.prod(axis=1)[:, None] + known.prod(axis=1)[None] - shared
    return float((shared / union).max(axis=1).mean())


def fit(shapes: NDArray[np.float64], published: Priors, side: int) -> Priors:
    """Priors for objects of `shapes` [N, 2] (width, height in pixels of the input).

    As many as in `published`, so that the layers built for those fit: all sizes scaled by one
    factor, and the ratios usual or at three quantiles of the objects' own. The published ones
    stay unless others overlap clearly better.
    """
    if not published.sizes or not len(shapes):
        return published
    chosen = np.maximum(shapes[:: max(1, len(shapes) // _MOST_SHAPES)], 1.0)
    best, known = published, overlap(chosen, published, side) + GAIN
    for ratios in _ratios(chosen, published):
        for sizes in _sizes(published):
            tried = Priors(sizes, ratios, published.relative)
            if (found := overlap(chosen, tried, side)) > known + 1e-9:
                best, known = tried, found
    return best


def from_sides(published: Priors, sides: Sequence[float], ratios: Sequence[float]) -> Priors:
    """As many priors as in `published`, their sizes spread over rising `sides` (pixels) as evenly
    as those are."""
    levels = [len(level) for level in published.sizes]
    chosen = tuple(float(r) for r in ratios)
    if levels and levels[0] == len(sides):  # all sizes on every level
        return Priors((tuple(float(s) for s in sides),) * len(levels), chosen)
    count = sum(levels)
    known = np.log2(np.asarray(sides, np.float64))
    spread = 2 ** np.interp(np.linspace(0, len(known) - 1, count), np.arange(len(known)), known)
    found = iter(round(float(s), 1) for s in spread)
    return Priors(tuple(tuple(next(found) for _ in range(n)) for n in levels), chosen)


def _ratios(shapes: NDArray[np.float64], published: Priors) -> list[tuple[float, ...]]:
    if published.relative or len(published.ratios) != 3:
        return [published.ratios]
    own = np.quantile(shapes[:, 1] / shapes[:, 0], [1 / 6, 1 / 2, 5 / 6])
    fitted = tuple(round(float(r), 3) for r in np.clip(own, _NARROWEST, _WIDEST))
    return [published.ratios, fitted]


def _sizes(published: Priors) -> list[tuple[tuple[float, ...], ...]]:
    """Published sizes times each factor; SSD's shares are spread evenly between two ends."""
    if not published.relative:
        return [
            tuple(tuple(max(_LEAST, round(s * 2 ** (k / 4), 1)) for s in level)
                  for level in published.sizes)
            for k in _STEPS
        ]  # fmt: skip
    count = len(published.sizes)
    return [
        tuple((round(float(s), 4),) for s in [*np.linspace(low, high, count - 1), 1.0])
        for low in (0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3)
        for high in (0.3, 0.45, 0.6, 0.8, 0.95)
        if low < high
    ]
