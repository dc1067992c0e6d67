"""Pieces of pictures, with what is learned from them, and findings put together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.metrics.detection import Found, Truth
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.ultralytics.letterbox import GREY
from tlstudio.ml.ultralytics.pictures import (
    hidden_of,
    hide,
    pieces_of,
    rows_of,
    store_of,
    together,
)


def picture(path: Path, width: int = 100, height: int = 60) -> Picture:
    return Picture(1, path, None, 0, width, height, "train")


def test_a_piece_learns_the_boxes_of_which_enough_is_seen(tmp_path: Path) -> None:
    (left, right) = pieces_of([picture(tmp_path / "a.png", 100, 50)], 50, 0.0)
    assert (left.region, right.region) == ((0, 0, 50, 50), (50, 0, 50, 50))
    boxes = [[10, 10, 20, 20], [45, 0, 10, 10], [49, 20, 10, 10], [60, 5, 10, 20]]
    truth = Truth.of(boxes, [0, 1, 2, 3], [False, False, False, True])
    np.testing.assert_allclose(
        rows_of(truth, left), [[0, 0.4, 0.4, 0.4, 0.4], [1, 0.95, 0.1, 0.1, 0.2]], atol=1e-6
    )
    np.testing.assert_allclose(
        rows_of(truth, right), [[1, 0.05, 0.1, 0.1, 0.2], [2, 0.09, 0.5, 0.18, 0.2]], atol=1e-6
    )


def test_a_whole_picture_learns_all_its_boxes_within_its_borders(tmp_path: Path) -> None:
    (whole,) = pieces_of([picture(tmp_path / "a.png")], -1, 0.25)
    truth = Truth.of([[-10, 0, 20, 30], [50, 30, 50, 40]], [0, 1])
    np.testing.assert_allclose(
        rows_of(truth, whole), [[0, 0.05, 0.25, 0.1, 0.5], [1, 0.75, 0.75, 0.5, 0.5]], atol=1e-6
    )
    assert rows_of(Truth.of([], []), whole).shape == (0, 5)


def test_what_is_neither_object_nor_background_is_painted_but_under_objects(tmp_path: Path) -> None:
    (left, right) = pieces_of([picture(tmp_path / "a.png", 100, 50)], 50, 0.0)
    crowd = [10, 10, 20, 20]
    boxes = [crowd, crowd, [25, 25, 10, 10], [48, 0, 10, 10]]
    truth = Truth.of(boxes, [0, 1, 0, 0], [True, True, False, False])
    assert hidden_of(truth, left).tolist() == [[10, 10, 30, 30], [48, 0, 50, 10]]
    assert hidden_of(truth, right).shape == (0, 4)
    pixels = np.full((100, 100, 3), 7, np.uint8)  # twice as large as the piece
    hide(pixels, hidden_of(truth, left), left.size, rows_of(truth, left))
    expected = np.full((100, 100), 7, np.uint8)
    expected[20:60, 20:60] = expected[:20, 96:] = GREY
    expected[50:70, 50:70] = 7
    assert np.array_equal(pixels, np.repeat(expected[..., None], 3, axis=2))


def test_pieces_hold_their_own_pixels_at_the_size_asked_for(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    pieces = pieces_of([picture(tmp_path / "a.png")], 50, 0.0)
    with store_of(pieces, 50) as store:
        assert store.open(Reporter(), stage="") == []
        for place, piece in enumerate(pieces):
            x, y, width, height = piece.region
            assert np.array_equal(store.get(place), pixels[y : y + height, x : x + width])
    with store_of(pieces_of([picture(tmp_path / "a.png")], -1, 0.0), 64) as store:
        assert store.get(0).shape == (39, 64, 3)


def test_an_object_seen_in_two_tiles_is_found_once(tmp_path: Path) -> None:
    pictures = [picture(tmp_path / "a.png"), picture(tmp_path / "b.png")]
    pieces = pieces_of(pictures, 60, 0.2)
    assert [piece.picture for piece in pieces] == [0, 0, 1, 1]
    first, second = pieces[0].region, pieces[1].region
    box = [45.0, 10.0, 10.0, 10.0]
    found = {
        0: Found.of([box], [0], [0.9]),
        1: Found.of([[box[0] - second[0], 10.0, 10.0, 10.0]], [0], [0.8]),
        3: Found.of([[1.0, 2.0, 3.0, 4.0]], [1], [0.5]),
    }
    made = together(pieces, found, pictures)
    assert first == (0, 0, 60, 60) and sorted(made) == [0, 1]
    assert made[0].boxes.tolist() == [box] and made[0].scores.tolist() == [0.9]
    assert made[1].boxes[0] == pytest.approx([41.0, 2.0, 3.0, 4.0])
