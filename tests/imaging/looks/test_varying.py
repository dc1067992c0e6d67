"""Images as other sites would have taken them: bounded, repeatable, and true to their kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlstudio.imaging.looks.colour import from_lab, to_density, to_lab
from tlstudio.imaging.looks.varying import DRAWS, HED, LIGHTNESS, STAIN, vary

MIDDLE = np.full(DRAWS, 0.5)


def picture(kind: str = "uint8", channels: int = 3, seed: int = 0) -> NDArray[Any]:
    rng = np.random.default_rng(seed)
    unit = rng.uniform(0.1, 0.9, (24, 20, channels))
    if kind == "float32":
        return unit.astype(np.float32)
    return np.rint(unit * np.iinfo(kind).max).astype(kind)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("look", ["colour", "stain"])
@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_keep_their_type_and_shape(kind: str, look: str, channels: int) -> None:
    pixels = picture(kind, channels)
    before = pixels.copy()
    made = vary(pixels, np.linspace(0, 1, DRAWS), look, 1.0)
    assert made.dtype == pixels.dtype and made.shape == pixels.shape
    assert np.array_equal(pixels, before), "the picture that is kept is not written into"
    assert not np.array_equal(made, pixels)
    assert made.max() <= (1 if kind == "float32" else np.iinfo(kind).max)


@pytest.mark.parametrize("look", ["colour", "stain"])
def test_the_middle_of_what_can_be_drawn_changes_nothing(look: str) -> None:
    pixels = picture()
    off = np.abs(vary(pixels, MIDDLE, look, 1.0).astype(int) - pixels).max()
    assert off <= 2, "but for the steps of the tables"
    assert vary(pixels, np.ones(DRAWS), look, 0.0) is pixels
    assert vary(pixels, np.ones(DRAWS), "none", 1.0) is pixels


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["colour", "stain"]))
def test_bytes_and_floats_come_to_the_same(seed: int, look: str) -> None:
    drawn = np.random.default_rng(seed).random(DRAWS)
    pixels = picture(seed=seed)
    unit = pixels.astype(np.float32) / np.float32(255)
    apart = vary(pixels, drawn, look, 1.0) / 255 - vary(unit, drawn, look, 1.0)
    assert np.abs(apart).max() < 2 / 255


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["colour", "stain"]))
def test_a_grey_image_stays_grey_in_one_channel_or_three(seed: int, look: str) -> None:
    drawn = np.random.default_rng(seed).random(DRAWS)
    one = picture(channels=1, seed=seed)
    made = vary(np.repeat(one, 3, axis=2), drawn, look, 1.0)
    assert np.array_equal(made[..., :1], made[..., 1:2])
    assert np.array_equal(made[..., :1], made[..., 2:])
    assert np.array_equal(made[..., :1], vary(one, drawn, look, 1.0))
    order = np.argsort(one.ravel(), kind="stable")
    assert (np.diff(made[..., 0].ravel()[order].astype(int)) >= 0).all(), "brighter stays brighter"


def test_colour_shifts_the_statistics_of_lab_as_drawn() -> None:
    """Against the exact formulas, without tables."""
    rng = np.random.default_rng(3)
    lab = np.stack(
        [rng.uniform(40, 60, (30, 30)), rng.normal(0, 4, (30, 30)), rng.normal(0, 4, (30, 30))], -1
    )
    unit = from_lab(lab.astype(np.float32)).astype(np.float32)
    drawn = MIDDLE.copy()
    drawn[1], drawn[3], drawn[4] = 0.75, 0.9, 0.2
    found = to_lab(vary(unit, drawn, "colour", 1.0)).reshape(-1, 3)
    moved = found.mean(axis=0) - lab.reshape(-1, 3).mean(axis=0)
    assert moved == pytest.approx([0.5 * LIGHTNESS, 8.0, -6.0], abs=0.15)
    drawn = MIDDLE.copy()
    drawn[2], drawn[5] = 1.0, 0.0
    found = to_lab(vary(unit, drawn, "colour", 1.0)).reshape(-1, 3)
    spread = found.std(axis=0) / lab.reshape(-1, 3).std(axis=0)
    assert spread == pytest.approx([np.exp(0.2), np.exp(-0.3), np.exp(-0.3)], rel=0.03)


def test_stains_change_by_their_amounts_and_white_stays_white() -> None:
    """Tellez et al. 2018 by hand: amounts are densities times the inverse of the vectors."""
    vectors = HED / np.linalg.norm(HED, axis=1, keepdims=True)
    amounts = np.random.default_rng(1).uniform(0.3, 0.9, (50, 3))
    unit = np.exp(-amounts @ vectors).reshape(10, 5, 3).astype(np.float32)
    drawn = np.array([1.0, 0.0, 0.5, 0.75, 0.5, 0.25])
    made = vary(unit, drawn, "stain", 1.0)
    expected = amounts * [1 + STAIN, 1 - STAIN, 1.0] + [STAIN / 2, 0, -STAIN / 2]
    found = to_density(made).reshape(-1, 3) @ np.linalg.inv(vectors)
    assert np.abs(found - expected).max() < 0.02
    white = np.full((4, 4, 3), 255, np.uint8)
    white[0, 0] = (200, 120, 180)
    assert (vary(white, drawn, "stain", 1.0)[1:] == 255).all()


def test_a_greater_strength_changes_more() -> None:
    pixels = picture().astype(int)
    drawn = np.random.default_rng(5).random(DRAWS)
    for look in ("colour", "stain"):
        changes = [
            np.abs(vary(picture(), drawn, look, s).astype(int) - pixels).mean()
            for s in (0.1, 0.4, 1.0)
        ]
        assert changes[0] < changes[1] < changes[2]
