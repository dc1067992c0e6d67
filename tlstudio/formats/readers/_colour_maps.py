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
from tlstudio.imaging.pages import Pages, opened_pages

if TYPE_CHECKING:
    from PIL import Image

_NUMBERS = re.compile(r"^\s*(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\d{1,3})[\s,;]+(\S.*)$")
_FILES = ("labelmap.txt", "label_colors.txt", "class_dict.csv", "colormap.txt", "label_map.txt")
_DEEP = 2**24
_MOST_CLASSES = 1000
_FEW = 16
"""So many values may be anything."""
VOID = 224 | 224 << 8 | 192 << 16
"""The colour of the border around objects, number 255 in VOC's palette."""


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
    """The picture in `path`, decoded. Raises the UserErrors of `read_image` and `page_of`, and
    UserError("objects.mask_pages") where there is more than one."""
    with opened_pages(path) as pages:
        if pages.count > 1:
            raise UserError("objects.mask_pages", file=str(path), pages=pages.count)
        return page_of(pages, 0, path)


def page_of(pages: Pages, page: int, path: Path) -> Image.Image:
    """A page of a mask, decoded; floats come as the whole numbers that they are.

    Raises the UserErrors of `read_image`, UserError("mask.too_large") before anything is decoded,
    and UserError("objects.mask_fractions").
    """
    width, height = pages.size(page)
    if width * height > MASK_LIMIT:
        raise UserError("mask.too_large", file=str(path), limit=MASK_LIMIT // 10**6)
    image = pages.read(page).image
    return _whole_numbers(image, path) if image.mode == "F" else image


def _whole_numbers(image: Image.Image, path: Path) -> Image.Image:
    from PIL import Image

    values = np.asarray(image)
    if not ((values == np.rint(values)) & (np.abs(values) < 2**31)).all():
        raise UserError("objects.mask_fractions", file=str(path))
    return Image.fromarray(values.astype(np.int32))


def map_of(image: Image.Image, path: Path, names: ColourNames | None = None) -> NDArray[np.uint32]:
    """The classes of a mask [h, w] as colours R + 256 G + 256^2 B; clear pixels are black.

    Pixels of a palette and grey ones are numbers and come as that colour of VOC's palette,
    unless the palette holds the colours of `names`. Numbers from 256 have 2^24 added. Raises
    UserError("objects.mask_lossy"); `path` is where the mask lies.
    """
    if image.mode not in ("RGB", "RGBA", "LA", "PA", "CMYK", "YCbCr") and not (
        image.mode == "P" and names is not None and _holds(image, names)
    ):
        made = _as_colours(np.asarray(image))
    else:
        rgba = np.asarray(image.convert("RGBA"))
        made = packed(rgba)
        made[rgba[..., 3] == 0] = 0
    if image.mode not in ("1", "P", "I", "I;16"):
        refuse_blurred(made, path, names)
    return made


def refuse_blurred(values: NDArray[Any], path: Path, names: ColourNames | None = None) -> None:
    """Raises UserError("objects.mask_lossy") where `is_blurred`."""
    if is_blurred(values, path, names):
        raise UserError("objects.mask_lossy", file=str(path), values=len(np.unique(values)))


def packed(colours: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """Colours [h, w, 3 or more] as R + 256 G + 256^2 B."""
    wide = colours[..., :3].astype(np.uint32)
    return np.asarray(wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16)


def require_classes(values: NDArray[Any], file: str) -> None:
    """Raises UserError("objects.many_values") for more values than any map has classes."""
    count = len(np.unique(values))
    if count > _MOST_CLASSES:
        raise UserError("objects.many_values", file=file, values=count)


def is_jpeg(path: Path) -> bool:
    """Whether its values are only near to those that were drawn."""
    return path.suffix.lower() in (".jpg", ".jpeg", ".jpe", ".jfif")


def is_blurred(values: NDArray[Any], path: Path, names: ColourNames | None = None) -> bool:
    """Whether many of the values [h, w], named ones aside, are no more than traces of smoothing
    or of JPEG: most are mainly those of single pixels between other values."""
    flat = values.reshape(-1)
    starts = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1))
    found, which, runs = np.unique(flat[starts], return_inverse=True, return_counts=True)
    stray = np.array([names is None or int(value) not in names for value in found])
    if stray.sum() <= _FEW:
        return False
    if is_jpeg(path):
        return True
    single = np.bincount(which, _between(values).reshape(-1)[starts])
    return bool(2 * np.sum(2 * single[stray] > runs[stray]) > stray.sum())


def _between(values: NDArray[Any]) -> NDArray[np.bool_]:
    """The pixels [h, w] that are like none of the four around them, where these differ too:
    around a spot, and beside a thin line, they are all of one value."""
    found = np.zeros(values.shape, dtype=np.bool_)
    inner, left, right = values[1:-1, 1:-1], values[1:-1, :-2], values[1:-1, 2:]
    over, under = values[:-2, 1:-1], values[2:, 1:-1]
    lone = (inner != left) & (inner != right) & (inner != over) & (inner != under)
    found[1:-1, 1:-1] = lone & ((left != right) | (left != over) | (left != under))
    return found


def _as_colours(numbers: NDArray[Any]) -> NDArray[np.uint32]:
    values = np.clip(numbers.astype(np.int64), 0, 2**24 - 1)
    table = np.array([voc_colour(index) for index in range(256)], dtype=np.int64)
    made = np.where(values < 256, table[np.minimum(values, 255)], values + _DEEP)
    return made.astype(np.uint32)


def _holds(image: Image.Image, names: ColourNames) -> bool:
    """Whether every colour of the palette that is used is named, black and void aside.

    A palette that was never filled is black throughout: only its first black is a colour.
    """
    palette = image.getpalette("RGB") or []
    colours = [
        red | green << 8 | blue << 16
        for red, green, blue in zip(palette[::3], palette[1::3], palette[2::3], strict=False)
    ]
    used = [at for at in np.unique(np.asarray(image)).tolist() if at < len(colours)]
    if not names or any(not colours[at] and colours.index(0) != at for at in used):
        return False
    return all(colours[at] in names for at in used if colours[at] not in (0, VOID))


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
    try:
        cells = next(csv.reader([line]), [])
    except csv.Error:  # a cell of more characters than the module takes
        return None
    return _entry(cells[0], cells[1:4]) if len(cells) >= 4 else None


def _entry(name: str, parts: list[str]) -> tuple[int, str] | None:
    values = [whole(part) for part in parts]
    kept = [value for value in values if value is not None and 0 <= value <= 255]
    label = words(name)
    if len(kept) != 3 or not label:
        return None
    return kept[0] | kept[1] << 8 | kept[2] << 16, label
