"""Area under the ROC curve from ranks, with the weights of many resamples at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Ranking:
    """One label against the rest: `scores` [N], `positive` [N] bool.

    The area is the share of pairs (positive, other) ranked rightly, ties counting half:
    Hanley and McNeil (1982), Radiology 143, 29-36.
    """

    def __init__(self, scores: Floats, positive: NDArray[np.bool_]) -> None:
        self.positives = np.flatnonzero(positive)
        others = np.flatnonzero(~positive)
        self.others = others[np.argsort(scores[others], kind="stable")]
        ranked, wanted = scores[self.others], scores[self.positives]
        self._below = np.searchsorted(ranked, wanted, "left")
        self._upto = np.searchsorted(ranked, wanted, "right")

    @property
    def defined(self) -> bool:
        return bool(self.positives.size and self.others.size)

    def area(self, weights: NDArray[np.float32]) -> Floats:
        """Areas [R] under the image weights [N, R]; NaN where one side weighs nothing."""
        held = weights[self.others]
        sums = np.zeros((held.shape[0] + 1, held.shape[1]), held.dtype)
        np.cumsum(held, axis=0, out=sums[1:])
        beaten = sums[self._below]
        beaten += sums[self._upto]
        mine = weights[self.positives]
        pairs = mine.sum(axis=0, dtype=np.float64) * sums[-1]
        right = np.einsum("ir,ir->r", mine, beaten, dtype=np.float64) / 2
        areas: Floats = np.full(pairs.shape, np.nan)
        np.divide(right, pairs, out=areas, where=pairs > 0)
        return areas
