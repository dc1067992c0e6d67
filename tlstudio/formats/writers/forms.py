"""Polygons with holes, for formats that know only rings and masks."""

from __future__ import annotations

from dataclasses import replace

from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import OutImage, Tally
from tlstudio.formats.writers.geometry import count_holes, has_holes, pixels_of


def without_holes(shape: ReadShape, image: OutImage, tally: Tally) -> ReadShape:
    """The shape itself unless it has holes; then the mask of its pixels, or with its holes
    filled where it covers the centre of none."""
    if shape.parts is None or not has_holes(shape.parts):
        return shape
    pixels = pixels_of(shape, image.width, image.height)
    if pixels.is_empty:
        tally.lose("export.lost.holes", count_holes(shape.parts))
        return replace(shape, parts=tuple(part[:1] for part in shape.parts))
    tally.lose("export.changed.holes_to_mask")
    return replace(shape, kind="mask", parts=None, bitmap=pixels)


def count_parts(shape: ReadShape) -> int:
    """How many shapes it takes where each ring is one."""
    return 1 if shape.parts is None else len(shape.parts)
