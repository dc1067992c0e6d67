"""One shape of CVAT's XML, in an image or at a frame of a track."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.shapes import Ring
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._outlines import ellipse, turned_box
from tlstudio.formats.readers._values import number, ring_of, words, yes
from tlstudio.imaging.mask_images import MASK_LIMIT

_CORNERS = ("xtl", "ytl", "xbr", "ybr")
_CUBOID = ("xtl1", "ytl1", "xtr1", "ytr1", "xbr1", "ybr1", "xbl1", "ybl1",
           "xtl2", "ytl2", "xtr2", "ytr2", "xbr2", "ybr2", "xbl2", "ybl2")  # fmt: skip
_KINDS = ("box", "polygon", "ellipse", "mask", "polyline", "points", "cuboid", "skeleton", "tag")


def read_shape(
    picture: Picture,
    shape: Element,
    label: object,
    group: str | None = None,
    outline: Ring | None = None,
) -> None:
    """Put what the element says into the picture; elements that are no shapes are counted.
    `outline` are its points where they are not those that the element says."""
    if shape.tag not in _KINDS:
        picture.skip("reading.unknown_kind", kind=words(shape.tag)[:40])
        return
    more = _more(shape, group)
    if shape.tag == "tag":
        picture.image_label(label, **more)
    elif shape.tag == "box":
        _box(picture, shape, label, more)
    elif shape.tag == "polygon":
        picture.ring(label, outline or points(shape.get("points")), **more)
    elif shape.tag == "ellipse":
        _ellipse(picture, shape, label, more)
    elif shape.tag == "mask":
        _mask(picture, shape, label, more)
    else:
        _aside(picture, shape, label, more, outline)


def _more(shape: Element, group: str | None) -> More:
    attributes: dict[str, object] = {}
    for entry in shape.iterfind("attribute"):
        name, value = words(entry.get("name")), words(entry.text, 2000)
        if name and value:
            attributes[name] = {"true": True, "false": False}.get(value, value)
    if yes(shape.get("occluded")):
        attributes["occluded"] = True
    own = words(shape.get("group_id"))
    return {"attributes": attributes, "group": group or (own if own not in ("", "0") else None)}


def points(text: str | None) -> Ring | None:
    """ "x,y;x,y": the points; None where there are none or one is none."""
    if not text:
        return None
    return ring_of([pair.split(",") for pair in text.split(";") if pair.strip()])


def _box(picture: Picture, shape: Element, label: object, more: More) -> None:
    left, top, right, bottom = (number(shape.get(name)) for name in _CORNERS)
    angle = number(shape.get("rotation")) or 0.0
    if left is None or top is None or right is None or bottom is None:
        picture.skip("reading.not_numbers")
    elif angle % 360 and right > left and bottom > top:
        more["attributes"] = {**more["attributes"], "angle": round(angle % 360, 4)}
        ring = turned_box(left, top, right - left, bottom - top, angle)
        picture.ring(label, ring, **more)
    else:
        picture.box(label, left, top, right - left, bottom - top, **more)


def _ellipse(picture: Picture, shape: Element, label: object, more: More) -> None:
    cx, cy, rx, ry = (number(shape.get(name)) for name in ("cx", "cy", "rx", "ry"))
    if cx is None or cy is None or rx is None or ry is None:
        picture.skip("reading.not_numbers")
    elif rx < 0 or ry < 0:
        picture.skip("reading.negative")
    else:
        more["attributes"] = {**more["attributes"], "shape": "circle" if rx == ry else "ellipse"}
        turn = number(shape.get("rotation")) or 0.0
        picture.ring(label, ellipse(cx, cy, rx, ry, turn), **more)


def _mask(picture: Picture, shape: Element, label: object, more: More) -> None:
    """Runs along the rows of its own rectangle, off first."""
    values = [number(shape.get(name)) for name in ("left", "top", "width", "height")]
    left, top, width, height = (None if v is None else int(v) for v in values)
    if left is None or top is None or width is None or height is None:
        picture.skip("reading.not_numbers")
    elif width < 1 or height < 1 or width * height > MASK_LIMIT:
        picture.skip("reading.mask", detail=f"{width} x {height}")
    else:
        pixels = rows_of_runs(shape.get("rle") or "", width, height)
        if pixels is None:
            picture.skip("reading.mask", detail="runs that do not fit")
        else:
            picture.mask(label, pixels, left, top, **more)


def rows_of_runs(text: str, width: int, height: int) -> NDArray[np.bool_] | None:
    """The pixels [height, width] of "off, on, off, …"; None where the runs are none or too many.

    What is missing at the end is off.
    """
    try:
        runs = np.array([int(run) for run in text.split(",")], dtype=np.int64)
    except (ValueError, OverflowError):
        return None
    area = width * height
    if runs.min() < 0 or runs.max() > area or runs.sum() > area:
        return None
    flat = np.repeat(np.arange(runs.size) % 2 == 1, runs)
    pixels = np.zeros(area, dtype=np.bool_)
    pixels[: flat.size] = flat
    return pixels.reshape(height, width)


def _aside(
    picture: Picture, shape: Element, label: object, more: More, outline: Ring | None
) -> None:
    attributes = more["attributes"]
    if shape.tag == "cuboid":
        flat = [shape.get(name) for name in _CUBOID]
        pairs = zip(flat[::2], flat[1::2], strict=True)
        picture.aside("cuboids", label, ring_of(list(pairs)), attributes)
    elif shape.tag == "skeleton":
        for joint in shape.iterfind("points"):
            if not yes(joint.get("outside")):
                part = {**attributes, "part": words(joint.get("label"))}
                picture.aside("skeletons", label, points(joint.get("points")), part)
    else:
        kind = "lines" if shape.tag == "polyline" else "points"
        picture.aside(kind, label, outline or points(shape.get("points")), attributes)
