"""The files of a source as readers see them: within limits, and nothing outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.formats import listing as module
from tlstudio.formats.listing import Listing, parse_json, parse_xml
from tlstudio.formats.walk import list_files


def listing_of(folder: Path) -> Listing:
    return Listing(list_files(folder)[0])


def test_images_and_other_files_are_told_apart(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 5)).save(tmp_path / "a.jpg", exif=exif)
    (tmp_path / "b.png").write_bytes(b"no picture")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "c.json").write_text('{"a": [1, NaN]}')
    made = listing_of(tmp_path)
    assert [file.name for file in made.images] == ["a.jpg", "b.png"]
    assert made.named(".json", ".xml") == ["notes/c.json"]
    assert made.size_of("a.jpg") == (5, 8)
    assert made.size_of("b.png") is None
    assert made.head("notes/c.json", 4) == b'{"a"'
    assert made.json("notes/c.json")["a"][0] == 1
    assert made.find_image("x/y/A.JPG") == "a.jpg"
    assert "/etc/passwd" not in made


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "data.json_broken"),
        (b"{", "data.json_broken"),
        (b"[" * 100_000, "data.json_deep"),
        (b'{"a":' * 50_000, "data.json_deep"),
        (b"9" * 5_000, "data.json_broken"),
        (b"\xff\xfe\x00", "data.json_broken"),
        (b"\x80\x81", "data.json_broken"),
    ],
)
def test_broken_and_hostile_json_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(UserError) as error:
        parse_json(raw, "x.json")
    assert error.value.code == code


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "data.xml_broken"),
        (b"<a><b></a>", "data.xml_broken"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "data.xml_broken"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "data.xml_entities"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "data.xml_entities"),
    ],
)
def test_broken_and_hostile_xml_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(UserError) as error:
        parse_xml(raw, "x.xml")
    assert error.value.code == code


def test_text_comes_in_any_usual_encoding(tmp_path: Path) -> None:
    for name, raw in (
        ("a.txt", "Zähler".encode()),
        ("b.txt", "Zähler".encode("utf-8-sig")),
        ("c.txt", "Zähler".encode("utf-16")),
        ("d.txt", "Zähler".encode("cp1252")),
    ):
        (tmp_path / name).write_bytes(raw)
        assert listing_of(tmp_path).text(name) == "Zähler"


def test_files_beyond_the_limit_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.json").write_text("[1, 2, 3]")
    monkeypatch.setattr(module, "JSON_LIMIT", 5)
    with pytest.raises(UserError) as error:
        listing_of(tmp_path).json("a.json")
    assert error.value.code == "data.file_too_large"
