"""Which kinds of annotation a task learns from, and what is made of each kind for it."""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.tasks import Task

IMAGE_LABEL, BOX, POLYGON, MASK = KINDS

SHAPES = (BOX, POLYGON, MASK)

NONE = "none"
"""What a snapshot says of a task that learns from the pictures alone."""

LEARNABLE: dict[Task, tuple[str, ...]] = {
    Task.CLASSIFICATION: (IMAGE_LABEL, *SHAPES),
    Task.DETECTION: SHAPES,
    Task.SEGMENTATION: (MASK, POLYGON, BOX),
    Task.STYLE: (),
}
"""What each task can be taught from, in the order of preference."""


def learnable_kinds(task: Task) -> tuple[str, ...]:
    """The kinds of annotation that `--from` takes for a task, the preferred one first."""
    return LEARNABLE[task]


def chosen_kinds(task: Task, wanted: str | None, counts: Mapping[str, int]) -> tuple[str, ...]:
    """The kinds that a run learns from.

    `wanted` is one kind or several with commas between, None for the task's own: image labels;
    masks and polygons; boxes, or where the project has none polygons, or masks. `counts` are the
    accepted annotations of the project by kind; a style is learned from none. Raises UserError:
    training.kind_unknown, training.kind_unfit, training.style_kinds.
    """
    if task is Task.STYLE:
        if wanted and wanted != NONE:
            raise UserError("training.style_kinds")
        return ()
    if wanted:
        return _read(task, wanted)
    if task is Task.SEGMENTATION:
        return (MASK, POLYGON)
    if task is Task.DETECTION:
        return (next((kind for kind in SHAPES if counts.get(kind)), BOX),)
    return (IMAGE_LABEL,)


def _read(task: Task, wanted: str) -> tuple[str, ...]:
    asked = [part.strip() for part in wanted.split(",") if part.strip()]
    for kind in asked or [wanted]:
        if kind not in KINDS:
            raise UserError("training.kind_unknown", kind=kind, known=", ".join(KINDS))
        if kind not in LEARNABLE[task]:
            known = ", ".join(LEARNABLE[task])
            raise UserError("training.kind_unfit", kind=kind, task=task.value, known=known)
    return tuple(kind for kind in KINDS if kind in asked)
