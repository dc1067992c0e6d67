"""What a person watches while a stylizer learns: the same few images, redrawn after each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Examples
from tlstudio.imaging.unit import read_seen, resized, to_unit
from tlstudio.ml.devices import Device
from tlstudio.ml.files import replacing, write_json
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.examples import SHOWN
from tlstudio.ml.runs.request import Request
from tlstudio.ml.runs.snapshot import Picture
from tlstudio.ml.style.fast_drawing import redraw, save_picture
from tlstudio.ml.zoo.stylizer import Stylizer

LONGEST = 512
"""Longest side in pixels of a picture to look at while the model learns."""


def show(
    model: Stylizer,
    pictures: Sequence[Picture],
    request: Request,
    epoch: int,
    device: Device,
    reporter: Reporter,
) -> None:
    """Redraw the first of `pictures`, at most SHOWN, into the run's folder of examples, and tell
    of them: {image, width, height, picture}. One that can no longer be read is left out."""
    images: list[dict[str, Any]] = []
    for picture in pictures[:SHOWN]:
        name = f"examples/epoch-{epoch:03d}-{picture.key}.jpg"
        try:
            made = redraw(model, _small(picture, request), device.torch, watch=reporter.check)
        except (OSError, UserError):
            continue
        _write(made, request.folder / name)
        height, width = made.shape[:2]
        images.append({"image": picture.key, "width": width, "height": height, "picture": name})
    file = f"examples/epoch-{epoch:03d}.json"
    write_json(request.folder / file, {"epoch": epoch, "images": images})
    reporter.emit(Examples(epoch, file))


def _small(picture: Picture, request: Request) -> np.ndarray[Any, np.dtype[np.float32]]:
    seen = read_seen(picture.path, frame=picture.frame, window=request.window)
    height, width = seen.shape[:2]
    scale = min(1.0, LONGEST / max(height, width))
    return to_unit(resized(seen, max(1, round(width * scale)), max(1, round(height * scale))))


def _write(pixels: np.ndarray[Any, np.dtype[np.uint8]], path: Path) -> None:
    with replacing(path) as beside:
        save_picture(pixels, beside, ending=path.suffix)
