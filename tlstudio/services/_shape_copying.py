"""Copies of shapes: beside the original, and on other images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, ImageLabel, Mask, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import LOCKED, clamped, offset_within, refuse_degenerate, shifted
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services._shape_edits import (
    Edited,
    Held,
    Plan,
    Reach,
    encoded,
    hold,
    mask_place,
    run,
    unique,
)

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


_OUTSIDE = ("shape.too_small", "shape.too_few_points", "shape.empty_mask")


@dataclass(frozen=True, slots=True)
class Clip:
    """Copied shapes with their masks' pixels; needs neither the shapes nor their image any more.

    `bitmaps` go by place in `shapes`; `project` is the folder that the labels belong to.
    """

    project: str
    shapes: tuple[Annotation, ...]
    bitmaps: dict[int, Bitmap] = field(default_factory=dict)


def duplicate_shapes(
    project: Project, image_id: int, ids: Sequence[str], dx: float, dy: float
) -> Edited:
    """Put a copy of each shape beside it, moved by image pixels as far as all stay whole.

    Where there is no room on that side, to the other.
    """

    def make(held: Held) -> Plan:
        plan = Plan()
        items = list(held.shapes.values())
        x, y = offset_within(items, dx, dy, held.width, held.height)
        if (x, y) == (0.0, 0.0):
            x, y = offset_within(items, -dx, -dy, held.width, held.height)
        for item in items:
            bitmap = held.bitmap(item.id) if isinstance(item, Mask) else None
            _place(plan, held, item, bitmap, x, y)
        return plan

    reach = Reach(unique(ids), pixels=True, locked=True)
    return run(project, "undo.duplicate_shapes", image_id, reach, make)


def copy_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Clip:
    """The shapes, for paste_shapes. Nothing is stored. Raises UserError: shape.gone."""
    with project.read() as db:
        held = hold(db, image_id, Reach(unique(ids), pixels=True, locked=True))
    items = tuple(item for item in held.shapes.values() if not isinstance(item, ImageLabel))
    bitmaps = {
        place: held.bitmap(item.id) for place, item in enumerate(items) if isinstance(item, Mask)
    }
    return Clip(str(project.folder), items, bitmaps)


def paste_shapes(project: Project, image_id: int, clip: Clip) -> Edited:
    """Put copies at the same place of this image, moved in where they would reach over it.

    Together they are moved in, and what is larger than the image is cut to it; shapes of which
    nothing would lie in the image are left out. Raises UserError: project.no_label for a label
    that is gone, shape.other_project, shape.outside where all would be left out.
    """
    if clip.project != str(project.folder):
        raise UserError("shape.other_project")

    def make(held: Held) -> Plan:
        plan = Plan()
        x, y = offset_within(clip.shapes, 0.0, 0.0, held.width, held.height)
        for place, item in enumerate(clip.shapes):
            part = Plan()
            try:
                _place(part, held, item, clip.bitmaps.get(place), x, y)
                refuse_degenerate(part.add[0])
            except UserError as error:
                if error.code not in _OUTSIDE:
                    raise
                continue
            plan.make(part.add[0], part.pixels.get(0))
        if not plan.add:
            raise UserError("shape.outside")
        return plan

    return run(project, "undo.paste_shapes", image_id, Reach(), make)


def _place(
    plan: Plan, held: Held, item: Annotation, bitmap: Bitmap | None, dx: float, dy: float
) -> None:
    """Add a copy of the shape, moved by that. It is the person's own and not locked."""
    if isinstance(item, ImageLabel):
        raise UserError("shape.not_a_shape")
    attributes = {name: value for name, value in item.attributes.items() if name != LOCKED}
    own = replace(
        item,
        id="",
        image=held.image,
        z=held.top,
        instance=None,
        group=None,
        attributes=attributes,
        provenance=Provenance(),
    )
    if isinstance(own, Mask) and bitmap is not None:
        there = _laid(bitmap, held.width, held.height, round(dx), round(dy))
        plan.make(mask_place(own, there), encoded(there))
    else:
        plan.make(clamped(shifted(own, dx, dy), held.width, held.height))


def _laid(bitmap: Bitmap, width: int, height: int, dx: int, dy: int) -> Bitmap:
    """The pixels, moved, in an image of that size; what lies outside is cut off."""
    place = bitmap.bounds()
    if place is None:
        return Bitmap(width, height)
    x, y, w, h = place
    return Bitmap.from_array(bitmap.array(x, y, w, h), x + dx, y + dy, width, height)
