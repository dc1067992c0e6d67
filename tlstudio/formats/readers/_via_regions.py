"""Regions of VIA, and which of their attributes is the label."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from tlstudio.domain.shapes import Ring
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._outlines import ellipse
from tlstudio.formats.readers._values import attributes_of, items, mapping, number, words, yes

_Object = Mapping[str, object]

_USUAL = ("label", "labels", "class", "class_name", "name", "type", "category", "object",
          "object_name", "species")  # fmt: skip
_CHOSEN = ("dropdown", "radio", "checkbox")


def class_attribute(definitions: _Object, said: Iterable[_Object]) -> str:
    """The attribute that names what a thing is: one that is usually called so, else one with a
    list to choose from, else the only one there is; "" for none."""
    seen: Counter[str] = Counter()
    for attributes in said:
        seen.update(key for key, value in attributes.items() if labels_in(value))
    known = [*definitions, *(key for key, _ in seen.most_common() if key not in definitions)]
    low = {key.lower(): key for key in reversed(known)}
    for name in _USUAL:
        if name in low:
            return low[name]
    for key in known:
        if words(mapping(definitions.get(key)).get("type")) in _CHOSEN:
            return key
    return next(iter(seen)) if len(seen) == 1 else ""


def labels_in(value: object) -> list[str]:
    """The names in an attribute: a word, or the ticked ones of several."""
    if isinstance(value, dict):
        return [word for key, ticked in value.items() if yes(ticked) and (word := words(key))]
    word = words(value)
    return [word] if word else []


def read_region(picture: Picture, region: _Object, class_name: str) -> None:
    """Put a region into the picture, once for each of its labels."""
    shape = mapping(region.get("shape_attributes"))
    about = mapping(region.get("region_attributes"))
    labels = labels_in(about.get(class_name)) if class_name else []
    attributes = attributes_of({key: one for key, one in about.items() if key != class_name})
    for label in labels or [""]:
        _read_shape(picture, label, shape, {"attributes": attributes})


def _read_shape(picture: Picture, label: str, shape: _Object, more: More) -> None:
    kind = words(shape.get("name"))
    if kind == "rect":
        found = [number(shape.get(key)) for key in ("x", "y", "width", "height")]
        picture.box(label, found[0], found[1], found[2], found[3], **more)
    elif kind == "polygon":
        picture.ring(label, _points(shape), **more)
    elif kind in ("circle", "ellipse"):
        _round(picture, label, kind, shape, more)
    elif kind == "polyline":
        picture.aside("lines", label, _points(shape), more["attributes"])
    elif kind == "point":
        x, y = number(shape.get("cx")), number(shape.get("cy"))
        point = None if x is None or y is None else ((x, y),)
        picture.aside("points", label, point, more["attributes"])
    else:
        picture.skip("reading.unknown_kind", kind=kind[:40])


def _points(shape: _Object) -> Ring | None:
    xs, ys = items(shape.get("all_points_x")), items(shape.get("all_points_y"))
    made = [(number(x), number(y)) for x, y in zip(xs, ys, strict=False)]
    kept = tuple((x, y) for x, y in made if x is not None and y is not None)
    return kept if len(kept) == len(xs) == len(ys) else None


def _round(picture: Picture, label: str, kind: str, shape: _Object, more: More) -> None:
    """A circle has `r`; an ellipse `rx`, `ry` and, in radians, `theta`."""
    cx, cy = number(shape.get("cx")), number(shape.get("cy"))
    rx = number(shape.get("r" if kind == "circle" else "rx"))
    ry = rx if kind == "circle" else number(shape.get("ry"))
    if cx is None or cy is None or rx is None or ry is None:
        picture.skip("reading.not_numbers")
    elif rx < 0 or ry < 0:
        picture.skip("reading.negative")
    else:
        turn = math.degrees(number(shape.get("theta")) or 0.0)
        round_more: More = {**more, "attributes": {**more["attributes"], "shape": kind}}
        picture.ring(label, ellipse(cx, cy, rx, ry, turn), **round_more)
