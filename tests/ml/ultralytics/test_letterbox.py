"""Into a network's square and back."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tlstudio.ml.ultralytics.letterbox import GREY, fitted, letterboxed, placed, resized

SIZES = [(640, 480, 320), (480, 640, 320), (33, 1000, 96), (20, 20, 64), (301, 299, 224)]


@pytest.mark.parametrize(("width", "height", "side"), SIZES)
def test_pixels_are_those_of_the_library_up_to_one_step(width: int, height: int, side: int) -> None:
    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    w, h = fitted(width, height, side)
    found, expected = resized(image, w, h), cv2.resize(image, (w, h))
    assert found.shape == expected.shape == (h, w, 3)
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1


@pytest.mark.parametrize(("width", "height", "side"), SIZES)
def test_the_square_is_that_of_the_library(width: int, height: int, side: int) -> None:
    from tlstudio.ml.ultralytics.quiet import open_quietly

    open_quietly()
    from ultralytics.data.augment import LetterBox

    image = np.full((height, width, 3), 200, np.uint8)
    square, place = letterboxed(image, side)
    small = resized(image, *fitted(width, height, side))
    expected = LetterBox(new_shape=(side, side), scaleup=False)(image=small)
    assert np.array_equal(square, expected)
    assert (square[0, 0] == GREY).all() or place.left == place.top == 0


@pytest.mark.parametrize(("width", "height", "side"), SIZES)
def test_boxes_come_back_to_where_they_were(width: int, height: int, side: int) -> None:
    place = placed(width, height, side)
    boxes = np.array([[0, 0, width, height], [width / 4, height / 4, width / 2, height / 2]])
    gain = np.array([place.gain_x, place.gain_y] * 2)
    inside = boxes * gain + np.array([place.left, place.top] * 2)
    assert inside.min() >= -1 and inside.max() <= side + 1
    found = place.to_image(inside)
    np.testing.assert_allclose(found[:, :2], boxes[:, :2], atol=1e-9)
    np.testing.assert_allclose(found[:, 2:], boxes[:, 2:] - boxes[:, :2], atol=1e-9)
    over = place.to_image(np.array([[-50.0, -50.0, 2 * side, 2 * side]]))
    assert over.tolist() == [[0, 0, width, height]]
