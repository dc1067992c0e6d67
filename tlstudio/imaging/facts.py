"""All that indexing needs of a file, from one decode: facts, hashes, thumbnail."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, NamedTuple

from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import FrameFacts, SourceFacts
from tlstudio.imaging.budget import DECODING
from tlstudio.imaging.dicom.header import damage
from tlstudio.imaging.dicom.reading import DicomPages
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.hashes import near_hashes, pixel_hash
from tlstudio.imaging.pages import Pages, opened_pages
from tlstudio.imaging.plain import opened
from tlstudio.imaging.planes import Plane

THUMBNAIL_SIDE = 256
_QUALITY = 85


Key = Callable[[], bytes]
"""Gives the secret that identifiers of patients are hashed with; asked only where there are any."""


_TOGETHER = 2**20
"""Pixels that are hashed and shrunk together; and bytes up to which a file is read at once."""

Seen = tuple[SourceFacts, bytes]


def examine(path: Path) -> Seen:
    """Facts of `path` and its first frame alone, and its thumbnail: a JPEG of at most 256 pixels
    a side.

    The file is opened once and decoded once. Raises the UserErrors of `reading.read_image`.
    Safe from several threads: together they hold no more than the pixel budget.
    """
    found = examine_several([path])[0]
    if isinstance(found, UserError):
        raise found
    return found


def examine_several(paths: Sequence[Path]) -> list[Seen | UserError]:
    """What `examine` returns or raises for each of them.

    Small pictures are decoded first and then hashed and shrunk one step at a time for all: a
    step that follows itself takes half the time.
    """
    found: dict[Path, Seen | UserError] = {}
    waiting: list[_Decoded] = []

    def look() -> None:
        for one, face in zip(waiting, _faces(waiting), strict=True):
            found[one.path] = face if isinstance(face, UserError) else (one.facts(face[0]), face[1])
        waiting.clear()

    for path in dict.fromkeys(paths):
        try:
            with _content(path) as content, opened_pages(path, content.file) as pages:
                area = pages.area(0)
                with DECODING.holding(area):
                    waiting.append(_Decoded.first(path, pages, content))
                    if area * len(waiting) > _TOGETHER:
                        look()
        except UserError as error:
            found[path] = error
    look()
    return [found[path] for path in paths]


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
    with _content(path) as content, opened_pages(path, content.file) as pages:
        with DECODING.holding(pages.area(0)):
            first = _Decoded.first(path, pages, content)
            face, thumb = _face(first)
            facts = first.facts(face)
        thumbnails = {facts.pixel_hash: thumb}
        further: list[FrameFacts] = []
        broken: list[tuple[int, UserError]] = []
        for frame in range(1, pages.count):
            check()
            try:
                with DECODING.holding(pages.area(frame)):
                    found, thumb = _face(
                        _Decoded(path, pages.read(frame), frame, pages.name(frame))
                    )
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


@dataclass(frozen=True, slots=True)
class _Content:
    """A file open at its beginning; `sha256` is "" where it was too large to read it for that."""

    file: BinaryIO
    size: int
    mtime_ns: int
    sha256: str


@contextmanager
def _content(path: Path) -> Iterator[_Content]:
    """The file opened, small ones read. Raises the UserErrors of `plain.opened`."""
    with opened(path) as file:
        try:
            status = os.fstat(file.fileno())
            raw = file.read() if status.st_size <= _TOGETHER else None
        except OSError as error:
            detail = error.strerror or str(error)
            raise UserError("data.unreadable", file=str(path), detail=detail) from None
        known = (status.st_size, status.st_mtime_ns)
        if raw is None:
            yield _Content(file, *known, "")
        else:
            yield _Content(io.BytesIO(raw), *known, hashlib.sha256(raw).hexdigest())


@dataclass(frozen=True, slots=True)
class _Decoded:
    """A frame that was read, not yet hashed; `file` is what its file told, of a first one."""

    path: Path
    plane: Plane
    frame: int
    name: str
    file: _File | None = None

    @classmethod
    def first(cls, path: Path, pages: Pages, content: _Content) -> _Decoded:
        plane = pages.read(0)
        sha = content.sha256 or file_sha256(path)
        file = _File(content.size, content.mtime_ns, sha, pages.format, pages.count)
        return cls(path, plane, 0, pages.name(0), file)

    def facts(self, face: FrameFacts) -> SourceFacts:
        """Of the file and its first frame."""
        assert self.file is not None
        return SourceFacts(
            size=self.file.size,
            mtime_ns=self.file.mtime_ns,
            sha256=self.file.sha256,
            width=face.width,
            height=face.height,
            mode=face.mode,
            bit_depth=face.bit_depth,
            pixel_hash=face.pixel_hash,
            near_hash=face.near_hash,
            orientation=face.orientation,
            format=self.file.format,
            frames=self.file.frames,
        )


class _File(NamedTuple):
    size: int
    mtime_ns: int
    sha256: str
    format: str
    frames: int


Face = tuple[FrameFacts, bytes]
"""Facts of one frame, and its thumbnail."""


def _face(one: _Decoded) -> Face:
    """Raises UserError: data.mode, data.memory."""
    (face,) = _faces([one])
    if isinstance(face, UserError):
        raise face
    return face


def _faces(several: Sequence[_Decoded]) -> list[Face | UserError]:
    """The face of each, or why it has none."""
    try:
        return list(_together(several))
    except UserError as error:
        if len(several) == 1:
            return [UserError(error.code, file=str(several[0].path), **error.params)]
    except MemoryError:
        if len(several) == 1:
            return [UserError("data.memory", file=str(several[0].path))]
    return [face for one in several for face in _faces([one])]


def _together(several: Sequence[_Decoded]) -> list[Face]:
    seen = [to_8bit(one.plane.image) for one in several]
    pixels = [
        pixel_hash(one.plane.image, image, deep=one.plane.values, inverted=one.plane.inverted)
        for one, image in zip(several, seen, strict=True)
    ]
    nears = near_hashes(seen)
    thumbnails = [thumbnail(image) for image in seen]
    faces = []
    for one, pixel, near in zip(several, pixels, nears, strict=True):
        plane = one.plane
        faces.append(
            FrameFacts(
                width=plane.image.width,
                height=plane.image.height,
                mode=plane.mode,
                bit_depth=plane.bit_depth,
                pixel_hash=pixel,
                near_hash=near,
                orientation=plane.orientation,
                frame=one.frame,
                name=one.name,
            )
        )
    return list(zip(faces, thumbnails, strict=True))


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
