"""Which image a path in an annotation file means; a doubt attaches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tlstudio.formats.annotation_set import AnnotationSet, ReadImage, ReadShape
from tlstudio.formats.attach import agree, assign, attach
from tlstudio.formats.finding import Finder

IMAGES = ["train/1.jpg", "val/1.jpg", "val/two words (2).JPG", "3.png"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train/1.jpg", "train/1.jpg"),
        ("./val//1.jpg", "val/1.jpg"),
        ("C:\\Users\\me\\set\\train\\1.jpg", "train/1.jpg"),
        ("/home/me/val/1.jpg", "val/1.jpg"),
        ("elsewhere/two words (2).jpg", "val/two words (2).JPG"),
        ("../../3.png", "3.png"),
        ("3", "3.png"),
        ("3.jpeg", None),
        ("4.png", None),
        ("", None),
    ],
)
def test_paths_of_other_machines_find_their_image(path: str, name: str | None) -> None:
    assert assign([path], Finder(IMAGES))[0].get(path) == name


def test_a_name_that_several_images_have_is_doubtful() -> None:
    assert assign(["1.jpg"], Finder(IMAGES)) == ({}, {"1.jpg": 2})


def test_images_of_the_same_bytes_are_no_doubt(tmp_path: Path) -> None:
    files = {}
    for name in IMAGES[:2]:
        place = tmp_path / name
        place.parent.mkdir()
        place.write_bytes(b"the same")
        files[name] = place
    assert assign(["1.jpg"], Finder(files), files) == ({"1.jpg": "train/1.jpg"}, {})
    files["val/1.jpg"].write_bytes(b"not same")
    assert assign(["1.jpg"], Finder(files), files) == ({}, {"1.jpg": 2})


def test_two_paths_never_share_an_image_that_only_one_of_them_names() -> None:
    chosen, doubtful = assign(["a/3.png", "3.png"], Finder(["b/3.png"]))
    assert (chosen, doubtful) == ({"3.png": "b/3.png"}, {})
    chosen, doubtful = assign(["a/3.png", "c/3.png"], Finder(["b/3.png"]))
    assert (chosen, doubtful) == ({}, {"a/3.png": 2, "c/3.png": 2})


def test_paths_of_two_splits_are_two_images() -> None:
    chosen, doubtful = assign(["train/3.png", "val/3.png"], Finder(["3.png"]))
    assert (chosen, doubtful) == ({}, {"train/3.png": 2, "val/3.png": 2})


def test_folders_agree_from_the_file_upwards() -> None:
    assert agree("/x/train/1.jpg", "train/1.jpg")
    assert agree("1.jpg", "train/1.JPG")
    assert not agree("val/1.jpg", "train/1.jpg")


def test_what_several_entries_say_of_one_image_is_put_together() -> None:
    box = ReadShape("box", "cell", box=(1, 2, 3, 4))
    said = [
        ReadImage("3.png", (box,), tags=("a",), complete=False),
        ReadImage("./3.png", (box,), width=9, height=8, tags=("b", "a")),
        ReadImage("gone.png", (box,)),
        ReadImage("3.png", frame=4),
        ReadImage("nowhere.png", frame=2),
        ReadImage("inside.png", (box,)),
    ]
    made = AnnotationSet("x", said, embedded={"inside.png": b"bytes"})
    found = attach(made, {name: Path(name) for name in IMAGES}, Finder(IMAGES))
    read = found.entries["3.png"].said
    assert read is not None
    assert (len(read.shapes), read.width, read.tags, read.complete) == (2, 9, ("a", "b"), True)
    assert [entry.name for entry in found.absent] == ["gone.png"]
    assert list(found.entries["3.png"].frames) == [4]
    assert [item.reason for item in found.skipped] == ["data.frame_not_here"]
    assert found.embedded == {"inside.png": b"bytes"}


def test_images_inside_of_annotations_never_take_a_path_of_anybody() -> None:
    said = [ReadImage("../../etc/3.png"), ReadImage("/tmp/x/3.png")]
    made = AnnotationSet("x", said, embedded={image.path: b"" for image in said})
    found = attach(made, {"other.png": Path("other.png")}, Finder(["other.png"]))
    assert set(found.embedded) == {"3.png", "3 (2).png"}
