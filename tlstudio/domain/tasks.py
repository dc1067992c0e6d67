"""The four tasks a run can have, and what models do besides."""

from __future__ import annotations

from enum import StrEnum


class Task(StrEnum):
    CLASSIFICATION = "classification"
    DETECTION = "detection"
    SEGMENTATION = "segmentation"
    STYLE = "style"


TRAINABLE = (Task.CLASSIFICATION, Task.DETECTION, Task.SEGMENTATION, Task.STYLE)
"""Tasks that runs of this program can have."""

LABELLED = (Task.CLASSIFICATION, Task.DETECTION, Task.SEGMENTATION)
"""Tasks that learn from what people have labelled, and whose answers can be right or wrong."""


HEADLINES = {
    Task.CLASSIFICATION: "balanced_accuracy",
    Task.DETECTION: "map50",
    Task.SEGMENTATION: "dice",
}
"""The one figure that stands for all, by task."""


class Aid(StrEnum):
    """What a model helps with that no run trains: `ASSIST` draws outlines where it is prompted."""

    ASSIST = "assist"
