"""One feature of GeoJSON: its geometry, and what QuPath or others say of it."""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.shapes import LOCKED, Parts, Ring
from tlstudio.formats.annotation_set import IMPORT_ID
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._outlines import is_box
from tlstudio.formats.readers._values import (
    attributes_of,
    items,
    mapping,
    number,
    ring_of,
    whole,
    words,
    yes,
)

GEOMETRIES = ("Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString",
              "GeometryCollection")  # fmt: skip

_Object = Mapping[str, object]
_USUAL = ("label", "class", "classification", "class_name", "category", "name", "type")
_OWN = {*_USUAL, "objectType", "object_type", "isLocked", "color", "colorRGB", "measurements",
        "nucleusGeometry", "metadata", "image", "kind", "group", "score", "crowd"}  # fmt: skip
_DEEP = 8


def read_feature(picture: Picture, feature: _Object) -> None:
    """Put the feature, or a bare geometry, into the picture."""
    geometry = mapping(feature.get("geometry"))
    about = mapping(feature.get("properties"))
    if feature.get("type") in GEOMETRIES:
        geometry, about = feature, {}
    label, colour = _class_of(about)
    picture.gather.label(label, colour)
    if mapping(feature.get("nucleusGeometry")) or mapping(about.get("nucleusGeometry")):
        picture.gather.note("reading.inner")
    if mapping(about.get("measurements")) or items(about.get("measurements")):
        picture.gather.note("reading.measurements")
    if not geometry:
        if feature.get("geometry", 0) is None and label:
            picture.image_label(label)  # a feature without a place is of the whole image
        else:
            picture.skip("reading.entry")
        return
    _read_geometry(picture, geometry, label, about, _more(feature, about), 0)


def _class_of(about: _Object) -> tuple[str, str | None]:
    """(label, colour): QuPath's classification, else what others usually call it."""
    of_qupath = "objectType" in about or "object_type" in about
    for key in ("classification",) if of_qupath else _USUAL:
        value = about.get(key)
        if isinstance(value, dict):
            names = [words(one) for one in items(value.get("names"))]
            label = words(value.get("name")) or ": ".join(filter(None, names))
            if label:
                return label, _colour(value.get("color"), value.get("colorRGB"))
        elif words(value):
            return words(value), _colour(about.get("color"), about.get("colorRGB"))
    return "", None


def _colour(rgb: object, number_of_java: object) -> str | None:
    """[red, green, blue], or all in one number as Java has it."""
    parts = [whole(one) for one in items(rgb)]
    if len(parts) == 3 and all(part is not None and 0 <= part <= 255 for part in parts):
        return "#" + "".join(f"{part:02x}" for part in parts)
    packed = whole(number_of_java)
    return None if packed is None else f"#{packed & 0xFFFFFF:06x}"


def _more(feature: _Object, about: _Object) -> More:
    attributes = attributes_of({key: one for key, one in about.items() if key not in _OWN})
    attributes.update(attributes_of(about.get("metadata")))
    name = words(about.get("name"))
    if name and name != _class_of(about)[0]:
        attributes["name"] = name
    if yes(about.get("isLocked")):
        attributes[LOCKED] = True
    own = words(feature.get("id"))
    if own and own not in ("PathAnnotationObject", "PathDetectionObject", "PathCellObject"):
        attributes[IMPORT_ID] = own
    score = number(about.get("score"))
    return {
        "attributes": attributes,
        "group": words(about.get("group")) or None,
        "crowd": yes(about.get("crowd")),
        "confidence": score if score is not None and 0 <= score <= 1 else None,
    }


def _read_geometry(
    picture: Picture, geometry: _Object, label: str, about: _Object, more: More, deep: int
) -> None:
    kind, places = geometry.get("type"), items(geometry.get("coordinates"))
    if kind == "Polygon":
        _outline(picture, label, _part(places), about, more)
    elif kind == "MultiPolygon":
        parts = [_part(items(one)) for one in places]
        whole_parts = tuple(ring for one in parts if one is not None for ring in one)
        _outline(picture, label, None if None in parts else whole_parts, about, more)
    elif kind == "Point":
        picture.aside("points", label, ring_of([places]), more["attributes"])
    elif kind in ("MultiPoint", "LineString"):
        name = "points" if kind == "MultiPoint" else "lines"
        picture.aside(name, label, ring_of(places), more["attributes"])
    elif kind == "MultiLineString":
        for line in places:
            picture.aside("lines", label, ring_of(items(line)), more["attributes"])
    elif kind == "GeometryCollection" and deep < _DEEP:
        for one in items(geometry.get("geometries")):
            _read_geometry(picture, mapping(one), label, about, more, deep + 1)
    else:
        picture.skip("reading.unknown_kind", kind=words(kind)[:40])


def _part(rings: object) -> Parts | None:
    """One part: its outer ring and its holes; None where a point is none."""
    made: list[Ring] = []
    for ring in items(rings):
        points = ring_of(items(ring))
        if points is None:
            return None
        made.append(points)
    return (tuple(made),)


def _outline(picture: Picture, label: str, parts: Parts | None, about: _Object, more: More) -> None:
    """A polygon; a box where the feature says that it is one."""
    said = {words(about.get("kind")).lower(), words(about.get("shape")).lower()}
    boxed = bool(said & {"box", "rectangle", "bbox"})
    if boxed and parts and len(parts) == 1 and len(parts[0]) == 1 and is_box(parts[0][0]):
        ring = parts[0][0]
        x, y = min(x for x, _ in ring), min(y for _, y in ring)
        picture.box(label, x, y, max(x for x, _ in ring) - x, max(y for _, y in ring) - y, **more)
    else:
        picture.polygon(label, parts, **more)
