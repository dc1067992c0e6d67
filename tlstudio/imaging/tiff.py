"""TIFFs that Pillow does not read, or not at their full depth: by tifffile and imagecodecs.

Colour of 16 bits and floats, signed bytes, 32 and 64 bits, JPEG 2000, WebP, LERC, JPEG XL and
more inside of a TIFF, and several channels beside one another, each of which is a frame. Colour
is one frame; channels beside it that say nothing of opacity (near infrared) are frames too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.codestreams import stated_size
from tlstudio.imaging.limits import FRAME_LIMIT, refuse_too_large, require
from tlstudio.imaging.plain import LYING, failure, turned_values
from tlstudio.imaging.planes import Plane, deep_colour, image_of, over_white
from tlstudio.imaging.quiet import quiet
from tlstudio.imaging.spacing import of_tiff

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

_REDUCED_OR_MASK = 1 | 4
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _YCBCR = 0, 1, 2, 6
_COLOURS = (_RGB, _YCBCR)
_CODESTREAMS = frozenset({6, 7, 33003, 33004, 33005, 34712})
"""Compressions whose segments state a size of their own: JPEG, JPEG 2000."""
_OPACITIES = ((1,), (2,))
_ORIENTATION, _DESCRIPTION, _X, _Y, _UNIT = 274, 270, 282, 283, 296


def needs_tifffile(image: Image.Image) -> bool:
    """Whether Pillow would give the opened page of a TIFF wrong, or at less than its depth."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    bits = max(_ints(tags.get(258, 1)))
    kind = max(_ints(tags.get(339, 1)))  # 1 unsigned, 2 signed, 3 float
    samples, photometric = _ints(tags.get(277, 1))[0], _ints(tags.get(262, 1))[0]
    if bits == 8:
        return kind == 2
    if samples > 1:
        return bits > 8 and photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB)
    return (bits, kind) == (32, 1) or (bits > 8 and photometric == _WHITE_IS_ZERO)


def has_channels(image: Image.Image) -> bool:
    """Whether the opened page of a TIFF holds channels that are no part of one picture."""
    tags = image.tag_v2  # type: ignore[attr-defined]
    light, samples = _ints(tags.get(262, 1))[0], _ints(tags.get(277, 1))[0]
    if light not in (_WHITE_IS_ZERO, _BLACK_IS_ZERO, *_COLOURS):
        return False
    return samples > _picture(light, samples, _ints(tags.get(338, ())))[0]


def _ints(value: Any) -> tuple[int, ...]:
    return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)


def _picture(light: int, samples: int, extra: tuple[int, ...]) -> tuple[int, bool]:
    """How many samples of a page make its picture (0: each is one for itself), and whether the
    last of them is how opaque a pixel is. A fourth one that says nothing is taken for that, as
    every other program takes it."""
    if light in _COLOURS and samples >= 3:
        clear = extra[:1] in _OPACITIES or (samples == 4 and not extra)
        return 3 + clear, clear
    if samples == 2 and extra in _OPACITIES:
        return 2, True
    return int(samples == 1), False


@contextmanager
def tiff_pages(path: Path, file: BinaryIO) -> Iterator[TiffPages]:
    """The pages of a TIFF for the block. Raises UserError data.corrupt, data.too_large,
    data.too_many_pixels, data.mode."""
    from tifffile import TiffFile

    file.seek(0)
    with quiet():
        try:
            whole = TiffFile(file)
            pages = TiffPages(path, whole)
        except Exception as error:  # hostile bytes raise anything
            raise failure(error, path) from None
        with whole:
            yield pages


class TiffPages:
    """Pages, and the channels of pages that are neither grey nor colour."""

    format = "TIFF"

    def __init__(self, path: Path, whole: TiffFile) -> None:
        self._path = path
        self._frames: list[tuple[TiffPage, int | None]] = []
        for index in range(min(FRAME_LIMIT, len(whole.pages))):
            page: Any = whole.pages[index]
            if not isinstance(page.imagewidth, int) or not isinstance(page.imagelength, int):
                raise UserError("data.corrupt", file=str(path), detail="no width or height")
            if index == 0 or not int(page.subfiletype) & _REDUCED_OR_MASK:
                self._frames += [(page, channel) for channel in _channels(page)]
        if not self._frames:
            raise UserError("data.corrupt", file=str(path), detail="no page")
        self.count = len(self._frames)

    def of_page(self, index: int) -> int:
        """The first frame that is of the page at this place in the file, 0 for none."""
        places = (n for n, (page, _) in enumerate(self._frames) if page.index == index)
        return next(places, 0)

    def size(self, frame: int) -> tuple[int, int]:
        page, _ = self._at(frame)
        lies = _orientation(page) in LYING
        width, height = page.imagewidth, page.imagelength
        return (height, width) if lies else (width, height)

    def area(self, frame: int) -> int:
        page, _ = self._at(frame)
        return page.imagewidth * page.imagelength

    def name(self, frame: int) -> str:
        page, channel = self._at(frame)
        if self.count == 1:
            return ""
        if channel is None:
            return str(frame + 1) if len(_channels(page)) == 1 else self._of(page, "c 1-3")
        return self._of(page, f"c {channel + 1}")

    def _of(self, page: TiffPage, channel: str) -> str:
        alone = self._frames[0][0] is self._frames[-1][0]
        return channel if alone else f"{page.index + 1} {channel}"

    def read(self, frame: int, **_ways: object) -> Plane:
        page, channel = self._at(frame)
        try:
            return self._plane(page, channel)
        except Exception as error:  # hostile bytes raise anything
            raise failure(error, self._path) from None

    def _at(self, frame: int) -> tuple[TiffPage, int | None]:
        require(frame, self.count, self._path)
        return self._frames[frame]

    def _plane(self, page: TiffPage, channel: int | None) -> Plane:
        self._refuse(page)
        values = _pixels(page)
        if channel is not None:
            values = values[..., channel]
        elif values.ndim == 3:
            shown, clear = _picture_of(page)
            values = over_white(values[..., :shown]) if clear else values[..., :shown]
        turn = _orientation(page)
        values = np.ascontiguousarray(turned_values(values, turn))
        mode = str(getattr(page.photometric, "name", page.photometric))
        bits = int(page.bitspersample)
        spacing = _spacing(page, turn)
        if values.ndim == 3:
            if int(page.photometric) not in (_RGB, _YCBCR, _BLACK_IS_ZERO):
                raise UserError("data.mode", file=str(self._path), mode=mode)
            return deep_colour(values, mode, bits, spacing=spacing, orientation=turn)
        inverted = int(page.photometric) == _WHITE_IS_ZERO and values.dtype.kind != "b"
        return Plane(image_of(values), mode, bits, turn, spacing=spacing, inverted=inverted)

    def _refuse(self, page: TiffPage) -> None:
        width, height = int(page.imagewidth), int(page.imagelength)
        samples = max(1, int(page.samplesperpixel))
        refuse_too_large(width, height, samples, self._path)
        refuse_too_large(int(page.tilewidth or 1), int(page.tilelength or 1), 1, self._path)
        if int(getattr(page, "imagedepth", 1)) != 1:
            raise UserError("data.mode", file=str(self._path), mode="3D")
        if int(page.compression) == 1:
            need = width * height * samples * int(page.bitspersample) // 8
            if sum(page.databytecounts) < need:
                raise UserError("data.truncated", file=str(self._path))
        if int(page.compression) in _CODESTREAMS:
            self._check_segments(page)

    def _check_segments(self, page: TiffPage) -> None:
        """A small segment may hold a picture that says it is huge."""
        handle = page.parent.filehandle
        for offset, size in zip(page.dataoffsets, page.databytecounts, strict=False):
            handle.seek(offset)
            said = stated_size(handle.read(min(size, 2**16)))
            if said is not None:
                refuse_too_large(*said, 1, self._path)


def _channels(page: TiffPage) -> list[int | None]:
    """The frames of a page: None for its picture, and the numbers of the channels that are no
    part of one."""
    shown, _ = _picture_of(page)
    picture = [None] if shown else []
    return [*picture, *range(shown, min(int(page.samplesperpixel), 1000))]


def _picture_of(page: TiffPage) -> tuple[int, bool]:
    extra = tuple(map(int, page.extrasamples))
    return _picture(int(page.photometric), int(page.samplesperpixel), extra)


def _pixels(page: TiffPage) -> NDArray[Any]:
    """[h, w] or [h, w, samples]."""
    values: NDArray[Any] = page.asarray(maxworkers=1)
    if values.ndim == 3 and page.planarconfig == 2 and values.shape[0] == page.samplesperpixel:
        values = np.moveaxis(values, 0, -1)
    if values.ndim not in (2, 3):
        raise ValueError(f"{values.ndim} axes")
    return values


def _orientation(page: TiffPage) -> int:
    tag = page.tags.get(_ORIENTATION)
    value = int(tag.value) if tag is not None and isinstance(tag.value, int) else 1
    return value if 1 <= value <= 8 else 1


def _spacing(page: TiffPage, turn: int) -> Any:
    def value(code: int) -> Any:
        tag = page.tags.get(code)
        return None if tag is None else tag.value

    def ratio(code: int) -> float:
        pair = value(code)
        return pair[0] / pair[1] if isinstance(pair, tuple) and pair[1] else 0.0

    found = of_tiff(str(value(_DESCRIPTION) or ""), (ratio(_X), ratio(_Y)), value(_UNIT) or 0)
    return found.turned() if found is not None and turn in LYING else found
