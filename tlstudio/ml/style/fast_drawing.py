"""Pixels through a stylizer: a whole picture in, the same picture in the style out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.ml.zoo.stylizer import LEAST, REACH, STRIDE, Stylizer

Floats = NDArray[np.float32]

WHOLE = 2048 * 2048
"""Pixels of a picture that is redrawn at once; a larger one is in pieces, so that memory for this
many is enough."""
PIECE = 1024
"""Side of such a piece, without what it shares with its neighbours; a multiple of STRIDE."""
SURVEYED, SURVEYS = 384, 3
"""Side of the pieces that the statistics are taken of, and their number along each side."""
MOST_PIXELS = 400_000_000
QUALITY = 95
"""Of a JPEG."""
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}


def redraw(
    model: Stylizer,
    pixels: Floats,
    device: torch.device,
    watch: Callable[[], None] = lambda: None,
) -> NDArray[np.uint8]:
    """`redrawn` rounded to 8 bits."""
    made = redrawn(model, pixels, device, watch)
    found: NDArray[np.uint8] = np.rint(made * np.float32(255)).astype(np.uint8)
    return found


def redrawn(
    model: Stylizer,
    pixels: Floats,
    device: torch.device,
    watch: Callable[[], None] = lambda: None,
) -> Floats:
    """[H, W, 3] in 0..1 of [H, W, 3] in 0..1, by a stylizer in eval mode.

    UserErrors: style.too_small where a side is shorter than LEAST, style.too_large.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST:
        raise UserError("style.too_small", width=width, height=height, least=LEAST)
    if height * width > MOST_PIXELS:
        raise UserError("style.too_large", width=width, height=height, most=MOST_PIXELS // 10**6)
    watch()
    with torch.inference_mode():
        if height * width > WHOLE:
            return _in_pieces(model, pixels, device, watch)
        return _array(model(_tensor(pixels, device)))


def _in_pieces(
    model: Stylizer,
    pixels: Floats,
    device: torch.device,
    watch: Callable[[], None],
) -> Floats:
    """By statistics of some pieces that are spread evenly, then piece by piece without a seam."""
    height, width = pixels.shape[:2]
    more = ((0, -height % STRIDE), (0, -width % STRIDE), (0, 0))
    whole = np.pad(pixels, more, mode="reflect")
    rows, columns = whole.shape[:2]
    side = min(SURVEYED, rows, columns)
    some = [
        whole[y : y + side, x : x + side]
        for y in _spread(rows, side)
        for x in _spread(columns, side)
    ]
    statistics = model.survey(torch.cat([_tensor(piece, device) for piece in some]))
    made = np.empty_like(pixels)
    for y in range(0, height, PIECE):
        for x in range(0, width, PIECE):
            watch()
            top, left = max(0, y - REACH), max(0, x - REACH)
            area = whole[top : y + PIECE + REACH, left : x + PIECE + REACH]
            drawn = _array(model(_tensor(area, device), statistics))
            core = made[y : y + PIECE, x : x + PIECE]
            core[:] = drawn[y - top : y - top + len(core), x - left : x - left + core.shape[1]]
    return made


def _spread(length: int, side: int) -> list[int]:
    """Where SURVEYS pieces of `side` begin along `length`: evenly, at multiples of STRIDE."""
    return [place * (length - side) // (SURVEYS - 1) // STRIDE * STRIDE for place in range(SURVEYS)]


def _tensor(pixels: Floats, device: torch.device) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(2, 0, 1)[None]


def _array(made: Tensor) -> Floats:
    found: Floats = made[0].permute(1, 2, 0).float().cpu().numpy()
    return found


def save_picture(pixels: NDArray[np.uint8], path: Path, ending: str) -> None:
    """Write uint8 [H, W, 3] in the format of `ending`: .png, .jpg, .jpeg, .tif, .tiff."""
    kind = _FORMATS[ending.lower()]
    more: dict[str, Any] = {}
    if kind == "JPEG":
        more = {"quality": QUALITY, "subsampling": 0}
    elif kind == "TIFF":
        more = {"compression": "tiff_adobe_deflate"}
    Image.fromarray(pixels).save(path, kind, **more)
