"""COCO: what its tools write, and what they write wrongly."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.images import Split
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.attach import attach
from tlstudio.formats.readers import sniff_source
from tlstudio.imaging.rle import counts_of_mask, to_text

Read = Callable[..., AnnotationSet]

IMAGE = {"id": 7, "file_name": "a.png", "width": 20, "height": 10}
CELL = {"id": 3, "name": "cell"}
BOX = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1.5, 2, 3.25, 4]}


def coco(*annotations: object, **more: object) -> dict[str, object]:
    lists = {"images": [IMAGE], "categories": [CELL], "annotations": list(annotations)}
    return {**lists, **more}


def one(found: AnnotationSet) -> Any:
    (image,) = found.images
    (shape,) = image.shapes
    return shape


def reasons(found: AnnotationSet) -> dict[str, object]:
    return {line.reason: line.params.get("count") for line in found.skipped}


def notes(found: AnnotationSet) -> dict[str, object]:
    return {notice.code: notice.params.get("count") for notice in found.notices}


def test_real_files(real: Callable[[str], AnnotationSet]) -> None:
    found = real("one_set_ten_formats/coco1.0")
    assert found.format == "coco"
    assert [image.path.rsplit("/", 1)[-1] for image in found.images] == [
        "birds.jpg", "crack.jpeg", "shapes.jpg", "strawberry.jpg",
    ]  # fmt: skip
    kinds = Counter((shape.kind, shape.label) for im in found.images for shape in im.shapes)
    assert kinds == {
        ("polygon", "bird"): 2, ("polygon", "triangle"): 1, ("box", "rectangle"): 1,
        ("mask", "ellipse"): 2, ("box", "strawberry"): 17,
    }  # fmt: skip
    birds, crack, shapes, _ = found.images
    assert birds.shapes[0].parts is not None
    assert birds.shapes[0].parts[0][0][:2] == ((569.07, 193.73), (577.08, 182.28))
    assert crack.complete and crack.shapes == ()
    assert shapes.shapes[1].box == (45.8, 45.8, 184.81, 140.52)
    circle = shapes.shapes[2]
    assert circle.bitmap is not None
    assert (circle.bitmap.area(), tuple(circle.bitmap.bounds() or ())) == (
        21359,
        (366, 233, 165, 165),
    )
    assert circle.crowd
    assert found.skipped == [] and found.notices == []
    assert found.labels == [
        "rectangle", "triangle", "circle", "ellipse", "line", "crack", "bird", "strawberry",
    ]  # fmt: skip


def test_labels_go_by_name_whatever_their_ids(read: Read) -> None:
    names = [{"id": 0, "name": "zero"}, {"id": 90, "name": "ninety"}, {"id": "7", "name": "seven"}]
    marks = [{**BOX, "id": n, "category_id": key} for n, key in enumerate((90, 0, 7, "0", 90.0))]
    found = read({"x.json": coco(*marks, categories=names)})
    assert [s.label for s in found.images[0].shapes] == [
        "ninety",
        "zero",
        "seven",
        "zero",
        "ninety",
    ]
    assert found.labels == ["zero", "ninety", "seven"]


def test_boxes_keep_their_fractions_and_their_id(read: Read) -> None:
    shape = one(read({"x.json": coco(BOX)}))
    assert (shape.kind, shape.box, shape.attributes) == (
        "box", (1.5, 2.0, 3.25, 4.0), {"import_id": "1"},
    )  # fmt: skip


def test_several_polygons_are_parts_and_no_holes(read: Read) -> None:
    rings = [[0, 0, 4, 0, 4, 4], [10, 5, 12, 5, 12, 8, 10, 8]]
    shape = one(read({"x.json": coco({**BOX, "segmentation": rings})}))
    assert shape.kind == "polygon"
    assert [len(part) for part in shape.parts] == [1, 1]
    assert shape.parts[1][0] == ((10, 5), (12, 5), (12, 8), (10, 8))


@pytest.mark.parametrize("crowd", [0, 1])
@pytest.mark.parametrize("as_text", [True, False])
def test_run_lengths_are_masks_whatever_iscrowd_says(read: Read, as_text: bool, crowd: int) -> None:
    mask = np.zeros((10, 20), dtype=np.bool_)
    mask[2:7, 3:9] = True
    mask[4, 5] = False
    counts = counts_of_mask(mask)
    runs = {"size": [10, 20], "counts": to_text(counts) if as_text else counts.tolist()}
    shape = one(read({"x.json": coco({**BOX, "segmentation": runs, "iscrowd": crowd})}))
    assert (shape.kind, shape.crowd) == ("mask", bool(crowd))
    assert np.array_equal(shape.bitmap.whole(), mask)


def test_a_first_category_that_only_names_the_others_is_no_label(read: Read) -> None:
    above = {"id": 0, "name": "cells-x1", "supercategory": "none"}
    below = {"id": 3, "name": "cell", "supercategory": "cells-x1"}
    found = read({"x.json": coco(BOX, categories=[above, below])})
    assert found.labels == ["cell"]
    assert notes(found) == {"objects.unused_label": 1}
    used = read({"x.json": coco({**BOX, "category_id": 0}, categories=[above, below])})
    assert used.labels == ["cells-x1", "cell"]


def test_splits_and_images_of_folders_beside_the_file(read: Read) -> None:
    found = read(
        {
            "train/_annotations.coco.json": coco(BOX),
            "train/a.png": (20, 10),
            "valid/_annotations.coco.json": coco(),
            "valid/a.png": (20, 10),
        }
    )
    assert {(i.path, i.split, len(i.shapes)) for i in found.images} == {
        ("train/a.png", Split.TRAIN, 1), ("valid/a.png", Split.VAL, 0),
    }  # fmt: skip
    named = read({"annotations/instances_val2017.json": coco(BOX), "val2017/a.png": (20, 10)})
    assert [(i.path, i.split) for i in named.images if i.path.startswith("val2017/")] == [
        ("val2017/a.png", Split.VAL)
    ]


def test_two_files_about_one_image_meet(read: Read) -> None:
    stuff = {**BOX, "segmentation": {"size": [10, 20], "counts": [100, 100]}, "category_id": 9}
    files = {
        "annotations/instances_train.json": coco(BOX),
        "annotations/stuff_train.json": coco(stuff, categories=[{"id": 9, "name": "sky"}]),
        "images/a.png": (20, 10),
    }
    found = read(files)
    assert [i.path for i in found.images] == ["images/a.png"]
    assert [s.label for s in found.images[0].shapes] == ["cell", "sky"]


OTHER = coco({**BOX, "bbox": [9, 0, 9, 9]})


@pytest.mark.parametrize(
    ("files", "image", "other"),
    [
        (("annotations/instances_train.json", "annotations/instances_val.json"),
         "train/a.png", "val/a.png"),
        (("annotations/instances_val.json", "annotations/instances_train.json"),
         "val/a.png", "train/a.png"),
        (("A/ann.json", "B/ann.json"), "A/images/a.png", "B/a.png"),
        (("B/ann.json", "A/ann.json"), "B/images/a.png", "A/a.png"),
    ],
)  # fmt: skip
def test_an_image_of_one_file_is_no_image_of_another(
    listing_of: Any, files: tuple[str, str], image: str, other: str
) -> None:
    listing = listing_of({files[0]: coco(BOX), files[1]: OTHER, image: (20, 10)})
    reader, evidence = sniff_source(listing)
    found = reader.read(listing, evidence)
    assert {i.path: [s.box[0] for s in i.shapes] for i in found.images} == {
        image: [1.5],
        other: [9],
    }
    attached = attach(found, {image: listing.path(image)}, listing.finder)
    (entry,) = attached.entries.values()
    assert [shape.box[0] for shape in entry.said.shapes] == [1.5]
    assert [entry.name for entry in attached.absent] == [other]


def test_files_of_one_split_share_the_image_that_only_its_name_tells(read: Read) -> None:
    files = {"annotations/instances_train.json": coco(BOX), "more/stuff_train.json": OTHER}
    found = read({**files, "pictures/a.png": (20, 10)})
    assert [(i.path, len(i.shapes)) for i in found.images] == [("pictures/a.png", 2)]
    found = read({"ann/train.json": coco(BOX), "ann/val.json": OTHER, "pictures/a.png": (20, 10)})
    assert [i.path for i in found.images] == ["train/a.png", "val/a.png"]


def test_panoptic(read: Read) -> None:
    ids = np.zeros((10, 20, 3), dtype=np.uint8)
    ids[2:5, 3:9] = (1, 2, 0)  # 513
    ids[6:8] = (0, 0, 1)  # 65536
    buffer = io.BytesIO()
    Image.fromarray(ids).save(buffer, "PNG")
    categories = [
        {**CELL, "isthing": 1, "color": [220, 20, 60]},
        {"id": 5, "name": "sky", "isthing": 0},
    ]
    segments = [
        {"id": 513, "category_id": 3, "iscrowd": 0},
        {"id": 65536, "category_id": 5},
        {"id": 99, "category_id": 5},
    ]
    mark = {"image_id": 7, "file_name": "a.png", "segments_info": segments}
    files = {
        "annotations/panoptic_val.json": coco(mark, categories=categories),
        "annotations/panoptic_val/a.png": buffer.getvalue(),
        "val/a.png": (20, 10),
    }
    found = read(files)
    (image,) = found.images
    assert (image.path, image.split) == ("val/a.png", Split.VAL)
    thing, stuff = image.shapes
    assert (thing.label, thing.instance, thing.bitmap.area()) == ("cell", 1, 18)
    assert (stuff.label, stuff.instance, stuff.bitmap.area()) == ("sky", None, 40)
    assert found.colours == {"cell": "#DC143C"}
    assert found.used == {"annotations/panoptic_val/a.png"}
    assert reasons(found) == {"objects.no_segment": 1}


def test_points_and_captions_are_kept_with_the_image(read: Read) -> None:
    person = {**BOX, "keypoints": [1, 2, 2, 3, 4, 1], "num_keypoints": 2}
    caption = {"id": 9, "image_id": 7, "caption": "a cat\non a mat"}
    found = read({"x.json": coco(person, caption)})
    (image,) = found.images
    assert [s.kind for s in image.shapes] == ["box"]
    assert image.extras == {
        "points": [{"label": "cell", "points": [[1.0, 2.0, 2.0], [3.0, 4.0, 1.0]]}],
        "captions": ["a cat on a mat"],
    }
    assert notes(found) == {"objects.points": 1, "objects.captions": 1}


TRAPS: list[tuple[Mapping[str, object], str]] = [
    ({"image_id": 8}, "objects.no_image"),
    ({"image_id": None}, "objects.no_image"),
    ({"image_id": [7]}, "objects.no_image"),
    ({"category_id": 4}, "reading.no_category"),
    ({"category_id": {"a": 1}}, "reading.no_category"),
    ({"bbox": [1, 2, 3]}, "reading.not_numbers"),
    ({"bbox": [1, 2, 3, None]}, "reading.not_numbers"),
    ({"bbox": [1, 2, float("nan"), 4]}, "reading.not_numbers"),
    ({"bbox": [1, 2, float("inf"), 4]}, "reading.not_numbers"),
    ({"bbox": [1, 2, 10**400, 4]}, "reading.not_numbers"),
    ({"bbox": [5, 5, -3, 4]}, "reading.negative"),
    ({"segmentation": [[0, 0, 4, float("nan"), 4, 4]]}, "reading.not_numbers"),
    ({"segmentation": [[0, 0, "x", 1, 4, 4]]}, "reading.not_numbers"),
    ({"segmentation": [[0, 0, 1, 1, 2]]}, "reading.not_numbers"),
    ({"segmentation": {"size": [10, 20], "counts": [500]}}, "reading.mask"),
    ({"segmentation": {"size": [10, 20], "counts": "\u0000"}}, "reading.mask"),
    ({"segmentation": {"size": [10**9, 10**9], "counts": [1]}}, "reading.mask"),
    ({"segmentation": {"size": [20, 10], "counts": [1, 2]}}, "objects.other_size"),
    ({"segmentation": [list(range(2 * 100_001))]}, "reading.many_points"),
]


@pytest.mark.parametrize(("wrong", "reason"), TRAPS)
def test_a_wrong_object_is_a_line_and_the_others_stay(
    read: Read, wrong: Mapping[str, object], reason: str
) -> None:
    found = read({"x.json": coco({**BOX, "id": 2, **wrong}, BOX)})
    assert reasons(found) == {reason: 1}
    assert one(found).box == (1.5, 2.0, 3.25, 4.0)


def test_ids_of_any_length(read: Read) -> None:
    first, second = 2**53, 2**53 + 1
    images = [{**IMAGE, "id": first}, {**IMAGE, "id": second, "file_name": "b.png"}]
    shapes = [{**BOX, "image_id": first, "id": 2**70}, {**BOX, "image_id": second, "id": 2**70 + 1}]
    found = read({"x.json": coco(*shapes, images=images)})
    assert [len(image.shapes) for image in found.images] == [1, 1]
    assert not found.skipped


def test_ids_used_twice(read: Read) -> None:
    again = [IMAGE, {**IMAGE, "file_name": "b.png"}]
    found = read({"x.json": coco(BOX, BOX, images=again, categories=[CELL, CELL])})
    assert reasons(found) == {"objects.double_image": 1, "objects.double_category": 1}
    assert notes(found) == {"objects.double_ids": 1}
    assert [s.attributes for s in found.images[0].shapes] == [{"import_id": "1"}, {}]


def test_entries_of_the_wrong_kind(read: Read) -> None:
    odd: list[object] = [
        None,
        3,
        "x",
        [],
        {"id": 1},
        {"file_name": "b.png"},
        {"id": {}, "file_name": "c"},
    ]
    found = read({"x.json": coco(*odd[:4], BOX, images=[IMAGE, *odd], categories=[CELL, *odd])})
    assert len(found.images[0].shapes) == 1
    assert len(found.images) == 1
    for lists in ({"images": 3}, {"annotations": "x"}, {"categories": {"a": 1}}):
        assert read({"y.json": coco(BOX, **lists)}).format == "coco"


@pytest.mark.parametrize(
    "path", ["/etc/a.png", "../../a.png", "C:\\data\\a.png", "\\\\srv\\x\\a.png"]
)
def test_paths_of_other_machines_find_by_name_among_the_images_only(read: Read, path: str) -> None:
    image = {**IMAGE, "file_name": path}
    found = read({"sub/x.json": coco(BOX, images=[image]), "pics/a.png": (20, 10)})
    assert [i.path for i in found.images] == ["pics/a.png"]


def test_broken_files_are_skipped_beside_whole_ones(read: Read) -> None:
    whole = '{"images": [], "categories": [], "annotations": []}'
    files = {
        "a.json": coco(BOX),
        "b.json": whole[:-3],
        "c.json": '{"annotations": [], "images": [], "categories": ' + "[" * 200_000,
    }
    found = read(files, "coco")
    assert {line.reason for line in found.skipped} == {"data.json_broken", "data.json_deep"}
    assert len(found.images) == 1


def test_folders_that_do_not_exist_here_and_endings_in_capitals(read: Read) -> None:
    images = [
        {**IMAGE, "file_name": "JPEGImages/old/a.jpg"},
        {**IMAGE, "id": 8, "file_name": "b.jpg"},
        {**IMAGE, "id": 9, "file_name": "b.JPG"},
    ]
    files = {"pics/a.JPG": (20, 10), "pics/b.jpg": (20, 10), "pics/b.JPG": (20, 10)}
    found = read({"pics/x.json": coco(BOX, images=images), **files})
    assert [image.path for image in found.images] == ["pics/a.JPG", "pics/b.jpg", "pics/b.JPG"]


def test_names_of_any_letters_and_length(read: Read) -> None:
    names = ["Zelle [1] (ü).png", "细胞 🦠.png", "a" * 300 + ".png", "nul\0.png", "x\ud800.png"]
    images = [{**IMAGE, "id": n, "file_name": name} for n, name in enumerate(names)]
    labels = [{"id": n, "name": name} for n, name in enumerate(["Größe\n1", "\0", "\ud800", ""])]
    marks = [{**BOX, "id": n, "image_id": 0, "category_id": n} for n in range(4)]
    found = read({"x.json": coco(*marks, images=images, categories=labels), names[0]: (20, 10)})
    assert [image.path for image in found.images][:2] == names[:2]
    assert all(image.path.encode() and "\0" not in image.path for image in found.images)
    assert len(found.images) == 5
    assert found.images[0].shapes[0].label == "Größe 1"
    assert all(shape.label and shape.label.encode() for shape in found.images[0].shapes)


def test_a_file_that_is_no_image_is_told_as_the_file_has_it(read: Read) -> None:
    images = [{**IMAGE, "file_name": "x.json"}, {**IMAGE, "id": 8, "file_name": "sub/x.json"}]
    found = read({"x.json": coco(images=images), "x.png": (20, 10)})
    assert {image.path for image in found.images} == {"x.json", "sub/x.json"}  # both missing


def test_pictures_that_repeat_the_stuff_are_no_images(read: Any) -> None:
    said = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 10, "height": 8}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 3, 3]}],
        "categories": [{"id": 1, "name": "sky", "supercategory": "all"}],
    }
    files = {"a.jpg": (10, 8), "stuff_train2017_pixelmaps/a.png": (10, 8), "stuff.json": said}
    assert "stuff_train2017_pixelmaps/a.png" in read(files).used
