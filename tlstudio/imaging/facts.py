"""All that indexing needs of a file, from one decode: facts, hashes, thumbnail."""

from __future__ import annotations

import hashlib
import io
import os
from io import BufferedReader
from pathlib import Path

from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.imaging.budget import DECODING
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.hashes import near_hash, pixel_hash
from tlstudio.imaging.reading import decoded, identified, opened

THUMBNAIL_SIDE = 256
_QUALITY = 85
_DEPTHS = {"1": 1, "I": 32, "F": 32, "I;16": 16, "I;16B": 16, "I;16L": 16, "I;16N": 16}


def examine(path: Path) -> tuple[SourceFacts, bytes]:
    """Facts of `path` and its thumbnail: a JPEG of at most 256 pixels a side.

    The file is opened once and decoded once. Raises the UserErrors of `reading.read_image`.
    Safe from several threads: together they hold no more than the pixel budget.
    """
    with (
        opened(path) as file,
        identified(file, path) as image,
        DECODING.holding(image.width * image.height),
    ):
        return _examined(file, image, path)


def _examined(file: BufferedReader, image: Image.Image, path: Path) -> tuple[SourceFacts, bytes]:
    kind, mode, depth = image.format or "", image.mode, _bit_depth(image)
    canonical, orientation = decoded(image, path)
    frames = _frames(image)
    status = os.fstat(file.fileno())
    file.seek(0)
    sha = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        seen = to_8bit(canonical)
        facts = SourceFacts(
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            sha256=sha,
            width=canonical.width,
            height=canonical.height,
            mode=mode,
            bit_depth=depth,
            pixel_hash=pixel_hash(canonical, seen),
            near_hash=near_hash(seen),
            orientation=orientation,
            format=kind,
            frames=frames,
        )
        return facts, thumbnail(seen)
    except UserError as error:
        raise UserError(error.code, file=str(path), **error.params) from None
    except MemoryError:
        raise UserError("data.memory", file=str(path)) from None


def thumbnail(seen: Image.Image, side: int = THUMBNAIL_SIDE) -> bytes:
    """JPEG of an RGB or L image, at most `side` pixels a side, never enlarged."""
    scale = min(1.0, side / max(seen.size))
    size = (max(1, round(seen.width * scale)), max(1, round(seen.height * scale)))
    if size != seen.size:
        seen = seen.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
    buffer = io.BytesIO()
    seen.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()


def file_sha256(path: Path) -> str:
    """SHA-256 of the bytes of `path`; raises the UserErrors of an unreadable file."""
    with opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            detail = error.strerror or str(error)
            raise UserError("data.unreadable", file=str(path), detail=detail) from None


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
        return int(getattr(image, "n_frames", 1))
    except Exception:  # a broken later page never costs the first
        return 1
