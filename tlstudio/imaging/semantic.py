"""The semantic map of an image: shapes painted one over the other, a class for every pixel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.labels import LabelRole
from tlstudio.domain.shapes import Parts
from tlstudio.imaging.bitmap import TILE
from tlstudio.imaging.rle import decode
from tlstudio.imaging.tracing import bitmap_from_parts

BACKGROUND = 0
VOID = 255
"""The class of pixels that nothing is learned from and that no figure counts."""

MOST_CLASSES = 254
"""Labels beside the background that a map can hold."""

Map = NDArray[np.uint8]


def places(labels: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """The class of each label {id, name, role}: 1, 2, … in their order, 0 for the role
    background, 255 (void) for ignore."""
    found: dict[int, int] = {}
    special = {LabelRole.BACKGROUND: BACKGROUND, LabelRole.IGNORE: VOID}
    number = 0
    for label in labels:
        place = special.get(LabelRole(label.get("role") or LabelRole.NORMAL))
        if place is None:
            number += 1
            place = number
        found[int(label["id"])] = place
    return found


def paint(
    annotations: Iterable[Mapping[str, Any]], width: int, height: int, place: Mapping[int, int]
) -> Map:
    """The class of every pixel [height, width], later shapes over earlier ones.

    `annotations` are those of a snapshot's row: polygons by their parts, masks by their run
    lengths; a polygon covers the pixels whose centre lies inside. `place` is what `places` gives;
    a label that is not in it is void, for nobody knows it as background. Pixels of no shape are
    background.
    """
    made = np.zeros((height, width), dtype=np.uint8)
    for each in annotations:
        value = place.get(int(each["label"]), VOID)
        if each["kind"] == "mask":
            _lay(made, each, value)
        else:
            _fill(made, each["parts"], value)
    return made


def _lay(made: Map, mask: Mapping[str, Any], value: int) -> None:
    height, width = made.shape
    made[decode(mask["rle"], width, height)] = value


def _fill(made: Map, parts: Parts, value: int) -> None:
    height, width = made.shape
    for (column, row), tile in bitmap_from_parts(parts, width, height).tiles.items():
        piece = made[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        piece[tile[: piece.shape[0], : piece.shape[1]]] = value
