"""TIFFs of every kind at their full depth, page by page and channel by channel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.facts import examine
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import read_image

GREY = ("uint8", "uint16", "int8", "int16", "uint32", "int32", "uint64", "int64", "float16",
        "float32", "float64")  # fmt: skip
LOSSLESS = ("lzw", "deflate", "packbits", "zstd", "lzma", "jpeg2000", "lerc", "jpegxl", "png")


def made(kind: str, shape: tuple[int, ...]) -> NDArray[Any]:
    random, dtype = np.random.default_rng(7), np.dtype(kind)
    if dtype.kind == "f":
        return (random.random(shape) * 100 - 50).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(max(limits.min, -(2**20)), min(limits.max, 2**23), shape).astype(dtype)


def kept(folder: Path, values: NDArray[Any], **how: Any) -> Path:
    path = folder / "a.tif"
    tifffile.imwrite(path, values, **how)
    return path


@pytest.mark.parametrize("kind", GREY)
@pytest.mark.parametrize("order", ["<", ">"])
def test_grey_of_any_kind_keeps_its_values(kind: str, order: str, tmp_path: Path) -> None:
    values = made(kind, (40, 50))
    raw = read_raw(kept(tmp_path, values, byteorder=order))
    assert np.array_equal(raw.values, values.astype(np.float32))
    assert raw.values.dtype in (np.uint8, np.uint16, np.float32)


@pytest.mark.parametrize("kind", ["uint16", "float32"])
@pytest.mark.parametrize("planar", [False, True])
def test_deep_colour_keeps_its_values(kind: str, planar: bool, tmp_path: Path) -> None:
    values = made(kind, (40, 50, 3))
    stored, how = (np.moveaxis(values, -1, 0), "separate") if planar else (values, "contig")
    path = kept(tmp_path, stored, photometric="rgb", planarconfig=how)
    raw = read_raw(path)
    assert raw.values.dtype == np.dtype(kind)
    assert np.array_equal(raw.values, values)
    assert read_image(path).mode == "RGB"
    assert examine(path)[0].bit_depth == np.dtype(kind).itemsize * 8


def test_colour_of_16_bits_with_opacity_lies_on_white(tmp_path: Path) -> None:
    values = made("uint16", (4, 5, 4))
    values[0, 0], values[0, 1, 3] = (0, 0, 0, 0), 65535
    raw = read_raw(kept(tmp_path, values, photometric="rgb", extrasamples=["unassalpha"]))
    assert raw.values[0, 0].tolist() == [65535] * 3
    assert raw.values[0, 1].tolist() == values[0, 1, :3].tolist()


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
@pytest.mark.parametrize("planar", [False, True])
def test_near_infrared_beside_colour_is_a_frame_and_no_opacity(
    kind: str, planar: bool, tmp_path: Path
) -> None:
    values = made(kind, (6, 5, 4))
    values[0, :, 3] = 0
    stored, how = (np.moveaxis(values, -1, 0), "separate") if planar else (values, "contig")
    path = kept(tmp_path, stored, photometric="rgb", planarconfig=how, extrasamples=["unspecified"])
    assert np.array_equal(read_raw(path).values, values[..., :3])
    assert np.array_equal(read_raw(path, frame=1).values, values[..., 3])
    with opened_pages(path) as pages:
        assert [pages.name(n) for n in range(pages.count)] == ["c 1-3", "c 4"]


@pytest.mark.parametrize("compression", LOSSLESS)
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_compressions(compression: str, kind: str, tmp_path: Path) -> None:
    values = made(kind, (64, 60))
    raw = read_raw(kept(tmp_path, values, compression=compression, tile=(32, 32)))
    assert np.array_equal(raw.values, values)


@pytest.mark.parametrize("big", [False, True])
def test_pages_are_frames(big: bool, tmp_path: Path) -> None:
    values = made("uint16", (5, 30, 20))
    path = kept(tmp_path, values, photometric="minisblack", bigtiff=big)
    with opened_pages(path) as pages:
        assert [pages.name(n) for n in range(pages.count)] == ["1", "2", "3", "4", "5"]
    for n in (4, 0, 2):
        assert np.array_equal(read_raw(path, frame=n).values, values[n])


@pytest.mark.parametrize(("count", "planar"), [(2, "separate"), (5, "contig")])
def test_channels_are_frames(count: int, planar: str, tmp_path: Path) -> None:
    values = made("uint16", (count, 30, 20))
    stored = values if planar == "separate" else np.moveaxis(values, 0, -1)
    path = kept(tmp_path, stored, photometric="minisblack", planarconfig=planar)
    with opened_pages(path) as pages:
        assert [pages.name(n) for n in range(pages.count)] == [f"c {n + 1}" for n in range(count)]
    for n in range(count):
        assert np.array_equal(read_raw(path, frame=n).values, values[n])


def test_smaller_copies_beside_a_page_are_no_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(made("uint8", (64, 64)))
        file.write(made("uint8", (32, 32)), subfiletype=1)
        file.write(made("uint8", (60, 60)))
    with opened_pages(path) as pages:
        assert [pages.size(n) for n in range(pages.count)] == [(64, 64), (60, 60)]


def test_white_at_zero_stays_and_is_said(tmp_path: Path) -> None:
    values = made("uint16", (4, 5))
    raw = read_raw(kept(tmp_path, values, photometric="miniswhite"))
    assert raw.inverted
    assert np.array_equal(raw.values, values)


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["uint8", "float64"])
def test_a_tiff_cut_short_ends_in_a_reason(keep: float, kind: str, tmp_path: Path) -> None:
    path = kept(tmp_path, made(kind, (64, 64)), compression="deflate")
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(UserError):
        read_raw(path)


def test_a_page_that_says_it_is_huge_is_refused(tmp_path: Path) -> None:
    path = kept(tmp_path, made("float64", (64, 64)), compression="deflate")
    with tifffile.TiffFile(path, mode="r+b") as file:
        file.pages[0].tags["ImageWidth"].overwrite(2**31 - 1)
        file.pages[0].tags["ImageLength"].overwrite(2**31 - 1)
    with pytest.raises(UserError) as caught:
        read_raw(path)
    assert caught.value.code == "data.too_large"
