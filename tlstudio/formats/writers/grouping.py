"""Groups and tracks as the whole numbers that most formats use for them."""

from __future__ import annotations

import re

from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import OutImage, Tally

_NUMBER = re.compile("[1-9][0-9]{0,8}")


class Groups:
    """A number for each group of an image, from 1 on; names that are such numbers keep it."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._known: dict[str, int] = {}
        self._used: set[int] = set()
        self._next = 1

    def start(self, image: OutImage) -> None:
        """The next image; only numbers said within one image mean anything together."""
        names = {shape.group for shape in image.shapes if shape.group is not None}
        self._known = {name: int(name) for name in names if _NUMBER.fullmatch(name)}
        self._used = set(self._known.values())
        self._next = 1

    def of(self, shape: ReadShape, apart: int = 1) -> int | None:
        """The shape's number, None for no group. A shape of several parts that go out `apart`
        is a group too, if it is in none."""
        if apart > 1:
            self._tally.lose("export.changed.parts_apart")
        if shape.group is None:
            return self._fresh() if apart > 1 else None
        known = self._known.get(shape.group)
        if known is None:
            known = self._known[shape.group] = self._fresh()
        if str(known) != shape.group:
            self._tally.lose("export.changed.group_number")
        return known

    def _fresh(self) -> int:
        while self._next in self._used:
            self._next += 1
        self._used.add(self._next)
        return self._next
