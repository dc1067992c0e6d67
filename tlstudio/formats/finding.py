"""Which image a name in a table or a list means: by relative path, then by unique name."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def tidy(name: str) -> str:
    """A path as it may be compared: "/" between folders, no "./", composed letters."""
    parts = unicodedata.normalize("NFC", name.strip().replace("\\", "/")).split("/")
    return "/".join(part for part in parts if part not in ("", "."))


class Finder:
    """Looks names up among the relative paths `names`."""

    def __init__(self, names: Iterable[str]) -> None:
        self._exact: dict[str, str] = {}
        self._by_file: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        for name in names:
            key = tidy(name)
            self._exact[key] = name
            last = key.rsplit("/", 1)[-1].casefold()
            self._by_file.setdefault(last, []).append(name)
            self._by_stem.setdefault(last.rsplit(".", 1)[0], []).append(name)

    def find(self, wanted: str) -> list[str]:
        """The names meant by `wanted`: one is an answer, several are a doubt, none is none.

        Tried in turn: the same path; the same file name, told apart by the folders that both
        give; the same name without its ending.
        """
        key = tidy(wanted)
        if key in self._exact:
            return [self._exact[key]]
        last = key.rsplit("/", 1)[-1].casefold()
        for table in (self._by_file, self._by_stem):
            several = table.get(last, [])
            if several:
                return several if len(several) == 1 else _narrowed(several, key)
        return []


def _narrowed(several: list[str], key: str) -> list[str]:
    depth = {name: _shared_tail(tidy(name), key) for name in several}
    most = max(depth.values())
    return [name for name in several if depth[name] == most]


def _shared_tail(a: str, b: str) -> int:
    """Number of folders, counted from the file, that both paths agree on."""
    count = 0
    left, right = a.casefold().split("/")[:-1], b.casefold().split("/")[:-1]
    for one, other in zip(reversed(left), reversed(right), strict=False):
        if one != other:
            break
        count += 1
    return count
