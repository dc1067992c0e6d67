"""Unpacking archives that anyone may have made: nothing outside, nothing endless, nothing lost."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.messages import MESSAGES
from tlstudio.domain.progress import Cancel
from tlstudio.formats import archives
from tlstudio.formats.archives import is_archive, stem_of, unpack

Files = dict[str, bytes]


def zipped(path: Path, files: Files, **how: Any) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content, **how)
    return path


def tarred(path: Path, files: Files, mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as made:  # type: ignore[call-overload]
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
    return path


def there(folder: Path) -> dict[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


GOOD: Files = {
    "images/a b (1).png": b"one",
    "images/zellen 🦠.png": b"two",
    "labels/a.txt": b"0 .5 .5 .1 .1",
}


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tgz", "x.tar.bz2", "x.tar.xz"])
def test_what_was_packed_is_there_again(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    if name.endswith("zip"):
        zipped(file, GOOD)
    else:
        mode = {".tar": "w", ".bz2": "w:bz2", ".xz": "w:xz"}.get(file.suffix, "w:gz")
        tarred(file, GOOD, mode)
    assert is_archive(file) and stem_of(file) == "x"
    assert unpack(file, tmp_path / "out") == []
    assert there(tmp_path / "out") == GOOD


CLIMBING = ("../evil.png", "/abs/evil.png", "C:/evil.png", "C:\\evil.png", "a/../../evil.png",
            "..\\evil.png")  # fmt: skip


@pytest.mark.parametrize("make", [zipped, tarred])
def test_nothing_is_written_outside(tmp_path: Path, make: Any) -> None:
    name = "x.zip" if make is zipped else "x.tgz"
    inner = tmp_path / "deep" / "down"
    inner.mkdir(parents=True)
    file = make(inner / name, dict.fromkeys(CLIMBING, b"evil") | {"good.png": b"good"})
    skipped = unpack(file, inner / "out")
    assert [item.reason for item in skipped] == ["data.archive_climbs"] * len(CLIMBING)
    assert there(tmp_path) == {
        f"deep/down/{name}": file.read_bytes(),
        "deep/down/out/good.png": b"good",
    }


def test_links_and_devices_are_not_made(tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    with tarfile.open(file, "w") as made:
        for name, kind in (("s", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("d", tarfile.CHRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            made.addfile(info)
    assert [s.reason for s in unpack(file, tmp_path / "out")] == [
        "data.archive_link", "data.archive_link", "data.not_file",
    ]  # fmt: skip
    info_zip = zipfile.ZipInfo("s")
    info_zip.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as packed:
        packed.writestr(info_zip, "/etc/passwd")
        packed.writestr("s/a.png", b"through the link")
    skipped = unpack(tmp_path / "x.zip", tmp_path / "out2")
    assert [item.reason for item in skipped] == ["data.archive_link"]
    assert there(tmp_path / "out2") == {"s/a.png": b"through the link"}


def test_names_that_cannot_be_are_named(tmp_path: Path) -> None:
    long = "x" * 300 + ".png"
    skipped = unpack(
        tarred(tmp_path / "x.tar", {long: b"1", "a\nb.png": b"2"}, "w"), tmp_path / "o"
    )
    assert [item.reason for item in skipped] == ["data.archive_name"] * 2
    assert all("\n" not in item.file for item in skipped)


def test_a_name_that_is_there_already_is_named(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"), \
            zipfile.ZipFile(tmp_path / "x.zip", "w") as made:  # fmt: skip
        made.writestr("a.png", b"first")
        made.writestr("a.png", b"second")
        made.writestr("a.png/b.png", b"a folder called like a file")
    skipped = unpack(tmp_path / "x.zip", tmp_path / "out")
    assert len(skipped) == 2
    assert there(tmp_path / "out") == {"a.png": b"first"}


def test_an_archive_that_claims_too_much_is_refused(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(archives, "_ALWAYS", 1000)
    big = {"a.bmp": bytes(2_000_000)}
    for file in (zipped(tmp_path / "x.zip", big), tarred(tmp_path / "x.tgz", big)):
        with pytest.raises(UserError) as caught:
            unpack(file, tmp_path / file.suffix[1:])
        assert caught.value.code == "data.archive_bomb"
        assert there(tmp_path / file.suffix[1:]) == {}
    monkeypatch.setattr(archives, "MOST_FILES", 2)
    with pytest.raises(UserError) as caught:
        unpack(zipped(tmp_path / "y.zip", GOOD), tmp_path / "many")
    assert caught.value.code == "data.archive_files"


def test_a_full_disk_is_told_before_it_is_full(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(archives, "_SPARE", 2**60)
    with pytest.raises(UserError) as caught:
        unpack(zipped(tmp_path / "x.zip", GOOD), tmp_path / "out")
    assert caught.value.code == "data.archive_room"


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("././@PaxHeader")
    info.type, info.size = tarfile.XHDTYPE, 10**10
    (tmp_path / "x.tar").write_bytes(info.tobuf() + bytes(10_240))
    with pytest.raises(UserError) as caught:
        unpack(tmp_path / "x.tar", tmp_path / "out")
    assert caught.value.code == "data.archive_broken"


def test_damage_is_told(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "x.zip", GOOD).read_bytes()
    (tmp_path / "short.zip").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "text.zip").write_text("no archive")
    packed = tarred(tmp_path / "x.tgz", {"a.png": bytes(range(256)) * 4000}).read_bytes()
    (tmp_path / "short.tgz").write_bytes(packed[: len(packed) // 2])
    (tmp_path / "empty.tar").write_bytes(b"")
    for name in ("short.zip", "text.zip", "empty.tar", "short.tgz"):
        with pytest.raises(UserError) as caught:
            unpack(tmp_path / name, tmp_path / f"out-{name}")
        assert caught.value.code == "data.archive_broken", name
    (tmp_path / "x.7z").write_bytes(b"7z")
    with pytest.raises(UserError) as caught:
        unpack(tmp_path / "x.7z", tmp_path / "out-7z")
    assert caught.value.code == "data.archive_kind"
    plain = zipped(tmp_path / "plain.zip", GOOD, compress_type=zipfile.ZIP_STORED)
    flipped = bytearray(plain.read_bytes())
    flipped[flipped.index(b"one")] ^= 1
    (tmp_path / "flip.zip").write_bytes(flipped)
    assert [s.reason for s in unpack(tmp_path / "flip.zip", tmp_path / "out-flip")] == [
        "data.archive_member"
    ]


def test_a_password_is_told(tmp_path: Path) -> None:
    file = zipped(tmp_path / "x.zip", {"a.png": b"1"})
    raw = bytearray(file.read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + place] |= 1
    file.write_bytes(raw)
    with pytest.raises(UserError) as caught:
        unpack(file, tmp_path / "out")
    assert caught.value.code == "data.archive_locked"


def test_names_in_utf8_that_do_not_say_so(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("Zähne.png".encode().decode("cp437"))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(info, b"1")
    raw = bytearray((tmp_path / "x.zip").read_bytes())
    plain = "Zähne.png".encode()
    long = info.filename.encode()
    assert long in raw
    raw = raw.replace(long, plain)
    for mark, name_size, flags in ((b"PK\x03\x04", 26, 6), (b"PK\x01\x02", 28, 8)):
        at = raw.index(mark)
        raw[at + name_size] = len(plain)
        raw[at + flags + 1] &= ~0x08
    end = raw.index(b"PK\x05\x06")
    raw[end + 12] -= len(long) - len(plain)
    raw[end + 16] -= len(long) - len(plain)
    (tmp_path / "x.zip").write_bytes(raw)
    assert unpack(tmp_path / "x.zip", tmp_path / "out") == []
    assert list(there(tmp_path / "out")) == ["Zähne.png"]


def test_a_cancel_ends_it(tmp_path: Path) -> None:
    cancel = Cancel()
    cancel.set()
    with pytest.raises(Cancelled):
        unpack(zipped(tmp_path / "x.zip", GOOD), tmp_path / "out", cancel=cancel)


LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kind=st.sampled_from(["zip", "tar", "tgz"]),
    cut=st.floats(0, 1),
    changes=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    names=st.lists(
        st.text(
            st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
            min_size=1,
            max_size=30,
        )
        | st.sampled_from([*CLIMBING, ".", "a/", "a//b", "con", "x" * 400]),
        min_size=1,
        max_size=4,
        unique=True,
    ),
)
def test_whatever_the_bytes_are_it_ends_in_a_line(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    cut: float,
    changes: list[tuple[float, int]],
    names: list[str],
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    file = folder / f"x.{kind}"
    files = dict.fromkeys(names, b"some bytes")
    if kind == "zip":
        zipped(file, files)
    else:
        tarred(file, files, "w" if kind == "tar" else "w:gz")
    raw = bytearray(file.read_bytes())
    for place, value in changes:
        raw[int(place * (len(raw) - 1))] = value
    file.write_bytes(raw[: max(1, int(len(raw) * (1 - cut * (cut > 0.7))))])
    try:
        skipped = unpack(file, folder / "out")
        assert {item.reason for item in skipped} <= MESSAGES.keys()
        for item in skipped:
            item.file.encode()
    except UserError as error:
        assert error.code in MESSAGES
    outside = [p.name for p in folder.iterdir() if p.name not in (file.name, "out")]
    assert not outside
