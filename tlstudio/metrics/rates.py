"""Rates of a classifier from tallies, for one test set or for many resamples at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Weighted counts with a leading axis of resamples: `hits`, `truth` and `predicted` are
    [R, C] (right, occurring and predicted per label), `total` is [R]."""

    hits: Floats
    truth: Floats
    predicted: Floats
    total: Floats


def ratio(above: Floats, below: Floats) -> Floats:
    """above / below, NaN where below is 0."""
    out: Floats = np.full(above.shape, np.nan)
    np.divide(above, below, out=out, where=below > 0)
    return out


def per_label(t: Tallies) -> dict[str, Floats]:
    """precision, recall, specificity and f1 of each label against the rest, each [R, C].

    NaN where undefined: recall of a label that does not occur, precision of one never
    predicted, specificity where nothing else occurs.
    """
    others = t.total[:, None] - t.truth
    right_others = others - (t.predicted - t.hits)
    return {
        "precision": ratio(t.hits, t.predicted),
        "recall": ratio(t.hits, t.truth),
        "specificity": ratio(right_others, others),
        "f1": ratio(2 * t.hits, t.truth + t.predicted),
    }


def overall(t: Tallies, labels: dict[str, Floats]) -> dict[str, Floats]:
    """accuracy, and the plain means over the labels that occur in the truth, each [R].

    A label that occurs and is never predicted counts 0 in the precision. balanced_accuracy is
    the mean recall (Brodersen et al. 2010, ICPR), so the two are the same number here.
    """
    occurs = t.truth > 0
    means = {}
    for name, values in labels.items():
        filled = np.where(np.isnan(values), 0.0, values) if name == "precision" else values
        used = occurs & ~np.isnan(filled)
        means[name] = ratio(np.where(used, filled, 0.0).sum(axis=1), used.sum(axis=1) * 1.0)
    return {
        "accuracy": ratio(t.hits.sum(axis=1), t.total),
        "balanced_accuracy": means["recall"],
        **means,
    }
