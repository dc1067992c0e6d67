"""Figures of a classifier on labelled images, each with a 95 % interval and its method.

Definitions. accuracy is the share of right images; precision, recall, specificity and f1 are
plain means over the labels that occur in the truth (each label against the rest);
balanced_accuracy is the mean recall; auroc is the mean, over the labels that occur beside
others, of the area under the label's ROC curve; ece is the expected calibration error of the
winning label. What cannot be computed is None, never 0.

Intervals. Groups (patients, slides, videos; an image without one is its own group) are drawn
with replacement, all their images with them, since images of one group are not independent
(Efron and Tibshirani 1993, An Introduction to the Bootstrap, ch. 8). The draw is not stratified
by label: how common each label is in a test set is itself a matter of chance. Such an interval
is claimed from 100 groups on, of which 20 must bear on the figure. Where each group is one
image, the proportions of a label have Wilson's interval at any size and the mean recall their
combination, since these hold what they promise where errors are few, and accuracy has Wilson's
below 100 groups. What is left has no interval and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.metrics import calibration, rates
from tlstudio.metrics.intervals import (
    CLAIMED_FROM,
    RARE,
    TOO_FEW,
    UNDEFINED,
    Interval,
    mean_of_proportions,
    resampled,
    resampled_error,
    wilson,
)
from tlstudio.metrics.ranking import Ranking

OVERALL = (
    "accuracy", "balanced_accuracy", "precision", "recall", "specificity", "f1", "auroc", "ece",
)  # fmt: skip
PER_LABEL = ("precision", "recall", "specificity", "f1", "auroc")

_CHUNK = 200  # resamples at a time: the weights of 5,000 images then fit a processor's cache

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label against the rest; `images` of it occur in the truth."""

    images: int
    predicted: int
    values: dict[str, float | None]
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True)
class Figures:
    """`overall` and `intervals` have the names of OVERALL; `per_label` and `confusion` (rows
    truth, columns predicted) follow the order of the labels. `groups` is how many there were."""

    images: int
    groups: int
    overall: dict[str, float | None]
    intervals: dict[str, Interval]
    per_label: list[LabelFigures]
    confusion: list[list[int]]

    @property
    def enough_groups(self) -> bool:
        return self.groups >= CLAIMED_FROM


class _Set:
    """The test set, prepared so that any weighting of its groups gives all figures at once."""

    def __init__(self, truth: NDArray[np.intp], p: Floats, groups: Sequence[str]) -> None:
        n, c = p.shape
        self.truth, self.predicted = truth, p.argmax(axis=1)
        names, self.group = np.unique(np.asarray(groups, dtype=np.str_), return_inverse=True)
        self.n, self.classes, self.groups = n, c, len(names)
        self.singletons = self.groups == n
        right = self.truth == self.predicted
        self.has_truth = self._spread(truth, np.ones(n))
        self.has_predicted = self._spread(self.predicted, np.ones(n))
        hits = self._spread(truth, right.astype(float))
        gaps = calibration.gaps(p.max(axis=1), right, self.group, self.groups)
        self.table = np.hstack([hits, self.has_truth, self.has_predicted, gaps]).astype(np.float32)
        self.rankings = [Ranking(p[:, k], truth == k) for k in range(c)]

    def _spread(self, label: NDArray[np.intp], weight: Floats) -> Floats:
        """Sums of `weight` per group and label, [G, C]."""
        flat = np.bincount(
            self.group * self.classes + label, weight, minlength=self.groups * self.classes
        )
        return flat.reshape(self.groups, self.classes).astype(np.float64)

    def figures(self, weights: NDArray[np.float32]) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """Overall figures [R] and figures per label [R, C] under group weights [G, R]."""
        sums = (weights.T @ self.table).astype(np.float64)
        c = self.classes
        hits, truth, predicted = sums[:, :c], sums[:, c : 2 * c], sums[:, 2 * c : 3 * c]
        total = truth.sum(axis=1)
        tallies = rates.Tallies(hits, truth, predicted, total)
        labels = rates.per_label(tallies)
        whole = rates.overall(tallies, labels)
        areas = np.full(truth.shape, np.nan)
        images = weights[self.group]
        for k, ranking in enumerate(self.rankings):
            if ranking.defined:
                areas[:, k] = ranking.area(images)
        known = ~np.isnan(areas)
        count = known.sum(axis=1)
        summed = np.where(known, areas, 0.0).sum(axis=1)
        whole["auroc"] = np.where(count > 0, summed / np.maximum(count, 1), np.nan)
        whole["ece"] = np.abs(sums[:, 3 * c :]).sum(axis=1) / total
        return whole, {**labels, "auroc": areas}

    def resample(self, resamples: int, seed: int) -> tuple[dict[str, Floats], dict[str, Floats]]:
        """The figures of `resamples` draws of as many groups with replacement."""
        rng = np.random.default_rng(seed)
        parts = []
        for start in range(0, resamples, _CHUNK):
            r = min(_CHUNK, resamples - start)
            drawn = rng.integers(0, self.groups, (self.groups, r), dtype=np.int32)
            flat = np.bincount((drawn * r + np.arange(r)).ravel(), minlength=self.groups * r)
            parts.append(self.figures(flat.reshape(self.groups, r).astype(np.float32)))
        whole = {k: np.concatenate([p[0][k] for p in parts]) for k in parts[0][0]}
        labels = {k: np.concatenate([p[1][k] for p in parts]) for k in parts[0][1]}
        return whole, labels


def weighted(
    truth: NDArray[np.intp], probabilities: Floats, groups: Sequence[str]
) -> Callable[[Floats], dict[str, Floats]]:
    """The figures [R] by the names of OVERALL, and per label [C, R] under label_..., of N images
    under weights of the groups [G, R]; arguments as in `figures`, groups in order of their name."""
    data = _Set(truth, probabilities, groups)

    def under(weights: Floats) -> dict[str, Floats]:
        whole, labels = data.figures(weights.astype(np.float32))
        return {**whole, **{f"label_{name}": value.T for name, value in labels.items()}}

    return under


def figures(
    truth: Sequence[int] | NDArray[np.intp],
    probabilities: NDArray[np.float64],
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> Figures:
    """All figures of N images: `truth` [N] label indices, `probabilities` [N, C], `groups` [N].

    The winning label is the first of the highest probabilities. The same seed gives the same
    intervals; 0 resamples leave the bootstrap out. Raises ValueError for an empty set or shapes
    that do not fit.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    t = np.asarray(truth, dtype=np.intp)
    if p.ndim != 2 or t.shape != (p.shape[0],) or len(groups) != len(t) or not len(t):
        raise ValueError(f"shapes do not fit: {t.shape}, {p.shape}, {len(groups)} groups")
    if t.min() < 0 or t.max() >= p.shape[1] or not np.isfinite(p).all():
        raise ValueError("a label index outside the table, or a probability that is no number")
    data = _Set(t, p, groups)
    once = np.ones((data.groups, 1), np.float32)
    whole, labels = data.figures(once)
    values = {name: float(whole[name][0]) for name in OVERALL}
    per_label = {name: labels[name][0] for name in PER_LABEL}
    wanted = resamples > 0 and data.groups >= CLAIMED_FROM
    drawn = data.resample(resamples, seed) if wanted else None
    confusion = np.bincount(t * data.classes + data.predicted, minlength=data.classes**2)
    return Figures(
        images=data.n,
        groups=data.groups,
        overall={name: _known(value) for name, value in values.items()},
        intervals=_overall_intervals(data, values, per_label, drawn),
        per_label=_label_figures(data, per_label, drawn),
        confusion=confusion.reshape(data.classes, data.classes).tolist(),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


_Drawn = tuple[dict[str, Floats], dict[str, Floats]] | None


def _overall_intervals(
    data: _Set, values: dict[str, float], per_label: dict[str, Floats], drawn: _Drawn
) -> dict[str, Interval]:
    bearing = (data.has_truth > 0).sum(axis=0)
    occurs = bearing > 0
    rarest = int(bearing[occurs].min())
    means = {"recall", "balanced_accuracy"}
    if data.classes == 2:
        means.add("specificity")  # of two labels, the specificity of one is the recall of the other
    found = {}
    for name in OVERALL:
        value, m = values[name], data.groups if name in ("accuracy", "ece") else rarest
        if np.isnan(value):
            found[name] = Interval.none(UNDEFINED)
        elif data.singletons and name in means:
            found[name] = mean_of_proportions(per_label["recall"][occurs], bearing[occurs])
        elif drawn is not None and name == "ece":
            found[name] = resampled_error(value, drawn[0][name], m)
        elif drawn is not None and m >= RARE:
            found[name] = resampled(value, drawn[0][name], m)
        elif data.singletons and name == "accuracy":
            found[name] = wilson(value, data.n)
        else:
            found[name] = Interval.none(TOO_FEW)
    return found


def _label_figures(data: _Set, per_label: dict[str, Floats], drawn: _Drawn) -> list[LabelFigures]:
    """Figures of each label; a proportion of independent images keeps Wilson's interval at any
    size, since there it holds at least what it promises and the bootstrap less."""
    with_label, predicted = data.has_truth > 0, data.has_predicted > 0
    others = data.has_truth.sum(axis=1, keepdims=True) > data.has_truth
    bearing = {
        "recall": with_label.sum(axis=0),
        "precision": predicted.sum(axis=0),
        "specificity": others.sum(axis=0),
        "f1": with_label.sum(axis=0),
        "auroc": np.minimum(with_label.sum(axis=0), others.sum(axis=0)),
    }
    rows = []
    for k in range(data.classes):
        intervals = {}
        for name in PER_LABEL:
            value, m = float(per_label[name][k]), int(bearing[name][k])
            if np.isnan(value):
                intervals[name] = Interval.none(UNDEFINED)
            elif data.singletons and name in ("recall", "precision", "specificity"):
                intervals[name] = wilson(value, m)
            elif drawn is not None and m >= RARE:
                intervals[name] = resampled(value, drawn[1][name][:, k], m)
            else:
                intervals[name] = Interval.none(TOO_FEW)
        rows.append(
            LabelFigures(
                images=int(data.has_truth[:, k].sum()),
                predicted=int(data.has_predicted[:, k].sum()),
                values={name: _known(per_label[name][k]) for name in PER_LABEL},
                intervals=intervals,
            )
        )
    return rows


def to_json(found: Figures, labels: Sequence[str]) -> dict[str, Any]:
    """The figures under the keys of `evaluate`; `labels` are the names in order."""
    return {
        "metrics": found.overall,
        "intervals": {name: i.pair for name, i in found.intervals.items()},
        "methods": {name: i.method for name, i in found.intervals.items()},
        "groups": found.groups,
        "images": found.images,
        "per_label": {
            label: {
                "images": row.images,
                "predicted": row.predicted,
                **row.values,
                "intervals": {name: i.pair for name, i in row.intervals.items()},
                "methods": {name: i.method for name, i in row.intervals.items()},
            }
            for label, row in zip(labels, found.per_label, strict=True)
        },
        "confusion": {"labels": list(labels), "matrix": found.confusion},
    }
