"""What the values of masks mean: one object or not, classes, or numbers of objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.formats.readers._colour_maps import (
    ColourNames,
    is_blurred,
    is_jpeg,
    map_of,
    packed,
    refuse_blurred,
)

if TYPE_CHECKING:
    from PIL import Image

CLASSES, OBJECTS, BINARY = "classes", "objects", "binary"

_PHOTO = 0.7
"""In a photo fewer pixels than this are like the one to their left."""
MANY = 40
"""More grey values than this in one mask are numbers of objects."""
_BORDER = 64
"""Where no class has a number above this, 255 is the border around objects."""
_SOFT = 0.9
"""A mask with soft edges has this share of its pixels at the two ends."""
_LEAST_SOFT, _WIDE = 16, 128
"""Grey values in between, and how far the ends are apart, in a mask with soft edges."""
_PLAIN, _INDEXED = ("L", "LA", "RGB", "RGBA"), ("P", "PA")
_MOST_VALUES = 100_000


@dataclass(frozen=True, slots=True)
class Facts:
    """What one mask shows. `soft`: one thing with grey edges; `lossy`: many values that say
    nothing; `deep`: grey values of more than 8 bits."""

    grey: bool
    values: frozenset[int]
    alike: float
    soft: bool = False
    deep: bool = False
    lossy: bool = False

    @property
    def firm(self) -> bool:
        """Whether each value says something by itself."""
        return not self.soft and not self.lossy

    @property
    def several(self) -> bool:
        """Whether there is more than one value beside 0."""
        return len(self.values - {0}) > 1


T = TypeVar("T")


def evenly(several: Sequence[T], most: int) -> list[T]:
    """No more than `most` of them, spread over all."""
    count = min(most, len(several))
    return [several[at * len(several) // count] for at in range(count)]


def facts_of(image: Image.Image, path: Path) -> Facts:
    """What is to be seen in a mask that lies in `path`."""
    pixels = _flat(image)
    if pixels.ndim == 2:
        values, counts = np.unique(pixels, return_counts=True)
        lossy = is_jpeg(path) or len(values) > _LEAST_SOFT
        soft = image.mode in _PLAIN and lossy and _has_edges(values, counts, wide=True)
        some = frozenset(int(value) for value in values[:_MOST_VALUES])
        # a volume is of 16 bits or of floats whatever it holds
        deep = image.mode not in ("1", *_INDEXED, *_PLAIN) and not is_volume(path)
        blurred = image.mode in _PLAIN and not soft and is_blurred(pixels, path)
        return Facts(image.mode not in _INDEXED, some, _alike(pixels), soft, deep, blurred)
    colours = packed(pixels)
    some = frozenset(int(value) for value in np.unique(colours)[:_MOST_VALUES])
    return Facts(False, some, _alike(colours), lossy=is_blurred(colours, path))


def is_mask(facts: Facts) -> bool:
    """Whether the picture is no photo: flat areas, or few values."""
    return len(facts.values) <= 8 or facts.alike >= _PHOTO


def meaning_of(facts: Sequence[Facts], names: ColourNames) -> str:
    """What the masks of a set hold: CLASSES, OBJECTS or BINARY."""
    if names:
        return CLASSES
    firm = [one for one in facts if one.firm]
    soft, several = sum(one.soft for one in facts), sum(one.several for one in firm)
    if soft and soft >= several:
        return BINARY
    if not firm:
        return CLASSES
    every = _every(firm)
    if not every or (not several and _says_on(every, firm)):
        return BINARY
    if any(one.deep for one in firm) or max(len(one.values) for one in firm) > MANY:
        return OBJECTS
    return CLASSES


def _says_on(every: frozenset[int], firm: Sequence[Facts]) -> bool:
    """Whether one value, or 1 in some masks and 255 in others, is all that they have beside 0."""
    if len(every) == 1:
        return all(one.grey for one in firm)
    return every == {1, 255} and any(one.grey for one in firm)


def has_border(facts: Sequence[Facts]) -> bool:
    """Whether 255 is the border around objects: no class has a number above 64, and few masks
    have nothing but 255."""
    firm = [one for one in facts if one.firm and one.values - {0}]
    classes, alone = _every(firm) - {255}, sum(one.values - {0} == {255} for one in firm)
    return bool(classes) and max(classes) <= _BORDER and 2 * alone < len(firm)


def _every(facts: Sequence[Facts]) -> frozenset[int]:
    return frozenset().union(*(one.values for one in facts)) - {0}


def on_in(image: Image.Image, path: Path, *, cut: bool) -> tuple[NDArray[np.bool_], frozenset[int]]:
    """The pixels [h, w] of a mask of one object, and which values they have: all but 0 and clear
    ones. With `cut` it is those above the middle where the edges are grey, without values."""
    pixels = _flat(image)
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    if cut and image.mode in _PLAIN:
        found, counts = np.unique(grey, return_counts=True)
        if _has_edges(found, counts, wide=not is_jpeg(path)):
            return np.asarray(grey > int(found[-1]) // 2), frozenset()
    on = np.asarray(grey != 0)
    values = np.unique((pixels if pixels.ndim == 2 else packed(pixels))[on])
    return on, frozenset(int(value) for value in values[:_MOST_VALUES])


def numbers_in(image: Image.Image, path: Path) -> NDArray[Any]:
    """The numbers of objects [h, w]; colours count as numbers. Raises the UserErrors of `map_of`,
    and UserError("objects.many_values") where there are more of them than any mask has."""
    made = np.asarray(image) if image.mode in ("I", "I;16", "L", "P") else map_of(image, path)
    if image.mode == "L":
        refuse_blurred(made, path)
    values = len(np.unique(made))
    if values > _MOST_VALUES:
        raise UserError("objects.many_values", file=str(path), values=values)
    return made


def is_volume(path: Path) -> bool:
    """Whether the mask is one of slices, by its name."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def _flat(image: Image.Image) -> NDArray[Any]:
    """Grey values [h, w] where all channels say the same, else colours [h, w, 3]; clear pixels
    are 0, and of one bit 0 and 255."""
    pixels = np.asarray(image.convert("RGB") if image.mode in ("CMYK", "YCbCr") else image)
    if pixels.ndim == 2:
        return pixels.astype(np.uint8) * np.uint8(255) if pixels.dtype == np.bool_ else pixels
    if image.mode in ("RGBA", "LA", "PA"):
        pixels = np.where(pixels[..., -1:] == 0, 0, pixels[..., :-1]).astype(np.uint8)
    same = all(np.array_equal(pixels[..., 0], pixels[..., at]) for at in range(1, pixels.shape[2]))
    return np.asarray(pixels[..., 0]) if same else pixels


def _has_edges(values: NDArray[Any], counts: NDArray[Any], *, wide: bool) -> bool:
    """Whether nearly all pixels are at the two ends; with `wide` these are far apart."""
    if len(values) < 3 or (wide and int(values[-1]) - int(values[0]) <= _WIDE):
        return False
    ends = counts[np.minimum(values - values[0], values[-1] - values) <= 16].sum()
    return bool(ends >= _SOFT * counts.sum())


def _alike(values: NDArray[Any]) -> float:
    """The share of pixels that are like the one to their left."""
    if values.shape[1] < 2:
        return 1.0
    return float(np.mean(values[:, 1:] == values[:, :-1]))
