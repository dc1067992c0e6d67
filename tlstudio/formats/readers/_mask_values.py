"""What the values of masks mean: one object or not, classes, or numbers of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.formats.readers._colour_maps import ColourNames, map_of, mask_image

CLASSES, OBJECTS, BINARY = "classes", "objects", "binary"

_PHOTO = 0.7
"""In a photo fewer pixels than this are like the one to their left."""
_MANY = 40
"""More grey values than this in one mask are numbers of objects."""
_SOFT = 0.9
"""A mask with soft edges has this share of its pixels at the two ends."""
_LEAST_SOFT, _WIDE = 16, 128
"""Grey values in between, and how far the ends are apart, in a mask with soft edges."""
_PLAIN = ("L", "LA", "RGB", "RGBA")
_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What one mask shows. `least` and `most` are its two ends where it is grey."""

    grey: bool
    values: frozenset[int]
    alike: float
    soft: bool = False
    deep: bool = False


def facts_of(path: Path) -> Facts:
    """Raises the UserErrors of `read_image`, and UserError("mask.too_large")."""
    image = mask_image(path)
    pixels = np.asarray(image)
    if pixels.ndim == 3 and _is_grey(pixels):
        pixels = pixels[..., 0]
    if pixels.ndim == 2:
        values, counts = np.unique(pixels, return_counts=True)
        ends = counts[np.minimum(values - values[0], values[-1] - values) <= 16].sum()
        lossy = path.suffix.lower() in (".jpg", ".jpeg") or len(values) > _LEAST_SOFT
        wide = len(values) > 2 and int(values[-1]) - int(values[0]) > _WIDE
        soft = lossy and wide and image.mode in _PLAIN and ends >= _SOFT * pixels.size
        deep = image.mode not in ("1", "P", *_PLAIN)
        some = frozenset(int(value) for value in values[:_MOST_VALUES])
        return Facts(image.mode != "P", some, _alike(pixels), soft, deep)
    flat = pixels[..., :3].astype(np.uint32)
    colours = flat[..., 0] | flat[..., 1] << 8 | flat[..., 2] << 16
    some = frozenset(int(value) for value in np.unique(colours)[:_MOST_VALUES])
    return Facts(False, some, _alike(colours))


def is_mask(facts: Facts) -> bool:
    """Whether the picture is no photo: flat areas, or few values."""
    return len(facts.values) <= 8 or facts.alike >= _PHOTO


def meaning_of(facts: Sequence[Facts], names: ColourNames) -> str:
    """What the masks of a set hold: CLASSES, OBJECTS or BINARY."""
    every = frozenset().union(*(one.values for one in facts)) if facts else frozenset()
    if names:
        return CLASSES
    if any(one.soft for one in facts) or (all(f.grey for f in facts) and len(every - {0}) <= 1):
        return BINARY
    if every <= {0, 0xFFFFFF}:
        return BINARY
    if any(one.deep for one in facts) or max(len(one.values) for one in facts) > _MANY:
        return OBJECTS
    return CLASSES


def on_in(path: Path) -> NDArray[np.bool_]:
    """The pixels [h, w] of a mask of one object: above the middle where it has grey edges, else
    all that are neither 0 nor clear."""
    image = mask_image(path)
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        if pixels.dtype == np.uint8 and image.mode == "L" and len(np.unique(pixels)) > 2:
            return np.asarray(pixels > int(pixels.max()) // 2)
        return np.asarray(pixels != 0)
    colours = pixels[..., :-1] if image.mode in ("RGBA", "LA") else pixels
    on = colours.max(axis=2) > 127
    if image.mode in ("RGBA", "LA"):
        clear = pixels[..., -1] == 0
        on = (colours.any(axis=2) | ~clear.any()) & ~clear if clear.any() else on
    return np.asarray(on)


def numbers_in(path: Path) -> NDArray[Any]:
    """The numbers of objects [h, w]; colours count as numbers. UserError("objects.many_values")
    where there are more of them than any mask has."""
    image = mask_image(path)
    made = np.asarray(image) if image.mode in ("I", "I;16", "L", "P") else map_of(path)
    if image.mode == "F" or len(np.unique(made)) > _MOST_VALUES:
        raise UserError("objects.many_values", file=str(path), values=f"> {_MOST_VALUES}")
    return made


def _is_grey(pixels: NDArray[Any]) -> bool:
    if pixels.shape[2] == 2:
        return True
    return bool(
        np.array_equal(pixels[..., 0], pixels[..., 1])
        and np.array_equal(pixels[..., 0], pixels[..., 2])
    )


def _alike(values: NDArray[Any]) -> float:
    """The share of pixels that are like the one to their left."""
    if values.shape[1] < 2:
        return 1.0
    return float(np.mean(values[:, 1:] == values[:, :-1]))
