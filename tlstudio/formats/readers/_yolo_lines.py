"""One line of a YOLO label file: a class and fractions of the image.

https://docs.ultralytics.com/datasets/: `c x y w h` is a box about its middle, eight numbers are
the corners of an oriented box or an outline of four points, which cover the same; any other even
number from six is an outline. One number more is
how sure a model was. With key points, theirs follow the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._values import number, whole, words

_BEYOND = 2.0
"""Fractions beyond this are no fractions but pixels; a little outside the image is usual."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Names by number. `known` is False where no file gives any: then each is its number."""

    names: Mapping[int, str]
    known: bool = True
    keypoints: tuple[int, int] | None = None

    def name(self, word: str) -> str | None:
        """The name of a class given by its number or, as some tools write, by its name."""
        index = whole(word)
        if index is None:
            return word if word in self.names.values() else None
        if not self.known:
            return str(index) if index >= 0 else None
        return self.names.get(index)


def looks_like_labels(text: str) -> bool:
    """Whether the first line that is not empty is a class and at least four fractions."""
    line = next((line for line in text.splitlines() if line.strip()), "")
    parts = line.split()
    if len(parts) < 5 or whole(parts[0]) is None:
        return False
    values = [number(part) for part in parts[1:]]
    return all(value is not None and abs(value) <= _BEYOND for value in values)


def read_line(picture: Picture, line: str, classes: Classes, size: tuple[int, int]) -> None:
    """The shape of one line, in an image of `size`; what is none is counted."""
    parts = line.split()
    values = [number(part) for part in parts[1:]]
    if len(values) < 4:
        picture.skip("objects.line")
        return
    label = classes.name(words(parts[0]))
    if label is None:
        picture.skip("reading.no_category")
        return
    kept = [value for value in values if value is not None]
    if len(kept) < len(values):
        picture.skip("reading.not_numbers")
    elif _has_keypoints(kept, classes):
        _read_keypoints(picture, label, kept, classes, size)
    elif any(abs(value) > _BEYOND for value in kept):
        picture.skip("objects.not_relative")
    elif len(kept) in (4, 5):
        _box(picture, label, kept[:4], size, _sure(kept[4:]))
    else:
        points = kept if len(kept) % 2 == 0 else kept[:-1]
        if len(points) == 8:
            picture.gather.note("objects.four_corners")
        ring = tuple(zip(_times(points[0::2], size[0]), _times(points[1::2], size[1]), strict=True))
        picture.ring(label, ring, **_sure(kept[len(points) :]))


def _times(values: list[float], side: int) -> list[float]:
    return [value * side for value in values]


def _box(
    picture: Picture, label: str, values: list[float], size: tuple[int, int], more: More
) -> None:
    x, y, w, h = values
    width, height = size
    picture.box(label, (x - w / 2) * width, (y - h / 2) * height, w * width, h * height, **more)


def _sure(rest: list[float]) -> More:
    """A line that tells how sure a model was is what a model said."""
    if not rest or not 0 <= rest[0] <= 1:
        return More()
    return More(confidence=rest[0], suggestion=True)


def _has_keypoints(values: list[float], classes: Classes) -> bool:
    shape = classes.keypoints
    return shape is not None and len(values) == 4 + shape[0] * shape[1]


def _read_keypoints(
    picture: Picture, label: str, values: list[float], classes: Classes, size: tuple[int, int]
) -> None:
    assert classes.keypoints is not None
    step = classes.keypoints[1]
    points = [
        [values[at] * size[0], values[at + 1] * size[1], *values[at + 2 : at + step]]
        for at in range(4, len(values), step)
    ]
    kept = picture.extras.setdefault("points", [])
    assert isinstance(kept, list)
    kept.append({"label": label, "points": points})
    picture.gather.note("objects.points")
    _box(picture, label, values[:4], size, More())
