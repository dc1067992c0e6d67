"""Regions found in the pixels: what looks like a chosen pixel, what stands out in a box."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.bitmap import Bitmap, Pixels, Rect

Bytes = NDArray[np.uint8]
Values = NDArray[Any]
Points = Sequence[tuple[float, float]]
_Cell = tuple[int, int]

_COARSE = 160
_FINE = 420
"""Longer side, in pixels, of the crop that is looked at first, and then along the edge."""
_SMALLEST = 4.0
_SPANNED = 0.55
"""A piece whose own box covers less of the box that was drawn is not what was meant."""
_FLAT = 1.5
"""Spread of values (of 255) below which there is nothing to tell apart."""
_ALIKE = (28, 20, 14, 10, 7, 5, 3)
"""Differences of colour (of 255) within which a point speaks for its surroundings."""
_BACK, _FRONT, _PERHAPS_BACK, _PERHAPS_FRONT = 0, 1, 2, 3  # as OpenCV counts


def flood_fill(pixels: Bytes, x: int, y: int, tolerance: int, limit_to: Bitmap | None) -> Bitmap:
    """The pixels that hang together with pixel (x, y) by their edges and look like it: no
    channel differs from that one pixel's by more than `tolerance` (0 to 255).

    `pixels` is [h, w] or [h, w, 3]. With `limit_to` only pixels of that bitmap count. Empty
    where (x, y) lies outside.
    """
    from tlstudio.imaging.opencv import cv2

    height, width = pixels.shape[:2]
    if not (0 <= x < width and 0 <= y < height) or (limit_to and not limit_to.at(x, y)):
        return Bitmap(width, height)
    closed = np.zeros((height + 2, width + 2), dtype=np.uint8)
    if limit_to is not None:
        closed[1:-1, 1:-1] = ~limit_to.whole()
    reach = (float(tolerance),) * 3
    flags = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | 255 << 8
    # With the mask only, OpenCV does not write to the image, but asks that it could.
    image = pixels if pixels.flags.writeable and pixels.flags.c_contiguous else pixels.copy()
    *_, (left, top, w, h) = cv2.floodFill(image, closed, (x, y), 0, reach, reach, flags)
    found = closed[top + 1 : top + 1 + h, left + 1 : left + 1 + w] == 255
    return Bitmap.from_array(found, left, top, width, height)


def grab_cut(
    pixels: Bytes, box: tuple[float, float, float, float], *, keep: Points = (), drop: Points = ()
) -> Bitmap:
    """The thing inside `box` (x, y, w, h): pixels that resemble each other more than what is
    around the box, with `keep` on it and `drop` beside it (points in image pixels).

    One piece, or one for each of `keep`; holes are filled unless a point of `drop` lies in
    them. Colours are modelled and cut as in Rother, Kolmogorov and Blake, "GrabCut", 2004,
    on the crop at a small size, then along the edge at a larger one. Where little of the box
    stands out, because others like it are around, the middle of the box counts as part of the
    thing. The same call gives the same answer.

    Raises UserError: outline.box_small, outline.nothing_found, shape.not_finite.
    """
    height, width = pixels.shape[:2]
    inner = _inside(box, width, height)
    around = _with_margin(inner, width, height)
    crop = pixels[around.y : around.y + around.h, around.x : around.x + around.w]
    fine = _shrunk(crop, _FINE)
    if float(fine.reshape(-1, 3).std(axis=0).max()) < _FLAT:
        raise UserError("outline.nothing_found")
    small = _Marks(_shrunk(fine, _COARSE), around, inner, keep, drop)
    front = small.piece(small.cut())
    if small.spanned(front) < _SPANNED:
        # Others like it lie around the box: then what is in its middle counts.
        middle = small.piece(small.cut_middle())
        front = max(front, middle, key=small.spanned)
    large = _Marks(fine, around, inner, keep, drop)
    chosen = large.piece(large.cut_edge(_resized(front, fine.shape[1::-1])))
    found = _resized(chosen, (around.w, around.h))
    share = np.count_nonzero(found) / (inner.w * inner.h)
    if share < 0.005 or (share > 0.995 and not keep):
        raise UserError("outline.nothing_found")
    return Bitmap.from_array(found, around.x, around.y, width, height)


def _shrunk(image: Bytes, side: int) -> Bytes:
    """[h, w, 3] whose longer side is at most `side`."""
    from tlstudio.imaging.opencv import cv2

    scale = min(1.0, side / max(image.shape[:2]))
    if scale < 1.0:
        size = tuple(max(2, round(n * scale)) for n in image.shape[1::-1])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)
    return np.ascontiguousarray(image)


class _Marks:
    """A crop at some size with what is known of its pixels."""

    def __init__(self, image: Bytes, around: Rect, inner: Rect, keep: Points, drop: Points) -> None:
        self._image = image
        size = (image.shape[1], image.shape[0])
        self.keep = [self._place(point, around, size) for point in keep]
        self.drop = [self._place(point, around, size) for point in drop]
        across, down = size[0] / around.w, size[1] / around.h
        left, top = (inner.x - around.x) * across, (inner.y - around.y) * down
        self._box = (
            slice(round(top), max(round(top) + 2, round(top + inner.h * down))),
            slice(round(left), max(round(left) + 2, round(left + inner.w * across))),
        )

    @staticmethod
    def _place(point: tuple[float, float], around: Rect, size: tuple[int, int]) -> _Cell:
        x = (point[0] - around.x) * size[0] / around.w
        y = (point[1] - around.y) * size[1] / around.h
        return math.floor(x), math.floor(y)

    def piece(self, front: Pixels) -> Pixels:
        """Of what is in front the piece that is meant."""
        return _chosen(front, self.keep, self.drop)

    def spanned(self, piece: Pixels) -> float:
        """The part of the box (0 to 1) that a box around the piece covers."""
        rows, columns = np.flatnonzero(piece.any(axis=1)), np.flatnonzero(piece.any(axis=0))
        if not rows.size:
            return 0.0
        area = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
        return float(area) / max(1, self._inner(piece).size)

    def cut(self) -> Pixels:
        """What is in front, against all that is around the box."""
        marks = np.full(self._image.shape[:2], _BACK, dtype=np.uint8)
        box = self._inner(marks)
        box[...] = _PERHAPS_BACK
        edge_y, edge_x = (max(1, round(n * 0.06)) for n in box.shape)
        box[edge_y:-edge_y, edge_x:-edge_x] = _PERHAPS_FRONT
        self._spread(marks)
        return self._divided(self._image, marks, 2)

    def cut_middle(self) -> Pixels:
        """What resembles the middle of the box and not its corners, within an oval."""
        from tlstudio.imaging.opencv import cv2

        marks = np.full(self._image.shape[:2], _BACK, dtype=np.uint8)
        box = self._inner(marks)
        h, w = box.shape
        middle = ((w - 1) / 2, (h - 1) / 2)
        for size, kind in ((1.1, _PERHAPS_BACK), (0.9, _PERHAPS_FRONT), (0.4, _FRONT)):
            cv2.ellipse(box, (middle, (w * size, h * size), 0), kind, -1)
        self._spread(marks)
        front = np.zeros(marks.shape, dtype=np.bool_)
        image = np.ascontiguousarray(self._inner(self._image))
        self._inner(front)[...] = self._divided(image, np.ascontiguousarray(box), 2)
        return front

    def cut_edge(self, before: Pixels) -> Pixels:
        """What is in front, where that is known already but for the course of its edge."""
        from tlstudio.imaging.opencv import cv2

        band = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
        grey: Any = before.astype(np.uint8)
        inside = cv2.erode(grey, band, borderType=cv2.BORDER_REPLICATE) > 0
        outside = cv2.dilate(grey, band) == 0
        state = np.where(before, _PERHAPS_FRONT, _PERHAPS_BACK).astype(np.uint8)
        state[inside] = _FRONT
        state[outside] = _BACK
        marks = np.full(self._image.shape[:2], _BACK, dtype=np.uint8)
        self._inner(marks)[...] = self._inner(state)
        self._dot(marks)
        return self._divided(self._image, marks, 1)

    def _inner(self, values: Values) -> Values:
        return values[self._box]

    @staticmethod
    def _divided(image: Bytes, marks: Bytes, rounds: int) -> Pixels:
        from tlstudio.imaging.opencv import cv2

        kinds = np.bincount(marks.ravel(), minlength=4)
        if kinds[_BACK] + kinds[_PERHAPS_BACK] and kinds[_FRONT] + kinds[_PERHAPS_FRONT]:
            models = [np.zeros((1, 65)), np.zeros((1, 65))]
            cv2.setRNGSeed(7)  # its clustering begins at random
            cv2.grabCut(image, marks, None, *models, rounds, cv2.GC_INIT_WITH_MASK)
        front: Pixels = marks % 2 == 1
        return front

    def _spread(self, marks: Bytes) -> None:
        """Let a point speak for what looks like it around it: a point to keep as far as that
        stays in the box, a point to drop as far as that reaches no point to keep."""
        outside = np.ones(marks.shape, dtype=np.bool_)
        outside[self._box] = False
        for point in self.keep:
            marks[self._like(point, outside)] = _FRONT
        kept = marks == _FRONT
        for x, y in self.keep:
            kept[max(0, y) : y + 1, max(0, x) : x + 1] = True
        for point in self.drop:
            marks[self._like(point, kept)] = _BACK
        self._dot(marks)

    def _like(self, point: tuple[int, int], never: Pixels) -> Pixels:
        """The largest region of the colour at a point that touches nothing of `never`."""
        from tlstudio.imaging.opencv import cv2

        soft = cv2.GaussianBlur(self._image, (0, 0), 1.2)
        for tolerance in _ALIKE:
            found = flood_fill(soft, *point, tolerance, None).whole()
            if not (found & never).any():
                return found
        return np.zeros_like(never)

    def _dot(self, marks: Bytes) -> None:
        from tlstudio.imaging.opencv import cv2

        radius = max(1, round(max(marks.shape) * 0.012))
        for kind, points in ((_BACK, self.drop), (_FRONT, self.keep)):
            for point in points:
                cv2.circle(marks, point, radius, kind, -1)


def _inside(box: tuple[float, float, float, float], width: int, height: int) -> Rect:
    """The whole pixels of a box, clipped."""
    if not all(math.isfinite(value) for value in box):
        raise UserError("shape.not_finite")
    x, y, w, h = box
    left, top = max(0, round(min(x, x + w))), max(0, round(min(y, y + h)))
    right, bottom = min(width, round(max(x, x + w))), min(height, round(max(y, y + h)))
    if right - left < _SMALLEST or bottom - top < _SMALLEST:
        raise UserError("outline.box_small", least=int(_SMALLEST))
    return Rect(left, top, right - left, bottom - top)


def _with_margin(box: Rect, width: int, height: int) -> Rect:
    """The box and enough around it to know what is not the thing."""
    margin = max(6, round(max(box.w, box.h) * 0.2))
    left, top = max(0, box.x - margin), max(0, box.y - margin)
    right, bottom = min(width, box.x + box.w + margin), min(height, box.y + box.h + margin)
    return Rect(left, top, right - left, bottom - top)


def _resized(mask: Pixels, size: tuple[int, ...]) -> Pixels:
    """A mask at another size (w, h), its edge smooth."""
    from tlstudio.imaging.opencv import cv2

    if mask.shape[::-1] == size:
        return mask
    soft = cv2.resize(mask.astype(np.uint8) * 255, size, interpolation=cv2.INTER_LINEAR)
    if size[0] > mask.shape[1]:
        step = size[0] / mask.shape[1]
        soft = cv2.GaussianBlur(soft, (0, 0), step * 0.6)
    larger: Pixels = soft > 127
    return larger


def _chosen(front: Pixels, keep: Sequence[_Cell], drop: Sequence[_Cell]) -> Pixels:
    """The piece that is meant, or those of `keep`, without specks and without holes."""
    from tlstudio.imaging.opencv import cv2

    grey = cv2.medianBlur(front.astype(np.uint8), 5)
    count, parts, facts, _ = cv2.connectedComponentsWithStats(grey, connectivity=4)
    if count < 2:
        return np.zeros_like(front)
    named = {_label_at(parts, point) for point in keep} - {0}
    chosen = np.isin(parts, list(named or {1 + int(facts[1:, cv2.CC_STAT_AREA].argmax())}))
    # Holes: what is not chosen and does not reach the rim of the crop.
    padded = np.pad(~chosen, 1, constant_values=True).astype(np.uint8)
    _, gaps = cv2.connectedComponents(padded, connectivity=8)
    rim, gaps = int(gaps[0, 0]), gaps[1:-1, 1:-1]
    stay = {0, rim} | {_label_at(gaps, point) for point in drop}
    filled: Pixels = chosen | ~np.isin(gaps, list(stay))
    return filled


def _label_at(labels: NDArray[np.int32], cell: _Cell) -> int:
    """The label of a pixel; 0 outside."""
    x, y = cell
    inside = 0 <= x < labels.shape[1] and 0 <= y < labels.shape[0]
    return int(labels[y, x]) if inside else 0
