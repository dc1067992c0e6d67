"""What the values of masks mean: one object or not, classes, or numbers of objects."""

from __future__ import annotations

from collections import Counter
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
MANY, _CROWDED = 40, 0.1
"""More values than this, in more than this share of the masks, are numbers of objects."""
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
    """What one mask shows. `edges`: one thing with grey edges, so it seems; `soft`: surely so;
    `lossy`: many values that say nothing; `deep`: grey values of more than 8 bits."""

    grey: bool
    values: frozenset[int]
    alike: float
    edges: bool = False
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
        edges = image.mode in _PLAIN and _has_edges(values, counts, wide=True)
        # classes with the border around them have such ends too
        edges = edges and (is_jpeg(path) or int(values[-2]) > _BORDER)
        soft = edges and (is_jpeg(path) or len(values) > _LEAST_SOFT)
        some = frozenset(int(value) for value in values[:_MOST_VALUES])
        # a volume is of 16 bits or of floats whatever it holds
        deep = image.mode not in ("1", *_INDEXED, *_PLAIN) and not is_volume(path)
        blurred = image.mode in _PLAIN and not soft and is_blurred(pixels, path)
        return Facts(image.mode not in _INDEXED, some, _alike(pixels), edges, soft, deep, blurred)
    colours = packed(pixels)
    some = frozenset(int(value) for value in np.unique(colours)[:_MOST_VALUES])
    return Facts(False, some, _alike(colours), lossy=is_blurred(colours, path))


def is_mask(facts: Facts) -> bool:
    """Whether the picture is no photo: flat areas, or few values."""
    return len(facts.values) <= 8 or facts.alike >= _PHOTO


class Told:
    """What the masks of a set tell together, one after the other."""

    def __init__(self) -> None:
        self.values: set[int] = set()
        """All of them but 0."""
        self.soft = False
        """Whether some masks are of one thing with grey edges."""
        self._clear: set[int] = set()
        self._grey: set[bool] = set()
        self._count = Counter[str]()

    def add(self, one: Facts) -> None:
        """One more mask, or a page of it."""
        drawn = one.values - {0}
        self.values |= drawn
        self.soft = self.soft or one.soft
        self._count["edges"] += one.edges
        if not one.firm:
            return
        self._clear |= drawn
        self._grey.add(one.grey)
        self._count["drawn"] += bool(drawn)
        self._count["alone"] += drawn == {255}
        self._count["several"] += one.several
        self._count["several without edges"] += one.several and not one.edges
        self._count["many"] += len(one.values) > MANY
        self._count["deep"] += one.deep

    def meaning(self, names: ColourNames) -> str:
        """What the masks hold: CLASSES, OBJECTS or BINARY."""
        if names:
            return CLASSES
        if self.soft and self._count["edges"] >= self._count["several without edges"]:
            return BINARY
        if self.values and not self._grey:
            return CLASSES
        if not self._clear or (not self._count["several"] and self._says_on()):
            return BINARY
        if self._count["deep"] or self._count["many"] > _CROWDED * self._count["several"]:
            return OBJECTS
        return CLASSES

    def _says_on(self) -> bool:
        """Whether one value, or 1 in some masks and 255 in others, is all there is beside 0."""
        if len(self._clear) == 1:
            return False not in self._grey
        return self._clear == {1, 255} and True in self._grey

    def has_border(self) -> bool:
        """Whether 255 is the border around objects: no class has a number above 64, and few masks
        have nothing but 255."""
        classes = self._clear - {255}
        few = 2 * self._count["alone"] < self._count["drawn"]
        return bool(classes) and max(classes) <= _BORDER and few


def on_in(
    image: Image.Image, path: Path, *, alone: bool, soft: bool
) -> tuple[NDArray[np.bool_], frozenset[int]]:
    """The pixels [h, w] of a mask of one object, and which values they have: all but 0 and clear
    ones. Of one with grey edges it is those above the middle, without values: in a `soft` set
    where it fades, with its object `alone` wherever it has more than two values."""
    pixels = _flat(image)
    grey = pixels if pixels.ndim == 2 else pixels.max(axis=2)
    if (alone or soft) and image.mode in _PLAIN:
        found, counts = np.unique(grey, return_counts=True)
        fades = _has_edges(found, counts, wide=not is_jpeg(path))
        fades = fades or (pixels.ndim == 2 and is_blurred(pixels, path))
        if len(found) > 2 and (alone or fades):
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
