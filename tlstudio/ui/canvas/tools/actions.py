"""Commands on the selected shapes: each emits its intent, or says why it cannot.

All return whether something was emitted (or, for `copied`, what can be copied). What tools still
hold back (nudges, a stroke) is emitted before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon
from tlstudio.domain.shapes import is_locked
from tlstudio.ui.canvas.intents import (
    Accept,
    Convert,
    DeleteShapes,
    Duplicate,
    Join,
    Order,
    Reject,
    Relabel,
    Reorder,
    Split,
    Subtract,
)
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas

KINDS: dict[str, type[Box] | type[Polygon] | type[Mask]] = {
    "box": Box,
    "polygon": Polygon,
    "mask": Mask,
}
OFFSET = 10.0  # screen pixels between a shape and its duplicate


def selected(canvas: Canvas) -> list[Annotation]:
    """The selected shapes as they look now, in the order they were selected."""
    scene = canvas.scene
    return [shape for key in scene.selected if (shape := scene.shown(key)) is not None]


def free(canvas: Canvas) -> list[Annotation]:
    """The selected shapes that are not locked."""
    return [shape for shape in selected(canvas) if not is_locked(shape)]


def settle(canvas: Canvas) -> None:
    """Let every tool emit what it holds back, so that edits come in their order."""
    for tool in canvas.tools.values():
        tool.settle()


def suggestions(canvas: Canvas) -> tuple[str, ...]:
    """Ids of the selected suggestions."""
    return tuple(shape.id for shape in selected(canvas) if shape.provenance.suggestion)


def accept(canvas: Canvas) -> bool:
    """Make the selected suggestions a person's work."""
    return _decide(canvas, Accept)


def reject(canvas: Canvas) -> bool:
    """Take the selected suggestions away."""
    return _decide(canvas, Reject)


def _decide(canvas: Canvas, kind: type[Accept] | type[Reject]) -> bool:
    settle(canvas)
    ids = suggestions(canvas)
    if not ids or canvas.image_id is None:
        canvas.say(tr("Select a suggestion first."))
        return False
    canvas.emit(kind(canvas.image_id, ids))
    return True


def delete(canvas: Canvas) -> bool:
    """Delete the selected shapes: suggestions are rejected, locked shapes stay."""
    settle(canvas)
    image = canvas.image_id
    if image is None or not canvas.scene.selected:
        canvas.say(tr("Select a shape first."))
        return False
    rejected = suggestions(canvas)
    others = [shape for shape in selected(canvas) if shape.id not in set(rejected)]
    gone = tuple(shape.id for shape in others if not is_locked(shape))
    kept = len(others) - len(gone)
    if kept:
        canvas.say(count(kept, "{n} locked shape stays.", "{n} locked shapes stay."))
    if rejected:
        canvas.emit(Reject(image, rejected))
    if gone:
        canvas.emit(DeleteShapes(image, gone))
    return bool(rejected or gone)


def duplicate(canvas: Canvas) -> bool:
    """Copy the selected shapes a little to the right and down, or to where there is room."""
    settle(canvas)
    ids = tuple(shape.id for shape in selected(canvas))
    if not ids or canvas.image_id is None:
        canvas.say(tr("Select a shape first."))
        return False
    x, y, w, h = canvas.scene.bounds(ids) or (0.0, 0.0, 0.0, 0.0)
    width, height = canvas.image_size
    off = max(1.0, round(OFFSET / canvas.view.scale))
    dx = off if x + w + off <= width else -off
    dy = off if y + h + off <= height else -off
    canvas.emit(Duplicate(canvas.image_id, ids, dx, dy))
    return True


def copied(canvas: Canvas) -> tuple[str, ...]:
    """Ids of what is selected, for the clipboard; says so where nothing is."""
    settle(canvas)
    ids = tuple(shape.id for shape in selected(canvas))
    if not ids:
        canvas.say(tr("Select the shapes to copy first."))
    return ids


def relabel(canvas: Canvas, label: int) -> bool:
    """Give the selected shapes another label."""
    return _emit_changed(
        canvas,
        [shape for shape in selected(canvas) if shape.label != label],
        lambda image, ids: canvas.emit(Relabel(image, ids, label)),
    )


def convert(canvas: Canvas, kind: str) -> bool:
    """Make the selected shapes into `kind`: box, polygon or mask."""
    shapes = selected(canvas)
    other = [shape for shape in shapes if not isinstance(shape, KINDS[kind] | ImageLabel)]
    if shapes and not other:
        canvas.say(tr("The selection is of that kind already."))
        return False
    return _emit_changed(canvas, other, lambda image, ids: canvas.emit(Convert(image, ids, kind)))


def join(canvas: Canvas) -> bool:
    """Make the selected shapes one, of the kind and label of the first."""
    ids = _two(canvas)
    if ids is None or canvas.image_id is None:
        return False
    canvas.emit(Join(canvas.image_id, ids))
    return True


def subtract(canvas: Canvas) -> bool:
    """Take the shapes selected later away from the one selected first."""
    ids = _two(canvas, later_may_be_locked=True)
    if ids is None or canvas.image_id is None:
        return False
    canvas.emit(Subtract(canvas.image_id, ids))
    return True


def split(canvas: Canvas) -> bool:
    """Make the separate parts of the selected shapes shapes of their own."""
    return _emit_changed(
        canvas, selected(canvas), lambda image, ids: canvas.emit(Split(image, ids))
    )


def reorder(canvas: Canvas, to: Order) -> bool:
    """Bring the selected shapes forward or send them back."""
    return _emit_changed(
        canvas, selected(canvas), lambda image, ids: canvas.emit(Reorder(image, ids, to))
    )


def select_all(canvas: Canvas) -> bool:
    """Select everything that is visible and not locked."""
    scene = canvas.scene
    ids = [s.id for s in scene.shapes() if scene.visible(s.id) and not scene.locked(s.id)]
    scene.select(ids)
    return bool(ids)


def _emit_changed(
    canvas: Canvas,
    shapes: Sequence[Annotation],
    emit: Callable[[int, tuple[str, ...]], None],
) -> bool:
    """Emit for those of `shapes` that are not locked; says what is in the way."""
    settle(canvas)
    if canvas.image_id is None or not canvas.scene.selected:
        canvas.say(tr("Select a shape first."))
        return False
    ids = tuple(shape.id for shape in shapes if not is_locked(shape))
    if len(ids) < len(shapes):
        canvas.say(count(len(shapes) - len(ids), "{n} locked shape stays as it is.",
                         "{n} locked shapes stay as they are."))  # fmt: skip
    if ids:
        emit(canvas.image_id, ids)
    return bool(ids)


def _two(canvas: Canvas, *, later_may_be_locked: bool = False) -> tuple[str, ...] | None:
    """Ids of two or more selected shapes that may be changed."""
    settle(canvas)
    shapes = selected(canvas)
    if len(shapes) < 2:
        canvas.say(tr("Select two shapes first."))
        return None
    changed = shapes[:1] if later_may_be_locked else shapes
    if any(is_locked(shape) for shape in changed):
        canvas.say(tr("One of the shapes is locked. Unlock it to change it."))
        return None
    return tuple(shape.id for shape in shapes)
