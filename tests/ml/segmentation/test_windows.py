from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tlstudio.imaging.rle import decode
from tlstudio.ml.segmentation.answers import answer_of, painted
from tlstudio.ml.segmentation.view import View, filled
from tlstudio.ml.segmentation.windows import asking, probabilities, weight_of

CPU = torch.device("cpu")


def view(size: int = 32, patch: int = 32, overlap: float = 0.25) -> View:
    return View(size, patch, overlap, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


def brightness(values: Tensor) -> Tensor:
    """A network without a neighbourhood: the brightness is the probability of the label."""
    return torch.stack([1 - values[:, 0], values[:, 0]], dim=1)


def joined(bands: Iterable[Tensor]) -> Tensor:
    return torch.cat(list(bands), dim=1)


def picture(height: int, width: int) -> Any:
    return np.random.default_rng(0).integers(0, 256, (height, width, 1)).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 90), (100, 75), (33, 32)])
def test_blended_windows_give_every_pixel_its_own_answer(height: int, width: int) -> None:
    pixels = picture(height, width)
    bands = probabilities(
        brightness, filled(pixels, 32), (height, width), (height, width), view(), CPU
    )
    found = joined(bands)
    assert found.shape == (2, height, width)
    np.testing.assert_allclose(found[1].numpy(), pixels[..., 0] / 255, atol=1e-5)


def test_where_windows_disagree_the_nearer_centre_says_more() -> None:
    calls = iter([0.0, 1.0])

    def ask(values: Tensor) -> Tensor:
        said = torch.stack([torch.full((32, 32), next(calls)) for _ in values])
        return torch.stack([1 - said, said], dim=1)

    bands = probabilities(ask, picture(32, 56), (32, 56), (32, 56), view(), CPU)
    found = joined(bands)[1, 16]
    assert found[0] == 0 and found[-1] == 1
    between = found[24:32].numpy()
    assert (np.diff(between) > 0).all() and between[0] < 0.5 < between[-1]


def test_a_weight_is_highest_in_the_middle_and_never_nothing() -> None:
    weight = weight_of(32)
    assert weight.argmax() in (15 * 32 + 15, 15 * 32 + 16, 16 * 32 + 15, 16 * 32 + 16)
    assert weight.min() >= 1e-3 and np.allclose(weight, weight[::-1, ::-1])


def test_probabilities_come_back_at_the_size_of_the_image() -> None:
    found = joined(probabilities(brightness, picture(32, 32), (32, 20), (64, 40), view(), CPU))
    assert found.shape == (2, 64, 40)
    assert torch.allclose(found.sum(0), torch.ones(64, 40), atol=1e-5)


@pytest.mark.parametrize("old", [(1, 1), (5, 9), (96, 40), (70, 33)])
@pytest.mark.parametrize("new", [(1, 2), (40, 64), (300, 7), (97, 41)])
def test_rows_are_stretched_as_the_library_stretches_the_joined(
    old: tuple[int, int], new: tuple[int, int]
) -> None:
    pixels = picture(*old)
    bands = list(probabilities(brightness, filled(pixels, 32), old, new, view(), CPU))
    assert max(band.shape[1] for band in bands) <= 256
    values = torch.from_numpy(pixels[..., 0] / np.float32(255))[None, None]
    known = F.interpolate(values, size=new, mode="bilinear", align_corners=False)[0, 0]
    np.testing.assert_allclose(joined(iter(bands))[1].numpy(), known.numpy(), atol=1e-5)


def test_rows_of_a_tall_image_come_before_its_last_windows_are_asked() -> None:
    asked: list[int] = []

    def ask(values: Tensor) -> Tensor:
        asked.append(len(values))
        return brightness(values)

    bands = probabilities(ask, picture(640, 40), (640, 40), (640, 40), view(), CPU)
    first = next(bands)
    assert first.shape[1] < 32 and sum(asked) <= 4
    assert first.shape[1] + sum(band.shape[1] for band in bands) == 640


class Leaning(nn.Module):
    """Sees what is to the left of each pixel."""

    def forward(self, images: Tensor) -> Tensor:
        left = images[:, :1].roll(3, dims=3)
        return torch.cat([-left, left], dim=1)


def test_averaging_over_flips_makes_an_answer_even() -> None:
    values = torch.rand(1, 3, 32, 32)
    plain, even = (asking(Leaning(), view(), flips=flips) for flips in (False, True))
    mirrored = values.flip(3)
    assert not torch.allclose(plain(values.clone()), plain(mirrored.clone()).flip(3))
    assert torch.allclose(even(values.clone()), even(mirrored.clone()).flip(3), atol=1e-6)


def test_an_answer_has_a_region_for_each_label_that_is_found() -> None:
    likely = torch.zeros(3, 4, 5)
    likely[0] = 0.6
    likely[1, :2] = 0.8
    found = painted(iter([likely[:, :1], likely[:, 1:]]), (4, 5))
    told = answer_of(found, [11, 12])
    assert (told["width"], told["height"]) == (5, 4)
    (region,) = told["regions"]
    assert region["label"] == 11 and region["confidence"] == pytest.approx(0.8)
    assert np.array_equal(decode(region["rle"], 5, 4), found.classes == 1)
