"""Reading any file: orientation, depth, colour spaces, and a reason for each file that fails."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_rgb8
from tlstudio.imaging.facts import examine
from tlstudio.imaging.reading import ORIENTATION_TAG, looks_like_image, read_image


def _corner_picture() -> Image.Image:
    """40 x 24, grey, with red, green and blue in three corners: no two turns look alike."""
    pixels = np.full((24, 40, 3), 128, dtype=np.uint8)
    pixels[:8, :8] = (255, 0, 0)
    pixels[:8, -8:] = (0, 255, 0)
    pixels[-8:, :8] = (0, 0, 255)
    return Image.fromarray(pixels)


def _stored_for(upright: Image.Image, orientation: int) -> Image.Image:
    """The pixels a camera stores so that applying `orientation` gives `upright`."""
    way = Image.Transpose
    undo = {
        1: None, 2: way.FLIP_LEFT_RIGHT, 3: way.ROTATE_180, 4: way.FLIP_TOP_BOTTOM,
        5: way.TRANSPOSE, 6: way.ROTATE_90, 7: way.TRANSVERSE, 8: way.ROTATE_270,
    }[orientation]  # fmt: skip
    return upright if undo is None else upright.transpose(undo)


@pytest.mark.parametrize("kind", ["jpg", "png", "tif", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, kind: str, orientation: int) -> None:
    upright = _corner_picture()
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    path = tmp_path / f"o.{kind}"
    _stored_for(upright, orientation).save(path, exif=exif, quality=95)

    read = to_rgb8(read_image(path))
    facts, thumb = examine(path)

    assert read.size == (40, 24)
    assert np.abs(np.asarray(read).astype(int) - np.asarray(upright)).mean() < 6
    assert (facts.width, facts.height, facts.orientation) == (40, 24, orientation)
    with Image.open(io.BytesIO(thumb)) as small:
        assert small.size == (40, 24)
        red = np.asarray(small.convert("RGB")).astype(int)[2, 2]
        assert red[0] > 180 and red[1] < 90


def test_a_senseless_orientation_is_ignored(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = 99
    _corner_picture().save(tmp_path / "o.jpg", exif=exif)
    assert examine(tmp_path / "o.jpg")[0].orientation == 1


def _png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _saved(kind: str) -> bytes:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.png", b"", "data.empty"),
        ("text.jpg", b"this is not a picture at all", "data.not_image"),
        ("bomb.png", _png_claiming(100_000, 100_000), "data.too_large"),
        ("half.jpg", _saved("JPEG")[:2000], "data.truncated"),
        ("half.png", _saved("PNG")[:3000], "data.truncated"),
        ("noise.png", _saved("PNG")[:50] + b"\xff" * 300 + _saved("PNG")[350:], "data.corrupt"),
        ("script.eps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "data.not_image"),
    ],
)
def test_a_file_that_fails_has_a_reason(
    tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read in (read_image, examine):
        with pytest.raises(UserError) as caught:
            read(path)
        assert caught.value.code == code
        assert caught.value.file == str(path)
        assert str(path) in str(caught.value)


def test_missing_folder_and_pipe_have_reasons(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_image(tmp_path / "nothing.png")
    assert caught.value.code == "data.file_missing"
    with pytest.raises(UserError) as caught:
        read_image(tmp_path)
    assert caught.value.code == "data.not_file"
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.png")
        with pytest.raises(UserError) as caught:  # opening it would wait for ever
            read_image(tmp_path / "pipe.png")
        assert caught.value.code == "data.not_file"


def test_a_file_without_permission_has_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _corner_picture().save(tmp_path / "secret.png")

    def refuse(*_args: object, **_kw: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(UserError) as caught:
        read_image(tmp_path / "secret.png")
    assert caught.value.code == "data.unreadable"
    assert "Permission denied" in str(caught.value)


@pytest.mark.parametrize("kind", ["png", "tif"])
def test_sixteen_bits_stay_and_are_shown_by_their_own_range(tmp_path: Path, kind: str) -> None:
    ramp = np.linspace(1000, 3000, 64 * 64).astype(np.uint16).reshape(64, 64)
    path = tmp_path / f"deep.{kind}"
    Image.fromarray(ramp).save(path)

    image = read_image(path)
    facts, _ = examine(path)

    assert np.array_equal(np.asarray(image), ramp)
    assert facts.bit_depth == 16
    seen = np.asarray(to_rgb8(image))
    assert seen.shape == (64, 64, 3)
    assert seen.min() == 0 and seen.max() == 255
    assert abs(float(seen.mean()) - 127.5) < 2


def test_float_pixels_with_holes_are_shown(tmp_path: Path) -> None:
    values = np.linspace(-1, 1, 32 * 32, dtype=np.float32).reshape(32, 32)
    values[3, 3], values[4, 4] = np.nan, np.inf
    Image.fromarray(values).save(tmp_path / "f.tif")
    seen = np.asarray(to_rgb8(read_image(tmp_path / "f.tif")))
    assert seen[3, 3, 0] == 0 and seen[4, 4, 0] == 255
    assert 120 < seen.mean() < 135


def test_a_flat_deep_image_is_shown_without_a_warning() -> None:
    flat = Image.fromarray(np.full((8, 8), 700, dtype=np.uint16))
    assert np.asarray(to_rgb8(flat)).max() == 0


def test_transparent_pixels_are_seen_over_white() -> None:
    clear = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert to_rgb8(clear).getpixel((0, 0)) == (255, 255, 255)
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([0, 0, 0, 9, 9, 9])
    palette.info["transparency"] = b"\0\xff"
    assert to_rgb8(palette).getpixel((0, 0)) == (255, 255, 255)


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (16, 16), (0, 255, 255, 0)).save(tmp_path / "c.jpg")
    facts, _ = examine(tmp_path / "c.jpg")
    red, green, _blue = to_rgb8(read_image(tmp_path / "c.jpg")).getpixel((5, 5))
    assert facts.mode == "CMYK" and red > 200 and green < 60


@pytest.mark.parametrize("kind", ["gif", "tif"])
def test_the_first_of_many_pages_is_taken_and_they_are_counted(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"many.{kind}"
    pages = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    pages[0].save(path, save_all=True, append_images=pages[1:])
    facts, _ = examine(path)
    assert facts.frames == 3
    assert to_rgb8(read_image(path)).getpixel((0, 0)) == (255, 0, 0)


def test_a_draft_is_smaller_but_not_below_what_was_asked(tmp_path: Path) -> None:
    Image.new("RGB", (1600, 800), "teal").save(tmp_path / "big.jpg")
    draft = read_image(tmp_path / "big.jpg", draft_to=200)
    assert draft.width < 1600 and min(draft.size) >= 200


def test_an_image_is_known_by_its_bytes_where_the_name_tells_nothing(tmp_path: Path) -> None:
    (tmp_path / "scan_0001").write_bytes(_saved("PNG"))
    (tmp_path / "notes").write_text("hello")
    assert looks_like_image(tmp_path / "scan_0001")
    assert not looks_like_image(tmp_path / "notes")


_KINDS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "PPM")
_WHOLE = {kind: _saved(kind) for kind in _KINDS}


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(_KINDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 100),
)
@example("TIFF", [(14, 0)], 2)  # a width of several numbers
def test_damaged_bytes_give_an_image_or_a_reason(
    tmp_path_factory: pytest.TempPathFactory, kind: str, changes: list, kept: int
) -> None:
    content = bytearray(_WHOLE[kind])
    for place, value in changes:
        content[place % len(content)] = value
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind.lower()}"
    path.write_bytes(content[: len(content) * kept // 100] if kept < 95 else content)
    try:
        facts, thumb = examine(path)
    except UserError as error:
        assert error.code.startswith("data.") and str(path) in str(error)
    else:
        assert facts.width > 0 and thumb.startswith(b"\xff\xd8")
