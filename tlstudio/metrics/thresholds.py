"""Precision and recall at every threshold, and the threshold where their mean is best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tlstudio.metrics.boxes import Bools, Floats
from tlstudio.metrics.matching import Flat, Matches

HALF = 0.5
"""The threshold of a model that finds nothing right, where none is better than another."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Figures over falling thresholds, each [P]: of boxes with at least that confidence, at an
    overlap of a half. Empty without true boxes."""

    thresholds: Floats
    precision: Floats
    recall: Floats
    f1: Floats


def curve(flat: Flat, matches: Matches, label: int | None = None) -> Curve:
    """The curve of one label, or of all boxes together."""
    mine = _of(flat, label)
    order = flat.order[mine[flat.order]]
    counts = ~matches.ignored[order, 0, 0]
    hit = np.cumsum(matches.matched[order, 0, 0] & counts)
    found = np.cumsum(counts)
    true = flat.true_label == label if label is not None else np.ones(len(flat.crowd), np.bool_)
    total = int(np.count_nonzero(true & ~flat.crowd))
    score = flat.score[order]
    last = np.flatnonzero(np.append(score[1:] != score[:-1], True)) if score.size else np.zeros(0)
    last = last.astype(np.intp)
    last = last[found[last] > 0] if total else last[:0]
    hit, found = hit[last].astype(np.float64), found[last].astype(np.float64)
    return Curve(score[last], hit / found, hit / max(total, 1), 2 * hit / (found + max(total, 1)))


def _of(flat: Flat, label: int | None) -> Bools:
    mine: Bools = np.ones(len(flat.score), np.bool_)
    return mine if label is None else flat.found_label == label


def best_threshold(made: Curve) -> float:
    """Where F1 is highest, the highest of equal ones, halfway to the next box that it shuts out,
    so that a figure rounded on its way through a file shuts out the same ones."""
    if not made.f1.size or made.f1.max() <= 0:
        return HALF
    at = int(made.f1.argmax())
    below = made.thresholds[at + 1] if at + 1 < made.thresholds.size else 0.0
    return float((made.thresholds[at] + below) / 2)
