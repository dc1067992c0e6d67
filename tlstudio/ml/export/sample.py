"""The image that travels with a bundle, so that anybody can see the model answer as expected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import nn

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.reading import read_image
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.export.parity import answer_of

FILE = "sample.png"
TOLERANCE = 1e-3
"""Wider than that of the parity check: other machines and library versions round otherwise."""

LONGEST_SIDE = 1024


def write_sample(
    folder: Path,
    classifier: nn.Module,
    transform: Transform,
    labels: Sequence[str],
    paths: Sequence[Path],
) -> dict[str, Any]:
    """Write sample.png and return what expected.json says about it.

    The picture is the first readable one of `paths`, its pixels alone: no metadata, no name, at
    most 1024 px long. Without any it is a drawn pattern.
    """
    picture = _first(paths)
    kind = "pattern" if picture is None else "image"
    picture = _pattern() if picture is None else picture
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.frombytes("RGB", picture.size, picture.tobytes())
    bare.save(folder / FILE)
    told = answer_of(classifier, transform, [transform.square(bare)])[0]
    return {
        "image": FILE,
        "kind": kind,
        "label": labels[int(told.argmax())],
        "probabilities": {name: float(p) for name, p in zip(labels, told, strict=True)},
        "tolerance": TOLERANCE,
    }


def _first(paths: Sequence[Path]) -> Image.Image | None:
    for path in paths:
        try:
            return to_rgb8(read_image(path)).copy()
        except UserError:
            continue
    return None


def _pattern() -> Image.Image:
    """Rings and bands of many colours, so that every channel matters."""
    y, x = np.mgrid[0:256, 0:256] / 255 - 0.5
    ring = np.sin(40 * np.hypot(x, y))
    bands = np.stack([ring, np.sin(25 * x + 9 * y), np.cos(17 * y - 5 * x)], axis=-1)
    return Image.fromarray((127.5 + 120 * bands).astype(np.uint8))
