"""Figures of a segmenter on labelled images, each with a 95 % interval and its method.

Definitions. Of a label, dice is 2 hits / (true + found) and iou hits / (true + found - hits) of
its pixels over all images together; precision and recall are of its pixels likewise. boundary_f1
is the mean of the shares of found border near a true one and of true border near a found one
(harmonic, over all images together; Csurka et al. 2013, BMVC, who take it image by image); hd95
is the mean over images of the Hausdorff distance at 95 % in pixels. It is undefined where an
image has the label on one side alone; such images are left out of it and counted as `one_sided`.
dice_per_image is the mean over images of their own Dice. Overall figures are plain means over
the labels that occur in the truth; pixel_accuracy is the share of all pixels, background too;
overall dice_per_image is the mean over the images of the mean over the labels that are true or
found there, so that something found where nothing is counts 0. Void pixels count nowhere. What
cannot be computed is None, never 0.

Intervals: see `grouped`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tlstudio.metrics.average_precision import mean_of_known
from tlstudio.metrics.boxes import Floats, Ints
from tlstudio.metrics.grouped import Groups, Spread, Weighted, spread
from tlstudio.metrics.intervals import CLAIMED_FROM, Interval
from tlstudio.metrics.pixel_counts import VOID, ImageCounts, count
from tlstudio.metrics.rates import ratio

__all__ = [
    "VOID",
    "ImageCounts",
    "LabelFigures",
    "SegmentationFigures",
    "count",
    "evaluate",
    "summary",
    "to_json",
]

PER_LABEL = (
    "dice", "iou", "precision", "recall", "boundary_f1", "hd95", "dice_per_image",
)  # fmt: skip
OVERALL = ("dice", "iou", "pixel_accuracy", "boundary_f1", "hd95", "dice_per_image")


@dataclass(frozen=True, slots=True)
class LabelFigures:
    """One label: the `images` it is true in, its true and found pixels, figures, intervals;
    `one_sided` images have it in the truth or in the answer alone."""

    images: int
    true: int
    found: int
    one_sided: int
    values: dict[str, float | None]
    intervals: dict[str, Interval]


@dataclass(frozen=True, slots=True, eq=False)
class SegmentationFigures:
    """Figures of a test set.

    `overall` and `intervals` have the names of OVERALL, `per_label` follows the order of the
    labels; `confusion` [C + 1, C + 1] counts pixels, rows truth, columns found, the last of each
    background. `image_dice` [I] is None for an image with no label on either side, and
    `image_label_dice` [I, C] NaN for a label on neither.
    """

    images: int
    groups: int
    overall: dict[str, float | None]
    intervals: dict[str, Interval]
    per_label: list[LabelFigures]
    confusion: list[list[int]]
    image_dice: list[float | None]
    image_label_dice: Floats

    @property
    def enough_groups(self) -> bool:
        return self.groups >= CLAIMED_FROM


class _Set:
    """The counts of all images, so that any weighting of the groups gives all figures at once."""

    def __init__(self, counts: Sequence[ImageCounts], groups: Groups) -> None:
        self.groups = groups
        self.hits = np.array([c.hits for c in counts], np.float64)
        self.true = np.array([c.true for c in counts], np.float64)
        self.found = np.array([c.found for c in counts], np.float64)
        self.borders = np.array([c.borders for c in counts], np.float64)
        self.hd95 = np.array([c.hd95 for c in counts])
        self.label_dice = np.array([c.label_dice for c in counts])
        self.image_dice = mean_of_known(self.label_dice, (1,))
        right = np.array([np.trace(c.pixels) for c in counts], np.float64)
        pixels = np.array([c.pixels.sum() for c in counts], np.float64)
        known = ~np.isnan(self.image_dice)
        self._sums = {
            "hits": self._grouped(self.hits),
            "true": self._grouped(self.true),
            "found": self._grouped(self.found),
            "borders": self._grouped(self.borders),
            "hd95": self._grouped(np.nan_to_num(self.hd95)),
            "hd95_images": self._grouped(~np.isnan(self.hd95) * 1.0),
            "dice": self._grouped(np.nan_to_num(self.label_dice)),
            "dice_images": self._grouped(~np.isnan(self.label_dice) * 1.0),
            "image_dice": self._grouped(np.nan_to_num(self.image_dice)),
            "known_images": self._grouped(known * 1.0),
            "right": self._grouped(right),
            "pixels": self._grouped(pixels),
        }

    def _grouped(self, table: Floats) -> Floats:
        out = np.zeros((self.groups.count, *table.shape[1:]))
        np.add.at(out, self.groups.of, table)
        return out

    def figures(self, weights: Floats) -> dict[str, Floats]:
        """Figures [R] by the names of OVERALL, and per label [C, R] under label_..., under
        weights of the groups [G, R]."""
        s = {name: np.tensordot(table, weights, (0, 0)) for name, table in self._sums.items()}
        occurs = s["true"] > 0
        labels = {
            "dice": ratio(2 * s["hits"], s["true"] + s["found"]),
            "iou": ratio(s["hits"], s["true"] + s["found"] - s["hits"]),
            "precision": ratio(s["hits"], s["found"]),
            "recall": ratio(s["hits"], s["true"]),
            "boundary_f1": _boundary_f1(s["borders"]),
            "hd95": ratio(s["hd95"], s["hd95_images"]),
            "dice_per_image": ratio(s["dice"], s["dice_images"]),
        }
        whole = {
            name: mean_of_known(np.where(occurs, labels[name], np.nan), (0,))
            for name in ("dice", "iou", "boundary_f1", "hd95")
        }
        whole["pixel_accuracy"] = ratio(s["right"], s["pixels"])
        whole["dice_per_image"] = ratio(s["image_dice"], s["known_images"])
        return {**whole, **{f"label_{name}": value for name, value in labels.items()}}


def _boundary_f1(sums: Floats) -> Floats:
    """[C, R] from the border counts [C, 4, R]; NaN without a border on either side."""
    found, found_near, true, true_near = (sums[:, i] for i in range(4))
    precision, recall = ratio(found_near, found), ratio(true_near, true)
    made = ratio(2 * precision * recall, precision + recall)
    nothing = ((found > 0) | (true > 0)) & np.isnan(made)
    return np.where(nothing, 0.0, made)


def weighted(counts: Sequence[ImageCounts], groups: Groups) -> Weighted:
    """The figures [R] by the names of OVERALL, and per label [C, R] under label_..., of the images
    under weights of the groups [G, R]."""
    return _Set(counts, groups).figures


def evaluate(
    counts: Sequence[ImageCounts],
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> SegmentationFigures:
    """All figures of I images from what each adds, and the name of each one's group, in order.

    The same seed gives the same intervals; 0 resamples leave them out. Raises ValueError for an
    empty set or lists that do not fit.
    """
    if not counts or len(counts) != len(groups):
        raise ValueError(f"{len(counts)} images, {len(groups)} groups")
    if any(len(c.pixels) != len(labels) + 1 for c in counts):
        raise ValueError("counts of another table of labels")
    grouped = Groups.named(groups)
    data = _Set(counts, grouped)
    found = spread(data.figures, grouped, resamples=resamples, seed=seed)
    return SegmentationFigures(
        images=len(counts),
        groups=grouped.count,
        overall={name: _known(found.values[name]) for name in OVERALL},
        intervals=_intervals(data, found),
        per_label=[_label(data, found, k) for k in range(len(labels))],
        confusion=_background_last(sum((c.pixels for c in counts[1:]), counts[0].pixels)),
        image_dice=[_known(value) for value in data.image_dice],
        image_label_dice=data.label_dice,
    )


def summary(counts: Sequence[ImageCounts]) -> dict[str, float]:
    """dice, iou and pixel_accuracy alone, for validation in training; 0 where nothing is true."""
    data = _Set(counts, Groups.named([""] * len(counts)))
    found = data.figures(np.ones((1, 1)))
    made = {name: float(found[name][0]) for name in ("dice", "iou", "pixel_accuracy")}
    return {name: 0.0 if np.isnan(value) else value for name, value in made.items()}


def _known(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def _background_last(pixels: Ints) -> list[list[int]]:
    order = [*range(1, len(pixels)), 0]
    table: list[list[int]] = pixels[np.ix_(order, order)].tolist()
    return table


def _intervals(data: _Set, found: Spread) -> dict[str, Interval]:
    bearing = data.groups.bearing(data.true > 0)
    measured = data.groups.bearing(~np.isnan(data.hd95))
    occurs = bearing > 0
    rarest = int(bearing[occurs].min()) if occurs.any() else 0
    nearest = int(measured[occurs].min()) if occurs.any() else 0
    known = int(data.groups.bearing(~np.isnan(data.image_dice)))
    return {
        "dice": found.interval("dice", rarest),
        "iou": found.interval("iou", rarest),
        "pixel_accuracy": found.interval("pixel_accuracy", data.groups.count),
        "boundary_f1": found.interval("boundary_f1", rarest),
        "hd95": found.distance("hd95", nearest),
        "dice_per_image": found.interval("dice_per_image", known, skewed=True),
    }


def _label(data: _Set, found: Spread, k: int) -> LabelFigures:
    true, answered = data.true[:, k] > 0, data.found[:, k] > 0
    bearing = {
        "precision": int(data.groups.bearing(answered)),
        "hd95": int(data.groups.bearing(true & answered)),
        "dice_per_image": int(data.groups.bearing(true | answered)),
    }
    with_label = int(data.groups.bearing(true))
    intervals = {}
    for name in PER_LABEL:
        matter = bearing.get(name, with_label)
        if name == "hd95":
            intervals[name] = found.distance("label_hd95", matter, k)
        else:
            skewed = name == "dice_per_image"
            intervals[name] = found.interval(f"label_{name}", matter, k, skewed=skewed)
    return LabelFigures(
        images=int(true.sum()),
        true=int(data.true[:, k].sum()),
        found=int(data.found[:, k].sum()),
        one_sided=int((true != answered).sum()),
        values={name: _known(found.values[f"label_{name}"][k]) for name in PER_LABEL},
        intervals=intervals,
    )


def to_json(found: SegmentationFigures, labels: Sequence[str]) -> dict[str, Any]:
    """The figures under the keys of `evaluate`; `labels` are the names in order. The last row
    and column of the confusion are the background, and its label is None."""
    return {
        "metrics": found.overall,
        "intervals": {name: i.pair for name, i in found.intervals.items()},
        "methods": {name: i.method for name, i in found.intervals.items()},
        "groups": found.groups,
        "images": found.images,
        "per_label": {
            label: {
                "images": row.images,
                "true_pixels": row.true,
                "found_pixels": row.found,
                "one_sided": row.one_sided,
                **row.values,
                "intervals": {name: i.pair for name, i in row.intervals.items()},
                "methods": {name: i.method for name, i in row.intervals.items()},
            }
            for label, row in zip(labels, found.per_label, strict=True)
        },
        "confusion": {"labels": [*labels, None], "matrix": found.confusion},
    }
