from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tlstudio.ml import variety
from tlstudio.ml.classification.augment import STRENGTHS, Augmenter


def pictures(count: int = 8, size: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    small = torch.rand(count, 3, 4, 4, generator=generator)
    return (torch.nn.functional.interpolate(small, size, mode="bilinear") * 255).to(torch.uint8)


def test_none_only_divides() -> None:
    pixels = pictures()
    found = Augmenter("none", 0).apply(pixels, np.arange(8), 1)
    assert torch.equal(found, pixels.float() / 255)


@pytest.mark.parametrize("level", [level for level in STRENGTHS if level != "none"])
def test_what_a_picture_becomes_follows_from_seed_epoch_and_key_alone(level: str) -> None:
    pixels = pictures()
    whole = Augmenter(level, 0).apply(pixels, np.arange(8), 1)
    turned = Augmenter(level, 0).apply(pixels.flip(0), np.arange(8)[::-1].copy(), 1)
    assert torch.allclose(whole, turned.flip(0), atol=1e-5)
    assert not torch.allclose(whole, Augmenter(level, 0).apply(pixels, np.arange(8), 2), atol=0.01)
    assert not torch.allclose(whole, Augmenter(level, 1).apply(pixels, np.arange(8), 1), atol=0.01)
    assert whole.min() >= -1e-6 and whole.max() <= 1 + 1e-6
    assert whole.shape == pixels.shape


def test_stronger_levels_change_more() -> None:
    pixels = pictures(64)
    plain = pixels.float() / 255
    changes = [
        (Augmenter(level, 0).apply(pixels, np.arange(64), 1) - plain).abs().mean().item()
        for level in ("none", "light", "medium", "strong")
    ]
    assert changes == sorted(changes) and changes[1] > 0


def test_a_flip_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STRENGTHS, "flip", variety.Strength(flip_x=True))
    pixels = pictures(64)
    plain = pixels.float() / 255
    found = Augmenter("flip", 0).apply(pixels, np.arange(64), 1)
    kept = (found - plain).abs().amax(dim=(1, 2, 3)) < 1e-4
    flipped = (found - plain.flip(3)).abs().amax(dim=(1, 2, 3)) < 1e-4
    assert (kept ^ flipped).all()
    assert 16 < int(flipped.sum()) < 48


def test_zoom_stays_about_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STRENGTHS, "turn", variety.Strength(turn=180))
    pixels = torch.zeros(32, 3, 33, 33, dtype=torch.uint8)
    pixels[:, :, 16, 16] = 255
    found = Augmenter("turn", 0).apply(pixels, np.arange(32), 1)
    assert (found.flatten(2).argmax(dim=2) == 16 * 33 + 16).all()


@pytest.mark.parametrize("level", ["light", "medium", "strong"])
def test_nothing_is_mirrored_where_that_is_not_wanted(
    level: str, turns_left: Callable[[Any], bool]
) -> None:
    """One spot in each channel: how they lie to each other tells a picture from its mirror."""
    spots = torch.zeros(3, 48, 48, dtype=torch.uint8)
    for channel, (x, y) in enumerate([(21, 18), (21, 29), (28, 29)]):
        spots[channel, y : y + 3, x : x + 3] = 255
    pixels = spots.expand(60, -1, -1, -1)
    xy = torch.stack(torch.meshgrid(*2 * [torch.arange(48.0)], indexing="xy"))

    def lefts(**chosen: bool) -> list[bool]:
        found = Augmenter(level, 3, **chosen).apply(pixels, np.arange(60), 1)
        found = found - found.amin(dim=(2, 3), keepdim=True)
        weights = found / found.sum(dim=(2, 3), keepdim=True)
        places = (weights[:, :, None] * xy).sum(dim=(3, 4))
        return [turns_left(three) for three in places.tolist()]

    assert all(lefts(mirrored=False))
    assert 15 < sum(lefts()) < 45


def test_beyond_the_border_nothing_is_mirrored_either() -> None:
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    half = torch.tensor([[[1.0, 0.0, 1.0], [0.0, 1.0, 0.0]]])
    drawn_out, mirrored = (
        variety.moved(ramp, half, mirrored=way)[0, 0, 0] for way in (False, True)
    )
    assert drawn_out.tolist() == [4, 5, 6, 7, 7, 7, 7, 7]
    assert mirrored.tolist() == [4, 5, 6, 7, 7, 6, 5, 4]
