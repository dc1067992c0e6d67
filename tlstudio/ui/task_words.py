"""The tasks a run can have, as people say them, and the figure each is chosen by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tlstudio.domain.tasks import LABELLED, Task
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.runs import Run

TASKS = (Task.CLASSIFICATION, Task.DETECTION, Task.SEGMENTATION, Task.STYLE)

_NAMES = {
    Task.CLASSIFICATION: "Classes of images",
    Task.DETECTION: "Objects in boxes",
    Task.SEGMENTATION: "Regions",
    Task.STYLE: "A style",
}
_TIPS = {
    Task.CLASSIFICATION: "Classification: one label for the whole image",
    Task.DETECTION: "Detection: where each object lies, as a box with a label",
    Task.SEGMENTATION: "Segmentation: which pixels belong to which label",
    Task.STYLE: "Style transfer: repaint any image at once in the look of one picture",
}
_FIGURES = {
    "balanced_accuracy": "Balanced accuracy",
    "map50": "mAP50",
    "map50_95": "mAP50-95",
    "dice": "Dice",
    "val_loss": "Loss",
    "train_loss": "Loss",
    "content_loss": "Content",
    "style_loss": "Style",
}
MERITS: Mapping[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: ("balanced_accuracy",),
    Task.DETECTION: ("map50", "map50_95"),
    Task.SEGMENTATION: ("dice",),
    Task.STYLE: ("val_loss",),
}
"""The figures of an epoch that are said, the headline first. A style has only its loss, of which
less is better."""

DRAWN: Mapping[Task, tuple[str, ...]] = {**MERITS, Task.STYLE: ("content_loss", "style_loss")}
"""The figures of an epoch that are drawn below its losses; of a style, the parts of the loss."""

_KINDS = {
    "image_label": "Image labels",
    "box": "Boxes",
    "polygon": "Polygons",
    "mask": "Masks",
}


def task_name(task: Task) -> str:
    """ "Objects in boxes"."""
    return tr(_NAMES[task])


def task_tip(task: Task) -> str:
    """The field's own word, and what it means."""
    return tr(_TIPS[task])


def figure_name(metric: str) -> str:
    """A figure of an epoch as people say it."""
    return tr(_FIGURES.get(metric, metric))


def kind_name(kind: str) -> str:
    """A kind of annotation, in the plural."""
    return tr(_KINDS[kind])


def merit_of(values: Mapping[str, float], task: Task | None = None) -> tuple[str, float] | None:
    """The headline figure of `task` (None: of any that learns from labels) among an epoch's
    values, None where there is none."""
    for each in LABELLED if task is None else (task,):
        name = MERITS[each][0]
        if name in values:
            return name, values[name]
    return None


def is_loss(metric: str) -> bool:
    """Whether less of a figure is better."""
    return metric.endswith("_loss")


def run_merit(run: Run) -> tuple[str, float] | None:
    """The headline figure of a run's kept model on validation, None where nothing was kept."""
    if run.best is None:
        return None
    return merit_of(run.metrics) or (run.best.metric, run.best.value)


def style_name(label: str) -> str:
    """The label of a style image as people say it: an image of the project has a number."""
    number = label.removeprefix("image:")
    return tr("image {n} of the project", n=number) if number != label else label
