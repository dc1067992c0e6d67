"""Tables: any order of columns, any of the usual separators and alphabets."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.formats.tables import divided, read_table


def _table(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separators_and_encodings(tmp_path: Path, between: str, encoding: str) -> None:
    lines = [["Split", "Patient ID", "Class", "File Name"], ["train", "p1", "Grün", "ä/1.png"]]
    path = _table(tmp_path, "\n".join(between.join(line) for line in lines), encoding)
    table = read_table(path)
    row = table.rows[0]
    assert (row.file, row.labels, row.group, row.split) == ("ä/1.png", ("Grün",), "p1", "train")
    assert row.line == 2
    assert table.notices == []


def test_old_windows_text_is_read_and_said(tmp_path: Path) -> None:
    table = read_table(_table(tmp_path, "file;label\na.png;grün", "cp1252"))
    assert table.rows[0].labels == ("grün",)
    assert [n.code for n in table.notices] == ["data.table_old_letters"]


def test_two_columns_without_names(tmp_path: Path) -> None:
    table = read_table(_table(tmp_path, "a.png,cat\nb.png,dog\n"))
    assert [(row.file, row.labels) for row in table.rows] == [
        ("a.png", ("cat",)),
        ("b.png", ("dog",)),
    ]
    assert [n.code for n in table.notices] == ["data.table_without_names"]


def test_quotes_blank_lines_and_short_rows(tmp_path: Path) -> None:
    text = 'file,label\n\n"a, b.png","cat"\nc.png\n,,\n'
    rows = read_table(_table(tmp_path, text)).rows
    assert [(row.file, row.labels) for row in rows] == [("a, b.png", ("cat",)), ("c.png", ())]


def test_without_a_label_column_the_table_says_nothing_of_labels(tmp_path: Path) -> None:
    assert read_table(_table(tmp_path, "path\na.png")).rows[0].labels is None


def test_several_labels_in_a_cell() -> None:
    assert divided(" a | b|a||") == ("a", "b")
    assert divided("tumour; stage 2") == ("tumour; stage 2",)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "data.table_empty"),
        (b"file,label\n", "data.table_empty"),
        (b"weight,height\n1,2\n", "data.table_columns"),
        (b"\x89PNG\0\0\0", "data.table_broken"),
        (b"file,label\n" + b'"' + b"x" * 200_000 + b'",a\n', "data.table_broken"),
    ],
)
def test_tables_that_cannot_be_read(tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_table(path)
    assert caught.value.code == code and str(path) in str(caught.value)
