"""Average precision from matches, for one test set or for many weightings of it at once."""

from __future__ import annotations

import numpy as np

from tlstudio.metrics.boxes import Bools, Floats, Ints
from tlstudio.metrics.matching import Flat, Matches

RECALLS = np.linspace(0.0, 1.0, 101)
"""The recalls at which precision is read off, as COCO does."""

COCO_LIMIT = 100
"""Found boxes of one label in one image that count, the surest first."""


class Curves:
    """Prepared so that any weighting of the images gives all average precisions at once.

    `limit` found boxes of a label in an image count.
    """

    def __init__(self, flat: Flat, matches: Matches, limit: int = COCO_LIMIT) -> None:
        self._labels = flat.classes
        self._ranges, self._wanted = matches.matched.shape[1:]
        used = flat.order[flat.rank[flat.order] < limit]
        label = flat.found_label[used]
        self._parts = [_Part(flat, matches, used[label == k], k) for k in range(flat.classes)]

    def values(self, weights: Floats) -> Floats:
        """Average precision [C, A, T, R] of each label, range of sizes and overlap, under image
        weights [I, R]; NaN where no true box counts."""
        out = np.empty((self._labels, self._ranges, self._wanted, weights.shape[1]))
        rows = np.ascontiguousarray(weights.T)
        for k, part in enumerate(self._parts):
            for a in range(self._ranges):
                out[k, a] = part.values(a, rows)
        return out


class _Part:
    """One label: its found boxes by falling confidence, and its true boxes per image."""

    def __init__(self, flat: Flat, matches: Matches, found: Ints, label: int) -> None:
        image, matched = flat.found_image[found], matches.matched[found]
        counts = ~matches.ignored[found]
        mine = flat.true_label == label
        self._ranges = [
            _Range(
                image,
                matched[:, a],
                counts[:, a],
                np.bincount(
                    flat.true_image[mine & ~matches.true_ignored[:, a]], minlength=flat.images
                ),
            )
            for a in range(matched.shape[1])
        ]

    def values(self, a: int, weights: Floats) -> Floats:
        """[T, R] for the range of sizes `a`, under weights [R, I]."""
        return self._ranges[a].values(weights)


class _Range:
    """One label and range of sizes.

    Boxes that are matched at no overlap (most of those a model is unsure of) count alike at
    all, so they are summed once for all overlaps, at the places of the matched ones.
    """

    def __init__(self, image: Ints, matched: Bools, counts: Bools, true: Ints) -> None:
        self._true = true.astype(np.float64)
        matched_once = matched.any(axis=1)
        self._hits = (matched & counts)[matched_once]
        self._counts = counts[matched_once]
        self._image = image[matched_once]
        others = ~matched_once & counts[:, 0]
        self._others = image[others]
        self._before = np.cumsum(others)[matched_once]

    def values(self, weights: Floats) -> Floats:
        """[T, R] under weights [R, I], whose running sums lie side by side in memory."""
        true = weights @ self._true
        out = np.where(true > 0, 0.0, np.nan)[None].repeat(self._hits.shape[1], axis=0)
        if not self._hits.any():
            return out
        held = weights[:, self._image]
        others = np.zeros((len(weights), len(self._others) + 1))
        np.cumsum(weights[:, self._others], axis=1, out=others[:, 1:])
        for t in range(len(out)):
            rows = np.flatnonzero(self._hits[:, t])
            if rows.size:
                end = rows[-1] + 1
                found = np.cumsum(held[:, :end] * self._counts[:end, t], axis=1)[:, rows]
                found += others[:, self._before[rows]]
                out[t] = _area(np.cumsum(held[:, rows], axis=1), found, true)
        return out


def _area(hits: Floats, found: Floats, true: Floats) -> Floats:
    """Mean precision [R] over RECALLS, from running sums [R, M] at each hit and totals [R].

    At each recall, precision is the highest at that recall or beyond. A hit stands for the
    recalls up to its own that the hit before did not reach.
    """
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    recall = hits / np.where(true > 0, true, np.inf)[:, None]
    reached = np.searchsorted(RECALLS, recall, side="right")
    area: Floats = (highest[:, 0] * reached[:, 0]).astype(np.float64)
    area += np.einsum("rm,rm->r", highest[:, 1:], np.diff(reached, axis=1))
    area[true <= 0] = np.nan
    area /= len(RECALLS)
    return area


def mean_of_known(values: Floats, axes: tuple[int, ...]) -> Floats:
    """Plain mean over `axes` of what is a number; NaN where nothing is."""
    known = ~np.isnan(values)
    count = known.sum(axis=axes)
    total = np.where(known, values, 0.0).sum(axis=axes)
    mean: Floats = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def fitting_limit(flat: Flat) -> int:
    """COCO's limit, or three times the most true boxes of one label in an image where those are
    more than it, so that finding all of them can count."""
    cells = np.bincount(flat.true_image * flat.classes + flat.true_label, minlength=1)
    most = int(cells.max())
    return COCO_LIMIT if most <= COCO_LIMIT else 3 * most
