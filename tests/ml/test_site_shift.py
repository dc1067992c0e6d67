"""Other sites' look while training: on training images alone, and the same again."""

from __future__ import annotations

import numpy as np
import torch

from tlstudio.domain.recipe import Recipe
from tlstudio.ml.site_shift import SiteShift


def shift(look: str = "colour", **settings: object) -> SiteShift:
    return SiteShift(Recipe.read({"look_augmentation": look, **settings}))


def pictures(count: int = 4) -> torch.Tensor:
    rng = np.random.default_rng(0)
    made = rng.integers(20, 230, (count, 16, 16, 3), dtype=np.uint8)
    return torch.from_numpy(made).permute(0, 3, 1, 2)


def test_a_recipe_that_wants_none_leaves_pixels_alone() -> None:
    pixels = pictures()
    for each in (shift("none"), shift("colour", look_strength=0)):
        assert not each.active
        assert each.batch(pixels, np.arange(4), 1) is pixels
        one = pixels[0].numpy()
        assert each.one(one, 0, 1) is one


def test_what_is_drawn_follows_from_seed_epoch_and_key_alone() -> None:
    pixels = pictures()
    made = shift().batch(pixels, np.array([5, 6, 7, 8]), 2)
    assert made.dtype == torch.uint8 and made.is_contiguous(memory_format=torch.channels_last)
    turned = shift().batch(pixels.flip(0), np.array([8, 7, 6, 5]), 2)
    assert torch.equal(made, turned.flip(0))
    alone = shift().one(np.ascontiguousarray(pixels[1].permute(1, 2, 0).numpy()), 6, 2)
    assert np.array_equal(alone, made[1].permute(1, 2, 0).numpy())
    assert not torch.equal(made, shift().batch(pixels, np.array([5, 6, 7, 8]), 3))
    assert not torch.equal(made, shift(seed=1).batch(pixels, np.array([5, 6, 7, 8]), 2))
    assert not torch.equal(made, shift("stain").batch(pixels, np.array([5, 6, 7, 8]), 2))


def test_deep_pictures_stay_floats() -> None:
    unit = pictures().float() / 255
    made = shift().batch(unit, np.arange(4), 1)
    assert made.dtype == torch.float32 and not torch.equal(made, unit)
    assert made.min() >= 0 and made.max() <= 1
