"""Unpacking a zip or tar archive that anyone may have made, into a folder that is ours alone.

Nothing is written outside the folder and no link is made, whatever a member is called. An
archive that claims, or turns out, to hold far more than it weighs is refused as a whole.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
import unicodedata
from collections.abc import Callable
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.domain.texts import one_line
from tlstudio.formats._archive_members import (
    BROKEN,
    FILE,
    FOLDER,
    LINK,
    Member,
    count_and_size,
    members,
)
from tlstudio.formats.walk import quiet

SUFFIXES = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
OTHER_SUFFIXES = (".7z", ".rar", ".tar.zst", ".tzst")
"""Archives that are not unpacked here."""

MOST_FILES = 1_000_000
_ALWAYS = 512 * 2**20
_RATIO = 200
"""Bytes that any archive may unpack to, and how many times its own size beyond that."""
_SPARE = 200 * 2**20
"""Bytes that stay free on the disk."""
_BIG = 64 * 2**20
_CHUNK = 2**20
_LONGEST = 255
"""Bytes of one part of a name on most file systems."""
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def is_archive(path: Path) -> bool:
    """Whether it is called like an archive, of a kind that is unpacked here or not."""
    return path.name.lower().endswith((*SUFFIXES, *OTHER_SUFFIXES))


def stem_of(path: Path) -> str:
    """The name of an archive without its ending."""
    name = path.name
    for suffix in sorted((*SUFFIXES, *OTHER_SUFFIXES), key=len, reverse=True):
        if name.lower().endswith(suffix):
            return name[: -len(suffix)] or "archive"
    return name


def unpack(
    archive: Path, folder: Path, progress: Progress = silent, cancel: Cancel | None = None
) -> list[Skipped]:
    """Unpack `archive` into the new `folder`; members that were left out, each with the reason.

    Raises UserError: data.archive_kind, data.archive_broken, data.archive_locked,
    data.archive_bomb, data.archive_files, data.archive_room; and Cancelled.
    """
    if archive.name.lower().endswith(OTHER_SUFFIXES):
        raise UserError("data.archive_kind", file=str(archive))
    folder.mkdir(parents=True)
    return _Unpacking(archive, folder, progress, cancel).run()


class _Unpacking:
    def __init__(
        self, archive: Path, folder: Path, progress: Progress, cancel: Cancel | None
    ) -> None:
        self._archive, self._folder = archive, folder
        self._progress, self._cancel = progress, cancel
        try:
            weight = archive.stat().st_size
        except OSError as error:
            detail = error.strerror or str(error)
            raise UserError("data.archive_broken", file=str(archive), detail=detail) from None
        self._most = max(_ALWAYS, _RATIO * weight)
        self._claimed = self._count = 0
        self._skipped: list[Skipped] = []

    def run(self) -> list[Skipped]:
        known = count_and_size(self._archive)
        if known is not None:
            self._allow(*known)
            self._room_for(known[1])
        for member in members(self._archive):
            if self._cancel is not None:
                self._cancel.check()
            self._count += 1
            self._claimed += member.size
            if known is None:
                self._allow(self._count, self._claimed)
                if member.size > _BIG:
                    self._room_for(member.size)
            self._take(member)
            if self._count % 50 == 0:
                total = None if known is None else known[0]
                self._progress(Step("data.stage.unpacking", self._count, total))
        return self._skipped

    def _allow(self, count: int, size: int) -> None:
        file = str(self._archive)
        if count > MOST_FILES:
            raise UserError("data.archive_files", file=file, limit=MOST_FILES)
        if size > self._most:
            raise UserError("data.archive_bomb", file=file, size=size // 10**6)

    def _room_for(self, size: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if size + _SPARE > free:
            raise self._no_room(size)

    def _no_room(self, size: int) -> UserError:
        file, mega = str(self._archive), 10**6
        free = shutil.disk_usage(self._folder).free
        return UserError("data.archive_room", file=file, need=-(-size // mega), free=free // mega)

    def _take(self, member: Member) -> None:
        parts = _parts(member.name)
        if parts is None:
            self._skip(member, "data.archive_climbs")
        elif any(quiet(part) for part in parts) or member.kind == FOLDER:
            return  # folders come with their files
        elif member.kind == LINK:
            self._skip(member, "data.archive_link")
        elif member.kind != FILE:
            self._skip(member, "data.not_file")
        elif not parts or any(not _fits(part) for part in parts):
            self._skip(member, "data.archive_name")
        elif member.locked:
            raise UserError("data.archive_locked", file=str(self._archive))
        else:
            self._write(member, parts)

    def _write(self, member: Member, parts: list[str]) -> None:
        target = self._folder.joinpath(*parts)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as out:
                self._pour(member, out.write)
        except FileExistsError:
            self._skip(member, "data.archive_twice")
        except BROKEN as error:
            target.unlink(missing_ok=True)
            self._skip(member, "data.archive_member", detail=" ".join(str(error).split())[:200])
        except OSError as error:
            if error.errno in _FULL:
                raise self._no_room(self._claimed) from None
            target.unlink(missing_ok=True)
            self._skip(member, "data.archive_member", detail=error.strerror or str(error))

    def _pour(self, member: Member, write: Callable[[bytes], object]) -> None:
        source, left = member.open(), member.size
        if source is None:
            raise ValueError("no content")
        with source:
            while chunk := source.read(_CHUNK):
                if self._cancel is not None:
                    self._cancel.check()
                left -= len(chunk)
                if left < 0:
                    raise ValueError("longer than the archive says")
                write(chunk)
        if left:
            raise ValueError("shorter than the archive says")

    def _skip(self, member: Member, reason: str, **params: object) -> None:
        shown = f"{self._archive.name}/{one_line(member.name)[:300]}"
        self._skipped.append(Skipped(shown, reason, params))


def _parts(name: str) -> list[str] | None:
    """The folders and the file of a member; None where it means to lie outside the archive."""
    plain = unicodedata.normalize("NFC", name.replace("\\", "/"))
    if plain.startswith("/") or re.match(r"^[A-Za-z]:/", plain):
        return None
    parts = [part for part in plain.split("/") if part not in ("", ".")]
    return None if ".." in parts else parts


_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NOT_ON_WINDOWS = re.compile(r'.*[<>:"|?*].*|.*[. ]|(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?', re.I)


def _fits(part: str) -> bool:
    """Whether a file can be called so here."""
    try:
        long = len(part.encode()) > _LONGEST
    except UnicodeEncodeError:
        return False
    if long or _CONTROL.search(part):
        return False
    return os.name != "nt" or not _NOT_ON_WINDOWS.fullmatch(part)
