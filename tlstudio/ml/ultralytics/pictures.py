"""Pictures, or pieces of them, as a YOLO network's square holds them, read once and kept in memory
under a limit."""

from __future__ import annotations

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
from tlstudio.ml.detection.data import VISIBLE
from tlstudio.ml.detection.tiles import merged, regions_of
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.runs.store import Store
from tlstudio.ml.ultralytics.letterbox import Pixels, fitted, resized

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
    x, y, width, height = piece.region
    boxes, labels = truth.boxes[~truth.crowd], truth.labels[~truth.crowd]
    low = (boxes[:, :2] - (x, y)).clip(0, (width, height))
    high = (boxes[:, :2] + boxes[:, 2:] - (x, y)).clip(0, (width, height))
    whole = boxes[:, 2:].prod(axis=1)
    seen = (high - low).prod(axis=1) >= VISIBLE * whole
    seen &= ((high - low) > 0).all(axis=1)
    low, high = low[seen] / (width, height), high[seen] / (width, height)
    rows = np.concatenate([labels[seen, None], (low + high) / 2, high - low], axis=1)
    return rows.astype(np.float32)


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
