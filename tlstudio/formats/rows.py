"""From the rows of a table to entries: which file each row means, doubtful ones named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.notices import Notice
from tlstudio.formats.entries import NOWHERE, Entry, Found
from tlstudio.formats.finding import Finder, tidy
from tlstudio.formats.layout import COMBINED, split_named
from tlstudio.formats.tables import Row, Table


def entries_of_table(
    table: Table,
    files: Mapping[str, Path] | None,
    column: str | None = None,
    base: Path | None = None,
) -> Found:
    """Entries of `table`.

    `files` are the images below the images folder `base` by relative path; None where every
    row names a file that lies there. Absolute paths are taken as they are. A row whose image
    is nowhere goes to `absent`. Raises UserError data.no_column.
    """
    if column is not None and column not in table.columns:
        known = ", ".join(table.columns)
        raise UserError("data.no_column", column=column, columns=known)
    reader = _Rows(files, base)
    for row in table.rows:
        reader.take(row)
    found = Found("csv", list(reader.entries.values()), reader.skipped, list(table.notices))
    found.absent = list(reader.absent.values())
    found.notices += reader.remarks()
    return found


class _Rows:
    def __init__(self, files: Mapping[str, Path] | None, base: Path | None) -> None:
        self._files, self._base = files, base
        self._finder = Finder(files or ())
        self.entries: dict[str, Entry] = {}
        self.absent: dict[str, Entry] = {}
        self.skipped: list[Skipped] = []
        self._several: set[str] = set()
        self._disagreeing: set[str] = set()
        self._unknown_splits: dict[str, int] = {}

    def take(self, row: Row) -> None:
        if not row.file:
            self.skipped.append(Skipped("", "data.row_empty", {"line": row.line}))
            return
        place = self._place(row)
        if place is None:
            return
        name, path = place
        entry = Entry(
            path, name, row.labels, self._split(row), row.group, dict(row.cells), row.line
        )
        shelf = self.absent if path is NOWHERE else self.entries
        shelf[name] = self._joined(shelf[name], entry) if name in shelf else entry

    def remarks(self) -> list[Notice]:
        notices = []
        if self._several:
            notices.append(Notice("data.rows_several", {"count": len(self._several)}))
        if self._disagreeing:
            example = sorted(self._disagreeing)[0]
            facts: dict[str, object] = {"count": len(self._disagreeing), "example": example}
            notices.append(Notice("data.rows_disagree", facts))
        for word, count in self._unknown_splits.items():
            notices.append(Notice("data.split_unknown", {"word": word, "count": count}))
        return notices

    def _place(self, row: Row) -> tuple[str, Path] | None:
        """Name and path of the row's image, `NOWHERE` if there is none, None if refused."""
        absolute = _absolute(row.file)
        if absolute is not None:
            return self._named(absolute), absolute
        name = tidy(row.file)
        if ".." in name.split("/"):
            self._refuse(row, "data.outside")
            return None
        if self._files is None and self._base is not None:
            return name, self._base / name
        matches = self._finder.find(row.file)
        if len(matches) > 1:
            self._refuse(row, "data.row_ambiguous", count=len(matches))
            return None
        if not matches:
            return name, NOWHERE
        return matches[0], (self._files or {})[matches[0]]

    def _named(self, absolute: Path) -> str:
        """Below the images folder the relative path, elsewhere the path without its root."""
        if self._base is not None:
            real, base = Path(os.path.realpath(absolute)), Path(os.path.realpath(self._base))
            if real.is_relative_to(base):
                return tidy(real.relative_to(base).as_posix())
        return tidy("/".join(absolute.parts[1:]))

    def _refuse(self, row: Row, reason: str, **params: object) -> None:
        self.skipped.append(Skipped(row.file, reason, {"line": row.line, **params}))

    def _split(self, row: Row) -> Split | None:
        if row.split is None:
            return None
        split = split_named(row.split)
        if split is None and row.split.lower() not in COMBINED:
            self._unknown_splits[row.split] = self._unknown_splits.get(row.split, 0) + 1
        return split

    def _joined(self, first: Entry, again: Entry) -> Entry:
        """Two rows of one image: their labels together; the first one's group and split."""
        if (first.group, first.split) != (again.group, again.split):
            self._disagreeing.add(first.name)
        labels = tuple(dict.fromkeys((first.labels or ()) + (again.labels or ())))
        if len(labels) > len(first.labels or ()) and first.labels:
            self._several.add(first.name)
        return replace(first, labels=labels if first.labels is not None else again.labels)


def _absolute(text: str) -> Path | None:
    """The file that an absolute path names, where there is one."""
    try:
        path = Path(text)
        return path if path.is_absolute() and path.is_file() else None
    except (OSError, ValueError):
        return None
