"""Figures of a detector on the validation images while it learns, and which of two is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tlstudio.metrics.detection import Found, Prepared, Truth, best_threshold, map_values
from tlstudio.ml.detection.answers import DIGITS
from tlstudio.ml.loop import Values
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import LabelName, Picture

METRIC = "map50"
"""The figure that a person is shown."""
CHOSEN_BY = "map50_95"
UNKNOWN = 0.5  # the threshold where no validation image says a better one


def truth_of(picture: Picture, labels: Sequence[LabelName]) -> Truth:
    """The picture's boxes, their labels as places in `labels`; one of another label (a region to
    ignore, a label that is not learned) is a crowd of each: what is found there is neither right
    nor wrong."""
    place = {label.id: at for at, label in enumerate(labels)}
    spread = [
        (each["box"], at, bool(each.get("crowd")) or each["label"] not in place)
        for each in picture.annotations
        if each["kind"] == "box"
        for at in ([place[each["label"]]] if each["label"] in place else place.values())
    ]
    return Truth.of(*([row[column] for row in spread] for column in range(3)))


def any_objects(truths: Sequence[Truth]) -> bool:
    """Whether there is anything to find: boxes that are no crowds."""
    return any(bool((~truth.crowd).any()) for truth in truths)


def warn_about(truths: Sequence[Truth], reporter: Reporter) -> None:
    """Say where the validation images of `truths` have nothing that figures could be made of."""
    if truths and not any_objects(truths):
        reporter.remark("training.no_validation_objects")


def score(truths: Sequence[Truth], founds: Sequence[Found], labels: int) -> Values:
    """map50 and map50_95 of an epoch; nothing where the images have no objects, so that no epoch
    is taken for better than another."""
    if not any_objects(truths):
        return {}
    found = map_values(truths, founds, labels)
    return {METRIC: found[METRIC], CHOSEN_BY: found[CHOSEN_BY]}


def better(new: Values, best: Values) -> bool:
    """Higher map50_95; where neither has any, higher map50."""
    if CHOSEN_BY not in best:
        return CHOSEN_BY in new
    return _rank(new) > _rank(best)


def fruitless(values: Values) -> bool:
    """Whether nothing was found where there was something to find."""
    return CHOSEN_BY in values and not any(_rank(values))


def _rank(values: Values) -> tuple[float, float]:
    return round(values.get(CHOSEN_BY, 0.0), 9), round(values.get(METRIC, 0.0), 9)


def threshold_of(truths: Sequence[Truth], founds: Sequence[Found], labels: int) -> float:
    """The confidence where F1 on the validation images is highest; UNKNOWN without any. It lies
    between confidences as they are told, so that answers read from a file are cut alike."""
    told = [replace(found, scores=np.round(found.scores, DIGITS)) for found in founds]
    return best_threshold(truths, told, labels) if truths else UNKNOWN


def all_figures(
    truths: Sequence[Truth], founds: Sequence[Found], labels: int, threshold: float
) -> dict[str, float]:
    """The figures kept with the best model: average precisions, and precision, recall and F1 at
    the threshold; those that the images do not allow are left out."""
    if not any_objects(truths):
        return {}
    at = Prepared(truths, founds, labels).at(threshold).overall
    values = {**map_values(truths, founds, labels), **at}
    return {name: value for name, value in values.items() if value is not None}
