"""Which shape lies over which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, ImageLabel
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import bounds, is_locked, overlap
from tlstudio.services._shape_edits import Edited, Held, Plan, Reach, run, unique

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


def order_shapes(project: Project, image_id: int, ids: Sequence[str], to: str) -> Edited:
    """Bring shapes to the front or back, or one step forward or backward.

    `to` is front, forward, backward or back. A step passes the next shape that the shape
    overlaps; among themselves the shapes keep their order.
    """
    if to not in ("front", "forward", "backward", "back"):
        raise ValueError(f"no such place: {to}")
    wanted = unique(ids)

    def make(held: Held) -> Plan:
        if any(shape not in held.shapes for shape in wanted):
            raise UserError("shape.gone")
        chosen = [held.shapes[shape] for shape in wanted]
        if any(map(is_locked, chosen)):
            raise UserError("shape.locked")
        before: list[Annotation] = [
            item for item in held.shapes.values() if not isinstance(item, ImageLabel)
        ]
        plan = Plan(answer=list(wanted), about=chosen)
        plan.change += _numbered(_ordered(before, frozenset(wanted), to))
        return plan

    reach = Reach(None, locked=True)
    return run(project, "undo.order_shapes", image_id, reach, make)


def _ordered(items: list[Annotation], chosen: frozenset[str], to: str) -> list[Annotation]:
    """The shapes in their new order, lowest first."""
    if to in ("back", "backward"):
        upside_down = _ordered(items[::-1], chosen, "front" if to == "back" else "forward")
        return upside_down[::-1]
    if to == "front":
        return sorted(items, key=lambda item: item.id in chosen)
    ordered = list(items)
    for item in reversed(items):
        if item.id not in chosen:
            continue
        place = ordered.index(item)
        over = (
            n
            for n in range(place + 1, len(ordered))
            if ordered[n].id not in chosen and _overlap(item, ordered[n])
        )
        target = next(over, place)
        ordered.insert(target, ordered.pop(place))
    return ordered


def _overlap(one: Annotation, other: Annotation) -> bool:
    first, second = bounds(one), bounds(other)
    return first is not None and second is not None and overlap(first, second)


def _numbered(ordered: list[Annotation]) -> list[Annotation]:
    """As few shapes as possible with another z, so that (z, id) gives this order."""
    return min(_pushed(ordered, 1), _pushed(ordered[::-1], -1), key=len)


def _pushed(ordered: list[Annotation], way: int) -> list[Annotation]:
    """The shapes whose z has to grow (`way` 1, lowest first) or shrink (-1, topmost first)."""
    changed = []
    last: tuple[int, int] | None = None
    for item in ordered:
        number, z = int(item.id) * way, item.z * way
        if last is not None and (z, number) < last:
            z = last[0] if number > last[1] else last[0] + 1
        if z * way != item.z:
            changed.append(replace(item, z=z * way))
        last = (z, number)
    return changed
