"""Pascal VOC: boxes from 0 and from 1, masks of classes and of objects, lists."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.images import Split
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import voc
from tlstudio.formats.readers._colour_maps import voc_colour
from tlstudio.formats.walk import list_files

Read = Callable[..., AnnotationSet]
PICTURE = (100, 50)


def page(*boxes: tuple[object, ...], head: str = "", name: str = "a.png", more: str = "") -> str:
    objects = "".join(
        f"<object><name>cell</name><bndbox><xmin>{a}</xmin><ymin>{b}</ymin>"
        f"<xmax>{c}</xmax><ymax>{d}</ymax></bndbox></object>"
        for a, b, c, d in boxes
    )
    return (
        f"<annotation><filename>{name}</filename>{head}<size><width>100</width>"
        f"<height>50</height><depth>3</depth></size>{objects}{more}</annotation>"
    )


def boxes(found: AnnotationSet) -> list[Any]:
    return [shape.box for image in found.images for shape in image.shapes]


def reasons(found: AnnotationSet) -> dict[str, object]:
    return {line.reason: line.params.get("count") for line in found.skipped}


def notes(found: AnnotationSet) -> set[str]:
    return {notice.code for notice in found.notices}


def png(values: np.ndarray, palette: bool = False) -> bytes:
    image = Image.fromarray(values.astype(np.uint8))
    if palette:
        colours = [voc_colour(index) for index in range(256)]
        image.putpalette([part for c in colours for part in (c & 255, c >> 8 & 255, c >> 16)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def read_voc(folder: Path) -> AnnotationSet:
    listing = Listing(list_files(folder)[0])
    evidence = voc.sniff(listing)
    assert evidence is not None
    return voc.read(listing, evidence)


def test_blood_smears(shared: Path) -> None:
    found = read_voc(shared / "data/bccd")
    counts = Counter(shape.label for image in found.images for shape in image.shapes)
    assert counts == {"RBC": 4155, "WBC": 372, "Platelets": 361}
    assert Counter(image.split for image in found.images) == {
        Split.TRAIN: 205, Split.VAL: 87, Split.TEST: 72,
    }  # fmt: skip
    assert len(found.images) == 364 and found.skipped == []
    assert "objects.voc_zero" in notes(found)
    flat = [image.path for image in found.images for s in image.shapes if s.box and not s.box[2]]
    assert flat == ["JPEGImages/BloodImage_00338.jpg", "JPEGImages/BloodImage_00343.jpg"]
    first = found.images[0]
    assert (first.path, first.width, first.height) == ("JPEGImages/BloodImage_00000.jpg", 640, 480)
    assert first.shapes[0].box == (260, 177, 231, 199)


def test_real_files_of_cvat(shared: Path) -> None:
    found = read_voc(shared / "data/interchange/one_set_ten_formats/voc1.1")
    by_name = {image.path: image for image in found.images}
    assert Counter(s.kind for image in found.images for s in image.shapes) == {"box": 18, "mask": 2}
    rectangle, circle, ellipse = by_name["JPEGImages/shapes.jpg"].shapes
    assert rectangle.box == pytest.approx((45.8, 45.8, 184.81, 140.52))
    # The same two masks as in the COCO file of the same task.
    assert circle.bitmap is not None and ellipse.bitmap is not None
    assert (circle.label, circle.bitmap.area(), ellipse.bitmap.area()) == ("ellipse", 21359, 26287)
    assert {circle.instance, ellipse.instance} == {1, 2}
    assert by_name["JPEGImages/birds.jpg"].complete
    assert found.colours["ellipse"] == "#000080"
    assert "background" not in found.labels and len(found.labels) == 8
    assert "SegmentationClass/shapes.png" in found.used


def test_real_files_of_labelimg(shared: Path) -> None:
    found = read_voc(shared / "data/interchange/one_set_ten_formats/labelImg")
    assert len(boxes(found)) == 25
    assert boxes(found)[:2] == [(222, 49, 291, 599), (574, 109, 248, 395)]
    assert found.images[1].shapes[0].attributes == {"truncated": True}


@pytest.mark.parametrize(
    ("corners", "head", "one", "note"),
    [
        ([(1, 1, 100, 50), (5, 6, 7, 8)], "", True, "objects.voc_one"),
        ([(0, 1, 100, 50), (5, 6, 7, 8)], "", False, "objects.voc_zero"),
        ([(1, 1, 100, 50), (5, 6, 7.5, 8)], "", False, "objects.voc_zero"),
        ([(1, 1, 100, 50), (5, 6, 5, 6)], "", False, "objects.voc_zero"),
        ([(1, 1, 100, 50), (5, 6, 7, 8)], "<path>/x/a.png</path>", False, "objects.voc_zero"),
        ([(9, 9, 20, 20), (5, 6, 7, 8)], "", False, "objects.voc_unsure"),
        (
            [(9, 9, 20, 20), (5, 6, 7, 8)],
            "<source><database>The VOC2007 Database</database></source>",
            True,
            "objects.voc_one",
        ),
        (
            [(9, 9.25, 20, 20), (5, 6, 7, 8)],
            "<source><annotation>PASCAL VOC2012</annotation></source>",
            True,
            "objects.voc_one",
        ),
    ],
)
def test_corners_from_one_or_from_zero(
    read: Read, corners: list[tuple[float, ...]], head: str, one: bool, note: str
) -> None:
    """All of the set decides, so the boxes lie in two files."""
    found = read(
        {"a.xml": page(corners[0], head=head), "b.xml": page(corners[1], name="b.png"),
         "a.png": PICTURE, "b.png": PICTURE}
    )  # fmt: skip
    off = 1 if one else 0
    assert boxes(found) == [(a - off, b - off, c - a + off, d - b + off) for a, b, c, d in corners]
    assert note in notes(found)


def test_no_objects_is_an_image_with_nothing_in_it(read: Read) -> None:
    found = read({"a.xml": page(), "a.png": PICTURE}, "voc")
    assert [(i.shapes, i.complete, i.width, i.height) for i in found.images] == [
        ((), True, 100, 50)
    ]


def test_splits_of_lists_and_names_with_points(read: Read) -> None:
    found = read(
        {
            "Annotations/a.b.xml": page(name="a.b.png"), "JPEGImages/a.b.png": PICTURE,
            "Annotations/c d.xml": page(name="c d.png"), "JPEGImages/c d.png": PICTURE,
            "ImageSets/Main/train.txt": "a.b\n", "ImageSets/Main/test.txt": "c d\n",
            "ImageSets/Main/trainval.txt": "a.b\n", "ImageSets/Main/cell_train.txt": "a.b -1\n",
        }
    )  # fmt: skip
    splits = {image.path: image.split for image in found.images}
    assert splits == {"JPEGImages/a.b.png": Split.TRAIN, "JPEGImages/c d.png": Split.TEST}
    assert "data.combined_ignored" in notes(found)
    assert {name for name in found.used if name.endswith(".txt")} == {
        f"ImageSets/Main/{word}.txt" for word in ("train", "test", "trainval", "cell_train")
    }


def test_a_list_of_train_and_val_alone_is_train(read: Read) -> None:
    files = {"ImageSets/Main/trainval.txt": "a\n", "Annotations/a.xml": page((0, 1, 2, 3))}
    found = read({**files, "JPEGImages/a.png": PICTURE})
    assert [image.split for image in found.images] == [Split.TRAIN]


def test_a_file_name_that_is_wrong_or_without_ending(read: Read) -> None:
    found = read(
        {"Annotations/a.xml": page(name="img"), "images/a.JPG": PICTURE,
         "Annotations/b.xml": page(name="/home/ada/b"), "images/b.png": PICTURE}
    )  # fmt: skip
    assert [image.path for image in found.images] == ["images/a.JPG", "images/b.png"]


def test_outlines_and_turned_boxes_that_some_tools_add(read: Read) -> None:
    outline = "<polygon><x1>1</x1><y1>2</y1><x2>30</x2><y2>2</y2><x3>9</x3><y3>20</y3></polygon>"
    turned = "<cx>20</cx><cy>20</cy><w>10</w><h>4</h><angle>1.5707963267948966</angle>"
    more = (
        f"<object><name>x</name>{outline}<bndbox><xmin>1</xmin></bndbox></object>"
        f"<object><name>y</name><robndbox>{turned}</robndbox></object>"
    )
    one, two = read({"a.xml": page(more=more), "a.png": PICTURE}, "voc").images[0].shapes
    assert one.parts == ((((1, 2), (30, 2), (9, 20)),),)
    assert two.parts is not None
    assert [tuple(round(v, 6) for v in p) for p in two.parts[0][0]] == [
        (22, 15), (22, 25), (18, 25), (18, 15),
    ]  # fmt: skip


def test_indexed_masks_and_their_border(read: Read) -> None:
    classes = np.zeros((50, 100))
    classes[5:20, 5:30], classes[25:40, 5:30] = 15, 15
    classes[25:40, 60:90] = 8
    objects = np.zeros((50, 100))
    objects[5:20, 5:30], objects[25:40, 5:30], objects[25:40, 60:90] = 1, 2, 3
    classes[5], objects[5] = 255, 255
    found = read(
        {
            "JPEGImages/a.jpg": PICTURE,
            "SegmentationClass/a.png": png(classes, palette=True),
            "SegmentationObject/a.png": png(objects, palette=True),
        }
    )
    (image,) = found.images
    assert image.path == "JPEGImages/a.jpg"
    told = sorted((s.label, s.instance, s.bitmap.area()) for s in image.shapes if s.bitmap)
    assert told == [("cat", 3, 450), ("person", 1, 350), ("person", 2, 375)]
    assert notes(found) == {"objects.void"}


def test_classes_alone_are_one_mask_each(read: Read) -> None:
    classes = np.zeros((50, 100))
    classes[5:20, 5:30], classes[25:40, 60:90] = 1, 2
    found = read(
        {
            "JPEGImages/a.jpg": PICTURE,
            "SegmentationClass/a.png": png(classes),
            "labelmap.txt": "# label:color\nbackground:0,0,0::\ncell:128,0,0::\nwall:0,128,0::\n",
        }
    )
    told = [(s.label, s.instance, s.bitmap.area()) for s in found.images[0].shapes if s.bitmap]
    assert sorted(told) == [("cell", None, 375), ("wall", None, 450)]


@pytest.mark.parametrize(
    ("box", "reason"),
    [
        (("nan", 1, 2, 3), "reading.not_numbers"),
        (("inf", 1, 2, 3), "reading.not_numbers"),
        (("", 1, 2, 3), "reading.not_numbers"),
        (("x", 1, 2, 3), "reading.not_numbers"),
        ((9, 9, 5, 20), "reading.negative"),
    ],
)
def test_a_wrong_box_is_a_line_and_the_others_stay(
    read: Read, box: tuple[object, ...], reason: str
) -> None:
    found = read({"a.xml": page((0, 1, 2, 3), box), "a.png": PICTURE})
    assert reasons(found) == {reason: 1}
    assert boxes(found) == [(0, 1, 2, 2)]


BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<annotation><filename>&b;</filename><size/><object><bndbox/></object></annotation>"
)
OUTSIDE = (
    '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<annotation><filename>&a;</filename><size/><object><bndbox/></object></annotation>"
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOMB, "data.xml_entities"),
        (OUTSIDE, "data.xml_entities"),
        ("<annotation><size><bndbox>", "data.xml_broken"),
        ("<annotation>" + "<size>" * 200_000, "data.xml_broken"),
        ("<annotation>\0<size/></annotation>", "data.xml_broken"),
    ],
)
def test_hostile_files_are_skipped_beside_whole_ones(read: Read, text: str, reason: str) -> None:
    found = read({"a.xml": page((0, 1, 2, 3)), "b.xml": text, "a.png": PICTURE})
    assert reasons(found) == {reason: None}
    assert boxes(found) == [(0, 1, 2, 2)]


def test_paths_that_climb_find_by_name_among_the_images_only(read: Read) -> None:
    found = read({"x/a.xml": page((0, 1, 2, 3), name="../../../etc/a.png"), "y/a.png": PICTURE})
    assert [image.path for image in found.images] == ["y/a.png"]


def test_two_files_for_one_image(read: Read) -> None:
    found = read({"a.xml": page((0, 1, 2, 3)), "b.xml": page((4, 5, 6, 7)), "a.png": PICTURE})
    assert reasons(found) == {"objects.double_image": 1}
    assert boxes(found) == [(0, 1, 2, 2)]


def test_a_mask_of_another_size_than_its_image(read: Read) -> None:
    found = read({"JPEGImages/a.jpg": PICTURE, "SegmentationClass/a.png": png(np.ones((9, 9)))})
    assert reasons(found) == {"objects.other_size": 1}
    assert boxes(found) == []


def test_folders_as_labelme_names_them(read: Any) -> None:
    mask = np.zeros((8, 10), dtype=np.uint8)
    mask[2:5, 3:6] = 1
    buffer = io.BytesIO()
    drawn = Image.fromarray(mask, "P")
    drawn.putpalette([0, 0, 0, 128, 0, 0])
    drawn.save(buffer, "PNG")
    found = read(
        {
            "JPEGImages/a.jpg": (10, 8),
            "SegmentationClassPNG/a.png": buffer.getvalue(),
            "SegmentationClassVisualization/a.jpg": (10, 8),
            "class_names.txt": "_background_\ncell\n",
        }
    )
    assert [(i.path, [s.label for s in i.shapes]) for i in found.images] == [
        ("JPEGImages/a.jpg", ["cell"])
    ]
    assert "SegmentationClassVisualization/a.jpg" in found.used


def test_the_same_names_in_train_and_val(read: Read) -> None:
    """Each mask and each box belongs to the image in the folder beside it."""
    files: dict[str, Any] = {}
    for at, split in enumerate(("train", "val")):
        mask = np.zeros((50, 100))
        mask[at : at + 5, :10] = 1
        files |= {
            f"{split}/JPEGImages/0001.png": PICTURE,
            f"{split}/SegmentationClass/0001.png": png(mask),
            f"{split}/Annotations/0001.xml": page((0, at, 9, 9), name="0001.png"),
        }
    found = read(files)
    assert reasons(found) == {}
    assert {image.path: [shape.kind for shape in image.shapes] for image in found.images} == {
        "train/JPEGImages/0001.png": ["box", "mask"], "val/JPEGImages/0001.png": ["box", "mask"],
    }  # fmt: skip
    tops = [image.shapes[1].bitmap.whole()[0].any() for image in found.images]  # type: ignore[union-attr]
    assert tops == [True, False]


def test_a_mask_without_a_photo_does_not_go_to_one_that_has_its_own(read: Read) -> None:
    mask = np.zeros((50, 100))
    mask[:5, :10] = 1
    files = {"train/SegmentationClass/a.png": png(mask), "val/SegmentationClass/a.png": png(mask)}
    found = read({**files, "train/JPEGImages/a.jpg": PICTURE, "train2/JPEGImages/b.jpg": PICTURE})
    assert [(image.path, len(image.shapes)) for image in found.images] == [
        ("train/JPEGImages/a.jpg", 1)
    ]
    assert reasons(found) == {"objects.no_photo": 1}


@pytest.mark.parametrize("broken", [b"no picture", png(np.ones((9, 9)))], ids=["bytes", "size"])
def test_an_image_whose_mask_cannot_be_read_stays_open(read: Read, broken: bytes) -> None:
    found = read({"JPEGImages/a.jpg": PICTURE, "SegmentationClass/a.png": broken})
    assert [(image.shapes, image.complete) for image in found.images] == [((), False)]


def test_an_image_with_nothing_but_void_stays_open(read: Read) -> None:
    border = png(np.full((50, 100), 255), palette=True)
    found = read({"JPEGImages/a.jpg": PICTURE, "SegmentationClass/a.png": border})
    assert [(image.shapes, image.complete) for image in found.images] == [((), False)]


def test_what_is_of_a_class_and_of_no_object_is_a_mask_of_its_class(read: Read) -> None:
    classes, objects = np.zeros((50, 100)), np.zeros((50, 100))
    classes[5:20, 5:30], classes[25:40, 60:90] = 15, 8
    objects[5:20, 5:30] = 1
    found = read(
        {
            "JPEGImages/a.jpg": PICTURE,
            "SegmentationClass/a.png": png(classes, palette=True),
            "SegmentationObject/a.png": png(objects, palette=True),
        }
    )
    told = [(s.label, s.instance, s.bitmap.area()) for s in found.images[0].shapes if s.bitmap]
    assert told == [("person", 1, 375), ("cat", None, 450)]


@pytest.mark.parametrize("folder", ["SegmentationClass", "SegmentationObject"])
def test_masks_kept_as_jpeg_do_not_flood_the_labels(read: Read, folder: str) -> None:
    colours = np.zeros((50, 100, 3), dtype=np.uint8)
    colours[9:29, 9:39], colours[9:29, 50:80] = (200, 40, 10), (20, 90, 220)
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, "JPEG")
    found = read({"JPEGImages/a.png": PICTURE, f"{folder}/a.jpg": buffer.getvalue()})
    assert reasons(found) == {"objects.mask_lossy": None}
    assert [(image.shapes, image.complete) for image in found.images] == [((), False)]
