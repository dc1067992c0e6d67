"""What one image adds to the figures of a segmenter: counts that can be summed over images."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, hypot

import numpy as np
from numpy.typing import NDArray

from tlstudio.metrics.borders import border, distances

VOID = 255

TOLERANCE = 0.0075
"""How far a border may lie off, as a share of the image's diagonal: Csurka et al. (2013), What
is a good evaluation measure for semantic segmentation?, BMVC."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Map = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class ImageCounts:
    """Of an image with C labels.

    `pixels` [C + 1, C + 1] counts pixels by truth (rows) and answer (columns), background first,
    without void ones. `borders` [C, 4] counts pixels of the found border, those of them near the
    true one, pixels of the true border, those of them near the found one. `hd95` [C] is the
    Hausdorff distance at 95 % in pixels, NaN where one side has no such label.
    """

    pixels: Ints
    borders: Ints
    hd95: Floats

    @property
    def true(self) -> Ints:
        """True pixels of each label, [C]."""
        count: Ints = self.pixels[1:].sum(axis=1)
        return count

    @property
    def found(self) -> Ints:
        """Found pixels of each label, [C]."""
        count: Ints = self.pixels[:, 1:].sum(axis=0)
        return count

    @property
    def hits(self) -> Ints:
        """Pixels of each label that are true and found, [C]."""
        return np.diagonal(self.pixels)[1:]

    @property
    def label_dice(self) -> Floats:
        """Dice of each label [C], NaN where it is neither true nor found."""
        both = (self.true + self.found).astype(np.float64)
        dice: Floats = np.full(both.shape, np.nan)
        np.divide(2.0 * self.hits, both, out=dice, where=both > 0)
        return dice

    @property
    def dice(self) -> float | None:
        """Mean over the labels that are true or found in the image, None without any. A label
        that is found where it is not, or not found where it is, counts 0."""
        known = self.label_dice[~np.isnan(self.label_dice)]
        return float(known.mean()) if known.size else None


def count(
    truth: Map, found: Map, classes: int, void: int = VOID, *, edges: bool = True
) -> ImageCounts:
    """Compare two maps [H, W] of label places: 0 background, 1 to `classes` labels, `void` (in
    the truth alone) pixels that count nowhere. Without `edges`, which take most of the time,
    nothing is known of borders.

    Hausdorff 95: the larger of the 95 % points of the distances from border to border, either
    way (Huttenlocher et al. 1993, IEEE TPAMI 15, 850-863, for the ranked distance). Raises
    ValueError where shapes or places do not fit.
    """
    if truth.shape != found.shape or truth.ndim != 2 or not truth.size:
        raise ValueError(f"maps of {truth.shape} and {found.shape}")
    nowhere = truth == void
    side = classes + 1
    place = np.where(nowhere, side, truth).astype(np.intp)
    if place.max() > side or (place.max() == side and not nowhere.any()) or found.max() > classes:
        raise ValueError("a place that no label has")
    place *= side
    place += found
    pixels = np.bincount(place.ravel(), minlength=side * (side + 1))[: side * side]
    pixels = pixels.reshape(side, side).astype(np.int64)
    borders, hd95 = np.zeros((classes, 4), np.int64), np.full(classes, np.nan)
    tolerance = TOLERANCE * hypot(*truth.shape)
    held = np.flatnonzero(pixels[1:].sum(axis=1) + pixels[:, 1:].sum(axis=0))
    for k in held.tolist() if edges else ():
        borders[k], hd95[k] = _compare(truth == k + 1, found == k + 1, nowhere, tolerance)
    return ImageCounts(pixels, borders, hd95)


def _compare(truth: Bools, found: Bools, void: Bools, tolerance: float) -> tuple[list[int], float]:
    part = _around(truth | found)
    true_edge = border(truth[part], void[part])
    found_edge = border(found[part], void[part])
    counts = [int(found_edge.sum()), 0, int(true_edge.sum()), 0]
    if not counts[0] or not counts[2]:
        return counts, float("nan")
    there, back = distances(found_edge, true_edge), distances(true_edge, found_edge)
    counts[1], counts[3] = int((there <= tolerance).sum()), int((back <= tolerance).sum())
    return counts, max(_point95(there), _point95(back))


def _point95(values: Floats) -> float:
    """The smallest value that at least 95 % do not exceed."""
    at = ceil(0.95 * values.size) - 1
    return float(np.partition(values, at)[at])


def _around(region: Bools) -> tuple[slice, slice]:
    """The rectangle of `region`, one pixel wider where the image goes on."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return (
        slice(max(int(rows[0]) - 1, 0), int(rows[-1]) + 2),
        slice(max(int(columns[0]) - 1, 0), int(columns[-1]) + 2),
    )
