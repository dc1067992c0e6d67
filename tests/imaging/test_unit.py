"""What a model sees of a file: its raw values between 0 and 1, and nothing lost on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import Window
from tlstudio.imaging.display import to_rgb8 as shown_rgb8
from tlstudio.imaging.levels import Raw
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.unit import (
    limits,
    read_rgb8,
    read_seen,
    read_unit,
    resized,
    seen,
    to_rgb8,
    to_unit,
)
from tlstudio.imaging.voi import FileWindow

quick = settings(max_examples=100, deadline=None)

WINDOWS = [
    Window(),
    Window("file"),
    Window("percentiles"),
    Window("full"),
    Window("fixed", 10, 200),
    Window("fixed", -3.5, 1e4),
]
windows = st.sampled_from(WINDOWS)
shapes = array_shapes(min_dims=2, max_dims=2, max_side=9)
colour_shapes = shapes.map(lambda shape: (*shape, 3))
values = st.one_of(
    arrays(np.uint8, st.one_of(shapes, colour_shapes)),
    arrays(np.uint16, st.one_of(shapes, colour_shapes)),
    arrays(np.float32, st.one_of(shapes, colour_shapes)),
)


def raw(held: NDArray[Any]) -> Raw:
    return Raw(held, held.itemsize * 8, held.shape[1], held.shape[0])


def kept(path: Path, held: NDArray[Any]) -> Path:
    Image.fromarray(held).save(path)
    return path


# --- depth survives ---------------------------------------------------------------------------


def test_each_grey_level_stays_apart(tmp_path: Path) -> None:
    levels = np.arange(4096, dtype=np.uint16).reshape(64, 64)
    path = kept(tmp_path / "a.png", levels)
    for window in (Window("full"), Window("fixed", 0, 4095), Window("fixed", -1, 65536)):
        unit = read_unit(path, window=window)
        assert len(np.unique(unit[..., 0])) == 4096, window
        assert np.array_equal(unit[..., 0], unit[..., 2])
    inside = read_unit(path, window=Window())[..., 0]
    assert len(np.unique(inside)) >= 4096 * 0.99
    assert len(np.unique(read_rgb8(path, window=Window("full")))) == 17


def test_all_levels_of_16_bits_stay_apart(tmp_path: Path) -> None:
    levels = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    unit = read_unit(kept(tmp_path / "a.tif", levels), window=Window("full"))[..., 0]
    assert np.array_equal(np.argsort(unit.ravel(), kind="stable"), np.arange(65536))
    assert len(np.unique(unit)) == 65536
    assert (unit.min(), unit.max()) == (0, 1)


def test_floats_with_holes_in_them(tmp_path: Path) -> None:
    held = np.linspace(-1, 1, 400, dtype=np.float32).reshape(20, 20)
    held[3, 4], held[5, 6], held[7, 8] = np.nan, np.inf, -np.inf
    path = kept(tmp_path / "a.tif", held)
    unit = read_unit(path, window=Window("full"))
    assert unit.dtype == np.float32
    assert np.isfinite(unit).all()
    assert unit[3, 4].tolist() == [0, 0, 0]
    assert unit[5, 6].tolist() == [1, 1, 1]
    assert unit[7, 8].tolist() == [0, 0, 0]
    assert unit[0, 1, 0] == pytest.approx((held[0, 1] + 1) / 2, abs=1e-6)
    assert read_unit(path, window=Window("fixed", 0, 1))[0, 0, 0] == 0


def test_negative_whole_numbers(tmp_path: Path) -> None:
    held = np.arange(-200, 200, dtype=np.int32).reshape(20, 20)
    unit = read_unit(kept(tmp_path / "a.tif", held), window=Window("fixed", -200, 200))
    assert unit[..., 0].ravel() == pytest.approx(np.arange(400) / 400, abs=1e-7)


def test_colour_of_16_bits() -> None:
    held = np.arange(3 * 64 * 64, dtype=np.uint16).reshape(64, 64, 3)
    unit = to_unit(seen(raw(held), Window("full")))
    assert len(np.unique(unit)) == held.size
    assert unit[1, 2, 1] == pytest.approx(held[1, 2, 1] / 65535)


def test_percentiles_of_colour_look_at_every_channel() -> None:
    """A million samples taken with a stride of three must not all be red."""
    held = np.zeros((1100, 1000, 3), np.uint16)
    held[..., 2] = np.arange(1100, dtype=np.uint16)[:, np.newaxis]
    low, high = limits(raw(held), Window("percentiles"))
    assert low == 0
    assert high > 1000


# --- images of 8 bits are what they were --------------------------------------------------------


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA", "P", "1", "CMYK", "YCbCr", "HSV"])
def test_an_image_of_8_bits_is_taken_as_it_is(mode: str, tmp_path: Path) -> None:
    y, x = np.mgrid[0:30, 0:40]
    wave = np.stack([x * 6, y * 8, (x * y) % 256], axis=-1).astype(np.uint8)
    image = Image.fromarray(wave).convert(mode)
    if "A" in mode:
        image.putalpha(Image.fromarray(wave[..., 2]))
    ending = "tif" if mode in ("CMYK", "YCbCr") else "png"
    if mode == "HSV":
        image = image.convert("RGB")
    image.save(tmp_path / f"a.{ending}")
    path = tmp_path / f"a.{ending}"
    wanted = np.asarray(shown_rgb8(read_image(path)))
    for window in (Window(), Window("file"), Window("full")):
        assert np.array_equal(read_rgb8(path, window=window), wanted)
        assert np.array_equal(read_unit(path, window=window), wanted.astype(np.float32) / 255)
        assert read_seen(path, window=window).dtype == np.uint8


def test_what_shows_through_is_white(tmp_path: Path) -> None:
    clear = np.zeros((4, 4, 4), np.uint8)
    clear[0, 0, 3] = 255
    unit = read_unit(kept(tmp_path / "a.png", clear))
    assert unit[0, 0].tolist() == [0, 0, 0]
    assert unit[1, 1].tolist() == [1, 1, 1]


def test_a_fixed_window_counts_for_8_bits_too(tmp_path: Path) -> None:
    held = np.arange(256, dtype=np.uint8).reshape(16, 16)
    path = kept(tmp_path / "a.png", held)
    unit = read_unit(path, window=Window("fixed", 100, 150))[..., 0].ravel()
    assert unit[:101].max() == 0
    assert unit[150:].min() == 1
    assert unit[101] == pytest.approx(1 / 50)
    assert len(np.unique(unit)) == 51
    spread = read_unit(path, window=Window("percentiles"))[..., 0].ravel()
    assert (spread[0], spread[-1]) == (0, 1)
    assert spread[128] != pytest.approx(128 / 255, abs=1e-6)


# --- which limits count ---------------------------------------------------------------------


def test_the_window_that_the_file_states() -> None:
    deep = raw(np.arange(1000, dtype=np.uint16).reshape(10, 100))
    shallow = raw(np.arange(100, dtype=np.uint8).reshape(10, 10))
    stated = (FileWindow(40, 80, "SOFT"), FileWindow(0, 900, "BONE"))
    told, told8 = replace(deep, windows=stated), replace(shallow, windows=stated)
    assert limits(told, Window()) == (40, 80)
    assert limits(told, Window("file")) == (40, 80)
    assert limits(told8, Window("file")) == (40, 80)
    assert limits(told8, Window()) == (0, 255)
    assert limits(told, Window("percentiles")) == limits(deep, Window())
    assert limits(told, Window("full")) == (0, 65535)
    assert limits(replace(told, full=(0.0, 4095.0)), Window("full")) == (0, 4095)
    assert limits(told, Window("fixed", 1, 2)) == (1, 2)
    assert limits(deep, Window("file")) == limits(deep, Window("percentiles"))
    assert limits(shallow, Window("file")) == (0, 255)


def test_a_curve_of_the_file_shapes_its_own_window_and_no_other() -> None:
    held = raw(np.linspace(0, 100, 101, dtype=np.float32).reshape(1, 101))
    curve = np.array([0, 0.8, 1], np.float32)
    told = replace(held, windows=(FileWindow(0, 100, curve=curve),))
    assert seen(told, Window())[0, 50] == pytest.approx(0.8)
    assert seen(told, Window())[0, 25] == pytest.approx(0.4)
    assert seen(told, Window("fixed", 0, 200))[0, 50] == pytest.approx(0.25)
    assert seen(told, Window("percentiles"))[0, 50] == pytest.approx(0.5, abs=0.01)


def test_where_the_least_values_are_white_all_is_turned_over() -> None:
    deep = replace(raw(np.arange(1000, dtype=np.uint16).reshape(10, 100)), inverted=True)
    for window in (Window("full"), Window("fixed", 0, 500), Window()):
        plain = seen(replace(deep, inverted=False), window)
        assert seen(deep, window) == pytest.approx(1 - plain)
    shallow = replace(raw(np.arange(100, dtype=np.uint8).reshape(10, 10)), inverted=True)
    assert np.array_equal(seen(shallow, Window()), 255 - shallow.values)


def test_an_image_without_any_number_is_black() -> None:
    held = np.full((3, 4), np.nan, np.float32)
    for window in WINDOWS:
        assert not to_unit(seen(raw(held), window)).any(), window


def test_a_frame_that_is_not_there(tmp_path: Path) -> None:
    path = kept(tmp_path / "a.png", np.zeros((3, 3), np.uint8))
    with pytest.raises(UserError) as refused:
        read_unit(path, frame=1)
    assert refused.value.code == "data.no_frame"


# --- properties -----------------------------------------------------------------------------


@quick
@given(values, windows)
def test_every_image_lies_between_0_and_1(held: NDArray[Any], window: Window) -> None:
    unit = to_unit(seen(raw(held), window))
    assert unit.shape == (*held.shape[:2], 3)
    assert unit.dtype == np.float32
    assert unit.min() >= 0
    assert unit.max() <= 1


@quick
@given(values, windows)
def test_a_larger_value_is_never_darker(held: NDArray[Any], window: Window) -> None:
    unit = seen(raw(held), window).ravel()
    plain = np.nan_to_num(held.ravel().astype(np.float64), nan=-np.inf)
    ordered = unit[np.argsort(plain, kind="stable")]
    assert (np.diff(ordered.astype(np.float64)) >= 0).all()


@quick
@given(arrays(np.uint16, st.one_of(shapes, colour_shapes)), st.integers(1, 2**20))
def test_values_inside_the_window_are_told_apart(held: NDArray[Any], high: int) -> None:
    unit = seen(raw(held), Window("fixed", 0, high))
    inside = held < high
    assert len(np.unique(unit[inside])) == len(np.unique(held[inside]))


@quick
@given(
    arrays(np.uint16, shapes, elements=st.integers(0, 1000)),
    st.integers(0, 60_000),
    st.sampled_from([Window(), Window("percentiles")]),
)
def test_percentiles_do_not_care_for_an_offset(
    held: NDArray[Any], offset: int, window: Window
) -> None:
    moved = (held + offset).astype(np.uint16)
    assert seen(raw(moved), window) == pytest.approx(seen(raw(held), window), abs=1e-4)


@quick
@given(arrays(np.uint16, shapes), st.sampled_from([2.0**-9, 2.0**4]))
def test_percentiles_do_not_care_for_the_unit(held: NDArray[Any], factor: float) -> None:
    whole = held.astype(np.float32)
    scaled = (whole * factor).astype(np.float32)
    for window in (Window(), Window("full")):
        assert seen(raw(scaled), window) == pytest.approx(seen(raw(whole), window), abs=1e-5)


@quick
@given(values, windows)
def test_the_8_bit_form_is_the_unit_form_rounded(held: NDArray[Any], window: Window) -> None:
    image = seen(raw(held), window)
    wanted = np.rint(to_unit(image) * np.float32(255)).astype(np.uint8)
    assert np.array_equal(to_rgb8(image), wanted)


# --- at another size ----------------------------------------------------------------------------


@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize("size", [(7, 9), (64, 50)])
def test_floats_are_resized_like_bytes(interpolation: str, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(5).integers(90, 166, (33, 41, 3), dtype=np.uint8)
    small = resized(noise, *size, interpolation).astype(np.float64)
    fine = resized((noise / np.float32(255)).astype(np.float32), *size, interpolation)
    assert fine.dtype == np.float32
    assert fine.shape == (size[1], size[0], 3)
    # Pillow rounds bytes after each of its two passes. (It also cuts them off after each, which
    # is why no value here is so near to black or white that a filter could overshoot.)
    assert np.abs(fine * 255 - small).max() < 1.5
    grey = resized(noise[..., 0] / np.float32(255), *size, interpolation)
    assert np.array_equal(grey, fine[..., 0])


def test_making_smaller_averages_over_all_pixels() -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)
    small = resized(board, 4, 4)
    assert small == pytest.approx(0.5, abs=0.01)
