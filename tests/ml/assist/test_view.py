"""How an image lies in the networks' square, there and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from tlstudio.domain.errors import UserError
from tlstudio.ml.assist.view import CELLS, SIDE, View, read_square


def hills(seed: int) -> np.ndarray:
    """Smooth logits [CELLS, CELLS] with some above zero."""
    rough = torch.randn(1, 1, 12, 12, generator=torch.Generator().manual_seed(seed)) - 0.5
    return F.interpolate(rough, (CELLS, CELLS), mode="bicubic")[0, 0].numpy()


@pytest.mark.parametrize(("width", "height"), [(1024, 768), (2048, 1024), (300, 400), (64, 64)])
def test_a_mask_is_what_interpolating_the_whole_would_give(width: int, height: int) -> None:
    view, logits = View(width, height), hills(width)
    columns, rows = (round(side * CELLS / SIDE) for side in view.inner)
    inner = torch.from_numpy(logits[:rows, :columns])[None, None]
    whole = F.interpolate(inner, (height, width), mode="bilinear")[0, 0].numpy() > 0
    window = view.window(logits)
    mine = np.zeros_like(whole)
    high, wide = window.mask.shape
    mine[window.y : window.y + high, window.x : window.x + wide] = window.mask
    # On the edge itself rounding decides.
    assert np.mean(mine != whole) < 1e-4
    assert window.mask[0].any() and window.mask[:, -1].any(), "no empty rows or columns"


def test_nothing_above_zero_is_an_empty_window() -> None:
    assert View(50, 40).window(np.full((CELLS, CELLS), -1, np.float32)).mask.size == 0


def test_what_lies_beside_the_image_is_no_part_of_it() -> None:
    logits = np.full((CELLS, CELLS), -1, np.float32)
    logits[200:] = 1  # below an image that is twice as wide as it is high
    assert View(1000, 500).window(logits).mask.size == 0


def test_grey_and_deep_images_are_seen(tmp_path: Path) -> None:
    ramp = np.linspace(900, 1100, 200 * 100).reshape(100, 200)
    deep = tmp_path / "deep.png"
    Image.fromarray(ramp.astype(np.uint16)).save(deep)
    grey = tmp_path / "grey.png"
    Image.fromarray(((ramp - 900) / 200 * 255).astype(np.uint8)).save(grey)
    view = View(200, 100)
    one, other = read_square(deep, view), read_square(grey, view)
    assert one.shape == (1, 3, SIDE, SIDE)
    inside = (slice(None), slice(None), slice(0, 512), slice(None))
    assert (one[inside] - other[inside]).abs().max() < 0.1, "the deep one uses its whole range"
    assert one[inside].std() > 0.5


def test_an_image_of_another_size_than_known_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    Image.new("RGB", (60, 40)).save(file)
    with pytest.raises(UserError) as caught:
        read_square(file, View(60, 50))
    assert caught.value.code == "assist.changed"


def test_a_large_photograph_is_read_small(tmp_path: Path) -> None:
    """A JPEG is decoded at a part of its size; what is seen hardly differs, odd sides included."""
    y, x = np.mgrid[0:2401, 0:3603]
    pixels = np.stack([127 + 120 * np.sin(x / 300) * np.cos(y / (200 + 40 * k)) for k in range(3)])
    image = Image.fromarray(pixels.transpose(1, 2, 0).astype(np.uint8))
    image.save(tmp_path / "a.jpg", quality=95)
    view = View(3603, 2401)
    seen = read_square(tmp_path / "a.jpg", view)
    assert (seen - view.square(image)).abs().mean() < 0.02
