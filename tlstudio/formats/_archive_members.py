"""What a zip or tar archive says that it holds, one member after the other; nothing is written."""

from __future__ import annotations

import lzma
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tlstudio.domain.errors import UserError

FILE, FOLDER, LINK, OTHER = "file", "folder", "link", "other"

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError,
    OverflowError, NotImplementedError, struct.error, UnicodeError, IndexError,
)  # fmt: skip
"""What the libraries raise for archives, or members, that are not what they should be."""

_HEADER = 16 * 2**20
"""Bytes that a tar file may have before a member: names and the like, never more."""


@dataclass(frozen=True, slots=True)
class Member:
    """`size` is what the archive claims. `open` raises those of BROKEN and OSError."""

    name: str
    kind: str
    size: int
    locked: bool
    open: Callable[[], IO[bytes] | None]


def count_and_size(archive: Path) -> tuple[int, int] | None:
    """(members, bytes) that a zip file claims; None for tar, which has no list of its own.

    Raises UserError("data.archive_broken").
    """
    if not _is_zip(archive):
        return None
    with reading(archive), zipfile.ZipFile(archive) as zipped:
        listed = zipped.infolist()
        return len(listed), sum(info.file_size for info in listed)


def members(archive: Path) -> Iterator[Member]:
    """All members in their order. Raises UserError("data.archive_broken")."""
    with reading(archive):
        yield from (_of_zip(archive) if _is_zip(archive) else _of_tar(archive))


@contextmanager
def reading(archive: Path) -> Iterator[None]:
    """What goes wrong in the archive as a whole is said of it."""
    try:
        yield
    except (*BROKEN, OSError) as error:
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        raise UserError("data.archive_broken", file=str(archive), detail=detail) from None


def _is_zip(archive: Path) -> bool:
    return archive.suffix.lower() == ".zip"


def _of_zip(archive: Path) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as zipped:
        for info in zipped.infolist():
            mode = info.external_attr >> 16
            kind = FILE
            if info.is_dir():
                kind = FOLDER
            elif stat.S_ISLNK(mode):
                kind = LINK
            elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                kind = OTHER
            locked = bool(info.flag_bits & 0x1)
            yield Member(_name(info), kind, info.file_size, locked, _opener(zipped, info))


def _opener(zipped: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: zipped.open(info)


def _name(info: zipfile.ZipInfo) -> str:
    """The name as it was meant: many tools write UTF-8 and do not say so."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _of_tar(archive: Path) -> Iterator[Member]:
    with tarfile.open(archive) as plain:
        # Only its own reader knows how to unpack; it is asked for no more than a header holds.
        assert plain.fileobj is not None
        plain.fileobj = _Sparing(plain.fileobj)  # type: ignore[assignment, arg-type]
        while (info := plain.next()) is not None:
            kind = OTHER
            if info.isdir():
                kind = FOLDER
            elif info.issym() or info.islnk():
                kind = LINK
            elif info.isfile():
                kind = FILE
            yield Member(info.name, kind, info.size, False, _taker(plain, info))
            plain.members = []  # type: ignore[attr-defined]  # a million are not kept


def _taker(plain: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes] | None]:
    return lambda: plain.extractfile(info)


class _Sparing:
    """A file of which nobody can ask for gigabytes at once: a packed header may claim them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _HEADER:
            raise tarfile.ReadError("a header claims to be huge")
        return self._file.read(size)

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(place, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    @property
    def closed(self) -> bool:
        return self._file.closed

    def flush(self) -> None:
        """Nothing is written."""

    def close(self) -> None:
        self._file.close()
