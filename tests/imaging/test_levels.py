"""Pictures keep their values, and every pixel is drawn where it belongs."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_8bit, window_of
from tlstudio.imaging.levels import (
    SMALLEST,
    halved_until_small,
    read_draft,
    read_raw,
    read_thumbnail,
)
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.resampling import resampled
from tlstudio.imaging.tone import Adjust, shown

quick = settings(max_examples=80, deadline=None)
ADJUSTS = [
    Adjust(),
    Adjust(brightness=0.3, contrast=0.5, gamma=2.2),
    Adjust(contrast=-1),
    Adjust(contrast=1),
    Adjust(invert=True),
    Adjust(low=40, high=90),
    Adjust(low=90, high=90),
]


def wavy(width: int, height: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    waves = [np.sin(x / 17 + n) * 60 + np.cos(y / 11 - n) * 60 + 128 for n in range(3)]
    return np.stack(waves, axis=-1).astype(np.uint8)


# --- reading ----------------------------------------------------------------------------------


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_orientation_is_applied(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(wavy(1700, 1500))
    image.save(tmp_path / "a.jpg", quality=95, exif=exif)
    raw = read_raw(tmp_path / "a.jpg")
    wanted = np.asarray(read_image(tmp_path / "a.jpg"))
    assert np.array_equal(raw.values, wanted)
    assert (raw.height, raw.width) == wanted.shape[:2]
    draft = read_draft(tmp_path / "a.jpg")
    assert draft is not None
    assert (draft.height, draft.width) == wanted.shape[:2]
    assert draft.values.shape[0] * 2 == wanted.shape[0]
    small = halved_until_small(wanted)[1].astype(int)
    assert np.abs(small - draft.values).mean() < 3


def packed(mode: str) -> Image.Image:
    colour = Image.fromarray(wavy(90, 61))
    if mode == "P with a transparent colour":
        image = colour.quantize(16)
        image.info["transparency"] = 3
        return image
    if mode in ("RGBA", "LA"):
        image = colour.convert(mode)
        image.putalpha(Image.fromarray(wavy(90, 61)[..., 2]))
        return image
    return colour.convert(mode)


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("RGB", "a.png"),
        ("L", "a.png"),
        ("1", "a.png"),
        ("P", "a.png"),
        ("P with a transparent colour", "a.png"),
        ("RGBA", "a.png"),
        ("LA", "a.png"),
        ("CMYK", "a.jpg"),
        ("CMYK", "a.tif"),
        ("YCbCr", "a.tif"),
        ("LAB", "a.tif"),
        ("RGB", "a.webp"),
        ("L", "a.jpg"),
        ("RGB", "a.bmp"),
    ],
)
def test_colour_is_what_everyone_else_sees(mode: str, name: str, tmp_path: Path) -> None:
    packed(mode).save(tmp_path / name)
    raw = read_raw(tmp_path / name)
    assert raw.bit_depth == 8
    assert np.array_equal(raw.values, np.asarray(to_8bit(read_image(tmp_path / name))))


@pytest.mark.parametrize("name", ["a.tif", "a.png"])
def test_sixteen_bits_keep_their_values(name: str, tmp_path: Path) -> None:
    values = (np.arange(50 * 70).reshape(50, 70) * 17).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / name)
    raw = read_raw(tmp_path / name)
    assert raw.bit_depth == 16
    assert np.array_equal(raw.values, values)
    low, high = window_of(raw.values)
    seen = shown(raw.values, low, high, Adjust())
    assert np.array_equal(seen, np.asarray(to_8bit(read_image(tmp_path / name))))


def test_floats_and_large_integers_keep_their_values(tmp_path: Path) -> None:
    values = np.linspace(-3, 900, 3500).astype(np.float32).reshape(50, 70)
    values[3, 4] = np.nan
    Image.fromarray(values).save(tmp_path / "f.tif")
    raw = read_raw(tmp_path / "f.tif")
    assert raw.bit_depth == 32
    assert np.array_equal(raw.values, values, equal_nan=True)
    seen = shown(raw.values, *window_of(raw.values), Adjust())
    assert np.array_equal(seen, np.asarray(to_8bit(read_image(tmp_path / "f.tif"))))
    whole = (np.arange(3500).reshape(50, 70) * 100 - 7).astype(np.int32)
    Image.fromarray(whole).save(tmp_path / "i.tif")
    assert np.array_equal(read_raw(tmp_path / "i.tif").values, whole.astype(np.float32))


def test_a_picture_is_copied_strip_by_strip(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tlstudio.imaging.levels._STRIP", 1000)
    pixels = wavy(300, 217)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(read_raw(tmp_path / "a.png").values, pixels)


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    Image.fromarray(wavy(900, 800)).save(tmp_path / "a.jpg")
    (tmp_path / "a.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:9000])
    (tmp_path / "b.jpg").write_text("no picture")
    for name, code in (
        ("a.jpg", "data.truncated"),
        ("b.jpg", "data.not_image"),
        ("c.jpg", "data.file_missing"),
    ):
        with pytest.raises(UserError) as error:
            read_raw(tmp_path / name)
        assert error.value.code == code


def test_only_a_large_jpeg_has_a_draft(tmp_path: Path) -> None:
    Image.fromarray(wavy(1000, 800)).save(tmp_path / "small.jpg")
    Image.fromarray(wavy(1500, 900)).save(tmp_path / "large.png")
    assert read_draft(tmp_path / "small.jpg") is None
    assert read_draft(tmp_path / "large.png") is None
    Image.fromarray(wavy(6001, 903)).save(tmp_path / "large.jpg")
    draft = read_draft(tmp_path / "large.jpg")
    assert draft is not None and draft.values.shape == (113, 751, 3)
    assert (draft.width, draft.height) == (6001, 903)


# --- levels -----------------------------------------------------------------------------------


@quick
@given(st.integers(1, 2300), st.integers(1, 2300), st.sampled_from(["u1", "u2", "f4"]))
def test_a_level_is_the_mean_of_the_one_before(width: int, height: int, kind: str) -> None:
    assume(width * height < 2_000_000)
    values = (np.random.default_rng(width * height).random((height, width)) * 255).astype(kind)
    levels = halved_until_small(values)
    assert max(levels[-1].shape) <= SMALLEST
    assert len(levels) == 1 or max(levels[-2].shape) > SMALLEST
    for larger, smaller in pairwise(levels):
        even = np.pad(larger.astype(float), [(0, n % 2) for n in larger.shape], mode="edge")
        h, w = smaller.shape
        wanted = even.reshape(h, 2, w, 2).mean(axis=(1, 3))
        assert smaller.dtype == values.dtype
        assert np.abs(smaller - wanted).max() <= (0.51 if kind != "f4" else 1e-3)


# --- drawing ----------------------------------------------------------------------------------


@quick
@given(
    st.integers(1, 9),
    st.integers(0, 30),
    st.integers(0, 20),
    st.integers(1, 60),
    st.integers(1, 40),
    st.booleans(),
)
def test_whole_zooms_repeat_pixels(zoom: int, x: int, y: int, w: int, h: int, grey: bool) -> None:
    pixels = wavy(100, 70)
    image = pixels[..., 0] if grey else pixels
    drawn = resampled([image], 100, 70, (x, y, w, h), (w * zoom, h * zoom), smooth=False)
    part = image[y : y + h, x : x + w]
    assert np.array_equal(drawn, part.repeat(zoom, axis=0).repeat(zoom, axis=1))


def ramp(length: int) -> NDArray[np.float32]:
    """An image whose values say where they are: the middle of each pixel, along both axes."""
    return np.broadcast_to(np.arange(length, dtype=np.float32) + 0.5, (8, length))


@settings(max_examples=300, deadline=None)
@given(
    st.floats(0.02, 40),
    st.floats(0, 1),
    st.integers(1, 1500),
    st.sampled_from([1024, 1500, 3000, 4097, 6001]),
    st.booleans(),
)
def test_no_pixel_is_drawn_far_from_its_place(
    zoom: float, place: float, size: int, length: int, upright: bool
) -> None:
    size = min(size, int(length * zoom))
    assume(size > 0)
    w = size / zoom
    x = place * (length - w)
    levels = halved_until_small(np.ascontiguousarray(ramp(length)))
    if upright:
        levels = tuple(np.ascontiguousarray(level.T) for level in levels)
        h = 8
        drawn = resampled(
            levels, 8, length, (0, x, h, w), (max(1, round(8 * zoom)), size), smooth=False
        )
        seen = drawn[:, 0]
    else:
        drawn = resampled(
            levels, length, 8, (x, 0, w, 8), (size, max(1, round(8 * zoom))), smooth=False
        )
        seen = drawn[0]
    wanted = x + (np.arange(size) + 0.5) / zoom
    off = np.abs(seen - wanted) * zoom
    # Between the middle of its outermost pixel and the edge a level cannot tell places apart.
    margin = 2 ** len(levels)
    inner = (wanted > margin) & (wanted < length - margin)
    if zoom >= 1:
        # The pixel under the centre is the right one: half an image pixel at most.
        assert (np.abs(seen - wanted) <= 0.5 + 1e-3).all()
    elif inner.any():
        assert off[inner].max() <= 0.5 + 1e-2


def test_small_zooms_average() -> None:
    """A fine chequer becomes even grey, not stripes."""
    y, x = np.mgrid[0:2048, 0:2048]
    levels = halved_until_small(((x + y) % 2 * 254).astype(np.uint8))
    drawn = resampled(levels, 2048, 2048, (0, 0, 2048, 2048), (700, 700), smooth=False)
    assert drawn.min() == drawn.max() == 127


def test_a_preview_fills_the_place_of_its_image() -> None:
    buffer = io.BytesIO()
    half = np.zeros((128, 256), dtype=np.uint8)
    half[:, 128:] = 250
    Image.fromarray(half).save(buffer, "JPEG", quality=95)
    raw = read_thumbnail(buffer.getvalue(), 4000, 2000)
    assert (raw.width, raw.height) == (4000, 2000)
    drawn = resampled([raw.values], 4000, 2000, (0, 0, 4000, 2000), (800, 400), smooth=True)
    assert drawn.shape == (400, 800)
    assert drawn[:, :380].max() < 20 and drawn[:, 420:].min() > 230


# --- tone -------------------------------------------------------------------------------------


@pytest.mark.parametrize("adjust", ADJUSTS, ids=repr)
@pytest.mark.parametrize("kind", ["u1", "u2", "f4"])
def test_tone_never_touches_the_values(adjust: Adjust, kind: str) -> None:
    values = wavy(40, 30).astype(kind)
    before = values.copy()
    seen = shown(values, 0, 255, adjust)
    assert seen.dtype == np.uint8 and seen.shape == values.shape
    assert np.array_equal(values, before)
    values.setflags(write=False)
    shown(values, 0, 255, adjust)


@pytest.mark.parametrize("adjust", ADJUSTS, ids=repr)
def test_all_kinds_of_values_look_alike(adjust: Adjust) -> None:
    """The same values as bytes, words and floats are shown the same, but for rounding."""
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    seen = [shown(values.astype(kind), 0, 255, adjust).astype(int) for kind in ("u1", "u2", "f4")]
    assert np.array_equal(seen[0], seen[1])
    if adjust.contrast < 1:
        assert np.abs(seen[0] - seen[2]).max() <= 1


def test_each_adjustment_does_what_it_says() -> None:
    values = np.arange(256, dtype=np.uint8)[None]

    def curve(adjust: Adjust) -> list[int]:
        return shown(values, 0, 255, adjust)[0].tolist()

    assert curve(Adjust()) == list(range(256))
    assert curve(Adjust(invert=True)) == list(range(255, -1, -1))
    window = curve(Adjust(low=50, high=150))
    assert (window[50], window[100], window[150]) == (0, 128, 255)
    assert curve(Adjust(brightness=0.2))[100] == 151
    assert curve(Adjust(brightness=1.0))[0] == 255 and curve(Adjust(brightness=-1.0))[255] == 0
    assert set(curve(Adjust(contrast=-1))) == {128}
    steep = curve(Adjust(contrast=0.5))
    assert steep[127] in (126, 127) and steep[60] == 0 and steep[200] == 255
    assert set(curve(Adjust(contrast=1))) == {0, 255}
    bright = curve(Adjust(gamma=2.0))
    assert bright[64] > 120 and (bright[0], bright[255]) == (0, 255)
    for adjust in ADJUSTS:
        if not adjust.invert:
            assert curve(adjust) == sorted(curve(adjust))


def test_one_channel_is_shown_grey() -> None:
    pixels = wavy(40, 30)
    for channel in range(3):
        seen = shown(pixels, 0, 255, Adjust(channel=channel))
        assert np.array_equal(seen, pixels[..., channel])
        assert seen.flags.c_contiguous
    grey = pixels[..., 0]
    assert np.array_equal(shown(grey, 0, 255, Adjust(channel=2)), grey)
