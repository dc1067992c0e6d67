"""One annotation of datumaro's JSON."""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Ring
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._outlines import ellipse, turned_box
from tlstudio.formats.readers._values import (
    attributes_of,
    items,
    mapping,
    number,
    numbers,
    ring_of_flat,
    side,
    whole,
    words,
    yes,
)
from tlstudio.imaging.mask_images import MASK_LIMIT
from tlstudio.imaging.rle import counts_of, mask_of_counts

_Object = Mapping[str, object]
_ASIDE = {"points": "points", "polyline": "lines", "cuboid_2d": "cuboids"}
_TURNED = ("rotated_bbox", "rotatedbbox")
_OWN = ("rotation", "is_crowd", "track_id", "keyframe", "outside", "score")
"""Attributes that say what we keep elsewhere."""


def read_annotation(picture: Picture, entry: _Object, labels: list[str]) -> None:
    """Put the annotation into the picture; `labels` are those of the file by number."""
    kind = words(entry.get("type")).lower()
    if kind == "caption":
        said = picture.extras.setdefault("captions", [])
        assert isinstance(said, list)
        said.append(words(entry.get("caption"), 2000))
        return
    index = whole(entry.get("label_id"))
    if entry.get("label_id") is not None and (index is None or not 0 <= index < len(labels)):
        picture.skip("reading.no_category")
        return
    label = "" if index is None else labels[index]
    given = mapping(entry.get("attributes"))
    more = _more(entry, given)
    if kind == "label":
        picture.image_label(label, **more)
    elif kind == "bbox":
        _box(picture, label, entry, number(given.get("rotation")) or 0.0, more)
    elif kind == "polygon":
        picture.ring(label, ring_of_flat(entry.get("points")), **more)
    elif kind == "mask":
        _mask(picture, label, mapping(entry.get("rle")), more)
    elif kind == "ellipse":
        _ellipse(picture, label, entry, number(given.get("rotation")) or 0.0, more)
    elif kind in _TURNED:
        _turned(picture, label, entry, more)
    elif kind in _ASIDE:
        picture.aside(_ASIDE[kind], label, _any_points(entry.get("points")), more["attributes"])
    elif kind == "skeleton":
        for part in items(entry.get("elements")):
            ring = _any_points(mapping(part).get("points"))
            picture.aside("skeletons", label, ring, more["attributes"])
    else:
        picture.skip("reading.unknown_kind", kind=kind[:40])


def _more(entry: _Object, given: _Object) -> More:
    attributes = attributes_of({key: one for key, one in given.items() if key not in _OWN})
    track, group = words(given.get("track_id")), whole(entry.get("group"))
    score = number(given.get("score"))
    return {
        "attributes": {key: one for key, one in attributes.items() if one is not False},
        "group": f"track {track}" if track else (str(group) if group else None),
        "crowd": yes(given.get("is_crowd")),
        "confidence": score if score is not None and 0 <= score <= 1 else None,
    }


def _box(picture: Picture, label: str, entry: _Object, angle: float, more: More) -> None:
    found = numbers(entry.get("bbox"), 4)
    if found is None:
        picture.skip("reading.not_numbers")
    elif angle % 360 and found[2] > 0 and found[3] > 0:
        more["attributes"] = {**more["attributes"], "angle": round(angle % 360, 4)}
        picture.ring(label, turned_box(found[0], found[1], found[2], found[3], angle), **more)
    else:
        picture.box(label, found[0], found[1], found[2], found[3], **more)


def _ellipse(picture: Picture, label: str, entry: _Object, angle: float, more: More) -> None:
    """Two corners of the box around it."""
    found = numbers(entry.get("points"), 4)
    if found is None:
        picture.skip("reading.not_numbers")
        return
    x1, y1, x2, y2 = found
    rx, ry = abs(x2 - x1) / 2, abs(y2 - y1) / 2
    more["attributes"] = {**more["attributes"], "shape": "circle" if rx == ry else "ellipse"}
    picture.ring(label, ellipse((x1 + x2) / 2, (y1 + y2) / 2, rx, ry, angle), **more)


def _turned(picture: Picture, label: str, entry: _Object, more: More) -> None:
    """Middle, width, height and degrees."""
    found = numbers(entry.get("points") or entry.get("bbox"), 5)
    if found is None:
        picture.skip("reading.not_numbers")
        return
    cx, cy, w, h, angle = found
    if w < 0 or h < 0:
        picture.skip("reading.negative")
        return
    more["attributes"] = {**more["attributes"], "angle": round(angle % 360, 4)}
    picture.ring(label, turned_box(cx - w / 2, cy - h / 2, w, h, angle), **more)


def _mask(picture: Picture, label: str, rle: _Object, more: More) -> None:
    """COCO's run lengths; `size` is [height, width]."""
    size = [side(one) for one in items(rle.get("size"))]
    height, width = (size[0], size[1]) if len(size) == 2 else (None, None)
    if height is None or width is None or height * width > MASK_LIMIT:
        picture.skip("reading.mask", detail="no size")
        return
    try:
        pixels = mask_of_counts(counts_of(rle.get("counts"), width, height), width, height)
    except UserError as error:
        picture.skip("reading.mask", detail=error.code)
    else:
        picture.mask(label, pixels, 0, 0, **more)


def _any_points(values: object) -> Ring | None:
    """Points as [x, y, …], or as [[x, y], …]."""
    return ring_of_flat([one for part in items(values) for one in (items(part) or [part])])
