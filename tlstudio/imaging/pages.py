"""An image file with its header read: how many frames it has, and each of them decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from PIL import Image

from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.limits import FRAME_LIMIT, require
from tlstudio.imaging.plain import LYING, decoded, failure, identified, opened, orientation_of
from tlstudio.imaging.planes import Plane
from tlstudio.imaging.spacing import file_spacing

HEAD = 352
"""Bytes from the beginning of a file that tell what it is."""

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
def opened_pages(path: Path) -> Iterator[Pages]:
    """The file's pages for as long as the block lasts.

    Raises the UserErrors of `reading.read_image`.
    """
    with opened(path) as file:
        head = file.read(HEAD)
    if looks_like_dicom(path, head):
        from tlstudio.imaging.dicom.reading import dicom_pages

        with dicom_pages(path) as frames:
            yield frames
        return
    with opened(path) as file, identified(file, path) as image:
        yield PlainPages(image, path)


class PlainPages:
    """What Pillow reads: animated pictures frame by frame, TIFFs page by page."""

    def __init__(self, image: Image.Image, path: Path) -> None:
        self._image, self._path = image, path
        self.format = image.format or ""
        self.count = _frames(image)

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
        whole, orientation = decoded(image, self._path, lasting=lasting)
        if spacing is not None and orientation in LYING:
            spacing = Spacing(spacing.y, spacing.x, spacing.unit)
        return Plane(whole, mode, depth, orientation, spacing=spacing)

    def _at(self, frame: int) -> Image.Image:
        """The image turned to that frame, its pixels not yet decoded."""
        require(frame, self.count, self._path)
        if self.count > 1 and frame != self._image.tell():
            try:
                self._image.seek(frame)
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


def _frames(image: Image.Image) -> int:
    """Pages or frames; previews that cameras add to a JPEG do not count."""
    if image.format == "MPO":
        return 1
    try:
        return min(FRAME_LIMIT, int(getattr(image, "n_frames", 1)))
    except Exception:  # a broken later page never costs the first
        return 1
