"""The images on which two runs differ, those that say most first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.tasks import Task
from tlstudio.services._evaluation_tasks import EvaluatedImage, Made

Item = EvaluatedImage | DetectionOutcome | SegmentationOutcome

_VISIBLE = 0.005
"""A difference of the Dice of an image that is one."""


@dataclass(frozen=True, slots=True)
class ImagePair:
    """An image as either run sees it. `gain` is above 0 where the second does better: 1 for a
    right answer in place of a wrong one, else fewer errors, else a higher Dice."""

    image: int
    path: str
    gain: float
    first: Item
    second: Item

    def to_json(self) -> dict[str, Any]:
        """image, path, gain, and of each run {label, confidence}, {errors} or {dice}; a
        classifier's image has its truth too."""
        truth = {"truth": self.first.truth} if isinstance(self.first, EvaluatedImage) else {}
        return {
            "image": self.image,
            "path": self.path,
            "gain": self.gain,
            **truth,
            "first": _facts(self.first),
            "second": _facts(self.second),
        }


def differing(task: Task, sides: tuple[Made, Made]) -> list[ImagePair]:
    """Images with another answer (classes), another number of errors (boxes) or another Dice
    (regions), by how much is gained or lost."""
    gains: dict[Task, Callable[[Any, Any], float | None]] = {
        Task.CLASSIFICATION: _of_class,
        Task.DETECTION: lambda a, b: float(a.errors - b.errors) or None,
        Task.SEGMENTATION: _of_regions,
    }
    found: list[tuple[float, ImagePair]] = []
    for one, two in zip(sides[0].items, sides[1].items, strict=True):
        gain = gains[task](one, two)
        if gain is not None:
            pair = ImagePair(one.image, one.path, gain, one, two)
            found.append((_surprise(pair), pair))
    found.sort(key=lambda each: (-abs(each[1].gain), -each[0], each[1].path))
    return [pair for _surprise, pair in found]


def _of_class(one: EvaluatedImage, two: EvaluatedImage) -> float | None:
    if one.predicted == two.predicted:
        return None
    return float((two.predicted == two.truth) - (one.predicted == one.truth))


def _of_regions(one: SegmentationOutcome, two: SegmentationOutcome) -> float | None:
    gain = (two.dice or 0.0) - (one.dice or 0.0)
    return gain if abs(gain) >= _VISIBLE else None


def _surprise(pair: ImagePair) -> float:
    """Of equal gains, the surer the two contradict each other the sooner it is shown."""
    if isinstance(pair.first, EvaluatedImage) and isinstance(pair.second, EvaluatedImage):
        return pair.first.confidence + pair.second.confidence
    return 0.0


def _facts(item: Item) -> dict[str, Any]:
    if isinstance(item, EvaluatedImage):
        return {"label": item.predicted, "confidence": item.confidence}
    if isinstance(item, DetectionOutcome):
        return {"errors": item.errors}
    return {"dice": item.dice}
