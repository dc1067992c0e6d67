"""A bundle sees every kind of file exactly as the program did while the model learned."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.windows import Window
from tlstudio.imaging import plain, reading
from tlstudio.imaging.dicom import header
from tlstudio.ml.classification.pixels import EIGHT_BITS, Transform, batch_of
from tlstudio.ml.export import read_images
from tlstudio.ml.export.parity import load_predict

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NOISE = np.random.default_rng(5).integers(0, 256, (37, 61, 4), dtype=np.uint8)
DEEP = (np.random.default_rng(6).normal(900, 300, (37, 61)).clip(0, 60000)).astype(np.uint16)
WINDOWS = [*map(Window, ("auto", "file", "percentiles", "full")), Window("fixed", 100, 1100.5)]


def rgb() -> Image.Image:
    return Image.fromarray(NOISE[..., :3])


def oriented(value: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = value
        rgb().save(path, exif=exif, quality=95)

    return write


def palette_with_clear_colour(path: Path) -> None:
    rgb().quantize(16).save(path, transparency=3)


def rgb_with_clear_colour(path: Path) -> None:
    flat = NOISE[..., :3].copy()
    flat[:9] = (10, 20, 30)
    Image.fromarray(flat).save(path, transparency=(10, 20, 30))


FILES: dict[str, Callable[[Path], None]] = {
    "rgb.png": lambda p: rgb().save(p),
    "photo.jpg": lambda p: rgb().save(p, quality=80),
    **{f"turned{v}.jpg": oriented(v) for v in (2, 3, 4, 5, 6, 7, 8, 9)},
    "grey.png": lambda p: rgb().convert("L").save(p),
    "one_bit.png": lambda p: rgb().convert("1").save(p),
    "grey_alpha.png": lambda p: rgb().convert("LA").save(p),
    "alpha.png": lambda p: Image.fromarray(NOISE).save(p),
    "alpha.webp": lambda p: Image.fromarray(NOISE).save(p, lossless=True),
    "palette.png": lambda p: rgb().quantize(16).save(p),
    "palette_clear.png": palette_with_clear_colour,
    "rgb_clear.png": rgb_with_clear_colour,
    "cmyk.jpg": lambda p: rgb().convert("CMYK").save(p),
    "cmyk.tif": lambda p: rgb().convert("CMYK").save(p),
    "lab.tif": lambda p: Image.frombytes("LAB", (61, 37), NOISE[..., :3].tobytes()).save(p),
    "deep.png": lambda p: Image.fromarray(DEEP).save(p),
    "deep.tif": lambda p: Image.fromarray(DEEP).save(p),
    "deep_big_endian.tif": lambda p: p.write_bytes(big_endian_tiff()),
    "flat_deep.png": lambda p: Image.fromarray(np.full((9, 9), 700, np.uint16)).save(p),
    "spots_deep.png": lambda p: Image.fromarray(spots()).save(p),
    "long.tif": lambda p: Image.fromarray(DEEP.astype(np.int32) * 9 - 4000).save(p),
    "float.tif": lambda p: Image.fromarray(DEEP.astype(np.float32) / 7 - 50).save(p),
    "holes.tif": lambda p: Image.fromarray(with_holes()).save(p),
    "frames.gif": lambda p: rgb().save(p, save_all=True, append_images=[rgb().rotate(90)]),
    "pages.tif": lambda p: rgb().save(p, save_all=True, append_images=[rgb().rotate(90)]),
    "picture.bmp": lambda p: rgb().save(p),
}


def spots() -> np.ndarray:
    """Nearly all one value: the percentiles coincide and the whole range is shown."""
    pixels = np.full((80, 80), 300, np.uint16)
    pixels[3, 3:6] = 4000
    return pixels


def with_holes() -> np.ndarray:
    pixels = DEEP.astype(np.float32)
    pixels[2, 2], pixels[3, 3], pixels[4, 4] = np.nan, np.inf, -np.inf
    return pixels


def big_endian_tiff() -> bytes:
    """A 16-bit TIFF with its bytes the other way round, written by hand."""
    data = DEEP.astype(">u2").tobytes()
    height, width = DEEP.shape
    tags = [
        (256, 3, width), (257, 3, height), (258, 3, 16), (259, 3, 1), (262, 3, 1),
        (273, 4, 8), (277, 3, 1), (278, 3, height), (279, 4, len(data)),
    ]  # fmt: skip
    out = io.BytesIO()
    out.write(b"MM\0*" + (8 + len(data)).to_bytes(4, "big") + data)
    out.write(len(tags).to_bytes(2, "big"))
    for tag, kind, value in tags:
        shown = value.to_bytes(2, "big") + b"\0\0" if kind == 3 else value.to_bytes(4, "big")
        out.write(tag.to_bytes(2, "big") + kind.to_bytes(2, "big") + b"\0\0\0\1" + shown)
    out.write(b"\0\0\0\0")
    return out.getvalue()


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("method", ["bilinear", "bicubic"])
def test_bit_for_bit_the_same_input(tmp_path: Path, name: str, method: str) -> None:
    path = tmp_path / name
    FILES[name](path)
    for window in WINDOWS:
        same_input(path, Transform(32, MEAN, STD, method, window))
    same_input(path, Transform(32, MEAN, STD, method, steps=EIGHT_BITS))


def same_input(path: Path, transform: Transform) -> None:
    ours = transform.normalise(batch_of([transform.read(path)]))[0].numpy()
    rules = {"steps": transform.steps, "size": 32, "resize": transform.interpolation}
    rules |= {"mean": list(MEAN), "std": list(STD), "window": transform.window.to_json()}
    theirs = read_images.prepare(read_images.read_values(path), rules)
    assert theirs.dtype == np.float32
    assert theirs.shape == (3, 32, 32)
    np.testing.assert_array_equal(ours, theirs)


def test_an_upright_and_a_turned_file_of_the_same_picture_look_alike(tmp_path: Path) -> None:
    rgb().save(tmp_path / "up.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb().transpose(Image.Transpose.ROTATE_90).save(tmp_path / "side.png", exif=exif)
    up, side = (read_images.read_image(tmp_path / n) for n in ("up.png", "side.png"))
    assert up.tobytes() == side.tobytes()


def test_it_reads_the_same_formats_up_to_the_same_size() -> None:
    assert read_images.FORMATS == plain._FORMATS
    assert read_images.PIXEL_LIMIT == plain.PIXEL_LIMIT
    assert set(read_images.IMAGE_ENDINGS) == reading.SUFFIXES
    assert tuple(sorted(header.SUFFIXES)) == read_images.DICOM_ENDINGS


def test_folders_are_looked_through_for_pictures_and_dicom(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    for name in ("scan.DCM", "below/a.png", "notes.txt"):
        (tmp_path / name).write_bytes(b"")
    predict = load_predict(Path(read_images.__file__).parent)
    found = [path.name for path in predict.find_images([str(tmp_path)])]
    assert found == ["a.png", "scan.DCM"]


@pytest.mark.parametrize(
    ("name", "content"),
    [("gone.png", None), ("text.png", b"no image"), ("cut.png", b"\x89PNG\r\n\x1a\n\0\0")],
)
def test_a_file_that_is_no_image_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(read_images.Trouble, match=name):
        read_images.read_image(tmp_path / name)


def test_an_image_beyond_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rgb().save(tmp_path / "wide.png")
    monkeypatch.setattr(read_images, "PIXEL_LIMIT", 1000)
    with pytest.raises(read_images.Trouble, match="million pixels"):
        read_images.read_image(tmp_path / "wide.png")
