"""Pictures whose colours are classes: their values, and the files that name them."""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import BACKGROUND_NAMES
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._values import whole, words
from tlstudio.imaging.mask_images import MASK_LIMIT
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.sizes import canonical_size

if TYPE_CHECKING:
    from PIL import Image

_NUMBERS = re.compile(r"^\s*(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\S.*)$")
_FILES = ("labelmap.txt", "label_colors.txt", "class_dict.csv", "colormap.txt", "label_map.txt")
_DEEP = 2**24


def voc_colour(index: int) -> int:
    """The colour of a class in VOC's palette, as R + 256 G + 256^2 B: its bits, dealt out in
    turn to red, green and blue from the highest bit of each down."""
    red = green = blue = 0
    for bit in range(8):
        red |= (index & 1) << 7 - bit
        green |= (index >> 1 & 1) << 7 - bit
        blue |= (index >> 2 & 1) << 7 - bit
        index >>= 3
    return red | green << 8 | blue << 16


class ColourNames:
    """Names of classes by colour (R + 256 G + 256^2 B)."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self._names = dict(names)
        self._by_voc = {voc_colour(index): index for index in range(256)}

    def __bool__(self) -> bool:
        return bool(self._names)

    def __contains__(self, value: int) -> bool:
        return value in self._names

    @property
    def in_order(self) -> list[str]:
        """The names, without that of the background."""
        return [name for name in self._names.values() if name.lower() not in BACKGROUND_NAMES]

    def colour_of(self, label: str) -> str | None:
        """#RRGGBB of a label."""
        value = next((value for value, name in self._names.items() if name == label), None)
        return None if value is None else hex_of(value)

    def name(self, value: int) -> str:
        """The class of a colour; "" for the background; where nothing names it, its number in
        VOC's palette or the colour itself."""
        found = self._names.get(value)
        if found is None:
            if value >= _DEEP:
                return str(value - _DEEP)
            index = self._by_voc.get(value)
            return hex_of(value) if index is None else str(index)
        return "" if found.lower() in BACKGROUND_NAMES else found


def hex_of(value: int) -> str:
    """#RRGGBB of R + 256 G + 256^2 B."""
    return f"#{value & 255:02X}{value >> 8 & 255:02X}{value >> 16 & 255:02X}"


def mask_image(path: Path) -> Image.Image:
    """The picture in `path`, decoded. Raises the UserErrors of `read_image`, and
    UserError("mask.too_large") before anything is decoded."""
    width, height = canonical_size(path)
    if width * height > MASK_LIMIT:
        raise UserError("mask.too_large", file=str(path), limit=MASK_LIMIT // 10**6)
    return read_image(path)


def map_of(path: Path, names: ColourNames | None = None) -> NDArray[np.uint32]:
    """The classes of a picture [h, w] as colours R + 256 G + 256^2 B; clear pixels are black.

    Pixels of a palette and grey ones are numbers and come as that colour of VOC's palette,
    unless the palette holds the colours of `names`. Numbers from 256 have 2^24 added. Raises
    the UserErrors of `read_image`, and UserError("mask.too_large").
    """
    image = mask_image(path)
    if image.mode not in ("RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr", "F") and not (
        image.mode == "P" and names is not None and _holds(image, names)
    ):
        return _as_colours(np.asarray(image))
    rgba = np.asarray(image.convert("RGBA")).astype(np.uint32)
    colours = rgba[..., 0] | rgba[..., 1] << 8 | rgba[..., 2] << 16
    colours[rgba[..., 3] == 0] = 0
    return np.asarray(colours)


def _as_colours(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    values = np.clip(numbers.astype(np.int64), 0, 2**24 - 1)
    table = np.array([voc_colour(index) for index in range(256)], dtype=np.int64)
    made = np.where(values < 256, table[np.minimum(values, 255)], values + _DEEP)
    return made.astype(np.uint32)


def _holds(image: Image.Image, names: ColourNames) -> bool:
    """Whether every colour of the palette that is used is named, black aside."""
    palette = image.getpalette("RGB") or []
    used = np.unique(np.asarray(image)).tolist()
    colours = (palette[3 * at : 3 * at + 3] for at in used)
    known = (c[0] | c[1] << 8 | c[2] << 16 for c in colours if len(c) == 3)
    return all(value in names for value in known if value)


def named_colours(listing: Listing, gather: Gather) -> ColourNames:
    """What the files beside the masks name: labelmap.txt of CVAT (`name:r,g,b::`), lines of
    `r g b name`, class_dict.csv (name,r,g,b)."""
    names: dict[int, str] = {}
    for file in listing.named(".txt", ".csv"):
        if posixpath.basename(file).lower() not in _FILES:
            continue
        try:
            text = listing.text(file)
        except UserError as error:
            gather.skip_error(file, error)
            continue
        gather.set.used.add(file)
        for line in text.splitlines():
            found = _named(line)
            if found is not None:
                names.setdefault(*found)
    return ColourNames(names)


def _named(line: str) -> tuple[int, str] | None:
    if not line.strip() or line.lstrip().startswith(("#", "//")):
        return None
    plain = _NUMBERS.match(line)
    if plain is not None:
        return _entry(plain.group(4), [plain.group(1), plain.group(2), plain.group(3)])
    name, colon, rest = line.partition(":")
    if colon:
        return _entry(name, rest.partition(":")[0].split(","))
    cells = next(csv.reader([line]), [])
    return _entry(cells[0], cells[1:4]) if len(cells) >= 4 else None


def _entry(name: str, parts: list[str]) -> tuple[int, str] | None:
    values = [whole(part) for part in parts]
    kept = [value for value in values if value is not None and 0 <= value <= 255]
    label = words(name)
    if len(kept) != 3 or not label:
        return None
    return kept[0] | kept[1] << 8 | kept[2] << 16, label
