"""Annotations of one image as those of a picture made from it, which may have another size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from tlstudio.domain.annotations import Annotation, Box, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import clamped, refuse_degenerate
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services._shape_edits import mask_place
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import tiles
from tlstudio.storage.connection import Db

Tiles = Mapping[tuple[int, int], bytes]


@dataclass(frozen=True, slots=True)
class Copies:
    """Copies without an image yet; `pixels` go by the place of a mask in `items`."""

    items: tuple[Annotation, ...]
    pixels: dict[int, Tiles]

    def put(self, db: Db, image: int) -> None:
        """Give them to that image."""
        ids = _annotations.add(db, [replace(item, image=image) for item in self.items])
        for place, found in self.pixels.items():
            tiles.put_tiles(db, ids[place], found)


def scaled_copies(db: Db, image: int, before: tuple[int, int], after: tuple[int, int]) -> Copies:
    """Copies of the image's accepted annotations, moved from a picture of the size `before`
    (width, height) to one of the size `after`. What becomes too small to be a shape is left out.
    """
    there = _annotations.of_images(db, [image]).get(image, [])
    masks = tiles.of_masks(db, [item.id for item in there if isinstance(item, Mask)])
    items: list[Annotation] = []
    pixels: dict[int, Tiles] = {}
    for item in there:
        try:
            copy, found = _scaled(item, masks.get(item.id, {}), before, after)
        except UserError:
            continue
        if found is not None:
            pixels[len(items)] = found
        items.append(copy)
    return Copies(tuple(items), pixels)


def _scaled(
    item: Annotation, found: Tiles, before: tuple[int, int], after: tuple[int, int]
) -> tuple[Annotation, Tiles | None]:
    sx, sy = after[0] / before[0], after[1] / before[1]
    if isinstance(item, Mask):
        if before == after:
            return item, found
        bitmap = _resized(Bitmap.decode(*before, found), after)
        return mask_place(item, bitmap), _whole(bitmap.encode())
    made: Annotation = item
    if isinstance(item, Box):
        made = replace(item, x=item.x * sx, y=item.y * sy, w=item.w * sx, h=item.h * sy)
    elif isinstance(item, Polygon):
        parts = tuple(
            tuple(tuple((x * sx, y * sy) for x, y in ring) for ring in part) for part in item.parts
        )
        made = replace(item, parts=parts)
    if before != after and isinstance(made, Box | Polygon):
        made = clamped(made, *after)
        refuse_degenerate(made)
    return made, None


def _resized(bitmap: Bitmap, size: tuple[int, int]) -> Bitmap:
    """The mask at another size: each pixel takes the one that lies under its middle."""
    width, height = size
    whole = bitmap.whole()
    rows = ((np.arange(height) + 0.5) * whole.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * whole.shape[1] / width).astype(np.intp)
    return Bitmap.from_array(whole[np.ix_(rows, columns)], 0, 0, width, height)


def _whole(encoded: Mapping[tuple[int, int], bytes | None]) -> Tiles:
    items: Iterable[tuple[tuple[int, int], bytes | None]] = encoded.items()
    return {place: data for place, data in items if data is not None}
