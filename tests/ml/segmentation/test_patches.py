from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from tlstudio.ml.segmentation.data import Sample, _spots
from tlstudio.ml.segmentation.patches import Varier, cutter, showings, stacked


def sample(height: int = 100, width: int = 120) -> Sample:
    """Pixels that say where they are, and one small object."""
    y, x = np.mgrid[0:height, 0:width]
    classes = np.zeros((height, width), np.uint8)
    classes[80:84, 100:104] = 1
    pixels = np.stack([y, x, np.zeros_like(x)], axis=2).astype(np.uint8)
    return Sample(pixels, classes, _spots(classes, 0), classes, (height, width))


def test_a_patch_follows_from_seed_epoch_and_key() -> None:
    one = sample()
    first = cutter(32, 1, 1)(one, 0, 5)
    assert np.array_equal(first[0], cutter(32, 1, 1)(one, 0, 5)[0])
    others = [cutter(32, *which)(one, 0, key)[0] for which, key in (((1, 1), 6), ((1, 2), 5))]
    assert not any(np.array_equal(first[0], other) for other in others)
    pixels, classes = first
    top, left = pixels[0, 0, :2].tolist()
    assert np.array_equal(classes, one.classes[top : top + 32, left : left + 32])


def test_a_third_of_the_patches_is_laid_over_objects_and_the_rest_anywhere() -> None:
    one = sample()
    cut = cutter(32, 0, 1)
    held = [bool((cut(one, 0, key)[1] == 1).any()) for key in range(300)]
    corners = {tuple(cut(one, 0, key)[0][0, 0, :2].tolist()) for key in range(300)}
    assert 0.33 < np.mean(held) < 0.6
    assert len(corners) > 200
    assert min(c[0] for c in corners) == 0 and max(c[0] for c in corners) == 68


def test_images_much_larger_than_a_patch_are_shown_more_often() -> None:
    assert showings(64, 64, 64) == 1 and showings(32, 32, 64) == 1
    assert showings(256, 128, 64) == 4 and showings(4000, 4000, 64) == 8


def test_pixels_and_classes_are_moved_alike() -> None:
    rng = np.random.default_rng(0)
    blobs = torch.from_numpy(rng.random((6, 1, 8, 8)).repeat(8, 2).repeat(8, 3)).float()
    values = (blobs > 0.5).float().expand(-1, 3, -1, -1).contiguous()
    classes = values[:, 0].long()
    keys = np.arange(6)
    moved, turned = Varier("strong", 0).apply(values.clone(), classes, keys, 1)
    assert not torch.equal(turned, classes)
    for image, truth in zip(moved[:, 0], turned, strict=True):
        inside, outside = image[truth == 1].mean(), image[truth == 0].mean()
        assert inside > outside + 0.4
    again, same = Varier("strong", 0).apply(values.clone(), classes, keys, 1)
    assert torch.equal(again, moved) and torch.equal(same, turned)
    still, kept = Varier("none", 0).apply(values, classes, keys, 1)
    assert torch.equal(still, values) and torch.equal(kept, classes)


def test_nothing_is_mirrored_where_that_is_not_wanted(turns_left: Callable[[Any], bool]) -> None:
    """Quarter and half turns stay."""
    classes = torch.zeros(60, 48, 48, dtype=torch.long)
    for label, (x, y) in enumerate([(20, 17), (20, 28), (27, 28)], start=1):
        classes[:, y : y + 4, x : x + 4] = label
    pixels = classes[:, None].float().expand(-1, 3, -1, -1) / 3

    def shown(**chosen: bool) -> list[list[list[float]]]:
        _, found = Varier("strong", 3, **chosen).apply(pixels.clone(), classes, np.arange(60), 1)
        spots = [[(one == label).nonzero().float() for label in (1, 2, 3)] for one in found]
        return [[spot.mean(dim=0).flip(0).tolist() for spot in three] for three in spots]

    kept = shown(mirrored=False)
    assert all(turns_left(three) for three in kept)
    assert 15 < sum(turns_left(three) for three in shown()) < 45
    turns = {round(math.atan2(b[1] - a[1], b[0] - a[0]) / (math.pi / 2)) % 4 for a, b, _ in kept}
    assert turns == {0, 1, 2, 3}


def test_grey_and_colour_of_either_depth_are_stacked_together() -> None:
    grey = np.full((4, 4, 1), 65535, np.uint16)
    colour = np.full((4, 4, 3), 51, np.uint8)
    classes = np.zeros((4, 4), np.uint8)
    pixels, found = stacked([(grey, classes), (colour, classes)], torch.device("cpu"))
    assert pixels.shape == (2, 3, 4, 4) and found.dtype is torch.long
    assert float(pixels[0].mean()) == 1.0 and np.isclose(float(pixels[1].mean()), 0.2)
