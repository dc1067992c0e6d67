"""Colours given and kept."""

from __future__ import annotations

import pytest
import torch

from tlstudio.ml.style.colours import luminance, matched, mixed, moments, with_luminance


def drawn(seed: int) -> torch.Tensor:
    return torch.rand(1, 3, 24, 30, generator=torch.Generator().manual_seed(seed))


def test_a_match_has_the_mean_and_covariance_of_the_other() -> None:
    own, other = drawn(0) * 0.4 + 0.3, drawn(1) * torch.tensor([0.3, 0.1, 0.2])[:, None, None] + 0.4
    wanted = moments(other)
    found = moments(matched(own, moments(own), wanted))
    torch.testing.assert_close(found.mean, wanted.mean, rtol=0, atol=2e-3)
    torch.testing.assert_close(found.covariance, wanted.covariance, rtol=0, atol=2e-3)
    assert not torch.allclose(moments(own).mean, wanted.mean, atol=0.02)


def test_a_grey_picture_can_be_matched_and_grey_can_be_given() -> None:
    grey = luminance(drawn(0)).expand(-1, 3, -1, -1)
    for a, b in ((grey, drawn(1)), (drawn(1), grey), (grey * 0 + 0.5, drawn(1))):
        assert bool(torch.isfinite(matched(a, moments(a), moments(b))).all())
    one = luminance(drawn(2))
    assert matched(one, moments(one), moments(luminance(drawn(3)))).shape == one.shape


def test_only_the_counted_pixels_count() -> None:
    picture = drawn(0)
    picture[..., 15:] = 0.9
    share = torch.zeros(1, 1, 24, 30)
    share[..., :15] = 1
    torch.testing.assert_close(moments(picture, share).mean, moments(picture[..., :15]).mean)


def test_a_mix_of_colours_lies_between() -> None:
    a, b = moments(drawn(0) * 0.2), moments(drawn(1) * 0.8)
    torch.testing.assert_close(mixed([a, b], [3, 1]).mean, 0.75 * a.mean + 0.25 * b.mean)
    whole = moments(torch.cat([drawn(0) * 0.2, drawn(1) * 0.8], dim=2))
    torch.testing.assert_close(mixed([a, b], [1, 1]).covariance, whole.covariance)


def test_another_brightness_keeps_the_hue() -> None:
    picture, light = drawn(0), luminance(drawn(1))
    made = with_luminance(picture, light)
    torch.testing.assert_close(luminance(made), light, rtol=0, atol=1e-5)
    before, after = picture - luminance(picture), made - light
    size = (before.square().sum(1) * after.square().sum(1)).sqrt()
    assert bool(((before * after).sum(1) >= 0.999 * size - 1e-5).all()), "the same direction"
    assert bool((after.square().sum(1) <= before.square().sum(1) + 1e-5).all()), "not more colour"
    torch.testing.assert_close(with_luminance(picture, luminance(picture)), picture)


@pytest.mark.parametrize("light", [0.0, 1.0, 1.7])
def test_black_and_white_have_no_colour(light: float) -> None:
    made = with_luminance(drawn(0), torch.full((1, 1, 24, 30), light))
    torch.testing.assert_close(made, torch.full_like(made, min(light, 1.0)), rtol=0, atol=1e-5)
