"""When two pictures are the same, nearly the same, or different."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from tlstudio.domain.errors import UserError
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.facts import examine, examine_several, thumbnail
from tlstudio.imaging.hashes import near_hash, near_hashes, pixel_hash


def _picture(seed: int, size: tuple[int, int] = (120, 90)) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def _hash(image: Image.Image) -> str:
    return pixel_hash(image, to_8bit(image))


def _distance(a: Image.Image, b: Image.Image) -> int:
    return (int(near_hash(to_8bit(a)), 16) ^ int(near_hash(to_8bit(b)), 16)).bit_count()


def test_packing_does_not_change_the_pixel_hash(tmp_path: Path) -> None:
    picture = _picture(1)
    for name in ("a.png", "a.bmp", "a.tif", "a.webp"):
        picture.save(tmp_path / name, lossless=True)
    opaque = picture.convert("RGBA")
    opaque.save(tmp_path / "alpha.png")
    hashes = {examine(path)[0].pixel_hash for path in tmp_path.iterdir()}
    assert hashes == {_hash(picture)}


def test_grey_saved_as_colour_or_palette_is_the_same_picture() -> None:
    grey = _picture(2).convert("L")
    assert _hash(grey) == _hash(grey.convert("RGB")) == _hash(grey.convert("P"))


def test_one_changed_pixel_or_another_shape_changes_the_pixel_hash() -> None:
    picture = _picture(3)
    other = picture.copy()
    other.putpixel((119, 89), (1, 2, 3))
    assert _hash(picture) != _hash(other)
    assert _hash(Image.new("L", (4, 8))) != _hash(Image.new("L", (8, 4)))


def test_one_pixel_of_colour_makes_a_grey_picture_another() -> None:
    grey = _picture(2).convert("L")
    tinted = grey.convert("RGB")
    tinted.putpixel((37, 41), (1, 2, 3))
    assert _hash(tinted) != _hash(grey)
    nearly = tinted.copy()
    nearly.putpixel((37, 41), (1, 2, 4))
    assert _hash(nearly) != _hash(tinted)


def test_deep_images_are_compared_at_their_full_depth() -> None:
    values = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
    nearly = values.copy()
    nearly[0, 0] += 1
    assert _hash(Image.fromarray(values)) != _hash(Image.fromarray(nearly))


def test_a_huge_image_hashes_strip_by_strip_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = _picture(4)
    whole = _hash(picture)
    monkeypatch.setattr("tlstudio.imaging.hashes._STRIP", 500)
    assert _hash(picture) == whole


@pytest.mark.parametrize("seed", range(5))
def test_near_pictures_have_near_hashes_and_others_do_not(seed: int) -> None:
    picture = _picture(seed)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=40)
    buffer.seek(0)
    with Image.open(buffer) as packed:
        assert _distance(picture, packed) <= 4
    assert _distance(picture, picture.resize((77, 60))) <= 4
    assert _distance(picture, ImageEnhance.Brightness(picture).enhance(0.85)) <= 4
    assert _distance(picture, _picture(seed + 100)) > 12


def test_a_flat_picture_has_a_stable_hash() -> None:
    assert (
        near_hash(Image.new("L", (50, 50), 7)) == near_hash(Image.new("L", (9, 9), 200)) == "0" * 16
    )


def test_hashes_made_together_are_those_made_alone() -> None:
    several = [_picture(seed, (20 + seed, 64)) for seed in range(40)]
    several += [Image.new("L", (50, 50), 7), _picture(3).convert("L")]
    assert near_hashes(several) == [near_hash(picture) for picture in several]


def test_files_examined_together_are_as_examined_alone(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(6)]
    for number, path in enumerate(paths):
        _picture(number, (30, 20) if number % 2 else (700, 800)).save(path)
    paths[2].write_bytes(paths[2].read_bytes()[:-3000])
    _picture(9).convert("CMYK").save(tmp_path / "print.jpg")
    paths += [tmp_path / "none.png", tmp_path / "print.jpg", paths[1]]
    together = examine_several(paths)
    for path, found in zip(paths, together, strict=True):
        try:
            assert found == examine(path)
        except UserError as error:
            assert isinstance(found, UserError)
            assert (error.code, error.file) == (found.code, found.file)
    codes = [found.code for found in together if isinstance(found, UserError)]
    assert codes == ["data.truncated", "data.file_missing"]


def test_thumbnails_are_small_and_never_enlarged() -> None:
    for size, expected in (((1000, 500), (256, 128)), ((28, 28), (28, 28)), ((9000, 3), (256, 1))):
        with Image.open(io.BytesIO(thumbnail(Image.new("RGB", size)))) as small:
            assert small.size == expected
            assert small.format == "JPEG"
