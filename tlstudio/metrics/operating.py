"""A detector's test set, matched once: what any threshold and any weighting of it come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlstudio.metrics import pairing, thresholds
from tlstudio.metrics.average_precision import Curves, fitting_limit, mean_of_known
from tlstudio.metrics.boxes import Floats, Found, Ints, Truth
from tlstudio.metrics.counting import CountFigures, count_figures
from tlstudio.metrics.matching import ALL, SIZES, Flat, Matches, flatten, match
from tlstudio.metrics.pairing import Pairing
from tlstudio.metrics.thresholds import Curve


@dataclass(frozen=True, slots=True, eq=False)
class ImageRow:
    """What became of the boxes of one image, in the order they were given.

    `true_verdict` and `found_verdict` hold the verdicts of `pairing`; partners are places in
    the other list, -1 for none; `overlap` is NaN without one.
    """

    true_verdict: Ints
    true_partner: Ints
    found_verdict: Ints
    found_partner: Ints
    overlap: Floats

    def count(self, verdict: int) -> int:
        """Hits, misses and wrong labels among the true boxes, false alarms among the found."""
        of = self.found_verdict if verdict == pairing.FALSE_ALARM else self.true_verdict
        return int((of == verdict).sum())

    @property
    def errors(self) -> int:
        wrong = (pairing.MISS, pairing.FALSE_ALARM, pairing.WRONG_LABEL)
        return sum(self.count(verdict) for verdict in wrong)


@dataclass(frozen=True, slots=True, eq=False)
class Operating:
    """All that depends on the threshold: figures overall and per label in order, the confusion
    [C + 1, C + 1] (rows truth, columns found, last background), counts of all boxes and of each
    label's, and a row per image."""

    threshold: float
    overall: dict[str, float | None]
    per_label: list[dict[str, float | None]]
    confusion: list[list[int]]
    count: CountFigures
    label_counts: list[CountFigures]
    rows: list[ImageRow]


class Prepared:
    """The matched boxes of a test set, which any threshold and any weighting can ask."""

    def __init__(
        self,
        truths: Sequence[Truth],
        founds: Sequence[Found],
        classes: int,
        sizes: Mapping[str, tuple[float, float]] = SIZES,
        limit: int | None = None,
    ) -> None:
        self.flat: Flat = flatten(truths, founds, classes)
        self.sizes = tuple(sizes)
        self.matches: Matches = match(self.flat, [ALL, *sizes.values()])
        self.curves = Curves(self.flat, self.matches, limit or fitting_limit(self.flat))
        self._true_ends = np.cumsum([len(t.labels) for t in truths])[:-1]
        self._found_ends = np.cumsum([len(f.labels) for f in founds])[:-1]

    def curve(self, label: int | None = None) -> Curve:
        """Precision and recall over all thresholds, of one label or of all."""
        return thresholds.curve(self.flat, self.matches, label)

    def best_threshold(self) -> float:
        return thresholds.best_threshold(self.curve())

    def precisions(self, weights: Floats) -> dict[str, Floats]:
        """Average precision figures under image weights [I, R]: per label [C, R] under ap...,
        overall [R] under map..."""
        ap = self.curves.values(weights)
        labels = {
            "ap50": ap[:, 0, 0],
            "ap50_95": mean_of_known(ap[:, 0], (1,)),
            "ap75": ap[:, 0, 5],
        }
        for a, size in enumerate(self.sizes, start=1):
            labels[f"ap_{size}"] = mean_of_known(ap[:, a], (1,))
        whole = {f"m{name}": mean_of_known(value, (0,)) for name, value in labels.items()}
        return {**whole, **labels}

    def at(self, threshold: float) -> Operating:
        """Figures and verdicts at a threshold; fast enough to follow a slider."""
        made = pairing.pair(self.flat, self.matches, threshold)
        hits, true, found = pairing.tallies(self.flat, made)
        whole = _rates(hits.sum(), true.sum(), found.sum())
        labels = [
            _rates(*each) for each in zip(hits.sum(0), true.sum(0), found.sum(0), strict=True)
        ]
        return Operating(
            threshold=threshold,
            overall={**whole, "threshold": threshold},
            per_label=labels,
            confusion=pairing.confusion(self.flat, made).tolist(),
            count=count_figures(true.sum(axis=1), found.sum(axis=1)),
            label_counts=[count_figures(true[:, k], found[:, k]) for k in range(self.flat.classes)],
            rows=self._rows(made),
        )

    def _rows(self, made: Pairing) -> list[ImageRow]:
        first_true = np.concatenate([[0], self._true_ends]).astype(np.intp)
        first_found = np.concatenate([[0], self._found_ends]).astype(np.intp)
        partner = made.true_partner - first_found[self.flat.true_image]
        answered = made.found_partner - first_true[self.flat.found_image]
        parts = zip(
            np.split(made.true_verdict, self._true_ends),
            np.split(np.where(made.true_partner < 0, -1, partner), self._true_ends),
            np.split(made.found_verdict, self._found_ends),
            np.split(np.where(made.found_partner < 0, -1, answered), self._found_ends),
            np.split(made.overlap, self._found_ends),
            strict=True,
        )
        return [ImageRow(*part) for part in parts]


def _rates(hits: Any, true: Any, found: Any) -> dict[str, float | None]:
    def share(above: float, below: float) -> float | None:
        return float(above / below) if below else None

    return {
        "precision": share(hits, found),
        "recall": share(hits, true),
        "f1": share(2 * hits, true + found),
    }
