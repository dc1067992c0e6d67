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
    """`target` is the polygon that gets a hole or a part; `label` that of the shape, and
    `in_hand` the one in hand when it was begun."""

    mode: str
    label: int
    in_hand: int | None
    target: str | None = None

    def label_with(self, in_hand: int | None) -> int:
        """The label of the finished shape: of a new polygon another one may be chosen."""
        if self.target is None and in_hand not in (None, self.in_hand):
            assert in_hand is not None
            return in_hand
        return self.label

    def as_json(self, in_hand: int | None) -> dict[str, object]:
        return {"mode": self.mode, "label": self.label_with(in_hand), "target": self.target}


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
        return Purpose(HOLE if at.alt else PART, shape.label, canvas.label_id, shape.id)
    label = current_label(canvas)
    return Purpose(NEW, label, label) if label is not None else None


def purpose_from_json(data: dict[str, Any], in_hand: int | None) -> Purpose | None:
    """What `as_json` gave; the label in hand stands in where it says none."""
    mode, target, kept = data.get("mode"), data.get("target"), data.get("label")
    label = kept if isinstance(kept, int) else in_hand
    if label is None:
        return None
    if mode in (HOLE, PART) and isinstance(target, str):
        return Purpose(mode, label, in_hand, target)
    return Purpose(NEW, label, in_hand)
