"""Canvas, pieces, augmentation: where boxes come to lie, and what is hidden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tlstudio.ml.detection.augment import STRENGTHS, Augmenter
from tlstudio.ml.detection.canvas import Canvas, choose_canvas
from tlstudio.ml.detection.data import Piece, pieces_of
from tlstudio.ml.runs.snapshot import LabelName, LearnSet, Picture

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
CANVAS = Canvas(64, 96, MEAN, STD)


def picture(annotations: list[dict[str, Any]], width: int = 120, height: int = 80) -> Picture:
    return Picture(1, Path("x.png"), None, 0, width, height, "train", "", tuple(annotations))


def learnset(annotations: list[dict[str, Any]], **size: int) -> LearnSet:
    roles = {1: "normal", 9: "ignore", 8: "background"}
    return LearnSet((LabelName(1, "cell"),), roles, (picture(annotations, **size),))


def box(*values: float, label: int = 1, crowd: bool = False) -> dict[str, Any]:
    return {"kind": "box", "label": label, "box": list(values), "crowd": crowd}


def test_there_and_back() -> None:
    region = (10, 20, 50, 40)
    boxes = np.array([[12.0, 25.0, 20.0, 10.0]])
    canvas = CANVAS.to_canvas(boxes, region)
    assert canvas[0] == pytest.approx([3.2, 8, 35.2, 24])
    assert CANVAS.to_image(canvas, region)[0] == pytest.approx(boxes[0])
    outside = CANVAS.to_image(np.array([[-5.0, 0, 999, 16]]), region)
    assert outside[0] == pytest.approx([10, 20, 50, 10])


def test_the_canvas_is_no_larger_than_the_images_need() -> None:
    def chosen(sizes: list[tuple[int, int]], *, square: bool = False) -> tuple[int, int]:
        return choose_canvas(sizes, 320, MEAN, STD, square=square).size

    assert chosen([(640, 480)]) == (256, 320)
    assert chosen([(640, 320)]) == (160, 320)
    assert chosen([(640, 480), (480, 640)]) == (320, 320)
    assert chosen([(640, 480)], square=True) == (320, 320)
    assert chosen([(300, 1000)]) == (320, 96)


def test_pixels_lie_in_the_corner_and_the_rest_is_the_mean() -> None:
    unit = CANVAS.fit(np.full((40, 40), 255, np.uint8))
    assert unit.shape == (64, 64, 3)
    placed = CANVAS.place([unit])
    assert placed.shape == (1, 3, 64, 96)
    assert (placed[..., :64] == 2).all() and (placed[..., 64:] == 0).all()


def test_crowds_and_ignored_regions_are_hidden_not_learned() -> None:
    given = [
        box(0, 0, 30, 30),
        box(60, 0, 40, 40, crowd=True),
        box(0, 50, 30, 30, label=9),
        box(0, 50, 10, 10, label=8),
    ]
    (piece,) = pieces_of(learnset(given), CANVAS)
    assert piece.boxes.tolist() == [[0, 0, 24, 24]] and piece.labels.tolist() == [0]
    assert len(piece.hidden) == 2
    shown = Augmenter("none", 0, CANVAS).apply(
        [piece], [np.ones((64, 96, 3), np.float32)], np.array([0]), 1
    )
    pixels = shown.pixels[0]
    assert (pixels[:, 0:32, 48:80] == 0).all()
    assert (pixels[:, :24, :24] == 2).all() and pixels[0, 60, 60] == 2


def test_an_object_over_a_crowd_stays_visible() -> None:
    given = [box(60, 0, 40, 40, crowd=True), box(70, 10, 10, 10)]
    (piece,) = pieces_of(learnset(given), CANVAS)
    shown = Augmenter("none", 0, CANVAS).apply(
        [piece], [np.ones((64, 96, 3), np.float32)], np.array([0]), 1
    )
    assert (shown.pixels[0, :, 9:15, 57:63] == 2).all() and shown.pixels[0, 0, 2, 50] == 0


def test_a_tile_learns_what_it_shows_for_the_most_part() -> None:
    given = [box(10, 10, 20, 20), box(55, 10, 20, 20), box(190, 150, 8, 8)]
    pieces = pieces_of(learnset(given, width=200, height=160), CANVAS, tile=64, overlap=0.2)
    assert len(pieces) > 4 and all(p.region[2:] == (64, 64) for p in pieces)
    first = pieces[0]
    assert len(first.boxes) == 2 and first.boxes[1, 2] <= 64
    assert not len(pieces[-1].hidden) and len(pieces[-1].boxes) == 1
    cut = pieces_of(learnset([box(60, 10, 20, 20)], width=200, height=160), CANVAS, tile=64,
                    overlap=0.0)[0]  # fmt: skip
    assert len(cut.boxes) == 0 and len(cut.hidden) == 1


def one_square(x: int, y: int, side: int) -> tuple[Piece, np.ndarray]:
    """A white square on grey, as a piece with its pixels on the canvas."""
    unit = np.full((64, 96, 3), 0.5, np.float32)
    unit[y : y + side, x : x + side] = 1
    boxes = np.array([[x, y, x + side, y + side]], np.float64)
    return Piece(1, Path("x"), None, 0, 0, (0, 0, 96, 64), boxes, np.array([0]), boxes[:0]), unit


@pytest.mark.parametrize("level", ["light", "medium", "strong"])
def test_boxes_move_with_their_pixels(level: str) -> None:
    piece, unit = one_square(40, 24, 16)
    keys = np.arange(24)
    shown = Augmenter(level, 7, CANVAS).apply([piece] * 24, [unit] * 24, keys, 3)
    met = 0
    for pixels, target in zip(shown.pixels, shown.targets, strict=True):
        for x0, y0, x1, y1 in target["boxes"].tolist():
            bright = (pixels[0] > pixels[0].max() * 0.6).nonzero()
            low, high = bright.min(dim=0).values, bright.max(dim=0).values + 1
            seen = [low[1], low[0], high[1], high[0]]
            assert np.abs(np.array(seen, float) - [x0, y0, x1, y1]).max() <= 1.5
            met += 1
    assert met >= 18


def test_the_same_key_gives_the_same_picture_and_flips_happen() -> None:
    piece, unit = one_square(4, 4, 20)
    augmenter = Augmenter("strong", 7, CANVAS)
    keys = np.arange(40)
    shown = augmenter.apply([piece] * 40, [unit] * 40, keys, 1)
    again = augmenter.apply([piece] * 2, [unit] * 2, keys[5:7], 1)
    assert (shown.pixels[5:7] == again.pixels).all()
    middles = [t["boxes"][0, [0, 1]].tolist() for t in shown.targets if len(t["boxes"])]
    right = [x > 48 for x, _ in middles]
    low = [y > 32 for _, y in middles]
    assert any(right) and not all(right) and any(low) and not all(low)
    assert STRENGTHS["medium"].flip_y is False


@pytest.mark.parametrize("level", ["light", "medium", "strong"])
def test_nothing_is_mirrored_where_that_is_not_wanted(
    level: str, turns_left: Callable[[Any], bool]
) -> None:
    boxes = np.array([[x, y, x + 4, y + 4] for x, y in ((42, 22), (42, 36), (54, 36))], np.float64)
    piece = Piece(1, Path("x"), None, 0, 0, (0, 0, 96, 64), boxes, np.arange(3), boxes[:0])
    unit = np.full((64, 96, 3), 0.2, np.float32)

    def lefts(**chosen: bool) -> list[bool]:
        shown = Augmenter(level, 5, CANVAS, **chosen).apply(
            [piece] * 40, [unit] * 40, np.arange(40), 2
        )
        return [turns_left(t["boxes"][:, :2].tolist()) for t in shown.targets]

    assert all(lefts(mirrored=False))
    assert 10 < sum(lefts()) < 30


def test_what_leaves_the_picture_is_not_learned() -> None:
    piece, unit = one_square(0, 0, 12)
    shown = Augmenter("strong", 1, CANVAS).apply([piece] * 60, [unit] * 60, np.arange(60), 1)
    counts = [len(t["boxes"]) for t in shown.targets]
    assert 0 in counts and 1 in counts
    for pixels, target in zip(shown.pixels, shown.targets, strict=True):
        if not len(target["boxes"]):
            assert (pixels[0] > 1.5).sum() < 12  # hidden, not shown as background
