"""Shapes become a class for every pixel: order, holes, background, void."""

from __future__ import annotations

from typing import Any

import numpy as np

from tlstudio.imaging.rle import encode
from tlstudio.imaging.semantic import VOID, paint, places

LABELS = [
    {"id": 7, "name": "sky", "role": "background"},
    {"id": 3, "name": "cell", "role": "normal"},
    {"id": 9, "name": "blur", "role": "ignore"},
    {"id": 4, "name": "core", "role": "normal"},
]


def polygon(label: int, *rings: list[list[float]]) -> dict[str, Any]:
    return {"kind": "polygon", "label": label, "parts": [list(rings)]}


def square(left: float, top: float, side: float) -> list[list[float]]:
    right, bottom = left + side, top + side
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def test_classes_follow_the_order_of_the_labels() -> None:
    assert places(LABELS) == {7: 0, 3: 1, 9: VOID, 4: 2}


def test_later_shapes_lie_over_earlier_ones() -> None:
    shapes = [polygon(3, square(0, 0, 4)), polygon(4, square(2, 2, 4))]
    made = paint(shapes, 6, 6, places(LABELS))
    assert made.dtype == np.uint8 and made.shape == (6, 6)
    assert made[1, 1] == 1 and made[3, 3] == 2 and made[5, 0] == 0
    assert paint(reversed(shapes), 6, 6, places(LABELS))[3, 3] == 1


def test_a_hole_leaves_what_lies_below() -> None:
    shapes = [polygon(4, square(0, 0, 6)), polygon(3, square(0, 0, 6), square(2, 2, 2))]
    made = paint(shapes, 6, 6, places(LABELS))
    assert made[2, 2] == 2 and made[0, 0] == 1


def test_a_mask_is_laid_by_its_run_lengths_over_a_map_wider_than_a_tile() -> None:
    mask = np.zeros((520, 700), dtype=np.bool_)
    mask[510:515, 600:690] = True
    shapes = [
        polygon(3, square(500, 500, 200)),
        {"kind": "mask", "label": 4, "box": [600, 510, 90, 5], "rle": encode(mask)},
    ]
    made = paint(shapes, 700, 520, places(LABELS))
    assert (made == 2).sum() == mask.sum()
    assert (made == 1).sum() == 200 * 20 - mask.sum()


def test_background_erases_and_ignored_or_unknown_labels_are_void() -> None:
    shapes = [
        polygon(3, square(0, 0, 8)),
        polygon(7, square(0, 0, 2)),
        polygon(9, square(2, 0, 2)),
        polygon(55, square(4, 0, 2)),
    ]
    row = paint(shapes, 8, 8, places(LABELS))[0].tolist()
    assert row == [0, 0, VOID, VOID, VOID, VOID, 1, 1]
