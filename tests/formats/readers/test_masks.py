"""Folders of masks: what goes with which photo, and what the values mean."""

from __future__ import annotations

import gc
import io
import struct
import weakref
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
from tlstudio.formats.readers._gather import Gather
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


def test_an_image_with_nothing_but_void_stays_open(read: Read) -> None:
    masks = [drawn((at, 0, 0, 5, 5)) for at in (1, 2, 255)]
    files = {f"masks/{at}.png": encoded(mask) for at, mask in enumerate(masks)}
    found = read({**files, **{f"images/{at}.jpg": photo() for at in range(3)}})
    assert [(len(i.shapes), i.complete) for i in found.images] == [(1, True), (1, True), (0, False)]


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


def rgb(values: np.ndarray, *colours: tuple[int, int, int]) -> np.ndarray:
    """A picture [h, w, 3] of these colours, the first of them for 1; 0 is black."""
    return np.array([(0, 0, 0), *colours], dtype=np.uint8)[values]


def smooth(values: np.ndarray) -> np.ndarray:
    """The picture turned by little, with edges of many values."""
    return np.asarray(Image.fromarray(values).rotate(7, Image.Resampling.BICUBIC))


def state(found: AnnotationSet) -> dict[str, tuple[int, bool]]:
    return {image.path: (len(image.shapes), image.complete) for image in found.images}


def reasons(found: AnnotationSet) -> dict[str, str]:
    return {Path(line.file).name: line.reason for line in found.skipped}


def test_masks_of_one_bit(read: Read) -> None:
    files = {"masks/a.png": encoded(ONE > 0), "masks/b.png": encoded(ONE)}
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()})
    assert told(found) == {f"images/{name}.jpg": [("foreground", None, 100)] for name in "ab"}


@pytest.mark.parametrize("odd", [np.nan, np.inf, 0.5])
def test_a_mask_of_pixels_that_are_no_whole_numbers_is_named(read: Read, odd: float) -> None:
    broken = drawn((1, 10, 10, 20, 5), dtype=np.float32)
    whole = broken.copy()
    broken[0, 0] = odd
    found = read(
        {
            "masks/a.tif": encoded(whole, "TIFF"), "masks/b.tif": encoded(broken, "TIFF"),
            "images/a.jpg": photo(), "images/b.jpg": photo(),
        }
    )  # fmt: skip
    assert told(found)["images/a.jpg"] == [("foreground", None, 100)]
    assert reasons(found) == {"b.tif": "objects.mask_fractions"}
    assert state(found)["images/b.jpg"] == (0, False)


def test_what_values_mean_is_told_by_the_last_masks_too(read: Read) -> None:
    one, two = drawn((1, 0, 0, 5, 5)), drawn((2, 0, 0, 5, 4))
    both = drawn((1, 0, 0, 5, 5), (2, 20, 0, 2, 5))
    several = [one] * 70 + [two] * 2 + [both]
    files = {f"masks/{at:02}.png": encoded(mask) for at, mask in enumerate(several)}
    found = read({**files, **{f"images/{at:02}.jpg": photo() for at in range(73)}})
    shapes = told(found)
    assert shapes["images/00.jpg"] == [("1", None, 25)]
    assert shapes["images/71.jpg"] == [("2", None, 20)]
    assert shapes["images/72.jpg"] == [("1", None, 25), ("2", None, 10)]


def test_on_is_1_in_some_masks_and_255_in_others(read: Read) -> None:
    files = {"masks/a.png": encoded(ONE), "masks/b.png": encoded(ONE // 255)}
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()})
    assert told(found) == {f"images/{name}.jpg": [("foreground", None, 100)] for name in "ab"}


def test_255_is_no_border_where_most_masks_have_nothing_else(read: Read) -> None:
    classes = drawn((1, 0, 0, 5, 5), (255, 20, 0, 2, 5))
    files = {"masks/a.png": encoded(ONE), "masks/b.png": encoded(classes)}
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()})
    assert told(found)["images/a.jpg"] == [("255", None, 100)]


def test_a_mask_of_classes_among_soft_ones_is_named(read: Read) -> None:
    files = {
        "masks/a.png": encoded(smooth(drawn((255, 16, 16, 32, 16)))),
        "masks/b.png": encoded(drawn((1, 0, 0, 5, 5), (2, 20, 0, 2, 5))),
    }
    found = read({**files, "images/a.jpg": photo(), "images/b.jpg": photo()})
    assert reasons(found) == {"b.png": "objects.mask_several"}
    assert state(found) == {"images/a.jpg": (1, True), "images/b.jpg": (0, False)}
    assert "objects.mask_soft" in notes(found)


@pytest.mark.parametrize("name", ["masks/a.png", "masks/a_1.png"])
@pytest.mark.parametrize("colour", [(1, 1, 1), (90, 0, 0)])
def test_dark_masks_in_colour_are_not_empty(
    read: Read, name: str, colour: tuple[int, int, int]
) -> None:
    found = read({name: encoded(rgb(ONE // 255, colour)), "images/a.jpg": photo()})
    ((_, _, area),) = told(found)["images/a.jpg"]
    assert area == 100


TABLE = "background:0,0,0::\ncell:10,20,30::\n"


def test_a_palette_that_was_never_filled_does_not_make_a_mask_empty(read: Read) -> None:
    values = encoded(drawn((1, 10, 10, 20, 5)), palette=[0] * 768)
    files = {"masks/a.png": values, "images/a.jpg": photo()}
    assert told(read(files)) == {"images/a.jpg": [("1", None, 100)]}
    named = read({**files, "labelmap.txt": TABLE})
    assert told(named) == {"images/a.jpg": [("1", None, 100)]}


def test_a_pixel_of_void_leaves_the_colours_of_a_palette_their_names(read: Read) -> None:
    palette = [10, 20, 30, 0, 0, 0, 224, 224, 192]
    values = drawn((1, 0, 0, 100, 50), (0, 10, 10, 20, 5), (2, 10, 10, 1, 1))
    mask = encoded(values, palette=palette)
    found = read({"masks/a.png": mask, "images/a.jpg": photo(), "labelmap.txt": TABLE})
    assert told(found) == {"images/a.jpg": [("cell", None, 99)]}
    assert "objects.void" in notes(found)


@pytest.mark.parametrize("names", [{}, {"labelmap.txt": TABLE}])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_colours_with_soft_edges_are_refused_and_do_not_flood_the_labels(
    read: Read, kind: str, names: dict[str, str]
) -> None:
    colours = rgb(drawn((1, 9, 9, 30, 20), (2, 50, 9, 30, 20)), (200, 40, 10), (20, 90, 220))
    colours = np.kron(colours, np.ones((3, 3, 1), dtype=np.uint8))
    lossy = colours if kind == "JPEG" else smooth(colours)
    mask = f"masks/a.{kind.lower()}"
    found = read({mask: encoded(lossy, kind), "images/a.jpg": photo(), **names})
    assert reasons(found) == {Path(mask).name: "objects.mask_lossy"}
    assert state(found) == {"images/a.jpg": (0, False)}


def test_void_in_colours_beside_named_ones(read: Read) -> None:
    mask = encoded(rgb(drawn((1, 0, 0, 5, 5), (2, 9, 9, 2, 2)), (10, 20, 30), (224, 224, 192)))
    found = read({"masks/a.png": mask, "images/a.jpg": photo(), "labelmap.txt": TABLE})
    assert told(found) == {"images/a.jpg": [("cell", None, 25)]}
    assert "objects.void" in notes(found)


def test_bright_numbers_are_not_void_for_the_sake_of_names(read: Read) -> None:
    files = {"masks/a.png": encoded(ONE), "images/a.jpg": photo(), "labelmap.txt": TABLE}
    assert told(read(files)) == {"images/a.jpg": [("255", None, 100)]}


def test_many_objects_in_colours_are_no_soft_edges(read: Read) -> None:
    values = np.kron(np.arange(1, 61).reshape(6, 10), np.ones((8, 10), dtype=np.int64))
    colours = np.zeros((50, 100, 3), dtype=np.uint8)
    colours[:48] = np.random.default_rng(1).integers(1, 255, (61, 3))[values]
    found = read({"masks/a.png": encoded(colours), "images/a.jpg": photo()})
    assert len(found.images[0].shapes) == 60


def pages(*several: np.ndarray) -> bytes:
    first, *others = [Image.fromarray(values) for values in several]
    buffer = io.BytesIO()
    first.save(buffer, "TIFF", save_all=True, append_images=others)
    return buffer.getvalue()


def test_every_page_of_a_mask_belongs_to_that_of_its_photo(read: Read) -> None:
    grey = np.random.default_rng(0).integers(0, 255, (50, 100), dtype=np.uint8)
    found = read({"masks/s.tif": pages(drawn(), ONE, drawn()), "images/s.tif": pages(*[grey] * 3)})
    assert [(i.path, i.frame, len(i.shapes), i.complete) for i in found.images] == [
        ("images/s.tif", 0, 0, True), ("images/s.tif", 1, 1, True), ("images/s.tif", 2, 0, True),
    ]  # fmt: skip


def test_pages_that_do_not_go_with_those_of_the_photo_are_named(read: Read) -> None:
    found = read({"masks/s.tif": pages(drawn(), ONE), "images/s.jpg": photo()})
    assert reasons(found) == {"s.tif": "objects.other_pages"}
    assert state(found) == {"images/s.jpg": (0, False)}


def test_slices_of_a_volume(read: Read) -> None:
    from nibabel.nifti1 import Nifti1Image

    labels = np.zeros((6, 5, 3), dtype=np.int16)
    labels[1:3, 1:4, 1], labels[4, 1:4, 2] = 1, 2
    scan = np.random.default_rng(0).integers(0, 999, labels.shape).astype(np.int16)
    files = {
        "images/p1.nii": Nifti1Image(scan, np.eye(4)).to_bytes(),
        "labels/p1.nii": Nifti1Image(labels, np.eye(4)).to_bytes(),
    }
    found = read(files)
    shapes = {i.frame: [(s.label, s.bitmap.area()) for s in i.shapes if s.bitmap]
              for i in found.images}  # fmt: skip
    assert shapes == {0: [], 1: [("1", 6)], 2: [("2", 3)]}


def volumes(**stored: tuple[np.ndarray, np.ndarray]) -> dict[str, bytes]:
    """{folder/p1.nii: content} of (values, affine)."""
    from nibabel.nifti1 import Nifti1Image

    return {f"{name}/p1.nii": Nifti1Image(*each).to_bytes() for name, each in stored.items()}


def test_a_volume_and_its_mask_are_each_turned_as_they_are_stored(read: Read) -> None:
    labels = np.zeros((6, 5, 3), dtype=np.int16)
    labels[0, 0, 0] = labels[3, 1, 2] = 1
    scan = np.random.default_rng(0).integers(0, 999, labels.shape).astype(np.int16)
    ras, lps = np.eye(4), np.diag([-1.0, -1.0, 1.0, 1.0])
    lps[:2, 3] = 5, 4  # of the voxel that is stored first: the other end
    found = read(volumes(images=(scan, ras), labels=(labels[::-1, ::-1], lps)))
    again = read(volumes(images=(scan, ras), labels=(labels, ras)))
    first, second = (
        {i.frame: [s.bitmap.whole().tolist() for s in i.shapes if s.bitmap] for i in each.images}
        for each in (found, again)
    )
    assert first == second and not found.skipped


def test_a_mask_of_another_place_than_its_volume_is_left_out(read: Read) -> None:
    labels = np.zeros((6, 5, 3), dtype=np.int16)
    labels[1:3, 1:4, 1] = 1
    scan = np.random.default_rng(0).integers(0, 999, labels.shape).astype(np.int16)
    moved = np.eye(4)
    moved[2, 3] = 1
    found = read(volumes(images=(scan, np.eye(4)), labels=(labels, moved)))
    assert [(s.file, s.reason) for s in found.skipped] == [("labels/p1.nii", "objects.other_place")]
    assert not any(image.shapes or image.complete for image in found.images)


def test_a_line_of_any_length_in_a_table_of_colours(read: Read) -> None:
    values = encoded(rgb(ONE // 255, (64, 0, 128)))
    text = "name,r,g,b\n" + "x" * 140_000 + ",1,2,3\ncar,64,0,128\n"
    found = read({"labels/a.png": values, "images/a.png": photo(), "class_dict.csv": text})
    assert told(found) == {"images/a.png": [("car", None, 100)]}


def shrunk(x: int, y: int, radius: int) -> np.ndarray:
    """A disc of 255 [100, 200], made four times as large and scaled down with grey edges."""
    rows, columns = np.mgrid[:400, :800]
    disc = ((rows - y) ** 2 + (columns - x) ** 2 <= radius**2) * 255.0
    return np.rint(disc.reshape(100, 4, 200, 4).mean(axis=(1, 3))).astype(np.uint8)


def many(*several: np.ndarray) -> dict[str, bytes]:
    """Masks and their photos."""
    height, width = several[0].shape[:2]
    blank = encoded(np.zeros((height, width, 3), dtype=np.uint8), "BMP")
    masks = {f"masks/{at:02}.png": encoded(mask) for at, mask in enumerate(several)}
    return masks | {f"images/{at:02}.bmp": blank for at in range(len(several))}


def test_discs_scaled_down_with_few_greys_are_one_thing(read: Read) -> None:
    discs = [shrunk(150 + 20 * at + at % 4, 200 + at % 3, 9 + 2 * at) for at in range(20)]
    found = read(many(*discs))
    levels = [len(np.unique(disc)) for disc in discs]
    assert 0 < sum(count > 16 for count in levels) < 10
    assert (found.labels, found.skipped) == (["foreground"], [])
    assert all(len(image.shapes) == 1 for image in found.images)


def test_classes_with_a_border_are_no_soft_edges(read: Read) -> None:
    """As of Cityscapes: few masks have more than 16 values, all of them near to the two ends."""
    few = [drawn((3, 0, 0, 50, 50), (13, 60, 0, 30, 50), (255, 95, 0, 5, 50))] * 5
    full = drawn(*((at, 5 * at, 0, 5, 50) for at in range(1, 19)), (255, 95, 0, 5, 50))
    found = read(many(*few, full))
    assert sorted(found.labels, key=int) == [str(at) for at in range(1, 19)]


def tiny(kind: str) -> np.ndarray:
    """20 objects of one pixel, or one pixel thick: numbers [50, 100]."""
    values = drawn()
    for at in range(20):
        if kind == "lines":
            values[2 * at + 1, 5:60] = at + 1
        elif kind == "upright":
            values[5:40, 4 * at + 1] = at + 1
        elif kind == "slanted":
            values[np.arange(5, 40), np.arange(5, 40) + 3 * at] = at + 1
        else:
            values[5 + 7 * (at % 5), 5 + 9 * (at // 5)] = at + 1
    return values


@pytest.mark.parametrize("coloured", [False, True])
@pytest.mark.parametrize("kind", ["lines", "upright", "slanted", "spots"])
def test_thin_and_tiny_objects_are_no_soft_edges(read: Read, kind: str, coloured: bool) -> None:
    values = tiny(kind)
    if coloured:
        values = np.random.default_rng(1).integers(1, 255, (21, 3), dtype=np.uint8)[values]
        values[tiny(kind) == 0] = 0
    found = read({"masks/a.png": encoded(values), "images/a.jpg": photo()})
    assert found.skipped == []
    assert len(found.images[0].shapes) == 20


CROWD = drawn(*((at + 1, 11 * (at % 9), 7 * (at // 9), 9, 6) for at in range(63)))


@pytest.mark.parametrize("crowded", [2, 26])
def test_one_mask_of_many_values_leaves_the_others_their_classes(read: Read, crowded: int) -> None:
    masks = [drawn((1, 0, 0, 5, 5), (2 + at % 3, 9, 0, 5, 5)) for at in range(30)]
    masks[crowded] = CROWD
    found = read(many(*masks))
    assert sorted(found.labels, key=int) == [str(at) for at in range(1, 64)]
    assert found.skipped == []


def test_numbers_of_objects_of_which_few_masks_have_many(read: Read) -> None:
    """Sets of cells: a third of the masks are crowded, the others have a few."""
    found = read(many(*[drawn((1, 0, 0, 5, 5), (2, 9, 0, 5, 5))] * 4, CROWD, CROWD))
    assert found.labels == ["object"]


@pytest.mark.parametrize("channels", [1, 3])
def test_one_object_with_a_wide_halo_is_cut_at_the_middle(read: Read, channels: int) -> None:
    rows, columns = np.mgrid[:64, :64]
    away = np.hypot(rows - 32, columns - 32)
    soft = np.rint(255 * np.clip((20 - away) / 8 + 0.5, 0, 1)).astype(np.uint8)
    assert np.count_nonzero(soft) > 1.1 * np.count_nonzero(away <= 20)
    mask = soft if channels == 1 else np.dstack([soft] * channels)
    blank = encoded(np.zeros((64, 64), dtype=np.uint8))
    found = read({"masks/a/1.png": encoded(mask), "images/a.png": blank})
    ((_, _, area),) = told(found)["images/a.png"]
    assert abs(int(area) - np.count_nonzero(away <= 20)) < 40
    assert "objects.mask_soft" in notes(found)


def test_reading_again_keeps_nothing_of_the_first_time(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive: list[int] = []
    made: list[weakref.ref[Gather]] = []

    class Watched(Gather):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            alive.append(sum(one() is not None for one in made))
            made.append(weakref.ref(self))

    monkeypatch.setattr(masks, "Gather", Watched)
    one, both = drawn((1, 0, 0, 5, 5)), drawn((1, 0, 0, 5, 5), (2, 20, 0, 2, 5))
    several = [one] * 30
    several[26] = both
    gc.disable()
    try:
        found = read(many(*several))
    finally:
        gc.enable()
    assert found.labels == ["1", "2"]
    assert alive == [0, 0]


def test_a_wide_halo_among_soft_masks_is_cut_too(read: Read) -> None:
    """In small pictures a tenth and more of the pixels may be in between."""
    rows, columns = np.mgrid[:50, :100]
    away = np.hypot(rows - 25, columns - 50)
    halo = np.rint(255 * np.clip((20 - away) / 8 + 0.5, 0, 1)).astype(np.uint8)
    found = read(many(*[smooth(drawn((255, 16, 16, 32, 16)))] * 3, halo))
    assert (found.labels, found.skipped) == (["foreground"], [])
    ((_, _, area),) = told(found)["images/03.bmp"]
    assert abs(int(area) - np.count_nonzero(away <= 20)) < 40
