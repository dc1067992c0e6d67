"""DICOM files that mean harm, or are broken: each ends in pixels or in a reason, and soon."""

from __future__ import annotations

import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEG2000Lossless

from tlstudio.domain.errors import UserError
from tlstudio.imaging.codestreams import stated_size
from tlstudio.imaging.dicom.cleaning import clean_copy
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import looks_like_image

SAMPLES = Path(pydicom.__file__).parent / "data/test_files"
SOURCES = ("CT_small.dcm", "MR_small_RLE.dcm", "JPGExtended.dcm", "SC_rgb_small_odd_jpeg.dcm",
           "examples_palette.dcm", "rtdose.dcm", "image_dfl.dcm", "MR_small_jp2klossless.dcm",
           "JPEGLSNearLossless_16.dcm", "ExplVR_BigEnd.dcm")  # fmt: skip


def refused(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_raw(path)
    assert str(caught.value)
    return caught.value.code


def changed(path: Path, **tags: object) -> Path:
    data = pydicom.dcmread(SAMPLES / "CT_small.dcm")
    for name, value in tags.items():
        setattr(data, name, value)
    data.save_as(path)
    return path


@pytest.mark.parametrize("name", SOURCES)
def test_damaged_copies_end_in_pixels_or_a_reason(name: str, tmp_path: Path) -> None:
    whole = (SAMPLES / name).read_bytes()
    draw = random.Random(name)
    path = tmp_path / "a.dcm"
    for _ in range(60):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 6)):
            data[draw.randrange(min(len(data), 3000))] = draw.choice((0, 0x7F, 0xFF, 0x31))
        if draw.random() < 0.3:
            del data[draw.randrange(200, len(data)) :]
        path.write_bytes(bytes(data))
        try:
            with opened_pages(path) as pages:
                pages.read(pages.count - 1)
        except UserError as error:
            assert str(error)


@pytest.mark.parametrize("keep", [133, 400, 3000, 30000])
def test_a_file_cut_short_is_refused(keep: int, tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes((SAMPLES / "CT_small.dcm").read_bytes()[:keep])
    assert refused(path) in ("data.truncated", "data.dicom_no_image", "data.corrupt")


def test_sizes_that_no_file_has_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    assert refused(changed(path, Rows=65535, Columns=65535)) == "data.too_large"
    assert refused(changed(path, NumberOfFrames=2_000_000_000)) == "data.too_many_pixels"
    assert refused(changed(path, Rows=2000, Columns=2000)) == "data.truncated"
    assert refused(changed(path, Rows=0)) == "data.dicom_no_image"


def test_frames_that_are_not_there_are_refused_one_by_one(tmp_path: Path) -> None:
    path = changed(tmp_path / "a.dcm", NumberOfFrames=3)
    with opened_pages(path) as pages:
        assert pages.count == 3
        with pytest.raises(UserError) as caught:
            pages.read(2)
    assert caught.value.code == "data.truncated"


def test_a_deflated_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlstudio.imaging.dicom.header._INFLATED_LIMIT", 2**20)
    data = pydicom.dcmread(SAMPLES / "image_dfl.dcm")
    assert data.file_meta.TransferSyntaxUID == DeflatedExplicitVRLittleEndian
    head = (SAMPLES / "image_dfl.dcm").read_bytes()[:400]
    start = head.rindex(b"\x02\0") if b"\x02\0" in head else 0
    path = tmp_path / "a.dcm"
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(b"\0" * 2**25) + packer.flush()
    with (SAMPLES / "image_dfl.dcm").open("rb") as file:
        pydicom.filereader.read_preamble(file, force=True)
        pydicom.filereader._read_file_meta_info(file)
        start = file.tell()
        file.seek(0)
        path.write_bytes(file.read(start) + bomb)
    assert refused(path) == "data.unpacks_too_large"


def test_a_small_stream_that_says_it_is_huge_is_not_decoded(tmp_path: Path) -> None:
    siz = struct.pack(">HIIIIIIIIH", 0, 60000, 60000, 0, 0, 60000, 60000, 0, 0, 1)
    stream = b"\xff\x4f\xff\x51" + struct.pack(">H", 41) + siz + b"\x07\1\1"
    assert stated_size(stream) == (60000, 60000)
    data = pydicom.dcmread(SAMPLES / "CT_small.dcm")
    data.file_meta.TransferSyntaxUID = JPEG2000Lossless
    data.PixelData = encapsulate([stream])
    data["PixelData"].is_undefined_length = True
    data["PixelData"].VR = "OB"
    data.save_as(tmp_path / "a.dcm")
    assert refused(tmp_path / "a.dcm") == "data.dicom_sizes"


@pytest.mark.parametrize(("place", "value"), [(1786, 133), (6734, 29), (2379, 222)])
def test_a_decoder_that_panics_is_a_damaged_file(place: int, value: int, tmp_path: Path) -> None:
    data = bytearray((SAMPLES / "MR_small_RLE.dcm").read_bytes())
    data[place] = value
    (tmp_path / "a.dcm").write_bytes(bytes(data))
    assert refused(tmp_path / "a.dcm") == "data.corrupt"


def test_sequences_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    whole = (SAMPLES / "CT_small.dcm").read_bytes()
    opening = b"\x28\0\0\x30SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    start = whole.index(b"\x28\0\x02\0US")
    path.write_bytes(whole[:start] + opening * 5000 + whole[start:])
    assert refused(path) in ("data.corrupt", "data.dicom_no_image", "data.truncated")


def test_a_name_alone_makes_no_dicom(tmp_path: Path) -> None:
    path = tmp_path / "a.dcm"
    path.write_bytes(b"nothing of the kind" * 20)
    assert not looks_like_image(path)
    path.rename(tmp_path / "b")
    (tmp_path / "c").write_bytes((SAMPLES / "CT_small.dcm").read_bytes())
    assert looks_like_image(tmp_path / "c")


@pytest.mark.parametrize("name", SOURCES)
def test_a_copy_without_the_patient_has_the_same_pixels(name: str, tmp_path: Path) -> None:
    first, second = tmp_path / "a.dcm", tmp_path / "b.dcm"
    clean_copy(SAMPLES / name, first, b"k" * 32)
    clean_copy(SAMPLES / name, second, b"k" * 32)
    assert first.read_bytes() == second.read_bytes()
    assert np.array_equal(read_raw(first).values, read_raw(SAMPLES / name).values)
    copy = pydicom.dcmread(first)
    assert copy.PatientName == ""
    assert copy.PatientIdentityRemoved == "YES"
    assert not any(element.tag.is_private for element in copy)
    assert pydicom.dcmread(SAMPLES / name).get("SOPInstanceUID") != copy.get("SOPInstanceUID")
