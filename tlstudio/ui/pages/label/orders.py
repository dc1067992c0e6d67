"""Which service of `shaping` carries out which intent, and with what."""

from __future__ import annotations

from dataclasses import dataclass

from tlstudio.ui.canvas import intents


@dataclass(frozen=True, slots=True)
class Order:
    """`shaping.<name>(project, image, *args)`; `ids` are the shapes it is known to touch.

    `makes`: what comes of it is chosen afterwards.
    """

    name: str
    args: tuple[object, ...]
    ids: tuple[str, ...] = ()
    makes: bool = False


def order_of(intent: intents.Intent) -> Order:
    """The service call that does what a tool asks for."""
    kind = intents
    if isinstance(intent, kind.AddShapes):
        return Order("add_shapes", (intent.shapes, dict(intent.bitmaps)))
    if isinstance(intent, kind.ChangeShapes):
        return Order("change_shapes", (intent.shapes,), tuple(s.id for s in intent.shapes))
    if isinstance(intent, kind.MoveShapes):
        return Order("move_shapes", (intent.ids, intent.dx, intent.dy), intent.ids)
    if isinstance(intent, kind.PaintMask):
        ids = () if intent.annotation is None else (intent.annotation,)
        args = (intent.annotation, intent.label, intent.bitmap, intent.places, intent.before)
        return Order("paint_mask", args, ids)
    if isinstance(intent, kind.PaintMasks):
        each = [(s.annotation, s.bitmap, s.places, s.before) for s in intent.strokes]
        return Order("paint_masks", (each,), tuple(s.annotation for s in intent.strokes))
    if isinstance(intent, kind.DeleteShapes):
        return Order("delete_shapes", (intent.ids,), intent.ids)
    if isinstance(intent, kind.Relabel):
        return Order("relabel_shapes", (intent.ids, intent.label), intent.ids)
    if isinstance(intent, kind.Reorder):
        return Order("order_shapes", (intent.ids, intent.to.value), intent.ids)
    if isinstance(intent, kind.Convert):
        return Order("convert_shapes", (intent.ids, intent.kind), intent.ids, makes=True)
    if isinstance(intent, kind.Join):
        return Order("join_shapes", (intent.ids,), intent.ids, makes=True)
    if isinstance(intent, kind.Subtract):
        return Order("subtract_shapes", (intent.ids,), intent.ids, makes=True)
    if isinstance(intent, kind.Split):
        return Order("split_shapes", (intent.ids, intent.line), intent.ids, makes=True)
    if isinstance(intent, kind.Duplicate):
        return Order("duplicate_shapes", (intent.ids, intent.dx, intent.dy), makes=True)
    if isinstance(intent, kind.Accept):
        return Order("accept_shapes", (intent.ids,), intent.ids)
    if isinstance(intent, kind.Reject):
        return Order("reject_shapes", (intent.ids,), intent.ids)
    raise TypeError(f"no order for {type(intent).__name__}")
