"""Copies of files without their metadata, whatever kind of picture they are."""

from __future__ import annotations

import zlib
from enum import Enum
from mmap import ACCESS_READ, mmap
from pathlib import Path

from tlstudio.imaging.new_files import new_file
from tlstudio.imaging.stripping import avif, gif, jp2, jpeg, nifti, png, pnm, tiff, webp
from tlstudio.imaging.stripping.pieces import Odd, Piece, write

_SMALL = 2**17
"""Bytes up to which a file is read as a whole: quicker than to map it."""


class Left(Enum):
    """What was left behind: NOTHING (no copy was made, for the file may be copied as it is), what
    it said (METADATA), or UNKNOWN: its parts could not be told apart, and no copy was made."""

    NOTHING = "nothing"
    METADATA = "metadata"
    UNKNOWN = "unknown"


def strip_copy(source: Path, target: Path | None, kind: str, orientation: int = 1) -> Left:
    """Write `source`, a file of this kind (SourceFacts.format) that is turned so, to the new file
    `target` without what it says beside its pixels; without a target it is only told what would
    be left behind. Raises OSError; nothing is left then but a file that lay there before, over
    which it raises FileExistsError.
    """
    try:
        if kind == "NIFTI":
            packed = source.name.lower().endswith(".gz")
            return Left.METADATA if nifti.copy(source, target, packed=packed) else Left.NOTHING
        with source.open("rb") as file:
            start = file.read(_SMALL + 1)
            if len(start) <= _SMALL:
                return _stripped(start, target, kind, orientation)
            with mmap(file.fileno(), 0, access=ACCESS_READ) as data:
                return _stripped(data, target, kind, orientation)
    except (Odd, EOFError, zlib.error, ValueError, IndexError):
        return Left.UNKNOWN


def _stripped(data: mmap | bytes, target: Path | None, kind: str, orientation: int) -> Left:
    pieces = _pieces(data, kind, orientation)
    if pieces is None:
        return Left.NOTHING
    if target is not None:
        with new_file(target) as out:
            write(data, pieces, out)
    return Left.METADATA


def _pieces(data: mmap | bytes, kind: str, orientation: int) -> list[Piece] | None:
    match kind:
        case "JPEG" | "MPO":
            return jpeg.pieces(data, orientation)
        case "PNG":
            return png.pieces(data, orientation)
        case "WEBP":
            return webp.pieces(data, orientation)
        case "TIFF":
            return tiff.pieces(data)
        case "GIF":
            return gif.pieces(data)
        case "JPEG2000":
            return jp2.pieces(data)
        case "AVIF":
            return avif.pieces(data)
        case "PPM":
            return pnm.pieces(data)
        case _:  # BMP has no place for words
            return None
