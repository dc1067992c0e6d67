"""Two models on the same images: every figure of both, the difference, its interval.

The figures are those of `classification`, `detection` and `segmentation`; the intervals those of
`paired`. Where each group is one image, the proportions of a classifier have the interval of
Bonett and Price at any size, and the mean recall their combination. LOWER_IS_BETTER names the
figures of which less is better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlstudio.metrics import classification, detection, pairing, segmentation
from tlstudio.metrics.boxes import Bools, Found, Ints, Truth
from tlstudio.metrics.grouped import Groups
from tlstudio.metrics.intervals import Interval
from tlstudio.metrics.operating import Prepared
from tlstudio.metrics.paired import Difference, Paired, mean_of_shares, shares
from tlstudio.metrics.pixel_counts import ImageCounts

LOWER_IS_BETTER = frozenset({"ece", "hd95"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """`overall` by the names of the task's figures, `per_label` in the order of the labels;
    the answers differ in `differ` of the `groups`."""

    images: int
    groups: int
    differ: int
    overall: dict[str, Difference]
    per_label: list[dict[str, Difference]]


def of_classes(
    truth: Sequence[int] | NDArray[np.intp],
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> Comparison:
    """Two classifiers on N images: `truth` [N] label indices, probabilities [N, C] of each.

    The same seed gives the same intervals; 0 resamples leave them out but for those of
    proportions. Raises ValueError for an empty set or shapes that do not fit.
    """
    t = np.asarray(truth, dtype=np.intp)
    if first.shape != second.shape or len(t) != len(first) or len(groups) != len(t) or not len(t):
        raise ValueError(f"shapes do not fit: {t.shape}, {first.shape}, {second.shape}")
    grouped = Groups.named(groups)
    one, two = first.argmax(axis=1), second.argmax(axis=1)
    pair = Paired(
        classification.weighted(t, first, groups),
        classification.weighted(t, second, groups),
        grouped,
        _holding(grouped, (first != second).any(axis=1)),
        resamples=resamples,
        seed=seed,
    )
    every = np.ones(grouped.count, np.bool_)
    with_label = [_holding(grouped, t == k) for k in range(first.shape[1])]
    occurring = [held for held in with_label if held.any()]
    rarest = min(occurring, key=lambda held: int(held.sum()))
    overall = {
        name: pair.difference(name, every if name in ("accuracy", "ece") else rarest)
        for name in classification.OVERALL
    }
    per_label = [
        _class_label(pair, grouped, k, with_label[k], t, one, two) for k in range(first.shape[1])
    ]
    if grouped.count == len(t):
        _exchange_shares(overall, per_label, t, one, two)
    return Comparison(len(t), grouped.count, _different(grouped, one != two), overall, per_label)


def _class_label(
    pair: Paired, groups: Groups, k: int, held: Bools, t: Ints, one: Ints, two: Ints
) -> dict[str, Difference]:
    others = _holding(groups, t != k)
    answered = _holding(groups, (one == k) | (two == k))
    fewer = held if held.sum() <= others.sum() else others
    bearing = {"precision": answered, "specificity": others, "auroc": fewer}
    return {
        name: pair.difference(f"label_{name}", bearing.get(name, held), k)
        for name in classification.PER_LABEL
    }


def _exchange_shares(
    overall: dict[str, Difference],
    per_label: list[dict[str, Difference]],
    t: Ints,
    one: Ints,
    two: Ints,
) -> None:
    """Where each image is a group of its own, proportions over a fixed set of images have the
    interval of paired shares."""
    _exchange(overall, "accuracy", _shares(one == t, two == t))
    recalls = []
    for k, row in enumerate(per_label):
        mine = t == k
        if mine.any():
            _exchange(row, "recall", _shares(one[mine] == k, two[mine] == k))
            recalls.append(row["recall"])
        if not mine.all():
            _exchange(row, "specificity", _shares(one[~mine] != k, two[~mine] != k))
    means = mean_of_shares([r.value or 0.0 for r in recalls], [r.interval for r in recalls])
    names = ["balanced_accuracy", "recall"]
    if len(per_label) == 2 and len(recalls) == 2:
        names.append("specificity")  # of two labels, that of one is the recall of the other
    for name in names:
        _exchange(overall, name, means)


def _shares(one: Bools, two: Bools) -> Interval:
    return shares(int((two & ~one).sum()), int((one & ~two).sum()), len(one))


def _exchange(row: dict[str, Difference], name: str, interval: Interval) -> None:
    was = row[name]
    row[name] = Difference(was.first, was.second, was.value, interval, was.bearing)


def of_boxes(
    truths: Sequence[Truth],
    first: Sequence[Found],
    second: Sequence[Found],
    labels: int,
    groups: Sequence[str],
    thresholds: tuple[float, float],
    *,
    seed: int = 0,
    resamples: int = 500,
) -> Comparison:
    """Two detectors on the images of `truths`, each judged at its own threshold.

    Raises ValueError for an empty set or lists that do not fit.
    """
    if not truths or not len(truths) == len(first) == len(second) == len(groups):
        raise ValueError(f"{len(truths)} truths, {len(first)} and {len(second)} answers")
    grouped = Groups.named(groups)
    prepared = [Prepared(truths, founds, labels) for founds in (first, second)]
    tallies = [
        pairing.tallies(data.flat, pairing.pair(data.flat, data.matches, threshold))
        for data, threshold in zip(prepared, thresholds, strict=True)
    ]
    differ = np.array([not _alike(a, b) for a, b in zip(first, second, strict=True)])
    pair = Paired(
        detection.weighted(prepared[0], tallies[0], grouped),
        detection.weighted(prepared[1], tallies[1], grouped),
        grouped,
        _holding(grouped, differ),
        resamples=resamples,
        seed=seed,
    )
    bearing = _BoxBearing(prepared[0], tallies, grouped)
    sizes = prepared[0].sizes
    names = {"map50": 0, "map50_95": 0, "map75": 0}
    names |= {f"map_{size}": a for a, size in enumerate(sizes, start=1)}
    overall = {name: pair.difference(name, bearing.rarest(a)) for name, a in names.items()}
    overall["precision"] = pair.difference("precision", _any(bearing.found))
    for name in ("recall", "f1"):
        overall[name] = pair.difference(name, _any(bearing.true[:, :, 0]))
    per_label = []
    for k in range(labels):
        row = {
            name[1:]: pair.difference(name[1:], bearing.true[:, k, a], k)
            for name, a in names.items()
        }
        for name in detection.AT_THRESHOLD:
            held = bearing.found[:, k] if name == "precision" else bearing.true[:, k, 0]
            row[name] = pair.difference(f"label_{name}", held, k)
        per_label.append(row)
    return Comparison(len(truths), grouped.count, _different(grouped, differ), overall, per_label)


def _alike(one: Found, two: Found) -> bool:
    return all(
        np.array_equal(a, b)
        for a, b in ((one.boxes, two.boxes), (one.labels, two.labels), (one.scores, two.scores))
    )


class _BoxBearing:
    """Which groups bear on a figure: `true` [G, C, 1 + sizes] hold counting boxes of the label,
    `found` [G, C] boxes that either model found."""

    def __init__(
        self, data: Prepared, tallies: Sequence[tuple[Ints, Ints, Ints]], groups: Groups
    ) -> None:
        flat = data.flat
        held = np.zeros((flat.images, flat.classes, len(data.sizes) + 1), np.bool_)
        np.logical_or.at(held, (flat.true_image, flat.true_label), ~data.matches.true_ignored)
        self.true = _holding(groups, held)
        self.found = _holding(groups, (tallies[0][2] > 0) | (tallies[1][2] > 0))

    def rarest(self, a: int) -> Bools:
        """Of the labels that occur in the range of sizes `a`, the groups of the rarest."""
        counts = self.true[:, :, a].sum(axis=0)
        if not counts.any():
            return np.zeros(len(self.true), np.bool_)
        k = int(np.where(counts > 0, counts, counts.max() + 1).argmin())
        rarest: Bools = self.true[:, k, a]
        return rarest


def of_regions(
    first: Sequence[ImageCounts],
    second: Sequence[ImageCounts],
    labels: int,
    groups: Sequence[str],
    *,
    seed: int = 0,
    resamples: int = 2000,
) -> Comparison:
    """Two segmenters on the same images, from what each image adds to the figures of either.

    Raises ValueError for an empty set or lists that do not fit.
    """
    if not first or not len(first) == len(second) == len(groups):
        raise ValueError(f"{len(first)} and {len(second)} images, {len(groups)} groups")
    grouped = Groups.named(groups)
    differ = np.array([not _same_counts(a, b) for a, b in zip(first, second, strict=True)])
    pair = Paired(
        segmentation.weighted(first, grouped),
        segmentation.weighted(second, grouped),
        grouped,
        _holding(grouped, differ),
        resamples=resamples,
        seed=seed,
    )
    true = _holding(grouped, np.array([c.true for c in first]) > 0)
    answers = [np.array([c.found for c in counts]) > 0 for counts in (first, second)]
    found = _holding(grouped, answers[0] | answers[1])
    both: Bools = true & _holding(grouped, answers[0]) & _holding(grouped, answers[1])
    counts = true.sum(axis=0)
    k = int(np.where(counts > 0, counts, grouped.count + 1).argmin()) if labels else 0
    every = np.ones(grouped.count, np.bool_)
    per_image = _any(true | found)
    whole = {"pixel_accuracy": every, "hd95": both[:, k], "dice_per_image": per_image}
    return Comparison(
        images=len(first),
        groups=grouped.count,
        differ=_different(grouped, differ),
        overall={
            name: pair.difference(name, whole.get(name, true[:, k]), **_kind(name))
            for name in segmentation.OVERALL
        },
        per_label=[
            _region_label(pair, k, true[:, k], found[:, k], both[:, k]) for k in range(labels)
        ],
    )


def _same_counts(one: ImageCounts, two: ImageCounts) -> bool:
    pairs = ((one.pixels, two.pixels), (one.borders, two.borders))
    return all(np.array_equal(a, b) for a, b in pairs) and np.array_equal(
        one.hd95, two.hd95, equal_nan=True
    )


def _region_label(
    pair: Paired, k: int, true: Bools, found: Bools, both: Bools
) -> dict[str, Difference]:
    bearing = {"precision": found, "hd95": both, "dice_per_image": true | found}
    return {
        name: pair.difference(f"label_{name}", bearing.get(name, true), k, **_kind(name))
        for name in segmentation.PER_LABEL
    }


def _kind(name: str) -> dict[str, bool]:
    return {"distance": name == "hd95", "skewed": name == "dice_per_image"}


def _any(held: Bools) -> Bools:
    """Which groups [G] hold any of what `held` [G, C] tells."""
    found: Bools = np.asarray(held.any(axis=1))
    return found


def _holding(groups: Groups, images: Bools) -> Bools:
    """Which groups [G, ...] hold at least one of the images [I, ...] that are true."""
    held = np.zeros((groups.count, *images.shape[1:]), np.bool_)
    np.logical_or.at(held, groups.of, images)
    return held


def _different(groups: Groups, images: Bools) -> int:
    return int(_holding(groups, images).sum())
