"""Folders of masks: what goes with which photo, and what the values mean."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import masks, sniff_source
from tlstudio.formats.walk import list_files

Read = Callable[..., AnnotationSet]
PICTURE = (100, 50)


def encoded(values: np.ndarray, kind: str = "PNG", palette: list[int] | None = None) -> bytes:
    image = Image.fromarray(values)
    if palette is not None:
        image.putpalette(palette)
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def drawn(*areas: tuple[int, int, int, int, int], dtype: Any = np.uint8) -> np.ndarray:
    """Rectangles (value, x, y, w, h) on 0, as large as PICTURE."""
    values = np.zeros((50, 100), dtype=dtype)
    for value, x, y, w, h in areas:
        values[y : y + h, x : x + w] = value
    return values


def told(found: AnnotationSet) -> dict[str, list[tuple[object, ...]]]:
    return {
        image.path: [(s.label, s.instance, s.bitmap.area()) for s in image.shapes if s.bitmap]
        for image in found.images
    }


def notes(found: AnnotationSet) -> set[str]:
    return {notice.code for notice in found.notices}


def photo() -> bytes:
    rng = np.random.default_rng(0)
    return encoded(rng.integers(0, 255, (50, 100, 3), dtype=np.uint8))


ONE = drawn((255, 10, 10, 20, 5))


def test_electron_microscopy(shared: Path) -> None:
    folder = shared / "data/membrane_em"
    listing = Listing(list_files(folder)[0])
    reader, evidence = sniff_source(listing)
    assert reader.NAME == "masks"
    found = reader.read(listing, evidence)
    assert len(found.images) == 30 and found.skipped == []
    for image in found.images:
        (shape,) = image.shapes
        wanted = np.asarray(Image.open(folder / image.path.replace("image/", "label/"))) > 0
        assert image.path.startswith("image/")
        assert shape.bitmap is not None and np.array_equal(shape.bitmap.whole(), wanted)
    assert found.labels == ["foreground"]
    assert found.used == {f"label/{n}.png" for n in range(30)}


@pytest.mark.parametrize(
    ("mask", "image"),
    [
        ("masks/a.png", "images/a.jpg"),
        ("train/masks/a.png", "train/images/a.png"),
        ("masks/train/a.png", "images/train/a.png"),
        ("labels/a.png", "a.jpg"),
        ("a_mask.png", "a.jpg"),
        ("masks/a_mask.png", "images/a.jpg"),
        ("gt/a_gt.png", "imgs/a.jpg"),
        ("SegmentationMasks/a.PNG", "JPEGImages/a.JPG"),
        ("label/Zelle [1] ü.png", "image/Zelle [1] ü.png"),
    ],
)
def test_masks_find_their_photo(read: Read, mask: str, image: str) -> None:
    found = read({mask: encoded(ONE), image: photo()})
    assert found.format == "masks"
    assert told(found) == {image: [("foreground", None, 100)]}
    assert found.used == {mask}


def test_photos_of_the_same_name_in_two_folders_are_no_masks(
    listing_of: Callable[..., Listing],
) -> None:
    files = {"with_mask/1.png": photo(), "no_mask/1.png": photo(), "images/1.png": photo()}
    assert masks.sniff(listing_of(files)) is None


def test_numbers_of_classes(read: Read) -> None:
    classes = drawn((1, 0, 0, 10, 10), (2, 20, 0, 10, 10), (255, 50, 0, 5, 10))
    found = read({"masks/a.png": encoded(classes), "images/a.jpg": photo()})
    assert told(found) == {"images/a.jpg": [("1", None, 100), ("2", None, 100)]}
    assert notes(found) == {"objects.void", "objects.mask_values"}


def test_indexed_masks_with_their_names(read: Read) -> None:
    palette = [0, 0, 0, 230, 159, 0, 86, 180, 233]
    table = (
        "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncell:230,159,0::\nwall:86,180,233::\n"
    )
    values = drawn((1, 0, 0, 10, 10), (2, 20, 0, 5, 5))
    found = read(
        {
            "masks/a.png": encoded(values, palette=palette),
            "images/a.jpg": photo(),
            "labelmap.txt": table,
        }
    )
    assert told(found) == {"images/a.jpg": [("cell", None, 100), ("wall", None, 25)]}
    assert found.labels == ["cell", "wall"]
    assert found.colours == {"cell": "#E69F00", "wall": "#56B4E9"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("class_dict.csv", "name,r,g,b\nvoid,0,0,0\ncar,64,0,128\nroad,128,64,128\n"),
        ("label_colors.txt", "64 0 128\t\tcar\n128 64 128\troad\n"),
        ("labelmap.txt", "car:64,0,128::\nroad:128,64,128::\n"),
    ],
)
def test_colours_of_classes(read: Read, name: str, text: str) -> None:
    values = np.zeros((50, 100, 3), dtype=np.uint8)
    values[:10, :10], values[20:30, :5] = (64, 0, 128), (128, 64, 128)
    found = read({"labels/a_L.png": encoded(values), "images/a.png": photo(), name: text})
    assert sorted(told(found)["images/a.png"]) == [("car", None, 100), ("road", None, 50)]


def test_colours_without_names(read: Read) -> None:
    values = np.zeros((50, 100, 3), dtype=np.uint8)
    values[:10, :10], values[20:30, :5] = (64, 0, 129), (10, 20, 30)
    found = read({"labels/a.png": encoded(values), "images/a.png": photo()})
    assert sorted(told(found)["images/a.png"]) == [("#0A141E", None, 50), ("#400081", None, 100)]


def test_deep_numbers_are_objects(read: Read) -> None:
    values = drawn((1, 0, 0, 10, 10), (700, 20, 0, 5, 5), dtype=np.uint16)
    found = read({"a_cp_masks.png": encoded(values), "a.png": photo()})
    assert told(found) == {"a.png": [("object", 1, 100), ("object", 700, 25)]}
    assert notes(found) == {"objects.mask_instances"}


@pytest.mark.parametrize(
    ("first", "second", "image"),
    [
        ("n1/masks/x.png", "n1/masks/y.png", "n1/images/n1.png"),
        ("masks/a/1.png", "masks/a/2.png", "images/a.jpg"),
        ("masks/a_1.png", "masks/a_2.png", "images/a.jpg"),
    ],
)
def test_one_file_for_each_object(read: Read, first: str, second: str, image: str) -> None:
    other = drawn((255, 50, 20, 3, 3))
    found = read({first: encoded(ONE), second: encoded(other), image: photo()})
    assert told(found) == {image: [("object", 1, 100), ("object", 2, 9)]}


def test_a_folder_for_each_class(read: Read) -> None:
    files = {
        "masks/cell/a.png": encoded(ONE), "masks/wall/a.png": encoded(drawn((255, 0, 0, 2, 2))),
        "images/a.jpg": photo(),
    }  # fmt: skip
    assert told(read(files)) == {"images/a.jpg": [("cell", None, 100), ("wall", None, 4)]}


def test_lossy_masks_are_cut_at_the_middle(read: Read) -> None:
    found = read(
        {"masks/a.jpg": encoded(drawn((255, 16, 16, 32, 16)), "JPEG"), "images/a.jpg": photo()}
    )
    assert told(found) == {"images/a.jpg": [("foreground", None, 512)]}


def test_an_empty_mask_is_an_image_with_nothing_in_it(read: Read) -> None:
    files = {"masks/a.png": encoded(ONE), "masks/b.png": encoded(drawn())}
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()})
    assert {i.path: (len(i.shapes), i.complete) for i in found.images} == {
        "images/a.jpg": (1, True), "images/b.jpg": (0, True),
    }  # fmt: skip


def test_a_mask_of_another_size_or_broken_is_skipped(read: Read) -> None:
    small, whole = encoded(drawn((255, 1, 1, 5, 5))[:20, :20]), encoded(ONE)
    found = read(
        {
            "masks/a.png": whole, "masks/b.png": small, "masks/c.png": whole[: len(whole) // 2],
            "images/a.jpg": photo(), "images/b.jpg": photo(), "images/c.jpg": photo(),
        }
    )  # fmt: skip
    assert told(found)["images/a.jpg"] == [("foreground", None, 100)]
    assert {line.file for line in found.skipped} == {"masks/b.png", "masks/c.png"}
    assert found.skipped[0].reason in ("objects.other_size", "data.truncated", "data.corrupt")
    assert {i.path: i.complete for i in found.images} == {
        "images/a.jpg": True, "images/b.jpg": False, "images/c.jpg": False,
    }  # fmt: skip


def test_a_mask_of_a_photo_that_is_to_be_turned(read: Read) -> None:
    """The mask lies as the pixels do in the file; the size it is for is told with it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    Image.new("RGB", PICTURE, "grey").save(buffer, "JPEG", exif=exif)
    found = read({"masks/a.png": encoded(ONE), "images/a.jpg": buffer.getvalue()})
    (image,) = found.images
    assert (image.width, image.height, len(image.shapes)) == (100, 50, 1)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims any size."""
    raw = bytearray(encoded(ONE))
    raw[16:24] = struct.pack(">II", width, height)
    raw[29:33] = struct.pack(">I", zlib.crc32(raw[12:29]))
    return bytes(raw)


@pytest.mark.parametrize("size", [(30_000, 30_000), (13_000, 13_000), (2**31 - 1, 1)])
def test_a_mask_that_claims_to_be_huge_is_refused_before_it_is_decoded(
    read: Read, size: tuple[int, int]
) -> None:
    files = {"masks/a.png": encoded(ONE), "masks/b.png": bomb(*size)}
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()}, "masks")
    assert told(found)["images/a.jpg"] == [("foreground", None, 100)]
    assert [line.file for line in found.skipped] == ["masks/b.png"]
    assert found.skipped[0].reason in ("mask.too_large", "data.too_large", "data.corrupt")
