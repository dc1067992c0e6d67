"""What a detector learns from: pieces of images on the canvas, their boxes, and what to hide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.windows import Window
from tlstudio.imaging.unit import Seen, read_seen
from tlstudio.ml.detection.canvas import Canvas, Region
from tlstudio.ml.detection.tiles import regions_of
from tlstudio.ml.runs.packing import Packed, pack
from tlstudio.ml.runs.snapshot import LearnSet, Picture
from tlstudio.ml.runs.store import Store

VISIBLE = 0.35  # share of a box that a piece must show for it to be learned there
IGNORED = "ignore"  # the role of labels whose places are neither learned nor counted
LEAST = 2.0  # px on the canvas; a smaller box cannot be told from dirt

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A region of a picture with its objects, in pixels of the canvas: `boxes` [N, 4] x0, y0,
    x1, y1 within it, `labels` [N] places in the table of labels, `hidden` [M, 4] what is neither
    object nor background: crowds, ignored regions, objects cut off for the most part."""

    key: int | str
    path: Path
    sha256: str | None
    frame: int
    picture: int
    region: Region
    boxes: Boxes
    labels: NDArray[np.int64]
    hidden: Boxes


def pieces_of(
    learnset: LearnSet, canvas: Canvas, *, tile: int = -1, overlap: float = 0.25
) -> list[Piece]:
    """Pieces of all pictures, those of a picture one after the other."""
    place = {label.id: at for at, label in enumerate(learnset.labels)}
    made = []
    for number, picture in enumerate(learnset.pictures):
        for region in regions_of(picture.width, picture.height, tile, overlap):
            made.append(_piece(number, picture, region, canvas, place, learnset.roles))
    return made


def _piece(
    number: int,
    picture: Picture,
    region: Region,
    canvas: Canvas,
    place: dict[int, int],
    roles: Mapping[int, str],
) -> Piece:
    boxes, labels, hidden = [], [], []
    for each in picture.annotations:
        if each["kind"] != "box":
            continue
        known = place.get(int(each["label"]))
        if known is None or each.get("crowd"):
            if known is not None or roles.get(int(each["label"])) == IGNORED:
                hidden.append(each["box"])
            continue
        boxes.append(each["box"])
        labels.append(known)
    size = canvas.fitted(region[2], region[3])
    whole = canvas.to_canvas(np.array(boxes, np.float64).reshape(-1, 4), region)
    unsure = canvas.to_canvas(np.array(hidden, np.float64).reshape(-1, 4), region)
    seen, share = clipped(whole, *size)
    learned = np.logical_and(share >= VISIBLE, large_enough(seen))
    rest, rest_share = clipped(unsure, *size)
    return Piece(
        picture.key,
        picture.path,
        picture.sha256,
        picture.frame,
        number,
        region,
        seen[learned],
        np.array(labels, np.int64)[learned],
        np.concatenate([rest[rest_share > 0], seen[~learned & (share > 0)]]),
    )


def clipped(boxes: Boxes, width: float, height: float) -> tuple[Boxes, NDArray[np.float64]]:
    """Boxes x0, y0, x1, y1 cut off at the borders, and the share of each area that is left."""
    if not len(boxes):
        return boxes.reshape(0, 4), np.zeros(0)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    inside = boxes.clip(0, [width, height, width, height])
    left = (inside[:, 2:] - inside[:, :2]).prod(axis=1)
    return inside, np.divide(left, area, out=np.zeros_like(left), where=area > 0)


def large_enough(boxes: Boxes) -> NDArray[np.bool_]:
    return np.asarray(((boxes[:, 2:] - boxes[:, :2]) >= LEAST).all(axis=1))


def open_store(
    pieces: Sequence[Piece], canvas: Canvas, window: Window, *, limit: int | None = None
) -> Store[Piece, Packed]:
    """The pieces' pixels at the size they have on the canvas."""

    @lru_cache(maxsize=2)
    def image(path: Path, frame: int) -> Seen:
        return read_seen(path, frame=frame, window=window)

    def load(piece: Piece) -> Packed:
        return pack(canvas.fit(cut(image(piece.path, piece.frame), piece.region)))

    return Store(pieces, load, lambda packed: packed.nbytes, limit=limit)


def cut(image: Seen, region: Region) -> Seen:
    """The region of an image."""
    x, y, width, height = region
    return image[y : y + height, x : x + width]
