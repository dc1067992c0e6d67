"""Listing a folder safely: no loops, nothing outside it, no clutter of file managers."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tlstudio.domain.images import Skipped
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.reading import looks_like_image

_CLUTTER = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r", "$recycle.bin"}
)
PROJECT_SUFFIX = ".tlproj"


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of the folder: `name` is its path below the folder with "/" between levels."""

    path: Path
    name: str
    image: bool

    @property
    def folders(self) -> tuple[str, ...]:
        return tuple(self.name.split("/")[:-1])


def quiet(name: str) -> bool:
    """Whether a name is clutter that nobody misses: hidden, or left by a file manager."""
    return name.startswith(".") or name.lower() in _CLUTTER


def list_files(
    root: Path, cancel: Cancel | None = None, prefix: str = ""
) -> tuple[list[Listed], list[Skipped]]:
    """All files below `root` in the order of their names, and what was left out with reasons.

    `prefix` (ending in "/") goes before every name. Links that stay inside are followed for
    files; links that lead out, and other projects' folders, are not entered.
    """
    found: list[Listed] = []
    skipped: list[Skipped] = []
    real_root = os.path.realpath(root)
    seen: set[tuple[int, int]] = set()
    todo: list[tuple[str, str]] = [(str(root), prefix)]
    while todo:
        folder, before = todo.pop()
        below: list[tuple[str, str]] = []
        for entry in _entries(folder, skipped):
            if cancel is not None:
                cancel.check()
            if quiet(entry.name):
                continue
            name = before + entry.name
            reason = _unfit(entry, name, real_root)
            if reason is not None:
                skipped.append(Skipped(_shown(entry.path), reason))
            elif _is_folder(entry):
                if not entry.name.lower().endswith(PROJECT_SUFFIX) and _new(entry, seen):
                    below.append((entry.path, name + "/"))
            else:
                path = Path(entry.path)
                found.append(Listed(path, name, looks_like_image(path)))
        todo.extend(reversed(below))
    return found, skipped


def _entries(folder: str, skipped: list[Skipped]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: _natural(entry.name))
    except OSError as error:
        detail = error.strerror or str(error)
        skipped.append(Skipped(folder, "data.unreadable", {"detail": detail}))
        return []


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """2 before 10, capitals beside small letters."""
    parts: list[tuple[int, str]] = []
    digits = ""
    for char in name.casefold() + "\0":
        if char.isascii() and char.isdigit():
            digits += char
            continue
        if digits:
            parts.append((int(digits[:18]), digits))
            digits = ""
        parts.append((-1, char))
    return (*parts, (-2, name))


def _unfit(entry: os.DirEntry[str], name: str, real_root: str) -> str | None:
    try:
        name.encode()
    except UnicodeEncodeError:
        return "data.bad_name"
    if not entry.is_symlink() and not _is_junction(entry):
        return None
    target = os.path.realpath(entry.path)
    inside = target == real_root or target.startswith(real_root.rstrip(os.sep) + os.sep)
    return None if inside else "data.link_outside"


def _is_junction(entry: os.DirEntry[str]) -> bool:
    check = getattr(entry, "is_junction", None)  # Python 3.12
    return bool(check and check())


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _new(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> bool:
    """Linked folders inside the root are met by their own name as well; each is read once."""
    if entry.is_symlink() or _is_junction(entry):
        return False
    try:
        status = os.stat(entry.path)  # noqa: PTH116 (DirEntry.stat has no inode on Windows)
    except OSError:
        return False
    key = (status.st_dev, status.st_ino)
    if status.st_ino and key in seen:
        return False
    seen.add(key)
    return True


def _shown(path: str) -> str:
    return path.encode(errors="replace").decode()
