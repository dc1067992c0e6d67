"""The figures of two runs and their differences, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tlstudio.domain.tasks import Task
from tlstudio.metrics import comparison
from tlstudio.metrics.comparison import LOWER_IS_BETTER, Comparison
from tlstudio.metrics.paired import Difference
from tlstudio.services._evaluation_tasks import EvaluatedImage, Made
from tlstudio.services._kept_models import KeptModel


def compared(
    first: KeptModel, second: KeptModel, sides: tuple[Made, Made], groups: Sequence[str]
) -> Comparison:
    """The differences; the labels of both runs are in the same order."""
    one, two = sides
    if first.task is Task.CLASSIFICATION:
        return _classes(first.names, one, two, groups)
    if first.task is Task.SEGMENTATION:
        return comparison.of_regions(one.counts, two.counts, len(first.names), groups)
    assert one.answers is not None and two.answers is not None
    return comparison.of_boxes(
        one.answers.truths,
        one.answers.founds,
        two.answers.founds,
        len(first.names),
        groups,
        (first.threshold, second.threshold),
    )


def _classes(names: Sequence[str], one: Made, two: Made, groups: Sequence[str]) -> Comparison:
    import numpy as np

    rows = [item for item in one.items if isinstance(item, EvaluatedImage)]
    truth = np.array([names.index(item.truth) for item in rows])
    p = [
        np.array([i.probabilities for i in side.items if isinstance(i, EvaluatedImage)])
        for side in (one, two)
    ]
    return comparison.of_classes(truth, p[0], p[1], groups)


def told(figures: Mapping[str, Difference]) -> dict[str, dict[str, Any]]:
    """{first, second, difference, low, high, method, better} of each figure."""
    return {name: _told(name, each) for name, each in figures.items()}


def _told(name: str, each: Difference) -> dict[str, Any]:
    return {
        "first": each.first,
        "second": each.second,
        "difference": each.value,
        "low": each.interval.low,
        "high": each.interval.high,
        "method": each.interval.method,
        "better": better(name, each),
    }


def better(name: str, each: Difference) -> str | None:
    """ "first" or "second" where the interval of the difference excludes 0."""
    low, high = each.interval.low, each.interval.high
    if low is None or high is None or low <= 0 <= high:
        return None
    return "second" if (low > 0) != (name in LOWER_IS_BETTER) else "first"
