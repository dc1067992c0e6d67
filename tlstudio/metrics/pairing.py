"""What became of each box at one threshold: hits, misses, false alarms and wrong labels.

Hits are COCO's matches at an overlap of a half among the boxes with at least the threshold's
confidence; as matches are made by falling confidence, leaving out the less sure ones changes none
of them. Of what is left, a found box that overlaps a missed true one of another label by a half
is a wrong label, the surest first. All else is a miss or a false alarm, a second box on the
same thing too. So the diagonal of the confusion holds the hits of precision and recall.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlstudio.metrics.boxes import Bools, Floats, Ints
from tlstudio.metrics.matching import Flat, Matches

BELOW, HIT, MISS, FALSE_ALARM, WRONG_LABEL, IGNORED = range(6)
"""Verdicts on boxes; BELOW is a found box under the threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairing:
    """Verdicts on the N true and F found boxes of all images, in the order of Flat.

    `true_partner` and `found_partner` are places in the other list, -1 for none; `overlap` [F]
    is NaN without a partner.
    """

    threshold: float
    true_verdict: Ints
    true_partner: Ints
    found_verdict: Ints
    found_partner: Ints
    overlap: Floats


def pair(flat: Flat, matches: Matches, threshold: float) -> Pairing:
    """Judge all boxes; `matches` has all sizes as its first range."""
    shown = flat.score >= threshold
    ignored = shown & matches.ignored[:, 0, 0]
    hit = shown & matches.matched[:, 0, 0] & ~ignored
    found_partner = np.where(hit | ignored, matches.partner, -1)
    true_partner = np.full(len(flat.true_label), -1, np.intp)
    true_partner[found_partner[hit]] = np.flatnonzero(hit)
    found = np.select([~shown, ignored, hit], [BELOW, IGNORED, HIT], FALSE_ALARM)
    true = np.where(flat.crowd, IGNORED, np.where(true_partner >= 0, HIT, MISS))
    for f, t in _wrong_labels(flat, found == FALSE_ALARM, true == MISS):
        if found_partner[f] < 0 and true_partner[t] < 0:
            found_partner[f], true_partner[t] = t, f
            found[f] = true[t] = WRONG_LABEL
    return Pairing(
        threshold, true, true_partner, found, found_partner, _overlaps(flat, found_partner)
    )


def _wrong_labels(flat: Flat, found_left: Bools, true_left: Bools) -> list[tuple[int, int]]:
    """Pairs of another label among what is left, the surest and then the closest first."""
    rows = np.flatnonzero(found_left[flat.pair_found] & true_left[flat.pair_true])
    rows = rows[flat.found_label[flat.pair_found[rows]] != flat.true_label[flat.pair_true[rows]]]
    by = np.lexsort((-flat.pair_overlap[rows], -flat.score[flat.pair_found[rows]]))
    rows = rows[by]
    return list(zip(flat.pair_found[rows].tolist(), flat.pair_true[rows].tolist(), strict=True))


def _overlaps(flat: Flat, partner: Ints) -> Floats:
    out: Floats = np.full(len(partner), np.nan)
    rows = partner[flat.pair_found] == flat.pair_true
    out[flat.pair_found[rows]] = flat.pair_overlap[rows]
    return out


def confusion(flat: Flat, made: Pairing) -> Ints:
    """Counts of boxes [C + 1, C + 1]: rows truth, columns found, the last of each background."""
    c = flat.classes
    table: Ints = np.zeros((c + 1, c + 1), np.intp)
    both = np.flatnonzero((made.true_verdict == HIT) | (made.true_verdict == WRONG_LABEL))
    seen_as = flat.found_label[made.true_partner[both]]
    np.add.at(table, (flat.true_label[both], seen_as), 1)
    np.add.at(table, (flat.true_label[made.true_verdict == MISS], c), 1)
    np.add.at(table, (c, flat.found_label[made.found_verdict == FALSE_ALARM]), 1)
    return table


def tallies(flat: Flat, made: Pairing) -> tuple[Ints, Ints, Ints]:
    """Hits, true boxes and found boxes of each image and label, each [I, C]."""
    true = (made.true_verdict != IGNORED) * 1
    found = ((made.found_verdict != IGNORED) & (made.found_verdict != BELOW)) * 1
    hits = (made.true_verdict == HIT) * 1
    return (
        _per_cell(flat, flat.true_image, flat.true_label, hits),
        _per_cell(flat, flat.true_image, flat.true_label, true),
        _per_cell(flat, flat.found_image, flat.found_label, found),
    )


def _per_cell(flat: Flat, image: Ints, label: Ints, weight: Ints) -> Ints:
    size = flat.images * flat.classes
    cell = np.bincount(image * flat.classes + label, weight, minlength=size)
    return cell.reshape(flat.images, flat.classes).astype(np.intp)
