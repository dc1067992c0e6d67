"""An image file with its header read: how many frames it has, and each of them decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.dicom.reading import dicom_pages
from tlstudio.imaging.limits import FRAME_LIMIT, require
from tlstudio.imaging.nifti import looks_like_nifti, nifti_pages
from tlstudio.imaging.plain import (
    LYING,
    decoded,
    failure,
    identified,
    opened,
    orientation_of,
    turned_values,
)
from tlstudio.imaging.planes import Plane, deep_colour, image_of, over_white
from tlstudio.imaging.spacing import file_spacing
from tlstudio.imaging.tiff import has_channels, needs_tifffile, tiff_pages

HEAD = 352
"""Bytes from the beginning of a file that tell what it is."""

_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_SUBFILE, _REDUCED_OR_MASK = 254, 1 | 4

_DEPTHS = {"1": 1, "I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16}


class Pages(Protocol):
    """`format` names the kind of file in capitals; `count` its frames, pages or slices."""

    format: str
    count: int

    def size(self, frame: int) -> tuple[int, int]:
        """(width, height) of the canonical image of a frame, told by headers where they do."""

    def area(self, frame: int) -> int:
        """How many pixels a frame has, told by headers alone."""

    def read(self, frame: int, *, draft_to: int | None = None, lasting: bool = True) -> Plane:
        """A frame, decoded. Unless it is to be `lasting` its image may end with the file."""

    def name(self, frame: int) -> str:
        """What the frame is called among those of its file: "12", "z 12"; "" for the only one."""


@contextmanager
def opened_pages(path: Path, file: BinaryIO | None = None) -> Iterator[Pages]:
    """The file's pages for as long as the block lasts. `file` is what `path` holds, open at its
    beginning, where somebody has opened it already.

    Raises the UserErrors of `reading.read_image`.
    """
    with ExitStack() as after:
        if file is None:
            file = after.enter_context(opened(path))
        head = file.read(HEAD)
        file.seek(0)
        if looks_like_dicom(path, head):
            yield after.enter_context(dicom_pages(path))
        elif looks_like_nifti(path, head):
            yield after.enter_context(nifti_pages(path))
        else:
            yield _picture_pages(path, file, head, after)


def _picture_pages(path: Path, file: BinaryIO, head: bytes, after: ExitStack) -> Pages:
    try:
        image = after.enter_context(identified(file, path))
    except UserError as error:
        if error.code not in ("data.not_image", "data.corrupt") or head[:4] not in _TIFF:
            raise
    else:
        if image.format != "TIFF" or not has_channels(image):
            return PlainPages(image, path)
    return after.enter_context(tiff_pages(path, file))


class PlainPages:
    """What Pillow reads: animated pictures frame by frame, TIFFs page by page."""

    def __init__(self, image: Image.Image, path: Path) -> None:
        self._image, self._path = image, path
        self.format = image.format or ""
        self._kept = _frames(image)
        self.count = len(self._kept)

    def size(self, frame: int) -> tuple[int, int]:
        image = self._at(frame)
        lies = orientation_of(image) in LYING
        return (image.height, image.width) if lies else (image.width, image.height)

    def area(self, frame: int) -> int:
        image = self._at(frame)
        return image.width * image.height

    def name(self, frame: int) -> str:
        return str(frame + 1) if self.count > 1 else ""

    def read(self, frame: int, *, draft_to: int | None = None, lasting: bool = True) -> Plane:
        image = self._at(frame)
        if draft_to is not None and self.format in ("JPEG", "MPO"):
            image.draft(image.mode, (draft_to, draft_to))
        mode, depth, spacing = image.mode, _bit_depth(image), file_spacing(image)
        if self.format == "TIFF" and needs_tifffile(image):
            return self._by_tifffile(frame)
        if self.format == "PNG" and depth == 16 and mode in ("RGB", "RGBA", "LA"):
            return self._deep_png(mode)
        try:
            whole, orientation = decoded(image, self._path, lasting=lasting)
        except UserError:
            if self.format != "TIFF":
                raise
            return self._by_tifffile(frame)
        if spacing is not None and orientation in LYING:
            spacing = spacing.turned()
        return Plane(whole, mode, depth, orientation, spacing=spacing)

    def _by_tifffile(self, frame: int) -> Plane:
        with opened(self._path) as file, tiff_pages(self._path, file) as pages:
            return pages.read(pages.of_page(self._kept[frame]))

    def _deep_png(self, mode: str) -> Plane:
        """Colour of 16 bits a channel, which Pillow cuts down to 8."""
        import imagecodecs

        try:
            values = imagecodecs.png_decode(self._path.read_bytes())
            orientation = orientation_of(self._image)
        except Exception as error:  # decoders raise anything on hostile bytes
            raise failure(error, self._path) from None
        if mode != "RGB":
            values = over_white(values)
        values = turned_values(values, orientation)
        if values.ndim == 2:
            return Plane(image_of(values), mode, 16, orientation)
        return deep_colour(np.ascontiguousarray(values), mode, 16, orientation=orientation)

    def _at(self, frame: int) -> Image.Image:
        """The image turned to that frame, its pixels not yet decoded."""
        require(frame, self.count, self._path)
        if self._kept[-1] > 0 and self._kept[frame] != self._image.tell():
            try:
                self._image.seek(self._kept[frame])
            except Exception as error:  # decoders raise anything on hostile bytes
                raise failure(error, self._path) from None
        return self._image


def _bit_depth(image: Image.Image) -> int:
    """Bits a channel in the file: Pillow gives 16-bit colour as 8-bit RGB, the raw mode tells."""
    if image.mode in _DEPTHS:
        return _DEPTHS[image.mode]
    for tile in image.tile if hasattr(image, "tile") else ():
        arguments = tile[3] if isinstance(tile[3], tuple) else (tile[3],)
        if any(isinstance(word, str) and ";16" in word for word in arguments):
            return 16
    return 8


def _frames(image: Image.Image) -> range | list[int]:
    """Places of pages or frames in the file; previews that cameras add to a JPEG, and smaller
    copies and masks that a TIFF carries beside its pages, do not count."""
    if image.format == "MPO":
        return range(1)
    try:
        there = range(min(FRAME_LIMIT, int(getattr(image, "n_frames", 1))))
        if image.format != "TIFF" or len(there) == 1:
            return there
        kept = [0]
        for place in there[1:]:
            image.seek(place)
            if not int(image.tag_v2.get(_SUBFILE, 0)) & _REDUCED_OR_MASK:  # type: ignore[attr-defined]
                kept.append(place)
        image.seek(0)
        return kept
    except Exception:  # a broken later page never costs the first
        return range(1)
