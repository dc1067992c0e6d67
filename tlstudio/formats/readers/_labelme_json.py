"""The JSON of labelme and of tools that grew from it, one file for each image.

Coordinates are float pixels from the top left corner, the picture turned as EXIF says.
https://github.com/wkentaro/labelme
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._gather import Gather, More, Picture
from tlstudio.formats.readers._image_names import beside, is_image
from tlstudio.formats.readers._outlines import ellipse, is_box, turn_of
from tlstudio.formats.readers._values import (
    attributes_of,
    items,
    mapping,
    number,
    ring_of,
    side,
    whole,
    words,
    yes,
)
from tlstudio.imaging.mask_images import mask_of_bytes

OWN_KEYS = (b'"difficult"', b'"kie_linking"', b'"direction"', b'"chatHistory"', b'"checked"')
"""Written by X-AnyLabeling, not by labelme."""
_SAMPLE = 20
_ASIDE = {"line": "lines", "linestrip": "lines", "point": "points", "points": "points",
          "cuboid": "cuboids"}  # fmt: skip
_OUTLINES = ("polygon", "quadrilateral", "ai_polygon", "watershed")
_TURNED = ("rotation", "oriented_rectangle")


def find(listing: Listing) -> tuple[list[str], bool]:
    """JSON files that may be of this kind, none where no head says so; whether X-AnyLabeling
    has left its keys in one of them."""
    names = listing.named(".json")
    heads = [listing.head(name) for name in names[:_SAMPLE]]
    if not any(_looks_right(head) for head in heads):
        return [], False
    own = any(key in head for head in heads if _looks_right(head) for key in OWN_KEYS)
    return names, own


def _looks_right(head: bytes) -> bool:
    if b'"shapes"' in head:
        return any(key in head for key in (b'"imagePath"', b'"version"', b'"shape_type"',
                                           b'"flags"', b'"points"'))  # fmt: skip
    return b'"imagePath"' in head or (b'"imageData"' in head and b'"coco' not in head)


def read_files(
    name: str, listing: Listing, evidence: Evidence, cancel: Cancel | None
) -> AnnotationSet:
    """All files of the evidence; those that are something else are skipped with the reason."""
    gather = Gather(name, cancel)
    for file in evidence.files:
        gather.check()
        try:
            _read_file(gather, listing, file)
        except UserError as error:
            gather.skip_error(file, error)
    listing.forget()
    return gather.done()


def _read_file(gather: Gather, listing: Listing, file: str) -> None:
    whole_file = mapping(listing.json(file))
    if not isinstance(whole_file.get("shapes"), list):
        raise UserError("reading.not_format", file=file, format=gather.set.format)
    path = beside(listing, file, whole_file.get("imagePath"), own_name=True)
    if not path:
        gather.skip(file, "reading.no_image")
        return
    width, height = side(whole_file.get("imageWidth")), side(whole_file.get("imageHeight"))
    picture = gather.picture(file, path, width, height)
    for name, said in mapping(whole_file.get("flags")).items():
        if yes(said):
            picture.image_label(name)
    for entry in items(whole_file["shapes"]):
        _read_shape(picture, entry)
    if not is_image(listing, path):
        _embed(gather, picture, whole_file.get("imageData"))
    picture.close()


def _embed(gather: Gather, picture: Picture, data: object) -> None:
    """Keep the image that the file carries: it is nowhere else."""
    if not isinstance(data, str) or not data:
        return
    text = data.partition(",")[2] if data.startswith("data:") else data
    try:
        gather.set.embedded[picture.path] = base64.b64decode(text)
    except (binascii.Error, ValueError):
        picture.skip("reading.image_data")


def _read_shape(picture: Picture, entry: object) -> None:
    shape = mapping(entry)
    if not shape:
        picture.skip("reading.entry")
        return
    label = shape.get("label")
    ring = ring_of(items(shape.get("points")))
    if ring is None:
        picture.skip("reading.not_numbers")
        return
    kind = words(shape.get("shape_type")) or ("point" if len(ring) == 1 else "polygon")
    more = _more(shape)
    if kind in _ASIDE:
        picture.aside(_ASIDE[kind], label, ring, more["attributes"])
    elif kind in _OUTLINES:
        picture.ring(label, ring, **more)
    elif kind == "rectangle":
        _rectangle(picture, label, ring, more)
    elif kind in _TURNED:
        _turned(picture, label, shape, ring, more)
    elif kind == "circle":
        _circle(picture, label, ring, more)
    elif kind == "mask":
        _mask(picture, label, shape, ring, more)
    else:
        picture.skip("reading.unknown_kind", kind=kind[:40])


def _more(shape: Mapping[str, object]) -> More:
    attributes = attributes_of(shape.get("attributes"))
    attributes.update({name: True for name, v in attributes_of(shape.get("flags")).items() if v})
    for key in ("description", "text"):
        if text := words(shape.get(key), 2000):
            attributes["description"] = text
    if yes(shape.get("difficult")):
        attributes["difficult"] = True
    if linked := items(shape.get("kie_linking")):
        attributes["linked"] = json.dumps(linked)[:2000]
    group = whole(shape.get("group_id"))
    score = number(shape.get("score"))
    return {
        "attributes": attributes,
        "group": words(shape.get("group_id")) or None if group is None else str(group),
        "confidence": score if score is not None and 0 <= score <= 1 else None,
    }


def _rectangle(picture: Picture, label: object, ring: Ring, more: More) -> None:
    """Two corners, or all four, whichever way they were drawn."""
    if len(ring) not in (2, 4):
        picture.skip("reading.few_points")
        return
    if len(ring) == 4 and len(set(ring)) == 4 and not is_box(ring, near=0.01):
        picture.ring(label, ring, **more)
        return
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    x, y = min(xs), min(ys)
    picture.box(label, x, y, max(xs) - x, max(ys) - y, **more)


def _turned(
    picture: Picture, label: object, shape: Mapping[str, object], ring: Ring, more: More
) -> None:
    """Four corners; X-AnyLabeling gives the turn in radians as well."""
    if len(ring) < 4:
        picture.skip("reading.few_points")
        return
    direction = number(shape.get("direction"))
    angle = turn_of(ring) if direction is None else round(math.degrees(direction) % 360, 4)
    more["attributes"] = {**more["attributes"], "angle": angle}
    picture.ring(label, ring, **more)


def _circle(picture: Picture, label: object, ring: Ring, more: More) -> None:
    """The middle, and a point on the rim."""
    if len(ring) != 2:
        picture.skip("reading.few_points")
        return
    (cx, cy), (px, py) = ring
    radius = math.hypot(px - cx, py - cy)
    more["attributes"] = {**more["attributes"], "shape": "circle"}
    picture.ring(label, ellipse(cx, cy, radius, radius), **more)


def _mask(
    picture: Picture, label: object, shape: Mapping[str, object], ring: Ring, more: More
) -> None:
    """The first point is the pixel at the top left; the pixels are a PNG file in base64."""
    data = shape.get("mask")
    if not ring or not isinstance(data, str):
        picture.skip("reading.mask", detail="no pixels")
        return
    try:
        pixels = mask_of_bytes(base64.b64decode(data))
    except (binascii.Error, ValueError):
        picture.skip("reading.mask", detail="no base64")
    except UserError as error:
        picture.skip("reading.mask", detail=error.code)
    else:
        picture.mask(label, pixels, math.floor(ring[0][0]), math.floor(ring[0][1]), **more)
