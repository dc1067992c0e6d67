"""Names of copied files that every system can store."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from pathlib import Path

_BAD = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)
_PART = 100  # bytes of one folder or file name
_WHOLE = 160  # bytes of the whole path below images/


class Names:
    """Hands out paths "images/…", each once, letter case aside; `taken` are paths in use.

    A path at which something lies in `folder` is left out too: it may be the file of a deleted
    image, which undo or a backup brings back. Safe to use from any thread.
    """

    def __init__(self, taken: set[str], folder: Path | None = None) -> None:
        self._taken = {path.casefold() for path in taken}
        self._folder = folder
        self._lock = threading.Lock()

    def give(self, name: str, sha256: str) -> str:
        """A path for a file that is called `name` below its source; close to that name."""
        parts = [safe_part(part) for part in name.split("/")]
        if len("/".join(parts).encode()) > _WHOLE:
            parts = [sha256[:2], f"{sha256[:8]}-{parts[-1]}"]
        wanted = "images/" + "/".join(parts)
        stem, dot, ending = wanted.rpartition(".")
        if not dot or "/" in ending:
            stem, dot, ending = wanted, "", ""
        path, count = wanted, 1
        with self._lock:
            while not self._free(path):
                count += 1
                path = f"{stem}-{count}{dot}{ending}"
            self._taken.add(path.casefold())
        return path

    def _free(self, path: str) -> bool:
        if path.casefold() in self._taken:
            return False
        return self._folder is None or not os.path.lexists(self._folder / path)


def safe_part(part: str) -> str:
    """A file or folder name that Windows, macOS and Linux accept, as near to `part` as it goes."""
    text = _BAD.sub("_", unicodedata.normalize("NFC", part)).strip().rstrip(". ")
    if not text.strip("."):
        text = "_"
    if _RESERVED.fullmatch(text):
        text = f"_{text}"
    if len(text.encode()) <= _PART:
        return text
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > 10:
        stem, dot, ending = text, "", ""
    room = _PART - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip(". ") + dot + ending
