"""Pictures, or pieces of them, as a YOLO network's square holds them, read once and kept in memory
under a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.unit import read_rgb8
from tlstudio.metrics.detection import Found, Truth
from tlstudio.ml.detection.canvas import Region
from tlstudio.ml.detection.data import VISIBLE, Boxes
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Store
from tlstudio.ml.ultralytics.letterbox import GREY, Pixels, fitted, resized

Rows = NDArray[np.float32]
"""[N, 5]: label, centre and size as shares of a piece's sides."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A region of the picture at the place `picture`: the whole of it, or a tile."""

    picture: int
    key: int | str
    path: Path
    sha256: str | None
    frame: int
    region: Region

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the image."""
        return self.region[2], self.region[3]


def pieces_of(pictures: Sequence[Picture], tile: int, overlap: float) -> list[Piece]:
    """Pieces of side `tile` (-1: the pictures whole), those of a picture one after the other."""
    return [
        Piece(place, p.key, p.path, p.sha256, p.frame, region)
        for place, p in enumerate(pictures)
        for region in regions_of(p.width, p.height, tile, overlap)
    ]


def cut(image: Pixels, region: Region) -> Pixels:
    """The region of an image [H, W, 3]."""
    x, y, width, height = region
    return image[y : y + height, x : x + width]


def store_of(
    pieces: Sequence[Piece], side: int, window: Window = AUTO, *, limit: int | None = None
) -> Store[Piece, Pixels]:
    """[h, w, 3] red first of each piece, its longer side made `side`.

    Images of more than 8 bits a channel come rounded to 8 by their window: the library's own
    augmentation knows no others.
    """

    @lru_cache(maxsize=2)  # tiles of a picture are asked for one after the other
    def image(path: Path, frame: int) -> Pixels:
        return read_rgb8(path, frame=frame, window=window)

    def load(piece: Piece) -> Pixels:
        return resized(
            cut(image(piece.path, piece.frame), piece.region), *fitted(*piece.size, side)
        )

    return Store(pieces, load, lambda pixels: pixels.nbytes, limit=limit)


def rows_of(truth: Truth, piece: Piece) -> Rows:
    """What is learned from a piece, of the boxes of its picture: those of which enough is seen.

    Boxes that stand for a crowd teach nothing, and none reaches over the piece's border.
    """
    corners, learned, _ = _parted(truth, piece)
    low, high = corners[learned, :2] / piece.size, corners[learned, 2:] / piece.size
    labels = truth.labels[learned]
    rows = np.concatenate([labels[:, None], (low + high) / 2, high - low], axis=1)
    return rows.astype(np.float32)


def hidden_of(truth: Truth, piece: Piece) -> Boxes:
    """What is neither object nor background in a piece, x0, y0, x1, y1 in its pixels: crowds and
    what they stand for (regions to ignore), and objects of which too little is seen."""
    corners, _, unsure = _parted(truth, piece)
    return np.unique(corners[unsure], axis=0)


def _parted(truth: Truth, piece: Piece) -> tuple[Boxes, NDArray[np.bool_], NDArray[np.bool_]]:
    """The boxes of a picture cut off at the borders of its piece, x0, y0, x1, y1 in pixels of it;
    which of them are learned, and which are there and are not."""
    x, y, width, height = piece.region
    low = (truth.boxes[:, :2] - (x, y)).clip(0, (width, height))
    high = (truth.boxes[:, :2] + truth.boxes[:, 2:] - (x, y)).clip(0, (width, height))
    whole = truth.boxes[:, 2:].prod(axis=1)
    there = ((high - low) > 0).all(axis=1)
    learned = there & ~truth.crowd & ((high - low).prod(axis=1) >= VISIBLE * whole)
    return np.concatenate([low, high], axis=1), learned, there & ~learned


def hide(pixels: Pixels, hidden: Boxes, size: tuple[int, int], rows: Rows) -> None:
    """Paint `hidden` places of a piece grey in its own `pixels` [h, w, 3]; those under the objects
    of `rows` stay. `size` is the width and height in whose pixels `hidden` is told."""
    height, width = pixels.shape[:2]
    half, centre = rows[:, 3:].astype(np.float64) / 2, rows[:, 1:3].astype(np.float64)
    objects = np.concatenate([centre - half, centre + half], axis=1) * ((width, height) * 2)
    mask = np.zeros((height, width), np.bool_)
    for value, boxes in ((True, hidden / (size * 2) * ((width, height) * 2)), (False, objects)):
        for x0, y0, x1, y1 in boxes.round(3):
            mask[math.floor(y0) : math.ceil(y1), math.floor(x0) : math.ceil(x1)] = value
    pixels[mask] = GREY


def moved(found: Found, region: Region) -> Found:
    """What was found in a piece, in pixels of its image."""
    x, y, _, _ = region
    return Found(np.array([x, y, 0.0, 0.0]) + found.boxes, found.labels, found.scores)


def together(
    pieces: Sequence[Piece], found: dict[int, Found], pictures: Sequence[Picture]
) -> dict[int, Found]:
    """What was found in whole pictures, by their places; `found` is by places of pieces."""
    by_picture: dict[int, list[int]] = {}
    for place in sorted(found):
        by_picture.setdefault(pieces[place].picture, []).append(place)
    made = {}
    for picture, places in by_picture.items():
        regions = [pieces[place].region for place in places]
        parts = [moved(found[place], pieces[place].region) for place in places]
        size = pictures[picture].width, pictures[picture].height
        made[picture] = merged(parts, regions, *size)
    return made
