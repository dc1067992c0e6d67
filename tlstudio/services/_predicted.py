"""What a model said of one image, in the words of the project."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from tlstudio.domain.tasks import Task
from tlstudio.services._kept_models import KeptModel, Line

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Prediction:
    """One answer: a label for the whole image, a box, or the pixels of a label.

    `image` is the file's path (relative to the project for its own images), `frame` the place in
    a file of many; `probabilities` by label name, for a classifier alone; `box` is x, y, width,
    height in pixels; `rle` COCO's compressed run lengths over the whole image, whose [height,
    width] is `size`.
    """

    image: str
    label: str
    confidence: float
    probabilities: dict[str, float] = field(default_factory=dict)
    image_id: int | None = None
    label_id: int = 0
    box: Box | None = None
    rle: str | None = None
    size: tuple[int, int] | None = None
    frame: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Keys image, label, confidence, frame where there are several, and those that the task
        has: probabilities, box, rle."""
        told: dict[str, Any] = {
            "image": self.image,
            "label": self.label,
            "confidence": self.confidence,
        }
        if self.frame is not None:
            told["frame"] = self.frame
        if self.probabilities:
            told["probabilities"] = self.probabilities
        if self.box is not None:
            told["box"] = list(self.box)
        if self.rle is not None and self.size is not None:
            told["rle"] = {"size": list(self.size), "counts": self.rle}
        return told


def read_line(
    kept: KeptModel,
    line: Line,
    image: str,
    image_id: int | None,
    least: float,
    frame: int | None = None,
) -> list[Prediction]:
    """The predictions in a line of the predict job; boxes of at least the confidence `least`."""
    if kept.task is Task.CLASSIFICATION:
        return [replace(_class(kept, line, image, image_id), frame=frame)]
    names = dict(kept.labels)
    if kept.task is Task.DETECTION:
        return [
            Prediction(
                image,
                names[int(label)],
                float(score),
                image_id=image_id,
                label_id=int(label),
                box=_box(box),
                frame=frame,
            )
            for box, label, score in zip(line["boxes"], line["labels"], line["scores"], strict=True)
            if score >= least and int(label) in names
        ]
    size = (int(line["height"]), int(line["width"]))
    return [
        Prediction(
            image,
            names[int(region["label"])],
            float(region["confidence"]),
            image_id=image_id,
            label_id=int(region["label"]),
            box=_around(region["rle"], size),
            rle=region["rle"],
            size=size,
            frame=frame,
        )
        for region in line["regions"]
        if int(region["label"]) in names
    ]


def _class(kept: KeptModel, line: Line, image: str, image_id: int | None) -> Prediction:
    row = [float(p) for p in line["probabilities"]]
    best = max(range(len(row)), key=row.__getitem__)
    label, name = kept.labels[best]
    return Prediction(
        image=image,
        label=name,
        confidence=row[best],
        probabilities=dict(zip(kept.names, row, strict=True)),
        image_id=image_id,
        label_id=label,
    )


def _box(values: Any) -> Box:
    x, y, w, h = (float(value) for value in values)
    return (x, y, w, h)


def _around(rle: str, size: tuple[int, int]) -> Box:
    """The smallest box around the pixels."""
    from tlstudio.imaging.rle import bounds_of, counts_of

    height, width = size
    return _box(bounds_of(counts_of(rle, width, height), height))
