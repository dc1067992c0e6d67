"""Boxes, polygons and masks made from one another, joined, subtracted and cut."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from tlstudio.domain.annotations import Annotation, Box, ImageLabel, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import (
    LEAST_SIDE,
    Parts,
    Point,
    around,
    bounds,
    parts_area,
    parts_bounds,
    rectangle,
)
from tlstudio.imaging.bitmap import TILE, Bitmap, Place
from tlstudio.services._shape_edits import encoded, mask_place

if TYPE_CHECKING:
    from tlstudio.services._shape_edits import Encoded, Held

Kind = TypeVar("Kind", Box, Polygon, Mask)

# Where a mask becomes a polygon the staircase of its pixels is drawn straight; no point of the
# outline lies further from the pixels' edge than this.
_TOLERANCE = 0.5


@dataclass(frozen=True, slots=True)
class Form:
    """A shape taken out of the store, to be worked with: geometry as parts or as pixels."""

    item: Annotation
    parts: Parts | None = None
    bitmap: Bitmap | None = None


def form_of(held: Held, shape: str) -> Form:
    """The stored shape. Raises UserError: shape.not_a_shape, project.damaged_mask."""
    item = held.shapes[shape]
    if isinstance(item, Mask):
        return Form(item, bitmap=held.bitmap(shape))
    if isinstance(item, Box):
        return Form(item, parts=rectangle(item.x, item.y, item.w, item.h))
    if isinstance(item, Polygon):
        return Form(item, parts=item.parts)
    raise UserError("shape.not_a_shape")


def exact_parts(form: Form) -> Parts:
    """The outline; of a mask, along the edges of its pixels."""
    if form.bitmap is None:
        return form.parts or ()
    from tlstudio.imaging.outlines import parts_from_bitmap

    return parts_from_bitmap(form.bitmap, 0.0)


def pixels(form: Form, width: int, height: int) -> Bitmap:
    """The pixels whose centre the shape covers."""
    if form.bitmap is not None:
        return form.bitmap
    from tlstudio.imaging.outlines import bitmap_from_parts

    return bitmap_from_parts(form.parts or (), width, height)


def converted(form: Form, kind: str, held: Held) -> tuple[Annotation, Encoded | None]:
    """The shape as `kind`, and a mask's tiles. Raises UserError: shape.too_small."""
    if kind == "box":
        return as_box(form.item, bounds(form.item) or (0.0, 0.0, 0.0, 0.0)), None
    if kind == "mask":
        return as_mask(form.item, pixels(form, held.width, held.height))
    if kind != "polygon":
        raise ValueError(f"no kind of shape: {kind}")
    if form.bitmap is None:
        return as_polygon(form.item, form.parts or ()), None
    from tlstudio.imaging.outlines import parts_from_bitmap

    return as_polygon(form.item, parts_from_bitmap(form.bitmap, _TOLERANCE)), None


def joined(forms: Sequence[Form], held: Held) -> tuple[Annotation, Encoded | None]:
    """All of the shapes as one, with kind and label of the first; boxes give the box around."""
    first = forms[0].item
    if isinstance(first, Box):
        return as_box(first, around([form.item for form in forms]) or (0.0, 0.0, 0.0, 0.0)), None
    if isinstance(first, Mask):
        whole = Bitmap(held.width, held.height)
        for form in forms:
            whole.add(pixels(form, held.width, held.height))
        return as_mask(first, whole)
    from tlstudio.imaging.outlines import union, without_specks

    return as_polygon(first, without_specks(union([exact_parts(form) for form in forms]))), None


def subtracted(
    form: Form, others: Sequence[Form], held: Held
) -> tuple[Annotation, Encoded | None] | None:
    """The shape without the others; None where nothing is left that can be a shape. A box becomes
    a polygon unless what is left is a box."""
    if form.bitmap is not None:
        left = form.bitmap.copy()
        for other in others:
            left.remove(pixels(other, held.width, held.height))
        if left.is_empty:
            return None
        item = mask_place(as_kind(Mask, form.item, x=0, y=0, w=0, h=0), left)
        return item, encoded(left, form.bitmap.tiles)
    from tlstudio.imaging.outlines import difference, without_specks

    rest = without_specks(difference(form.parts or (), [exact_parts(other) for other in others]))
    return (_as_piece(form.item, rest), None) if rest else None


def takes_away(form: Form, left: tuple[Annotation, Encoded | None]) -> bool:
    """Whether something of the shape is missing in what is `left` of it."""
    item, tiles = left
    if form.bitmap is not None:
        return tiles != encoded(form.bitmap)
    from tlstudio.imaging.outlines import area, union, without_specks

    if isinstance(item, Box):
        rest = item.w * item.h
    else:
        rest = area(item.parts) if isinstance(item, Polygon) else 0.0
    return rest < area(without_specks(union([form.parts or ()]))) * (1 - 1e-9)


def repainted(stored: Bitmap, before: Bitmap, after: Bitmap, places: Collection[Place]) -> Bitmap:
    """`stored` with what differs between `before` and `after` in `places`."""
    made = Bitmap(stored.width, stored.height, dict(stored.tiles))
    blank = np.zeros((TILE, TILE), np.bool_)
    for place in places:
        old, new = before.tiles.get(place, blank), after.tiles.get(place, blank)
        made.tiles[place] = np.where(old != new, new, stored.tiles.get(place, blank))
    made.tidy()
    return made


def pieces(form: Form, line: Sequence[Point]) -> list[tuple[Annotation, Encoded | None]]:
    """The shape cut in pieces along the line, or into its separate parts without one.

    The largest comes first; one piece means that nothing was cut.
    """
    if form.bitmap is None:
        from tlstudio.imaging.outlines import separate, without_specks

        whole = form.parts or ()
        made = _cut(whole, line) if line else separate(whole)
        found = [piece for parts in made if (piece := without_specks(parts))]
        found.sort(key=parts_area, reverse=True)
        return [(_as_piece(form.item, parts), None) for parts in found]
    found_pixels = _cut_pixels(form.bitmap, line) if line else _separate_pixels(form.bitmap)
    found_pixels.sort(key=Bitmap.area, reverse=True)
    first, *rest = found_pixels
    kept = mask_place(as_kind(Mask, form.item, x=0, y=0, w=0, h=0), first)
    return [
        (kept, encoded(first, form.bitmap.tiles)),
        *(as_mask(form.item, piece) for piece in rest),
    ]


def _cut(parts: Parts, line: Sequence[Point]) -> list[Parts]:
    """The pieces; the outline alone where the line divides nothing."""
    from tlstudio.imaging.outlines import cut

    try:
        return cut(parts, line)
    except UserError as error:
        if error.code != "outline.not_cut":
            raise
        return [parts]


def _cut_pixels(bitmap: Bitmap, line: Sequence[Point]) -> list[Bitmap]:
    """The pixels on either side of a line; each belongs to the side its centre lies on."""
    from tlstudio.imaging.outlines import bitmap_from_parts

    place = bitmap.bounds()
    if place is None:
        return []
    regions = _cut(rectangle(*place), line)
    rest, found = bitmap.copy(), []
    for region in regions[1:]:
        piece = bitmap.copy()
        outside = bitmap.copy()
        outside.remove(bitmap_from_parts(region, bitmap.width, bitmap.height))
        piece.remove(outside)
        rest.remove(piece)
        found.append(piece)
    return [piece for piece in (rest, *found) if not piece.is_empty]


def _separate_pixels(bitmap: Bitmap) -> list[Bitmap]:
    """The parts of a mask that do not touch."""
    from tlstudio.imaging.outlines import bitmap_from_parts, parts_from_bitmap

    return [
        bitmap_from_parts((part,), bitmap.width, bitmap.height)
        for part in parts_from_bitmap(bitmap, 0.0)
    ]


def _as_piece(item: Annotation, parts: Parts) -> Annotation:
    """The outline as a polygon; as a box where it is a piece of one and can still be one."""
    place = parts_bounds(parts)
    x, y, w, h = place
    wide = min(w, h) >= LEAST_SIDE
    if isinstance(item, Box) and wide and len(parts) == 1 and len(parts[0]) == 1:
        corners = {(x, y), (x + w, y), (x + w, y + h), (x, y + h)}
        if len(parts[0][0]) == 4 and set(parts[0][0]) == corners:
            return as_box(item, place)
    return as_polygon(item, parts)


def as_box(item: Annotation, place: tuple[float, float, float, float]) -> Box:
    x, y, w, h = map(float, place)
    return as_kind(Box, item, x=x, y=y, w=w, h=h)


def as_polygon(item: Annotation, parts: Parts) -> Polygon:
    """Raises UserError("shape.too_small") where the outline covers nothing."""
    if not parts:
        raise UserError("shape.too_small")
    return as_kind(Polygon, item, parts=parts)


def as_mask(item: Annotation, bitmap: Bitmap) -> tuple[Mask, Encoded]:
    """Raises UserError("shape.too_small") where no pixel's centre is covered."""
    if bitmap.is_empty:
        raise UserError("shape.too_small")
    return mask_place(as_kind(Mask, item, x=0, y=0, w=0, h=0), bitmap), encoded(bitmap)


def as_kind(kind: type[Kind], item: Annotation, **geometry: Any) -> Kind:
    """An annotation of another kind with everything else as it was."""
    if isinstance(item, ImageLabel):
        raise UserError("shape.not_a_shape")
    return kind(
        id=item.id,
        image=item.image,
        label=item.label,
        z=item.z,
        instance=item.instance,
        group=item.group,
        crowd=item.crowd,
        attributes=item.attributes,
        provenance=item.provenance,
        **geometry,
    )
