"""Pixels through a stylizer: a whole picture in, the same picture in the style out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.ml.zoo.stylizer import LEAST

MOST_PIXELS = 16_000_000
"""Of a picture that is redrawn in one piece: it takes some 400 bytes of memory for each."""
QUALITY = 95
"""Of a JPEG."""
_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}


def redraw(
    model: nn.Module,
    pixels: NDArray[np.float32],
    device: torch.device,
    watch: Callable[[], None] = lambda: None,
) -> NDArray[np.uint8]:
    """`redrawn` rounded to 8 bits."""
    made = redrawn(model, pixels, device, watch)
    found: NDArray[np.uint8] = np.rint(made * np.float32(255)).astype(np.uint8)
    return found


def redrawn(
    model: nn.Module,
    pixels: NDArray[np.float32],
    device: torch.device,
    watch: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """[H, W, 3] in 0..1 of [H, W, 3] in 0..1, by a stylizer in eval mode.

    UserErrors: style.too_small where a side is shorter than LEAST, style.too_large.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < LEAST:
        raise UserError("style.too_small", width=width, height=height, least=LEAST)
    if height * width > MOST_PIXELS:
        raise UserError("style.too_large", width=width, height=height, most=MOST_PIXELS // 10**6)
    watch()
    given = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(2, 0, 1)[None]
    with torch.inference_mode():
        made = model(given)[0].permute(1, 2, 0).float().cpu().numpy()
    found: NDArray[np.float32] = made
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
