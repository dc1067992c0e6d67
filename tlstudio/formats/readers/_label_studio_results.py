"""The results of one annotation of Label Studio: regions and choices of one image."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Point, Ring
from tlstudio.formats.annotation_set import IMPORT_ID
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._brush_runs import alpha_of_runs, mask_of_address
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._outlines import corners, ellipse, turned
from tlstudio.formats.readers._values import (
    items,
    mapping,
    number,
    numbers,
    plain,
    ring_of,
    side,
    words,
)

_Object = Mapping[str, object]
_Size = tuple[int, int]

_PLACES = ("rectangle", "polygon", "ellipse", "brush", "magicwand", "bitmask", "keypoint",
           "vector")  # fmt: skip


@dataclass(slots=True)
class Results:
    """Puts results into the picture; `suggested`: a model said it."""

    picture: Picture
    listing: Listing
    author: str
    suggested: bool

    def read(self, results: Sequence[_Object]) -> None:
        """All results of the image; those of one id are about one region."""
        self.picture.width, self.picture.height = self._size(results)
        regions: dict[str, list[_Object]] = {}
        for index, result in enumerate(results):
            key = words(result.get("id")) or f"#{index}"
            regions.setdefault(key, []).append(result)
        parents = {words(r.get("parentID")) for r in results} - {""}
        for key, some in regions.items():
            place = next((one for one in some if _kind(one) in _PLACES), None)
            if place is not None:
                group = words(place.get("parentID")) or (key if key in parents else None)
                self._region(place, some, None if key.startswith("#") else key, group)
            else:
                for one in some:
                    self._of_image(one)

    def _size(self, results: Sequence[_Object]) -> tuple[int | None, int | None]:
        for one in results:
            width, height = side(one.get("original_width")), side(one.get("original_height"))
            if width is not None and height is not None:
                return width, height
        known = self.listing.find_image(self.picture.path)
        return (None, None) if known is None else (self.listing.size_of(known) or (None, None))

    def _of_image(self, result: _Object) -> None:
        """What is said of the whole image: choices are its labels, other answers are kept."""
        value, kind = mapping(result.get("value")), words(result.get("type"))
        if kind in ("choices", "labels"):
            for name in items(value.get(kind)):
                self.picture.image_label(name, **self._more(result, {}))
        elif kind == "relation":
            return
        elif value:
            answers = self.picture.extras.setdefault("answers", {})
            assert isinstance(answers, dict)
            answers[words(result.get("from_name")) or kind] = _answer(value, kind)
        else:
            self.picture.skip("reading.entry")

    def _region(
        self, place: _Object, some: Sequence[_Object], own: str | None, group: str | None
    ) -> None:
        if number(place.get("image_rotation")) not in (None, 0.0):
            self.picture.skip("reading.rotated_view")
            return
        if self.picture.width is None or self.picture.height is None:
            self.picture.skip("reading.no_size")
            return
        labels, attributes = _said(some)
        if own is not None:
            attributes[IMPORT_ID] = own
        more = self._more(place, attributes)
        more["group"] = group
        size = (self.picture.width, self.picture.height)
        for index, label in enumerate(labels or [""]):
            if index:  # one place with two labels is two shapes
                left = {k: v for k, v in attributes.items() if k != IMPORT_ID}
                more = {**more, "attributes": left}
            self._place(label, _kind(place), mapping(place.get("value")), size, more)

    def _more(self, result: _Object, attributes: dict[str, object]) -> More:
        score = number(result.get("score"))
        sure = score if score is not None and 0 <= score <= 1 and self.suggested else None
        return {
            "attributes": attributes,
            "author": self.author,
            "confidence": sure,
            "suggestion": self.suggested,
        }

    def _place(self, label: str, kind: str, value: _Object, size: _Size, more: More) -> None:
        if kind == "rectangle":
            self._rectangle(label, value, size, more)
        elif kind in ("polygon", "vector"):
            ring = _scaled(ring_of(items(value.get("points"))), size)
            if value.get("closed") is False or kind == "vector":
                self.picture.aside("lines", label, ring, more["attributes"])
            else:
                self.picture.ring(label, ring, **more)
        elif kind == "ellipse":
            self._ellipse(label, value, size, more)
        elif kind == "keypoint":
            ring = _scaled(ring_of([[value.get("x"), value.get("y")]]), size)
            self.picture.aside("points", label, ring, more["attributes"])
        else:
            self._mask(label, value, size, more)

    def _rectangle(self, label: str, value: _Object, size: _Size, more: More) -> None:
        """Turned clockwise about its top left corner."""
        found = numbers([value.get(key) for key in ("x", "y", "width", "height")])
        if found is None:
            self.picture.skip("reading.not_numbers")
            return
        (x, y), (w, h) = _pixels(found[0], found[1], size), _pixels(found[2], found[3], size)
        angle = number(value.get("rotation")) or 0.0
        if angle % 360 and w > 0 and h > 0:
            more = {**more, "attributes": {**more["attributes"], "angle": round(angle % 360, 4)}}
            self.picture.ring(label, turned(corners(x, y, w, h), x, y, angle), **more)
        else:
            self.picture.box(label, x, y, w, h, **more)

    def _ellipse(self, label: str, value: _Object, size: _Size, more: More) -> None:
        found = numbers([value.get(key) for key in ("x", "y", "radiusX", "radiusY")])
        if found is None:
            self.picture.skip("reading.not_numbers")
            return
        (x, y), (rx, ry) = _pixels(found[0], found[1], size), _pixels(found[2], found[3], size)
        if rx < 0 or ry < 0:
            self.picture.skip("reading.negative")
            return
        shape = "circle" if math.isclose(rx, ry) else "ellipse"
        more = {**more, "attributes": {**more["attributes"], "shape": shape}}
        turn = number(value.get("rotation")) or 0.0
        self.picture.ring(label, ellipse(x, y, rx, ry, turn), **more)

    def _mask(self, label: str, value: _Object, size: _Size, more: More) -> None:
        try:
            if isinstance(value.get("rle"), list):
                pixels = alpha_of_runs(items(value["rle"]), *size)
            else:
                pixels = mask_of_address(value.get("imageDataURL"))
        except UserError as error:
            self.picture.skip("reading.mask", detail=error.code)
        else:
            self.picture.mask(label, pixels, 0, 0, **more)


def _kind(result: _Object) -> str:
    """The kind of region, "rectanglelabels" being a rectangle that has its label with it."""
    kind = words(result.get("type")).lower()
    return kind.removesuffix("labels") if kind != "labels" else kind


def _said(some: Sequence[_Object]) -> tuple[list[str], dict[str, object]]:
    """Labels of a region, and what else was answered about it."""
    labels: dict[str, None] = {}
    attributes: dict[str, object] = {}
    for result in some:
        value, kind = mapping(result.get("value")), words(result.get("type"))
        given = [key for key in value if key.endswith("labels")]
        for key in given:
            labels.update(dict.fromkeys(filter(None, map(words, items(value[key])))))
        if not given and _kind(result) not in _PLACES and kind in value:
            attributes[words(result.get("from_name")) or kind] = plain(value[kind])
        if note := mapping(result.get("meta")).get("text"):
            attributes["note"] = plain(note)
    return list(labels), attributes


def _answer(value: _Object, kind: str) -> object:
    """What was answered: under the name of its kind, or the only thing that is said."""
    only = next(iter(value.values())) if len(value) == 1 else value
    return plain(value.get(kind, only))


def _pixels(x: float, y: float, size: _Size) -> Point:
    return x * size[0] / 100, y * size[1] / 100


def _scaled(ring: Ring | None, size: _Size) -> Ring | None:
    return None if ring is None else tuple(_pixels(x, y, size) for x, y in ring)
