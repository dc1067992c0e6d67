"""All that indexing needs of a file, from one decode: facts, hashes, thumbnail."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import FrameFacts, SourceFacts
from tlstudio.imaging.budget import DECODING
from tlstudio.imaging.dicom.header import damage
from tlstudio.imaging.dicom.reading import DicomPages
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.hashes import near_hash, pixel_hash
from tlstudio.imaging.pages import Pages, opened_pages
from tlstudio.imaging.plain import opened

THUMBNAIL_SIDE = 256
_QUALITY = 85


Key = Callable[[], bytes]
"""Gives the secret that identifiers of patients are hashed with; asked only where there are any."""


def examine(path: Path) -> tuple[SourceFacts, bytes]:
    """Facts of `path` and its first frame alone, and its thumbnail: a JPEG of at most 256 pixels
    a side.

    The file is opened once and decoded once. Raises the UserErrors of `reading.read_image`.
    Safe from several threads: together they hold no more than the pixel budget.
    """
    with opened_pages(path) as pages, DECODING.holding(pages.area(0)):
        return _examined(pages, path)


@dataclass(frozen=True, slots=True)
class Examined:
    """Facts of a file with all of its frames, the thumbnails of these by pixel hash, and why
    frames of it were left out (frame from 0, and the error)."""

    facts: SourceFacts
    thumbnails: dict[str, bytes]
    broken: tuple[tuple[int, UserError], ...] = ()


def examine_all(path: Path, key: Key, check: Callable[[], None] = lambda: None) -> Examined:
    """Every frame of `path`, one at a time, the file opened once. `check` is called between
    frames and may raise. A frame that cannot be decoded is left out, unless it is the first.

    Raises the UserErrors of `reading.read_image`; as safe from several threads as `examine`.
    """
    with opened_pages(path) as pages:
        with DECODING.holding(pages.area(0)):
            facts, thumb = _examined(pages, path)
        thumbnails = {facts.pixel_hash: thumb}
        further: list[FrameFacts] = []
        broken: list[tuple[int, UserError]] = []
        for frame in range(1, pages.count):
            check()
            try:
                with DECODING.holding(pages.area(frame)):
                    found, thumb = _frame(pages, frame, path)
            except UserError as error:
                broken.append((frame, error))
                continue
            further.append(found)
            thumbnails[found.pixel_hash] = thumb
        facts = replace(facts, further=tuple(further), name=pages.name(0))
        if isinstance(pages, DicomPages):
            try:
                facts = _with_origin(facts, pages, key)
            except Exception as error:  # hostile bytes raise anything
                raise damage(error, path) from None
        return Examined(facts, thumbnails, tuple(broken))


def _with_origin(facts: SourceFacts, pages: DicomPages, key: Key) -> SourceFacts:
    origin = pages.origin
    return replace(
        facts,
        group=origin.group(key()),
        series=origin.series_of(key()),
        position=pages.position(0),
        further=tuple(replace(each, position=pages.position(each.frame)) for each in facts.further),
        notes=pages.notes,
    )


def _examined(pages: Pages, path: Path) -> tuple[SourceFacts, bytes]:
    first, thumb = _frame(pages, 0, path)
    with opened(path) as file:
        status = os.fstat(file.fileno())
        sha = hashlib.file_digest(file, "sha256").hexdigest()
    facts = SourceFacts(
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        sha256=sha,
        width=first.width,
        height=first.height,
        mode=first.mode,
        bit_depth=first.bit_depth,
        pixel_hash=first.pixel_hash,
        near_hash=first.near_hash,
        orientation=first.orientation,
        format=pages.format,
        frames=pages.count,
    )
    return facts, thumb


def _frame(pages: Pages, frame: int, path: Path) -> tuple[FrameFacts, bytes]:
    """Facts of one frame, and its thumbnail."""
    plane = pages.read(frame)
    canonical = plane.image
    try:
        seen = to_8bit(canonical)
        facts = FrameFacts(
            width=canonical.width,
            height=canonical.height,
            mode=plane.mode,
            bit_depth=plane.bit_depth,
            pixel_hash=pixel_hash(canonical, seen, deep=plane.values, inverted=plane.inverted),
            near_hash=near_hash(seen),
            orientation=plane.orientation,
            frame=frame,
            name=pages.name(frame),
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
    seen.save(buffer, "JPEG", quality=_QUALITY, comment=b"")  # Pillow hands one on by itself
    return buffer.getvalue()


def file_sha256(path: Path) -> str:
    """SHA-256 of the bytes of `path`; raises the UserErrors of an unreadable file."""
    with opened(path) as file:
        try:
            return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            detail = error.strerror or str(error)
            raise UserError("data.unreadable", file=str(path), detail=detail) from None
