"""Reading a source: what is an image, what is left out, what a table's rows mean."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.formats.entries import Found
from tlstudio.formats.sources import read_source


def _images(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4)).save(path)
    return root


def _names(found: Found) -> list[str]:
    return [entry.name for entry in found.entries]


def _codes(found: Found) -> list[str]:
    return [item.reason for item in found.skipped]


def test_clutter_is_ignored_quietly_and_other_files_are_named(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "a/1.png", "b/2.png", "__MACOSX/a/1.png", ".hidden/3.png")
    for name in ("a/Thumbs.db", "a/.DS_Store", "a/._1.png", "desktop.ini"):
        (root / name).write_bytes(b"x")
    (root / "notes.txt").write_text("hello")
    found = read_source(root)
    assert found.format == "class-folders"
    assert _names(found) == ["a/1.png", "b/2.png"]
    assert [(Path(i.file).name, i.reason) for i in found.skipped] == [
        ("notes.txt", "data.not_image")
    ]


def test_names_are_in_the_order_people_expect(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "img10.png", "img2.png", "IMG1.png")
    assert _names(read_source(root)) == ["IMG1.png", "img2.png", "img10.png"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")
def test_links_never_lead_out_or_round(tmp_path: Path) -> None:
    outside = _images(tmp_path / "out", "secret.png")
    root = _images(tmp_path / "s", "a/1.png", "b/2.png")
    (root / "a" / "loop").symlink_to(root, target_is_directory=True)
    (root / "away").symlink_to(outside, target_is_directory=True)
    (root / "a" / "away.png").symlink_to(outside / "secret.png")
    (root / "b" / "again.png").symlink_to(root / "a" / "1.png")
    (root / "b" / "broken.png").symlink_to(root / "nothing.png")
    found = read_source(root)
    assert sorted(_names(found)) == ["a/1.png", "b/2.png", "b/again.png", "b/broken.png"]
    assert sorted(_codes(found)) == ["data.link_outside", "data.link_outside"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes among files on this system")
def test_pipes_are_never_waited_for(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "a.png")
    os.mkfifo(root / "pipe")
    assert _codes(read_source(root)) == ["data.not_image"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux stores such names")
def test_a_name_that_is_no_text_is_named(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "a.png")
    (Path(os.fsdecode(os.fsencode(root) + b"/\xff\xfe.png"))).write_bytes(b"x")
    found = read_source(root)
    assert _names(found) == ["a.png"] and _codes(found) == ["data.bad_name"]
    found.skipped[0].file.encode()


def test_split_lists_beside_the_images_are_kept_and_trainval_ignored(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", *(f"JPEGImages/{n}.png" for n in range(6)))
    lists = root / "ImageSets" / "Main"
    lists.mkdir(parents=True)
    (lists / "train.txt").write_text("0\n1\n2\n")
    (lists / "val.txt").write_text("3\nunknown\n")
    (lists / "trainval.txt").write_text("0\n1\n2\n3\n")
    (lists / "test.txt").write_text("JPEGImages/4.png\n")
    found = read_source(root)
    splits = {entry.name[-5]: entry.split for entry in found.entries}
    train, val, test = Split.TRAIN, Split.VAL, Split.TEST
    assert splits == {"0": train, "1": train, "2": train, "3": val, "4": test, "5": None}
    codes = {notice.code for notice in found.notices}
    assert {"data.lists_used", "data.combined_ignored", "data.list_lines_unknown"} == codes
    assert found.skipped == []


def test_a_table_by_relative_path_unique_name_and_absolute_path(tmp_path: Path) -> None:
    _images(tmp_path / "s", "x/1.png", "y/1.png", "y/2.png")
    far = _images(tmp_path / "far", "3.png") / "3.png"
    table = tmp_path / "s" / "list.csv"
    rows = ["file,label,split", "x/1.png,a,train", "2.png,b,validation", f"{far},c,"]
    rows += ["1.png,d,", "nothing.png,e,", "../far/3.png,f,", "windows\\x\\1.png,g,holdout", ",h,"]
    table.write_text("\n".join(rows))
    found = read_source(table)
    assert found.format == "csv"
    by_name = {entry.name: (entry.labels, entry.split) for entry in found.entries}
    assert by_name["x/1.png"] == (("a", "g"), Split.TRAIN)
    assert by_name["y/2.png"] == (("b",), Split.VAL)
    assert sum(entry.file == far for entry in found.entries) == 1
    assert [entry.name for entry in found.absent] == ["nothing.png"]
    assert sorted(_codes(found)) == ["data.outside", "data.row_ambiguous", "data.row_empty"]
    codes = {notice.code for notice in found.notices}
    assert codes == {"data.rows_several", "data.rows_disagree", "data.split_unknown"}


def test_a_table_with_its_images_elsewhere(tmp_path: Path) -> None:
    images = _images(tmp_path / "pictures", "deep/1.png")
    table = tmp_path / "t.csv"
    table.write_text("image;diagnosis\n1;flu\n")
    found = read_source(table, images_dir=images)
    assert [(e.name, e.labels) for e in found.entries] == [("deep/1.png", ("flu",))]


def test_a_table_beside_flat_images_gives_their_labels(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "1.png", "2.png")
    (root / "labels.csv").write_text("file,label,patient\n1.png,cat,p1\n")
    found = read_source(root)
    assert found.format == "csv"
    assert [(e.name, e.labels, e.group) for e in found.entries] == [
        ("1.png", ("cat",), "p1"),
        ("2.png", None, None),
    ]
    assert [n.code for n in found.notices] == ["data.table_used"]
    assert read_source(root, kind="images").entries[0].labels is None


def test_things_dropped_together_keep_their_names_apart(tmp_path: Path) -> None:
    cats = _images(tmp_path / "cat", "1.png")
    dogs = _images(tmp_path / "dog", "1.png")
    found = read_source([cats, dogs])
    assert [(e.name, e.labels) for e in found.entries] == [
        ("cat/1.png", ("cat",)),
        ("dog/1.png", ("dog",)),
    ]
    again = read_source([cats / "1.png", dogs / "1.png", cats])
    assert _names(again) == ["1.png", "dog/1.png"]


def test_groups_and_columns(tmp_path: Path) -> None:
    from tlstudio.formats.grouping import parse_group_from

    root = _images(tmp_path / "s", "a/p1_1.png", "b/p2_1.png", "b/other.png")
    found = read_source(root, grouper=parse_group_from(r"regex:(p\d)_"))
    groups = {entry.name: entry.group for entry in found.entries}
    assert groups == {"a/p1_1.png": "p1", "b/p2_1.png": "p2", "b/other.png": None}
    assert [n.code for n in found.notices] == ["data.group_some"]
    with pytest.raises(UserError) as caught:
        read_source(root, column="patient")
    assert caught.value.code == "data.column_without_table"
    (tmp_path / "t.csv").write_text("file,label,case\ns/a/p1_1.png,x,7\n")
    with pytest.raises(UserError) as caught:
        read_source(tmp_path / "t.csv", column="patient")
    assert caught.value.code == "data.no_column" and "case" in str(caught.value)
    rule = parse_group_from("column:CASE")
    assert read_source(tmp_path / "t.csv", grouper=rule, column="case").entries[0].group == "7"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda p: p / "nothing", "data.source_missing"),
        (lambda p: _images(p / "e", ".x.png"), "data.no_images"),
    ],
)
def test_a_source_that_cannot_be(tmp_path: Path, make, code: str) -> None:
    with pytest.raises(UserError) as caught:
        read_source(make(tmp_path))
    assert caught.value.code == code


def test_other_projects_inside_the_folder_are_not_read(tmp_path: Path) -> None:
    root = _images(tmp_path / "s", "1.png", "old.tlproj/images/2.png")
    assert _names(read_source(root)) == ["1.png"]
