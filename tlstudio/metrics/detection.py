"""Figures of a detector on labelled images, each with a 95 % interval and its method.

Definitions. map50 is the mean over the labels that occur of the average precision at an overlap
of a half, map50_95 its mean over ten overlaps from .5 to .95, map75 that at .75; map_small,
map_medium and map_large are map50_95 of boxes of that size (Lin et al. 2014, Microsoft COCO; the
numbers are those of its evaluation code). precision, recall and f1 are of all boxes of at least
the threshold's confidence together, at an overlap of a half; per label, of that label alone.
What cannot be computed is None, never 0.

The threshold belongs to the run: it is found on the validation images by `best_threshold` and
kept. Without one it is the best on these very images, which flatters precision, recall and f1.

Intervals: see `grouped`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlstudio.metrics import pairing, thresholds
from tlstudio.metrics.average_precision import Curves, fitting_limit, mean_of_known
from tlstudio.metrics.boxes import Bools, Floats, Found, Ints, Truth
from tlstudio.metrics.counting import CountFigures
from tlstudio.metrics.grouped import Groups, Spread, Weighted, spread
from tlstudio.metrics.intervals import CLAIMED_FROM, Interval
from tlstudio.metrics.matching import ALL, SIZES, flatten, match
from tlstudio.metrics.operating import ImageRow, Operating, Prepared
from tlstudio.metrics.rates import ratio
from tlstudio.metrics.thresholds import Curve

__all__ = [
    "DetectionFigures",
    "Found",
    "ImageRow",
    "LabelFigures",
    "Operating",
    "Prepared",
    "Truth",
    "best_threshold",
    "evaluate",
    "map_values",
    "to_json",
]

AT_THRESHOLD = ("precision", "recall", "f1")


@dataclass(frozen=True, slots=True, eq=False)
class LabelFigures:
    """One label: `objects` true boxes (no crowds) in `images` images, `predicted` found ones at
    the threshold; its figures, intervals and curve."""

    objects: int
    images: int
    predicted: int
    values: dict[str, float | None]
    intervals: dict[str, Interval]
    curve: Curve


@dataclass(frozen=True, slots=True, eq=False)
class DetectionFigures:
    """Figures of a test set.

    `overall` has map50, map50_95, map75, a map for each size, precision, recall, f1 and
    threshold; `intervals` those names but the last; `per_label` follows the order of the
    labels. `at` has what depends on the threshold, and `prepared` answers for any other one.
    """

    images: int
    groups: int
    overall: dict[str, float | None]
    intervals: dict[str, Interval]
    per_label: list[LabelFigures]
    curve: Curve
    at: Operating
    prepared: Prepared

    @property
    def enough_groups(self) -> bool:
        return self.groups >= CLAIMED_FROM

    @property
    def confusion(self) -> list[list[int]]:
        return self.at.confusion

    @property
    def rows(self) -> list[ImageRow]:
        return self.at.rows


def evaluate(
    truths: Sequence[Truth],
    founds: Sequence[Found],
    labels: Sequence[str],
    groups: Sequence[str],
    threshold: float | None = None,
    *,
    sizes: Mapping[str, tuple[float, float]] = SIZES,
    limit: int | None = None,
    seed: int = 0,
    resamples: int = 500,
) -> DetectionFigures:
    """All figures of I images: `truths`, `founds` and the name of each one's group, in order.

    `limit` found boxes of a label in an image count for average precision, the surest first:
    COCO's 100, and where an image holds more true boxes than that, three times as many as it
    does. The same seed gives the same intervals; 0 resamples leave them out. Raises ValueError
    for an empty set, or lists or label indices that do not fit.
    """
    if not truths or not len(truths) == len(founds) == len(groups):
        raise ValueError(f"{len(truths)} truths, {len(founds)} answers, {len(groups)} groups")
    data = Prepared(truths, founds, len(labels), sizes, limit)
    chosen = data.best_threshold() if threshold is None else threshold
    at = data.at(chosen)
    grouped = Groups.named(groups)
    tallies = pairing.tallies(data.flat, pairing.pair(data.flat, data.matches, chosen))
    spreading = spread(weighted(data, tallies, grouped), grouped, resamples=resamples, seed=seed)
    bearing = _Bearing.of(data, grouped, tallies)
    return DetectionFigures(
        images=len(truths),
        groups=grouped.count,
        overall={**_overall(spreading, data.sizes), "threshold": chosen},
        intervals=_intervals(spreading, bearing, data.sizes),
        per_label=_per_label(data, spreading, bearing, tallies),
        curve=data.curve(),
        at=at,
        prepared=data,
    )


def weighted(data: Prepared, tallies: tuple[Ints, Ints, Ints], groups: Groups) -> Weighted:
    """map..., precision, recall and f1 [R], per label [C, R] ap... and the rates under label_...,
    under weights of the groups [G, R]; `tallies` at one threshold are those of `pairing`."""
    by_group = [_summed(table, groups) for table in tallies]

    def figures(weights: Floats) -> dict[str, Floats]:
        return {**data.precisions(weights[groups.of]), **_weighted_rates(by_group, weights)}

    return figures


def map_values(
    truths: Sequence[Truth], founds: Sequence[Found], labels: Sequence[str] | int
) -> dict[str, float]:
    """map50, map50_95 and map75 alone, for validation in training; 0 where nothing is true."""
    flat = flatten(truths, founds, labels if isinstance(labels, int) else len(labels))
    curves = Curves(flat, match(flat, [ALL]), fitting_limit(flat))
    ap = curves.values(np.ones((len(truths), 1)))[:, 0, :, 0]
    named = {"map50": ap[:, 0], "map50_95": ap, "map75": ap[:, 5]}
    axes = {name: tuple(range(value.ndim)) for name, value in named.items()}
    made = {name: float(mean_of_known(value, axes[name])) for name, value in named.items()}
    return {name: 0.0 if np.isnan(value) else value for name, value in made.items()}


def best_threshold(truths: Sequence[Truth], founds: Sequence[Found], labels: int) -> float:
    """The confidence where F1 of all boxes together is highest, .5 where nothing is right."""
    flat = flatten(truths, founds, labels)
    return thresholds.best_threshold(thresholds.curve(flat, match(flat, [ALL], np.array([0.5]))))


def _summed(table: Ints, groups: Groups) -> Floats:
    out = np.zeros((groups.count, table.shape[1]))
    np.add.at(out, groups.of, table)
    return out


def _weighted_rates(by_group: list[Floats], weights: Floats) -> dict[str, Floats]:
    """precision, recall and f1 [R], and per label [C, R] under label_..."""
    hits, true, found = (table.T @ weights for table in by_group)
    return {
        **_three(hits.sum(0), true.sum(0), found.sum(0), ""),
        **_three(hits, true, found, "label_"),
    }


def _three(hits: Floats, true: Floats, found: Floats, prefix: str) -> dict[str, Floats]:
    return {
        f"{prefix}precision": ratio(hits, found),
        f"{prefix}recall": ratio(hits, true),
        f"{prefix}f1": ratio(2 * hits, true + found),
    }


@dataclass(frozen=True, slots=True, eq=False)
class _Bearing:
    """How many groups bear on a figure: `true` [C, 1 + sizes] hold counting boxes of the label,
    `found` [C] found ones; `any_true` and `any_found` hold any."""

    true: Ints
    found: Ints
    any_true: int
    any_found: int

    @classmethod
    def of(cls, data: Prepared, groups: Groups, tallies: tuple[Ints, Ints, Ints]) -> _Bearing:
        flat = data.flat
        held: Bools = np.zeros((flat.images, flat.classes, len(data.sizes) + 1), np.bool_)
        np.logical_or.at(held, (flat.true_image, flat.true_label), ~data.matches.true_ignored)
        _hits, true, found = tallies
        return cls(
            true=groups.bearing(held),
            found=groups.bearing(found > 0),
            any_true=int(groups.bearing(true.sum(axis=1) > 0)),
            any_found=int(groups.bearing(found.sum(axis=1) > 0)),
        )

    def rarest(self, a: int = 0) -> int:
        """Of the labels that occur in the range of sizes `a`, the groups of the rarest."""
        seen = self.true[:, a][self.true[:, a] > 0]
        return int(seen.min()) if seen.size else 0


def _overall(found: Spread, sizes: Sequence[str]) -> dict[str, float | None]:
    names = ["map50", "map50_95", "map75", *(f"map_{size}" for size in sizes), *AT_THRESHOLD]
    return {name: _known(found.values[name]) for name in names}


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _intervals(found: Spread, bearing: _Bearing, sizes: Sequence[str]) -> dict[str, Interval]:
    matter = {"map50": 0, "map50_95": 0, "map75": 0}
    matter |= {f"map_{size}": a for a, size in enumerate(sizes, start=1)}
    made = {
        name: found.interval(name, bearing.rarest(a), optimistic=True) for name, a in matter.items()
    }
    made["precision"] = found.interval("precision", bearing.any_found)
    made["recall"] = found.interval("recall", bearing.any_true)
    made["f1"] = found.interval("f1", bearing.any_true)
    return made


def _per_label(
    data: Prepared, found: Spread, bearing: _Bearing, tallies: tuple[Ints, Ints, Ints]
) -> list[LabelFigures]:
    _hits, true, answered = tallies
    made = []
    for k in range(data.flat.classes):
        matter = {"ap50": (k, 0), "ap50_95": (k, 0), "ap75": (k, 0)}
        matter |= {f"ap_{size}": (k, a) for a, size in enumerate(data.sizes, start=1)}
        values = {name: _known(found.values[name][k]) for name in matter}
        intervals = {
            name: found.interval(name, int(bearing.true[at]), k, optimistic=True)
            for name, at in matter.items()
        }
        for name in AT_THRESHOLD:
            n = bearing.found[k] if name == "precision" else bearing.true[k, 0]
            values[name] = _known(found.values[f"label_{name}"][k])
            intervals[name] = found.interval(f"label_{name}", int(n), k)
        made.append(
            LabelFigures(
                objects=int(true[:, k].sum()),
                images=int((true[:, k] > 0).sum()),
                predicted=int(answered[:, k].sum()),
                values=values,
                intervals=intervals,
                curve=data.curve(k),
            )
        )
    return made


def to_json(found: DetectionFigures, labels: Sequence[str]) -> dict[str, Any]:
    """The figures under the keys of `evaluate`; `labels` are the names in order. The last row
    and column of the confusion are the background, and its label is None."""
    return {
        "metrics": found.overall,
        "intervals": {name: i.pair for name, i in found.intervals.items()},
        "methods": {name: i.method for name, i in found.intervals.items()},
        "groups": found.groups,
        "images": found.images,
        "counts": _count_json(found.at.count),
        "per_label": {
            label: {
                "objects": row.objects,
                "images": row.images,
                "predicted": row.predicted,
                **row.values,
                "counts": _count_json(count),
                "intervals": {name: i.pair for name, i in row.intervals.items()},
                "methods": {name: i.method for name, i in row.intervals.items()},
            }
            for label, row, count in zip(
                labels, found.per_label, found.at.label_counts, strict=True
            )
        },
        "confusion": {"labels": [*labels, None], "matrix": found.confusion},
    }


def _count_json(made: CountFigures) -> dict[str, Any]:
    return {
        "true": made.true,
        "found": made.found,
        "bias": made.bias,
        "limits": list(made.limits) if made.limits else None,
        "error": made.error,
        "exact": made.exact,
    }
