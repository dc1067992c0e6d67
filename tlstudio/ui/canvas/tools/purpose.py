"""What an outline is drawn for: a new polygon, a hole in the selected one, or a part of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlstudio.domain.annotations import Polygon
from tlstudio.domain.shapes import is_locked
from tlstudio.ui.canvas.tools.base import current_label, locked_word
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Pointer

NEW, HOLE, PART = "new", "hole", "part"


@dataclass(frozen=True, slots=True)
class Purpose:
    """`target` is the polygon that gets a hole or a part; `label` that of the finished shape."""

    mode: str
    label: int
    target: str | None = None

    def as_json(self) -> dict[str, object]:
        return {"mode": self.mode, "label": self.label, "target": self.target}


def purpose_of(canvas: Canvas, at: Pointer) -> Purpose | None:
    """What an outline begun here is for: by Alt a hole, by Shift a part of the selected polygon.

    None where it cannot be begun; says why.
    """
    selected = canvas.scene.selected
    shape = canvas.scene.get(selected[0]) if len(selected) == 1 else None
    if at.alt and not isinstance(shape, Polygon):
        canvas.say(tr("Select the polygon that gets the hole first."))
        return None
    if isinstance(shape, Polygon) and (at.alt or at.shift):
        if is_locked(shape):
            canvas.say(locked_word())
            return None
        return Purpose(HOLE if at.alt else PART, shape.label, shape.id)
    label = current_label(canvas)
    return Purpose(NEW, label) if label is not None else None


def purpose_from_json(data: dict[str, Any], label: int | None) -> Purpose | None:
    """What `as_json` gave; `label` stands in where it says none."""
    mode, target, kept = data.get("mode"), data.get("target"), data.get("label")
    label = kept if isinstance(kept, int) else label
    if label is None:
        return None
    if mode in (HOLE, PART) and isinstance(target, str):
        return Purpose(mode, label, target)
    return Purpose(NEW, label)
