"""Shapes on an image: made, changed, painted, moved, converted, joined, cut, copied.

Every function is one committed transaction and one step of undo; when it returns, the edit is
on the disk. Shapes are cut to the image; one that would be nothing is refused. The image's
state follows (domain.review.after_edit). Changing a suggestion accepts it.

All raise UserError: project.read_only, project.no_image, shape.gone (an id that is not on the
image any more), shape.locked, and the codes of domain.shapes.is_degenerate; nothing is stored
then. Bitmaps that are handed over must not change until the call is back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import LOCKED, clamped, offset_within, shifted
from tlstudio.imaging.bitmap import TILE, Bitmap, Place
from tlstudio.services._shape_combining import (
    convert_shapes,
    join_shapes,
    split_shapes,
    subtract_shapes,
)
from tlstudio.services._shape_copying import Clip, copy_shapes, duplicate_shapes, paste_shapes
from tlstudio.services._shape_edits import (
    Edited,
    Held,
    Plan,
    Reach,
    accepted,
    encoded,
    mask_place,
    run,
    unique,
)
from tlstudio.services._shape_order import order_shapes

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = [
    "TILE",
    "Bitmap",
    "Clip",
    "Edited",
    "Place",
    "accept_shapes",
    "add_shapes",
    "change_shapes",
    "convert_shapes",
    "copy_shapes",
    "delete_shapes",
    "duplicate_shapes",
    "join_shapes",
    "move_shapes",
    "order_shapes",
    "paint_mask",
    "paint_masks",
    "paste_shapes",
    "reject_shapes",
    "relabel_shapes",
    "set_locked",
    "split_shapes",
    "subtract_shapes",
]


def add_shapes(
    project: Project,
    image_id: int,
    shapes: Sequence[Annotation],
    bitmaps: Mapping[int, Bitmap] | None = None,
) -> Edited:
    """Add boxes, polygons and masks on top of all others; their ids are ignored.

    `bitmaps` holds the pixels of masks by place in `shapes`. The unfinished shape that was kept
    for the image is forgotten with it. Raises UserError("project.no_label").
    """
    given = bitmaps or {}

    def make(held: Held) -> Plan:
        plan = Plan()
        for place, shape in enumerate(shapes):
            if isinstance(shape, ImageLabel):
                raise UserError("shape.not_a_shape")
            item = replace(shape, id="", image=image_id, z=held.top)
            if isinstance(item, Mask):
                bitmap = _sized(given.get(place), held)
                plan.make(mask_place(item, bitmap), encoded(bitmap))
            else:
                plan.make(clamped(item, held.width, held.height))
        return plan

    return run(project, "undo.add_shapes", image_id, Reach(), make)


def change_shapes(project: Project, image_id: int, shapes: Sequence[Box | Polygon]) -> Edited:
    """Give boxes and polygons new outlines; of `shapes` only ids and outlines are taken.

    A box may become a polygon by this and the other way round. Raises
    UserError("shape.not_an_outline") for a mask, which is changed by painting.
    """
    from tlstudio.services._shape_forms import as_kind

    wanted = {shape.id: shape for shape in shapes}

    def make(held: Held) -> Plan:
        plan = Plan()
        for shape, stored in held.shapes.items():
            if isinstance(stored, Mask | ImageLabel):
                raise UserError("shape.not_an_outline")
            new: Annotation = wanted[shape]
            if isinstance(new, Box):
                new = as_kind(Box, stored, x=new.x, y=new.y, w=new.w, h=new.h)
            elif isinstance(new, Polygon):
                new = as_kind(Polygon, stored, parts=new.parts)
            plan.keep(accepted(clamped(new, held.width, held.height)))
        return plan

    return run(project, "undo.change_shapes", image_id, Reach(tuple(wanted)), make)


def move_shapes(
    project: Project, image_id: int, ids: Sequence[str], dx: float, dy: float
) -> Edited:
    """Move shapes together by image pixels, as far as all of them stay whole in the image.

    Whole pixels where a mask is among them.
    """

    def make(held: Held) -> Plan:
        plan = Plan()
        items = list(held.shapes.values())
        x, y = offset_within(items, dx, dy, held.width, held.height)
        if (x, y) == (0.0, 0.0):
            plan.answer += held.shapes
            return plan
        for item in items:
            pixels = None
            if isinstance(item, Mask):
                pixels = encoded(held.bitmap(item.id).moved(int(x), int(y)), held.tiles[item.id])
            plan.keep(accepted(clamped(shifted(item, x, y), held.width, held.height)), pixels)
        return plan

    return run(project, "undo.move_shapes", image_id, Reach(unique(ids), pixels=True), make)


def paint_mask(
    project: Project,
    image_id: int,
    annotation_id: str | None,
    label: int,
    bitmap: Bitmap,
    places: Collection[Place],
    before: Bitmap | None = None,
) -> Edited:
    """Store one stroke: `bitmap` is the whole mask afterwards, `places` the tiles that changed.

    `before` is the mask as the stroke found it: where the store holds other pixels by now (an
    undo was under way), only what the stroke itself changed is changed there. None as id makes
    a new mask of `label`, which otherwise says nothing; a mask left without a pixel is deleted.
    Raises UserError: project.no_label, shape.not_a_mask, shape.empty_mask.
    """

    if annotation_id is not None:
        return paint_masks(project, image_id, [(annotation_id, bitmap, places, before)])

    def make(held: Held) -> Plan:
        plan = Plan()
        _sized(bitmap, held)
        new = Mask(id="", image=image_id, label=label, z=held.top, x=0, y=0, w=0, h=0)
        plan.make(mask_place(new, bitmap), encoded(bitmap))
        return plan

    return run(project, "undo.paint_mask", image_id, Reach(label=label), make)


def paint_masks(
    project: Project,
    image_id: int,
    strokes: Sequence[tuple[str, Bitmap, Collection[Place], Bitmap | None]],
) -> Edited:
    """Store one stroke over several masks: of each its id, `bitmap`, `places` and `before`, as
    `paint_mask` takes them. Raises UserError("shape.not_a_mask")."""

    def make(held: Held) -> Plan:
        plan = Plan()
        for annotation_id, bitmap, places, before in strokes:
            _sized(bitmap, held)
            item = held.shapes[annotation_id]
            if not isinstance(item, Mask):
                raise UserError("shape.not_a_mask")
            painted = bitmap
            if before is not None:
                from tlstudio.services._shape_forms import repainted

                painted = repainted(held.bitmap(annotation_id), before, bitmap, places)
            if painted.bounds() is None:
                plan.delete.append(annotation_id)
            else:
                plan.keep(accepted(mask_place(item, painted)), painted.encode(places))
        return plan

    ids = tuple(annotation_id for annotation_id, *_ in strokes)
    pixels = any(before is not None for *_, before in strokes)
    return run(project, "undo.paint_mask", image_id, Reach(ids, pixels=pixels), make)


def delete_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Edited:
    """Delete shapes, suggestions too."""
    plan = Plan(delete=list(unique(ids)))
    return run(project, "undo.delete_shapes", image_id, Reach(unique(ids)), lambda _: plan)


def relabel_shapes(project: Project, image_id: int, ids: Sequence[str], label: int) -> Edited:
    """Give shapes another label. Raises UserError("project.no_label")."""

    def make(held: Held) -> Plan:
        plan = Plan()
        for item in held.shapes.values():
            if isinstance(item, ImageLabel):
                raise UserError("shape.not_a_shape")
            plan.keep(accepted(replace(item, label=label)))
        return plan

    return run(project, "undo.relabel_shapes", image_id, Reach(unique(ids), label=label), make)


def accept_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Edited:
    """Make suggestions a person's answer; they keep the run and the confidence they came with.

    Other ids are passed over. A suggested image label takes the place of others of its
    exclusive set.
    """
    from tlstudio.services._shape_accepting import accept

    return accept(project, image_id, unique(ids))


def reject_shapes(project: Project, image_id: int, ids: Sequence[str]) -> Edited:
    """Delete those of the shapes that are suggestions."""

    def make(held: Held) -> Plan:
        return Plan(delete=[k for k, v in held.shapes.items() if v.provenance.suggestion])

    reach = Reach(unique(ids), locked=True)
    return run(project, "undo.reject_suggestions", image_id, reach, make)


def set_locked(project: Project, image_id: int, ids: Sequence[str], locked: bool) -> Edited:
    """Lock shapes against changes, or free them; the image's state stays."""

    def make(held: Held) -> Plan:
        plan = Plan()
        for item in held.shapes.values():
            attributes = {k: v for k, v in item.attributes.items() if k != LOCKED}
            if locked:
                attributes[LOCKED] = True
            plan.keep(replace(item, attributes=attributes))
        return plan

    code = "undo.lock_shapes" if locked else "undo.free_shapes"
    reach = Reach(unique(ids), locked=True)
    return run(project, code, image_id, reach, make, work=False)


def _sized(bitmap: Bitmap | None, held: Held) -> Bitmap:
    if bitmap is None:
        raise UserError("shape.empty_mask")
    if (bitmap.width, bitmap.height) != (held.width, held.height):
        raise ValueError("the bitmap is of another size than the image")
    return bitmap
