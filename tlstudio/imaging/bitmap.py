"""A mask's pixels as 512-pixel tiles: painting costs what is painted, not what the image holds.

Coordinates are those of the canonical image; pixel (i, j) covers [i, i+1) x [j, j+1) and its
centre lies at (i + 0.5, j + 0.5). Everything outside the image is off and stays off.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.capsules import row_spans

TILE = 512

_NOT_FIRST_IN_ROW = int(("0" + "1" * (TILE - 1)) * TILE, 2)
_NOT_FIRST_ROW = (1 << TILE * (TILE - 1)) - 1

Place = tuple[int, int]
"""(column, row) of a tile in the grid of 512-pixel tiles."""

Pixels = NDArray[np.bool_]


class Rect(NamedTuple):
    """Whole pixels: left, top, width, height."""

    x: int
    y: int
    w: int
    h: int


class Bitmap:
    """The pixels of one mask in an image of `width` by `height`.

    `tiles` holds [512, 512] arrays; a place without one is off. Tiles that have become empty
    stay until `tidy`. Methods that say which places they changed name exactly those whose pixels
    differ from before.
    """

    __slots__ = ("height", "tiles", "width")

    def __init__(self, width: int, height: int, tiles: dict[Place, Pixels] | None = None) -> None:
        self.width = width
        self.height = height
        self.tiles: dict[Place, Pixels] = {} if tiles is None else tiles

    @classmethod
    def from_array(cls, mask: Pixels, x: int, y: int, width: int, height: int) -> Bitmap:
        """An image of `width` by `height` in which `mask` [h, w] lies at (x, y), clipped."""
        made = cls(width, height)
        made.put(mask, x, y, on=True)
        return made

    @classmethod
    def decode(cls, width: int, height: int, encoded: Mapping[Place, bytes]) -> Bitmap:
        """The bitmap whose `encode` gave these tiles.

        Raises UserError("project.damaged_mask") on bytes that are none of ours.
        """
        made = cls(width, height)
        for place, data in encoded.items():
            tile = _unpacked(data)
            area = made._tile_area(place)
            if tile is None or area.w <= 0 or area.h <= 0 or min(place) < 0:
                raise UserError("project.damaged_mask")
            tile[area.h :] = False
            tile[:, area.w :] = False
            if tile.any():
                made.tiles[place] = tile
        return made

    def encode(self, places: Iterable[Place] | None = None) -> dict[Place, bytes | None]:
        """Compressed tiles of these places (all that there are by default); None: it is empty."""
        chosen = list(self.tiles) if places is None else places
        return {place: _packed(self.tiles.get(place)) for place in chosen}

    def copy(self, places: Iterable[Place] | None = None) -> Bitmap:
        """A bitmap of its own that holds only the tiles of these places (all by default)."""
        chosen = self.tiles if places is None else [p for p in places if p in self.tiles]
        return Bitmap(self.width, self.height, {p: self.tiles[p].copy() for p in chosen})

    def tidy(self) -> None:
        """Let go of tiles that hold no pixel."""
        for place in [p for p, tile in self.tiles.items() if not tile.any()]:
            del self.tiles[place]

    # --- asking -------------------------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        return not any(tile.any() for tile in self.tiles.values())

    def area(self) -> int:
        """Number of pixels that are on."""
        return sum(int(np.count_nonzero(tile)) for tile in self.tiles.values())

    def at(self, x: int, y: int) -> bool:
        """Whether pixel (x, y) is on; False outside the image."""
        tile = self.tiles.get((x // TILE, y // TILE))
        return tile is not None and bool(tile[y % TILE, x % TILE])

    def bounds(self) -> Rect | None:
        """The smallest rectangle that holds every pixel; None where there is none."""
        across, down = self._extent(0), self._extent(1)
        if across is None or down is None:
            return None
        return Rect(across[0], down[0], across[1] - across[0], down[1] - down[0])

    def _extent(self, axis: int) -> tuple[int, int] | None:
        """The first and one past the last column (`axis` 0) or row (1) with a pixel.

        Looks at the outermost tiles only: each stroke on a large mask asks for it.
        """
        lines = sorted({place[axis] for place in self.tiles})
        first = next((ends for line in lines if (ends := self._ends(axis, line))), None)
        last = next((ends for line in reversed(lines) if (ends := self._ends(axis, line))), None)
        return None if first is None or last is None else (first[0], last[1])

    def _ends(self, axis: int, line: int) -> tuple[int, int] | None:
        """The same, within one column or row of tiles."""
        hit = np.zeros(TILE, dtype=np.bool_)
        for place, tile in self.tiles.items():
            if place[axis] == line:
                hit |= tile.any(axis=axis)
        found = np.flatnonzero(hit)
        return (
            (line * TILE + int(found[0]), line * TILE + int(found[-1]) + 1) if found.size else None
        )

    def array(self, x: int, y: int, w: int, h: int) -> Pixels:
        """A copy [h, w] of a rectangle; what lies outside the image is off."""
        return self.window(x, y, w, h, 1)

    def whole(self) -> Pixels:
        """A copy [height, width] of all pixels."""
        return self.array(0, 0, self.width, self.height)

    def window(self, x: int, y: int, w: int, h: int, step: int) -> Pixels:
        """Every `step`-th pixel of a rectangle, [ceil(h / step), ceil(w / step)]: `array`
        strided, without building it."""
        out = np.zeros((-(-h // step), -(-w // step)), dtype=np.bool_)
        for place, cut in _pieces(x, y, w, h):
            tile = self.tiles.get(place)
            if tile is None:
                continue
            left, top = cut.x + -(cut.x - x) % step, cut.y + -(cut.y - y) % step
            rows = slice(top - place[1] * TILE, cut.y + cut.h - place[1] * TILE, step)
            columns = slice(left - place[0] * TILE, cut.x + cut.w - place[0] * TILE, step)
            piece = tile[rows, columns]
            row, column = (top - y) // step, (left - x) // step
            out[row : row + piece.shape[0], column : column + piece.shape[1]] = piece
        return out

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bitmap):
            return NotImplemented
        if (self.width, self.height) != (other.width, other.height):
            return False
        return all(
            _same(self.tiles.get(place), other.tiles.get(place))
            for place in self.tiles.keys() | other.tiles.keys()
        )

    __hash__ = None  # type: ignore[assignment]  # it changes

    # --- changing -----------------------------------------------------------------------------

    def stamp(
        self, x0: float, y0: float, x1: float, y1: float, radius: float, on: bool
    ) -> tuple[Rect, set[Place]]:
        """Turn a capsule on or off: the pixels whose centre lies within `radius` of the segment,
        and those that hold its two ends, however small the radius.

        Returns the capsule's rectangle, clipped to the image, and the places that changed.
        """
        top, left, right = row_spans(x0, y0, x1, y1, radius, self.width, self.height)
        if not left.size:
            return Rect(0, 0, 0, 0), set()
        start, end = int(left.min()), int(right.max())
        touched = Rect(start, top, end - start, len(left))
        changed: set[Place] = set()
        for place, cut in _pieces(*touched):
            if not on and place not in self.tiles:
                continue
            rows = slice(cut.y - top, cut.y - top + cut.h)
            columns = np.arange(cut.x, cut.x + cut.w, dtype=np.int32)
            piece = (columns >= left[rows, None]) & (columns < right[rows, None])
            if self._write(place, cut, piece, on):
                changed.add(place)
        return touched, changed

    def put(self, mask: Pixels, x: int, y: int, on: bool) -> set[Place]:
        """Turn the pixels of `mask` [h, w], laid at (x, y) and clipped, on or off."""
        left, top = max(0, x), max(0, y)
        right = min(self.width, x + mask.shape[1])
        bottom = min(self.height, y + mask.shape[0])
        changed: set[Place] = set()
        for place, cut in _pieces(left, top, right - left, bottom - top):
            piece = mask[cut.y - y : cut.y - y + cut.h, cut.x - x : cut.x - x + cut.w]
            if piece.any() and self._write(place, cut, piece, on):
                changed.add(place)
        return changed

    def add(self, other: Bitmap) -> set[Place]:
        """Turn on what is on in `other`, of an image of the same size."""
        return self._with(other, on=True)

    def remove(self, other: Bitmap) -> set[Place]:
        """Turn off what is on in `other`, of an image of the same size."""
        return self._with(other, on=False)

    def moved(self, dx: int, dy: int) -> Bitmap:
        """All pixels shifted by whole pixels; those that leave the image are lost."""
        made = Bitmap(self.width, self.height)
        for (column, row), tile in self.tiles.items():
            made.put(tile, column * TILE + dx, row * TILE + dy, on=True)
        return made

    def _with(self, other: Bitmap, *, on: bool) -> set[Place]:
        if (self.width, self.height) != (other.width, other.height):
            raise ValueError("the bitmaps are of images of different sizes")
        whole = Rect(0, 0, TILE, TILE)
        return {
            place
            for place, tile in other.tiles.items()
            if self._write(place, whole._replace(x=place[0] * TILE, y=place[1] * TILE), tile, on)
        }

    def _write(self, place: Place, cut: Rect, piece: Pixels, on: bool) -> bool:
        """Turn `piece` on or off at `cut`, which lies inside the tile; whether that changed it."""
        tile = self.tiles.get(place)
        if tile is None:
            if not on or not piece.any():
                return False
            tile = self.tiles[place] = np.zeros((TILE, TILE), dtype=np.bool_)
        x, y = cut.x - place[0] * TILE, cut.y - place[1] * TILE
        part = tile[y : y + cut.h, x : x + cut.w]
        if not (piece > part if on else piece & part).any():
            return False
        if on:
            part |= piece
        else:
            part &= ~piece
        return True

    def _tile_area(self, place: Place) -> Rect:
        """The part of a tile that lies in the image."""
        x, y = place[0] * TILE, place[1] * TILE
        return Rect(x, y, min(TILE, self.width - x), min(TILE, self.height - y))


def _pieces(x: int, y: int, w: int, h: int) -> Iterator[tuple[Place, Rect]]:
    """The rectangle divided along the grid of tiles."""
    if w <= 0 or h <= 0:
        return
    for row in range(y // TILE, (y + h - 1) // TILE + 1):
        top, bottom = max(y, row * TILE), min(y + h, (row + 1) * TILE)
        for column in range(x // TILE, (x + w - 1) // TILE + 1):
            left, right = max(x, column * TILE), min(x + w, (column + 1) * TILE)
            yield (column, row), Rect(left, top, right - left, bottom - top)


def _same(one: Pixels | None, other: Pixels | None) -> bool:
    if one is None or other is None:
        there = other if one is None else one
        return there is None or not there.any()
    return bool(np.array_equal(one, other))


def _packed(tile: Pixels | None) -> bytes | None:
    if tile is None or not tile.any():
        return None
    return zlib.compress(np.packbits(tile).tobytes())


def packed_area(data: bytes) -> int:
    """Pixels that are on in an encoded tile, counted without unpacking their bits.

    Raises UserError("project.damaged_mask") on bytes that are none of ours.
    """
    raw = _raw(data)
    if raw is None:
        raise UserError("project.damaged_mask")
    return int.from_bytes(raw, "big").bit_count()


def packed_border(data: bytes) -> int:
    """Sides of pixels between on and off within an encoded tile, without unpacking its bits.

    Raises UserError("project.damaged_mask") on bytes that are none of ours.
    """
    raw = _raw(data)
    if raw is None:
        raise UserError("project.damaged_mask")
    bits = int.from_bytes(raw, "big")  # the first pixel is the highest bit
    across, down = bits ^ bits >> 1, bits ^ bits >> TILE
    return (across & _NOT_FIRST_IN_ROW).bit_count() + (down & _NOT_FIRST_ROW).bit_count()


def _unpacked(data: bytes) -> Pixels | None:
    """The tile [512, 512] in `data`; None if it holds none."""
    raw = _raw(data)
    if raw is None:
        return None
    bits = np.unpackbits(np.frombuffer(raw, dtype=np.uint8))
    return bits.astype(np.bool_).reshape(TILE, TILE)


def _raw(data: bytes) -> bytes | None:
    """The packed bits of a tile; None for other bytes."""
    size = TILE * TILE // 8
    unpacker = zlib.decompressobj()
    try:
        # One byte more than a tile has tells a longer stream, however much it would unpack to.
        raw = unpacker.decompress(data, size + 1)
    except zlib.error:
        return None
    return raw if len(raw) == size and unpacker.eof else None
