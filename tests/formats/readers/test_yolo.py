"""YOLO: its ways to lay files out, its lines, and what is wrong with them elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import sniff_source, yolo
from tlstudio.formats.walk import list_files
from tlstudio.formats.yaml_text import parse_yaml

Read = Callable[..., AnnotationSet]

LINE = "0 0.5 0.5 0.2 0.4\n"
PICTURE = (100, 50)
BOX = (40.0, 15.0, 20.0, 20.0)


def shapes(found: AnnotationSet, path: str) -> list[Any]:
    return next(list(image.shapes) for image in found.images if image.path == path)


def near(values: tuple[float, ...]) -> Any:
    return pytest.approx(values, abs=1e-9)


def reasons(found: AnnotationSet) -> dict[str, object]:
    return {line.reason: line.params.get("count") for line in found.skipped}


def notes(found: AnnotationSet) -> set[str]:
    return {notice.code for notice in found.notices}


def test_real_files_of_labelimg(real: Callable[[str], AnnotationSet]) -> None:
    found = real("one_set_ten_formats/yolo")
    assert found.format == "yolo"
    counts = Counter(shape.label for image in found.images for shape in image.shapes)
    assert counts == {
        "strawberry": 17, "bird": 2, "crack": 1, "rectangle": 1, "triangle": 1, "circle": 1,
        "ellipse": 1, "line": 1,
    }  # fmt: skip
    assert shapes(found, "birds.jpg")[0].box == pytest.approx((207, 38, 303, 603), abs=1e-3)
    assert found.skipped == [] and found.notices == []


def test_real_files_of_yolo_1_1(real: Callable[[str], AnnotationSet]) -> None:
    found = real("one_set_ten_formats/yolo1.1")
    assert found.labels[:2] == ["rectangle", "triangle"] and len(found.labels) == 8
    assert [(len(i.shapes), i.complete, i.split) for i in found.images] == [
        (0, True, Split.TRAIN), (0, True, Split.TRAIN), (1, True, Split.TRAIN),
        (17, True, Split.TRAIN),
    ]  # fmt: skip
    (rectangle,) = shapes(found, "obj_train_data/shapes.jpg")
    # CVAT's own file has it as 45.8, 45.8, 184.81, 140.52.
    assert rectangle.box == pytest.approx((45.8, 45.8, 184.81, 140.52), abs=1e-3)


def test_real_sets_of_label_studio(real: Callable[[str], AnnotationSet]) -> None:
    found = real("label_studio/test_import_yolo_data")
    assert found.labels == ["closed_door", "opened_door", "bus", "number"]
    assert sum(len(image.shapes) for image in found.images) == 25
    assert all(image.path.startswith("images/") for image in found.images)
    assert (
        sum(len(i.shapes) for i in real("label_studio/test_import_yolo_data_unif_dims").images)
        == 19
    )


def test_the_same_boxes_as_in_voc(shared: Path) -> None:
    """labelImg wrote these two pictures in both formats."""
    folder = shared / "data/interchange/one_set_ten_formats/phones"
    listing = Listing(list_files(folder)[0])
    evidence = yolo.sniff(listing)
    assert evidence is not None
    ours = {image.path: image.shapes for image in yolo.read(listing, evidence).images}
    from tlstudio.formats.readers import voc

    other = voc.sniff(listing)
    assert other is not None
    theirs = {image.path: image.shapes for image in voc.read(listing, other).images}
    assert ours.keys() == theirs.keys() and len(ours) == 2
    for path, found in ours.items():
        assert [s.label for s in found] == [s.label for s in theirs[path]]
        for one, two in zip(found, theirs[path], strict=True):
            assert one.box == pytest.approx(two.box, abs=1e-3)


def test_boxes_outlines_and_oriented_boxes(read: Read) -> None:
    lines = (
        LINE,
        "1 0 0 1 0 0.5 1\n",
        "1 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3\n",
        "1 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3 0.2 0.5\n",
        "0 0.5 0.5 0.2 0.4 0.75\n",
        "1 0 0 1 0 0.5 1 0.25\n",
    )
    found = read({"classes.txt": "cell\nnucleus", "a.png": PICTURE, "a.txt": "".join(lines)})
    box, triangle, turned, five, sure, sure_outline = shapes(found, "a.png")
    assert (box.kind, box.label, box.box) == ("box", "cell", near(BOX))
    assert (triangle.kind, triangle.parts) == ("polygon", ((((0, 0), (100, 0), (50, 50)),),))
    assert turned.parts[0][0][2] == near((30.0, 15.0))
    assert len(five.parts[0][0]) == 5
    assert (sure.box, sure.confidence, sure.suggestion) == (near(BOX), 0.75, True)
    assert (len(sure_outline.parts[0][0]), sure_outline.confidence) == (3, 0.25)


def test_an_empty_file_is_an_image_with_nothing_in_it_and_no_file_is_none(read: Read) -> None:
    found = read(
        {
            "data.yaml": "names: [cell]\ntrain: images",
            "images/a.png": PICTURE, "labels/a.txt": LINE,
            "images/b.png": PICTURE, "labels/b.txt": "\n",
            "images/c.png": PICTURE,
        }
    )  # fmt: skip
    states = {image.path: (len(image.shapes), image.complete) for image in found.images}
    assert states == {
        "images/a.png": (1, True),
        "images/b.png": (0, True),
        "images/c.png": (0, False),
    }
    assert notes(found) == {"objects.image_without_labels"}


@pytest.mark.parametrize(
    "train",
    ["/home/ada/sets/cells/train/images", "../train/images", "C:\\sets\\train\\images",
     "train/images", "./train/images/", "[/x/train/images, /y/none]"],
)  # fmt: skip
def test_paths_of_another_machine_in_data_yaml(read: Read, train: str) -> None:
    found = read(
        {
            "set/data.yaml": f"train: {train}\nval: /content/valid/images\nnames: [cell]\n",
            "set/train/images/a.png": PICTURE, "set/train/labels/a.txt": LINE,
            "set/valid/images/a.png": PICTURE, "set/valid/labels/a.txt": "",
        }
    )  # fmt: skip
    splits = {image.path: (image.split, len(image.shapes)) for image in found.images}
    assert splits == {
        "set/train/images/a.png": (Split.TRAIN, 1), "set/valid/images/a.png": (Split.VAL, 0),
    }  # fmt: skip


def test_a_root_and_lists_in_data_yaml(read: Read) -> None:
    found = read(
        {
            "coco8.yaml": "path: ../datasets/coco8 # root\ntrain: images/one\nval: lists/held.txt\n"
            "names:\n  0: no\n  1: 'yes'\n  2: 3\n",
            "lists/held.txt": "./images/two/b.png\n/elsewhere/images/two/c.png\n",
            "images/one/a.png": PICTURE, "labels/one/a.txt": "2" + LINE[1:],
            "images/two/b.png": PICTURE, "labels/two/b.txt": "0" + LINE[1:],
            "images/two/c.png": PICTURE, "labels/two/c.txt": "1" + LINE[1:],
        }
    )  # fmt: skip
    assert found.labels == ["no", "yes", "3"]
    told = {i.path[-5]: (i.split, i.shapes[0].label) for i in found.images}
    assert told == {"a": (Split.TRAIN, "3"), "b": (Split.VAL, "no"), "c": (Split.VAL, "yes")}


def test_without_names_classes_are_numbers(read: Read) -> None:
    found = read({"a.png": PICTURE, "a.txt": LINE + "12" + LINE[1:]})
    assert [s.label for s in shapes(found, "a.png")] == ["0", "12"]
    assert notes(found) == {"objects.names_missing"}


def test_key_points_are_kept_with_the_image(read: Read) -> None:
    found = read(
        {
            "data.yaml": "names: [hand]\nkpt_shape: [2, 3]\n",
            "a.png": PICTURE,
            "a.txt": "0 0.5 0.5 0.2 0.4 0.5 0.5 2 0.1 0.2 1\n",
        }
    )
    (image,) = found.images
    assert [s.box for s in image.shapes] == [near(BOX)]
    assert image.extras["points"] == [
        {"label": "hand", "points": [[50.0, 25.0, 2.0], [10.0, 10.0, 1.0]]}
    ]


def test_names_with_spaces_brackets_and_other_letters(read: Read) -> None:
    odd = "Zelle [1] (ü) 细胞 🦠"
    found = read(
        {f"images/{odd}.png": PICTURE, f"labels/{odd}.txt": LINE, "classes.txt": "große Zelle\n"}
    )
    assert shapes(found, f"images/{odd}.png")[0].label == "große Zelle"


def test_large_and_small_letters_of_endings(read: Read) -> None:
    found = read({"images/A.PNG": PICTURE, "labels/A.txt": LINE, "classes.txt": "cell"})
    assert len(shapes(found, "images/A.PNG")) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("5 0.5 0.5 0.2 0.4", "reading.no_category"),
        ("-1 0.5 0.5 0.2 0.4", "reading.no_category"),
        ("x 0.5 0.5 0.2 0.4", "reading.no_category"),
        ("0 nan 0.5 0.2 0.4", "reading.not_numbers"),
        ("0 0.5 inf 0.2 0.4", "reading.not_numbers"),
        ("0 0.5 0.5 1e999 0.4", "reading.not_numbers"),
        ("0 0.5 0.5 -0.2 0.4", "reading.negative"),
        ("0 50 25 20 20", "objects.not_relative"),
        ("0 0.5 0.5", "objects.line"),
        ("hello", "objects.line"),
        ("0,0.5,0.5,0.2,0.4", "objects.line"),
    ],
)
def test_a_wrong_line_is_named_and_the_others_stay(read: Read, line: str, reason: str) -> None:
    found = read({"classes.txt": "cell", "a.png": PICTURE, "a.txt": LINE + line})
    assert reasons(found) == {reason: 1}
    assert [s.box for s in shapes(found, "a.png")] == [near(BOX)]


def test_a_file_of_wrong_lines_only_does_not_make_its_image_labelled(read: Read) -> None:
    found = read({"classes.txt": "cell", "a.png": PICTURE, "a.txt": "9 0.5 0.5 0.2 0.4"})
    assert [(i.shapes, i.complete) for i in found.images] == [((), False)]


def test_labels_without_their_image_are_named(read: Read) -> None:
    found = read({"labels/a.txt": LINE, "labels/b.txt": LINE, "images/a.png": PICTURE})
    assert [(line.file, line.reason) for line in found.skipped] == [
        ("labels/b.txt", "objects.no_size")
    ]


def test_text_beside_images_is_no_yolo(listing_of: Callable[..., Listing]) -> None:
    listing = listing_of({"a.png": PICTURE, "a.txt": "taken on Monday\n", "readme.txt": "1 2"})
    assert yolo.sniff(listing) is None
    with pytest.raises(UserError):
        sniff_source(listing)


@pytest.mark.parametrize(
    "text",
    ["names: &a [x]\ntrain: *a", "names: " + "[" * 500, "names: {a", "\0", "a: b: c",
     "names: !!python/object/apply:os.system [x]\n: : :", "[" * 100_000, "x" * 2_000_000],
)  # fmt: skip
def test_hostile_yaml_is_refused_or_only_text(text: str) -> None:
    try:
        parse_yaml(text, "data.yaml")
    except UserError as error:
        assert error.code == "data.yaml_broken"


def test_a_broken_data_yaml_costs_its_names_only(read: Read) -> None:
    found = read({"data.yaml": "names: [cell", "a.png": PICTURE, "a.txt": LINE})
    assert reasons(found) == {"data.yaml_broken": None}
    assert [s.label for s in shapes(found, "a.png")] == ["0"]


def test_lines_of_four_corners_are_told(read: Any) -> None:
    line = "0 .1 .1 .5 .2 .4 .6 .1 .5\n"
    found = read({"a.png": (100, 80), "a.txt": line + line[:-1] + " .3 .3\n"})
    told = {notice.code: notice.params["count"] for notice in found.notices}
    assert told["objects.four_corners"] == 1
    assert [shape.kind for shape in found.images[0].shapes] == ["polygon", "polygon"]
