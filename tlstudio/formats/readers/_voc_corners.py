"""Whether the corners in VOC files count from 1 with the last pixel inside, or from 0."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tlstudio.domain.notices import Notice
from tlstudio.formats.readers._values import number

_NAMES = ("xmin", "ymin", "xmax", "ymax")


RawCorners = tuple[float | None, float | None, float | None, float | None]
"""xmin, ymin, xmax and ymax as a file has them; None for what is no number."""


def raw_corners(box: Element) -> RawCorners:
    """The corners in a <bndbox>."""
    left, top, right, bottom = (number(box.findtext(name)) for name in _NAMES)
    return left, top, right, bottom


class Corners:
    """Looks at every box of a set, then reads them.

    A set that calls itself PASCAL VOC, as the original does, counts from 1 unless a corner lies
    below 1. Else proof of counting from 0 is a corner below 1 or with a fraction, two corners at
    one place (which would be a box of one pixel), or the element <path> of labelImg, which counts
    from 0 and moves 0 to 1; proof of counting from 1 is a set that never touches 0 but touches 1
    and the full width or height. Where nothing is proof it is 0.
    """

    def __init__(self) -> None:
        self._boxes = 0
        self._below = self._odd = self._path = self._declared = False
        self._least = self._most = False

    def look(self, root: Element) -> None:
        """Take the evidence in one file."""
        self._path = self._path or root.find("path") is not None
        said = (root.findtext("source/database") or "", root.findtext("source/annotation") or "")
        self._declared = self._declared or (
            said[0].strip().upper().startswith("THE VOC")
            or said[1].strip().upper().startswith("PASCAL VOC")
        )
        width, height = number(root.findtext("size/width")), number(root.findtext("size/height"))
        for box in root.iter("bndbox"):
            known = [value for value in raw_corners(box) if value is not None]
            if len(known) < 4:
                continue
            left, top, right, bottom = known
            self._boxes += 1
            self._below = self._below or min(known) < 1
            thin = left == right or top == bottom
            self._odd = self._odd or thin or any(value % 1 for value in known)
            self._least = self._least or min(left, top) == 1
            self._most = self._most or right == width or bottom == height

    @property
    def from_one(self) -> bool:
        if self._declared or self._below:
            return not self._below
        return self._least and self._most and not self._path and not self._odd

    def box(self, corners: RawCorners) -> RawCorners:
        """x, y, w, h in our coordinates; None for what is no number."""
        left, top, right, bottom = corners
        if left is None or top is None or right is None or bottom is None:
            return left, top, None, None
        one = 1 if self.from_one else 0
        return left - one, top - one, right - left + one, bottom - top + one

    def notices(self) -> list[Notice]:
        """What was assumed, and why."""
        if not self._boxes:
            return []
        if self.from_one:
            return [Notice("objects.voc_one")]
        return [
            Notice(
                "objects.voc_zero"
                if self._below or self._odd or self._path
                else "objects.voc_unsure"
            )
        ]
