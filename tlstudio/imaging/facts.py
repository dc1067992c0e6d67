"""All that indexing needs of a file, from one decode: facts, hashes, thumbnail."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SourceFacts
from tlstudio.imaging.budget import DECODING
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.hashes import near_hash, pixel_hash
from tlstudio.imaging.pages import Pages, opened_pages
from tlstudio.imaging.plain import opened

THUMBNAIL_SIDE = 256
_QUALITY = 85


def examine(path: Path) -> tuple[SourceFacts, bytes]:
    """Facts of `path` and its thumbnail: a JPEG of at most 256 pixels a side.

    The file is opened once and decoded once. Raises the UserErrors of `reading.read_image`.
    Safe from several threads: together they hold no more than the pixel budget.
    """
    with opened_pages(path) as pages, DECODING.holding(pages.area(0)):
        return _examined(pages, path)


def _examined(pages: Pages, path: Path) -> tuple[SourceFacts, bytes]:
    plane = pages.read(0)
    canonical = plane.image
    with opened(path) as file:
        status = os.fstat(file.fileno())
        sha = hashlib.file_digest(file, "sha256").hexdigest()
    try:
        seen = to_8bit(canonical)
        facts = SourceFacts(
            size=status.st_size,
            mtime_ns=status.st_mtime_ns,
            sha256=sha,
            width=canonical.width,
            height=canonical.height,
            mode=plane.mode,
            bit_depth=plane.bit_depth,
            pixel_hash=pixel_hash(canonical, seen),
            near_hash=near_hash(seen),
            orientation=plane.orientation,
            format=pages.format,
            frames=pages.count,
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
