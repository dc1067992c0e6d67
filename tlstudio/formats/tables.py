"""Tables (CSV, TSV): a line per image with its file, label, group and split."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.imaging.reading import ENDINGS

TABLE_SUFFIXES = frozenset({".csv", ".tsv"})
_LIMIT = 512 * 2**20

_WORDS: Mapping[str, tuple[str, ...]] = {
    "file": (
        "file", "filename", "file_name", "filepath", "file_path", "path", "image", "image_path",
        "imagepath", "image_name", "image_file", "img", "img_path", "image_id", "id", "name",
    ),
    "label": (
        "label", "labels", "class", "classes", "class_name", "classname", "category", "target",
        "diagnosis", "finding", "finding_labels",
    ),
    "group": (
        "group", "group_id", "patient", "patient_id", "patientid", "subject", "subject_id",
        "slide", "slide_id", "case", "case_id", "video", "video_id", "study", "study_id",
    ),
    "split": ("split", "subset", "set", "partition", "dataset_split"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `line` counts from 1 as a text editor shows it; `cells` by column in lower case."""

    line: int
    file: str
    labels: tuple[str, ...] | None
    group: str | None
    split: str | None
    cells: Mapping[str, str]


@dataclass(slots=True)
class Table:
    """`roles` names the column that holds the file, label, group and split, where there is one."""

    rows: list[Row]
    columns: list[str]
    roles: dict[str, str]
    notices: list[Notice] = field(default_factory=list)


def read_table(path: Path) -> Table:
    """The table in `path`: comma, semicolon or tab between cells; UTF-8, UTF-16 or Windows-1252.

    The columns come in any order and are known by their names; a table of two columns without
    names is file and label. "|" divides several labels of one image; where no column is one of
    labels, columns of yes and no are labels themselves. Raises UserError
    data.table_unreadable, data.table_broken, data.table_columns, data.table_empty.
    """
    text, notices = _text(path)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(first))
    lines: list[tuple[int, list[str]]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise UserError(
            "data.table_broken", file=str(path), line=reader.line_num, detail=str(error)
        ) from None
    if not lines:
        raise UserError("data.table_empty", file=str(path))
    header = lines[0][1]
    columns = [_plain(cell) for cell in header]
    roles = _roles(columns)
    if "file" not in roles:
        if not _names_an_image(lines[0][1]):
            raise UserError("data.table_columns", file=str(path), columns=", ".join(lines[0][1]))
        columns = ["file", "label", *columns[2:]][: len(columns)]
        roles = _roles(columns)
        notices.append(Notice("data.table_without_names"))
    else:
        lines = lines[1:]
    rows = [_row(number, cells, columns, roles) for number, cells in lines]
    if not rows:
        raise UserError("data.table_empty", file=str(path))
    if "label" not in roles:
        ticked = _ticked(rows, columns, roles, header)
        if ticked:
            rows = [replace(row, labels=_ticks(row, ticked)) for row in rows]
            roles["label"] = next(iter(ticked))
            notices.append(Notice("data.table_ticks", {"columns": ", ".join(ticked.values())}))
    return Table(rows, columns, roles, notices)


_YES, _NO = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no", ""})


def _ticked(
    rows: Sequence[Row], columns: Sequence[str], roles: Mapping[str, str], header: Sequence[str]
) -> dict[str, str]:
    """Columns that are labels themselves, each cell a yes or a no, with their names as written;
    none where there are fewer than two of them."""
    found: dict[str, str] = {}
    for column, name in zip(columns, header, strict=False):
        cells = {row.cells.get(column, "").lower() for row in rows}
        if column and column not in roles.values() and cells <= _YES | _NO and cells & _YES:
            found[column] = unicodedata.normalize("NFC", name).strip()
    return found if len(found) > 1 else {}


def _ticks(row: Row, ticked: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(
        name for column, name in ticked.items() if row.cells.get(column, "").lower() in _YES
    )


def _text(path: Path) -> tuple[str, list[Notice]]:
    try:
        if path.stat().st_size > _LIMIT:
            raise UserError("data.table_unreadable", file=str(path), detail="> 512 MB")
        raw = path.read_bytes()
    except OSError as error:
        detail = error.strerror or str(error)
        raise UserError("data.table_unreadable", file=str(path), detail=detail) from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace"), []
    if b"\0" in raw[:4096]:
        raise UserError("data.table_broken", file=str(path), line=1, detail="not text")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace"), [Notice("data.table_old_letters")]


def _delimiter(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return max((",", ";", "\t"), key=bare.count)


def _plain(column: str) -> str:
    return unicodedata.normalize("NFC", column).strip().lower()


def _roles(columns: list[str]) -> dict[str, str]:
    """The first word of each role's list that is a column wins."""
    named = {re.sub(r"[\s\-]+", "_", column): column for column in reversed(columns)}
    return {
        role: named[next(word for word in words if word in named)]
        for role, words in _WORDS.items()
        if any(word in named for word in words)
    }


def _names_an_image(cells: list[str]) -> bool:
    return any(cells[0].lower().endswith(suffix) for suffix in ENDINGS) if cells else False


def _row(line: int, cells: list[str], columns: list[str], roles: dict[str, str]) -> Row:
    by_column = dict(zip(columns, cells, strict=False))

    def cell(role: str) -> str | None:
        return by_column.get(roles[role], "") if role in roles else None

    label = cell("label")
    return Row(
        line=line,
        file=cell("file") or "",
        labels=None if label is None else divided(label),
        group=cell("group") or None,
        split=cell("split") or None,
        cells=by_column,
    )


def divided(cell: str) -> tuple[str, ...]:
    """The labels of a cell, "|" between several, each once."""
    names = (unicodedata.normalize("NFC", part).strip() for part in cell.split("|"))
    return tuple(dict.fromkeys(name for name in names if name))
