"""Which found box answers which true one, by COCO's protocol, for all images at once.

Within an image and a label, the found boxes take their turn by falling confidence; each takes
the free true box it overlaps most, if by at least the wanted overlap. True boxes that do not
count (crowds, and those outside the range of sizes looked at) are taken only where no other
fits; a found box that took one does not count either, nor one without a match whose own size is
outside the range (Lin et al. 2014, Microsoft COCO; the rules are those of its evaluation code).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.metrics.boxes import Bools, Floats, Found, Ints, Truth, overlaps

OVERLAPS = np.linspace(0.5, 0.95, 10)
"""The overlaps (intersection over union) a match must reach, ten of them."""

LOOSEST = float(OVERLAPS[0])

SIZES: dict[str, tuple[float, float]] = {
    "small": (0.0, 32.0**2),
    "medium": (32.0**2, 96.0**2),
    "large": (96.0**2, 1e10),
}
"""Ranges of a box's area in pixels, both ends included, as COCO has them."""

ALL = (0.0, 1e10)

_AT_ONCE = 1_000_000  # overlaps of an image held at a time

Kind = TypeVar("Kind", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Flat:
    """The boxes of all images in one row, F found ones and N true ones, image after image.

    `rank` [F] is a found box's place by confidence among those of its image and label; `order`
    [F] lists all found boxes by falling confidence, equal ones as they came. The pairs that
    overlap by LOOSEST or more, of whatever labels, are `pair_found`, `pair_true`,
    `pair_overlap`.
    """

    images: int
    classes: int
    true_image: Ints
    true_label: Ints
    true_area: Floats
    crowd: Bools
    found_image: Ints
    found_label: Ints
    found_area: Floats
    score: Floats
    rank: Ints
    order: Ints
    pair_found: Ints
    pair_true: Ints
    pair_overlap: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What each found box came to, under A ranges of sizes and T overlaps.

    `matched` and `ignored` are [F, A, T]: it took a true box; it does not count. `true_ignored`
    is [N, A]. `partner` [F] is the true box taken under the first range and overlap, -1 for
    none.
    """

    matched: Bools
    ignored: Bools
    true_ignored: Bools
    partner: Ints


def flatten(truths: Sequence[Truth], founds: Sequence[Found], classes: int) -> Flat:
    """Put the boxes of all images in one row. Raises ValueError where labels do not fit."""
    if len(truths) != len(founds):
        raise ValueError(f"{len(truths)} images with truth, {len(founds)} with answers")
    true_image = np.repeat(np.arange(len(truths)), [len(t.labels) for t in truths])
    found_image = np.repeat(np.arange(len(founds)), [len(f.labels) for f in founds])
    true_label = _joined([t.labels for t in truths], np.intp)
    found_label = _joined([f.labels for f in founds], np.intp)
    for labels in (true_label, found_label):
        if labels.size and (labels.min() < 0 or labels.max() >= classes):
            raise ValueError("a label index outside the table")
    score = _joined([f.scores for f in founds], np.float64)
    if not np.isfinite(score).all():
        raise ValueError("a confidence that is no number")
    order = np.argsort(-score, kind="stable")
    pairs = _pairs(truths, founds)
    return Flat(
        images=len(truths),
        classes=classes,
        true_image=true_image,
        true_label=true_label,
        true_area=_areas([t.boxes for t in truths]),
        crowd=_joined([t.crowd for t in truths], np.bool_),
        found_image=found_image,
        found_label=found_label,
        found_area=_areas([f.boxes for f in founds]),
        score=score,
        rank=_ranks(found_image * classes + found_label, order),
        order=order,
        pair_found=pairs[0],
        pair_true=pairs[1],
        pair_overlap=pairs[2],
    )


def _joined(parts: Sequence[NDArray[Kind]], kind: type[Kind]) -> NDArray[Kind]:
    return np.concatenate([np.zeros(0, kind), *parts])


def _areas(boxes: Sequence[Floats]) -> Floats:
    joined = np.concatenate([np.zeros((0, 4)), *boxes])
    area: Floats = joined[:, 2] * joined[:, 3]
    return area


def _ranks(cell: Ints, order: Ints) -> Ints:
    """The place of each among those of its cell, in the given order."""
    ranks = np.zeros(len(cell), np.intp)
    sorted_cells = cell[order]
    by_cell = np.argsort(sorted_cells, kind="stable")
    starts = np.searchsorted(sorted_cells[by_cell], sorted_cells[by_cell], "left")
    ranks[order[by_cell]] = np.arange(len(cell)) - starts
    return ranks


def _pairs(truths: Sequence[Truth], founds: Sequence[Found]) -> tuple[Ints, Ints, Floats]:
    first_true = first_found = 0
    found, true, overlap = [np.zeros(0, np.intp)], [np.zeros(0, np.intp)], [np.zeros(0)]
    for truth, answer in zip(truths, founds, strict=True):
        step = max(1, _AT_ONCE // max(1, len(truth.labels)))
        for at in range(0, len(answer.labels), step):
            table = overlaps(answer.boxes[at : at + step], truth.boxes, truth.crowd)
            f, t = np.nonzero(table >= LOOSEST)
            found.append(f + at + first_found)
            true.append(t + first_true)
            overlap.append(table[f, t])
        first_true += len(truth.labels)
        first_found += len(answer.labels)
    return np.concatenate(found), np.concatenate(true), np.concatenate(overlap)


def match(flat: Flat, ranges: Sequence[tuple[float, float]], wanted: Floats = OVERLAPS) -> Matches:
    """Match all found boxes under each range of sizes and each wanted overlap."""
    low, high = np.array(ranges).T
    true_ignored = flat.crowd[:, None] | _outside(flat.true_area, low, high)
    shape = (len(flat.score), len(ranges), len(wanted))
    matched = np.zeros(shape, np.bool_)
    ignored = np.repeat(_outside(flat.found_area, low, high)[:, :, None], len(wanted), axis=2)
    partner = np.full(len(flat.score), -1, np.intp)
    free = np.ones((len(flat.true_label), *shape[1:]), np.bool_)
    least = np.minimum(wanted, 1 - 1e-10)
    found, true, overlap, turns = _turns(flat)
    for turn in turns:
        f, t = found[turn], true[turn]
        # Rows of one found box follow each other, the best last: the row itself ranks them.
        row = np.arange(len(f))
        fits = (overlap[turn][:, None] >= least)[:, None, :] & free[t]
        preferred = row[:, None] + len(f) * ~true_ignored[t]
        key = np.where(fits, preferred[:, :, None], -1)
        starts = np.flatnonzero(np.diff(f, prepend=-1))
        best = np.maximum.reduceat(key, starts, axis=0)
        who, a, w = np.nonzero(best >= 0)
        taken = t[best[who, a, w] % len(f)]
        box = f[starts][who]
        matched[box, a, w] = True
        ignored[box, a, w] = true_ignored[taken, a]
        free[taken, a, w] = flat.crowd[taken]
        first = (a == 0) & (w == 0)
        partner[box[first]] = taken[first]
    return Matches(matched, ignored, true_ignored, partner)


def _outside(area: Floats, low: Floats, high: Floats) -> Bools:
    outside: Bools = (area[:, None] < low) | (area[:, None] > high)
    return outside


def _turns(flat: Flat) -> tuple[Ints, Ints, Floats, list[slice]]:
    """Pairs of one label by the turn of their found box, and where each turn's pairs lie."""
    same = flat.found_label[flat.pair_found] == flat.true_label[flat.pair_true]
    found, true = flat.pair_found[same], flat.pair_true[same]
    overlap = flat.pair_overlap[same]
    rank = flat.rank[found]
    by = np.lexsort((true, overlap, found, rank))
    found, true, overlap, rank = found[by], true[by], overlap[by], rank[by]
    edges = [*np.flatnonzero(np.diff(rank, prepend=-1)).tolist(), len(rank)]
    return found, true, overlap, [slice(a, b) for a, b in pairwise(edges)]
