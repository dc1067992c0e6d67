"""Archives among the sources of an import: unpacked into a folder of ours, and let go of.

What a person looks at before they import is often the same archive, so the last one stays
unpacked until something else is looked at, the import is over, or the program ends.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.formats.archives import is_archive, stem_of, unpack
from tlstudio.storage.home import home

_OLD = 2 * 86_400
"""Seconds after which a folder left by a program that died is nobody's."""

_Key = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`places` are the sources with folders in place of archives; `skipped` are members that
    were left out. `names` are the archives by their folders, for what is said to a person."""

    places: list[Path]
    skipped: tuple[Skipped, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)

    def told(self, text: str) -> str:
        """The text with the archive's name in place of where it was unpacked."""
        for folder, name in self.names.items():
            text = text.replace(folder, name)
        return text

    def told_skipped(self, items: Sequence[Skipped]) -> list[Skipped]:
        """The same of files left out."""
        if not self.names:
            return list(items)
        return [Skipped(self.told(i.file), i.reason, self.told_params(i.params)) for i in items]

    def told_notices(self, items: Sequence[Notice]) -> list[Notice]:
        """The same of remarks."""
        if not self.names:
            return list(items)
        return [Notice(item.code, self.told_params(item.params)) for item in items]

    def told_params(self, params: Mapping[str, object]) -> dict[str, object]:
        """The same of what a message is about."""
        return {k: self.told(v) if isinstance(v, str) else v for k, v in params.items()}


@dataclass(slots=True)
class _Entry:
    """One unpacking. `users` are imports and looks under way; `lock` is held while it is made."""

    folder: Path
    users: int = 0
    made: Unpacked | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


_entries: dict[_Key, _Entry] = {}
_guard = threading.Lock()


@contextmanager
def unpacked(
    places: Sequence[Path], progress: Progress = silent, cancel: Cancel | None = None
) -> Iterator[Unpacked]:
    """The sources with archives unpacked. A UserError from inside names the archive.

    Raises the UserErrors of `archives.unpack` and Cancelled; then nothing is left on the disk.
    """
    if not any(_is_ours(place) for place in places):
        yield Unpacked(list(places))
        return
    key = _key(places)
    entry = _entered(key)
    made = None
    try:
        with entry.lock:
            made = entry.made = entry.made or _made(entry.folder, places, progress, cancel)
        yield made
    except UserError as error:
        if made is None:
            raise
        file = None if error.file is None else made.told(error.file)
        raise UserError(error.code, file=file, **made.told_params(error.params)) from error
    finally:
        _left(key, entry)


def forget_archives() -> None:
    """Remove what archives were unpacked to, but for those in use."""
    with _guard:
        unused = [key for key, entry in _entries.items() if not entry.users]
        gone = [_entries.pop(key).folder for key in unused]
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)


atexit.register(forget_archives)


def _is_ours(place: Path) -> bool:
    return is_archive(place) and place.is_file()


def _key(places: Sequence[Path]) -> _Key:
    """The same for the same archives with the same content."""
    status = [(os.path.realpath(place), place.stat()) for place in places if _is_ours(place)]
    return tuple((path, found.st_size, found.st_mtime_ns) for path, found in status)


def _entered(key: _Key) -> _Entry:
    if key not in _entries:
        forget_archives()
    with _guard:
        if key not in _entries:
            _entries[key] = _Entry(_new_folder())
        _entries[key].users += 1
        return _entries[key]


def _left(key: _Key, entry: _Entry) -> None:
    """What could not be unpacked as a whole goes at once."""
    with _guard:
        entry.users -= 1
        useless = not entry.users and entry.made is None
        if useless and _entries.get(key) is entry:
            del _entries[key]
    if useless:
        shutil.rmtree(entry.folder, ignore_errors=True)


def _new_folder() -> Path:
    """A folder of our own; those that a program left that died are removed."""
    above = home() / "unpacked"
    above.mkdir(exist_ok=True)
    for left in above.iterdir():
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _OLD:
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(dir=above))


def _made(
    folder: Path, places: Sequence[Path], progress: Progress, cancel: Cancel | None
) -> Unpacked:
    shown: list[Path] = []
    skipped: list[Skipped] = []
    names: dict[str, str] = {}
    for number, place in enumerate(places):
        if not _is_ours(place):
            shown.append(place)
            continue
        inner = folder / str(number) / stem_of(place)
        shutil.rmtree(inner, ignore_errors=True)  # of an unpacking that was called off
        skipped += unpack(place, inner, progress, cancel)
        names[str(inner)] = str(place)
        shown.append(inner)
    return Unpacked(shown, tuple(skipped), names)
