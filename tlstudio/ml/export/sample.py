"""The image that travels with a bundle, so that anybody can see the model answer as expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.unit import Seen, read_seen, resized, to_rgb8
from tlstudio.ml.classification.pixels import EIGHT_BITS, Transform
from tlstudio.ml.export.parity import Shown, answer_of

FILE = "sample.png"
TOLERANCE = 1e-3
"""Wider than that of the parity check: other machines and library versions round otherwise."""

LONGEST_SIDE = 1024


def write_sample(
    folder: Path,
    classifier: nn.Module,
    transform: Transform,
    labels: Sequence[str],
    images: Sequence[Shown],
) -> dict[str, Any]:
    """Write sample.png and return what expected.json says about it.

    The picture is the first readable one of `images` as the model sees it, its pixels alone: no
    metadata, no name, at most 1024 px long; in 16 bits where it is deep and grey, else in 8. So
    "window" is not the model's own. Without any it is a drawn pattern.
    """
    found = _first(images, transform)
    kind = "pattern" if found is None else "image"
    window = _write(folder / FILE, _shrunk(_pattern() if found is None else found), transform)
    square = replace(transform, window=window).read(folder / FILE)
    told = answer_of(classifier, transform, [square])[0]
    return {
        "image": FILE,
        "kind": kind,
        "window": window.to_json(),
        "label": labels[int(told.argmax())],
        "probabilities": {name: float(p) for name, p in zip(labels, told, strict=True)},
        "tolerance": TOLERANCE,
    }


def _first(images: Sequence[Shown], transform: Transform) -> Seen | None:
    for each in images:
        try:
            return read_seen(each.path, frame=each.frame, window=transform.window)
        except UserError:
            continue
    return None


def _shrunk(image: Seen) -> Seen:
    height, width = image.shape[:2]
    part = LONGEST_SIDE / max(height, width)
    if part >= 1:
        return image
    return resized(image, max(1, round(width * part)), max(1, round(height * part)))


def _write(file: Path, image: Seen, transform: Transform) -> Window:
    """Write it; gives the window by which the file is what `image` is."""
    deep = image.dtype != np.uint8 and image.ndim == 2 and transform.steps != EIGHT_BITS
    if deep:
        sixteen = np.rint(image * np.float32(65535)).astype(np.uint16)
        Image.fromarray(sixteen).save(file)
        return Window("full")
    Image.fromarray(to_rgb8(image)).save(file)
    return AUTO


def _pattern() -> NDArray[np.uint8]:
    """Rings and bands of many colours, so that every channel matters."""
    y, x = np.mgrid[0:256, 0:256] / 255 - 0.5
    ring = np.sin(40 * np.hypot(x, y))
    bands = np.stack([ring, np.sin(25 * x + 9 * y), np.cos(17 * y - 5 * x)], axis=-1)
    pattern: NDArray[np.uint8] = (127.5 + 120 * bands).astype(np.uint8)
    return pattern
