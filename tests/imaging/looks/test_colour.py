"""Colour against published values."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.imaging.looks.colour import (
    from_density,
    from_lab,
    is_grey,
    light_of,
    to_density,
    to_lab,
    unit_of,
)

# CIELAB (D65) of sRGB's corners, after Lindbloom's calculator.
KNOWN = [
    ((1.0, 1.0, 1.0), (100.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0)),
    ((1.0, 0.0, 0.0), (53.24, 80.09, 67.20)),
    ((0.0, 1.0, 0.0), (87.73, -86.18, 83.18)),
    ((0.0, 0.0, 1.0), (32.30, 79.19, -107.86)),
]


@pytest.mark.parametrize(("unit", "lab"), KNOWN)
def test_lab_of_known_colours(unit: tuple[float, ...], lab: tuple[float, ...]) -> None:
    assert to_lab(np.array(unit)) == pytest.approx(lab, abs=0.03)


def test_lab_is_that_of_opencv() -> None:
    """An implementation of other people, which rounds in steps of its own."""
    from tlstudio.imaging.opencv import cv2

    unit = np.random.default_rng(0).random((32, 32, 3)).astype(np.float32)
    apart = np.abs(cv2.cvtColor(unit, cv2.COLOR_RGB2Lab) - to_lab(unit))
    assert apart.max() < 0.5 and apart.mean() < 0.15


def test_ways_back() -> None:
    unit = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    assert np.abs(from_lab(to_lab(unit)) - unit).max() < 1e-5
    assert np.abs(unit_of(light_of(unit)) - unit).max() < 1e-6
    seen = np.maximum(unit, 1 / 255)
    assert np.abs(from_density(to_density(unit)) - seen).max() < 1e-6
    assert to_lab(unit).dtype == from_lab(to_lab(unit)).dtype == np.float32


def test_grey_is_what_has_equal_channels() -> None:
    grey = np.repeat(np.random.default_rng(0).random((8, 8, 1)), 3, axis=2)
    assert is_grey(grey)
    grey[3, 3, 2] += 0.01
    assert not is_grey(grey)
