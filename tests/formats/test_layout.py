"""Which folders are labels, which are splits, and when neither."""

from __future__ import annotations

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.formats.layout import Layout, forced, recognise


def _folders(*paths: str) -> list[tuple[str, ...]]:
    return [tuple(part for part in path.split("/") if part) for path in paths]


def _read(layout: Layout, path: str) -> tuple[Split | None, str | None]:
    folders = _folders(path)[0]
    return layout.split_of(folders), layout.label_of(folders)


def test_class_folders() -> None:
    layout = recognise(_folders("cat", "cat", "dog"))
    assert layout.format == "class-folders" and not layout.notices
    assert _read(layout, "dog") == (None, "dog")


def test_class_folders_inside_a_wrapping_folder() -> None:
    layout = recognise(_folders("set/photos/cat", "set/photos/dog"))
    assert _read(layout, "set/photos/dog") == (None, "dog")


def test_flat_images_have_no_labels() -> None:
    assert recognise(_folders("", "", "")).format == "images"
    assert recognise([]).format == "images"


def test_one_folder_alone_is_no_label_and_that_is_said() -> None:
    layout = recognise(_folders("cat", "cat"))
    assert layout.format == "images"
    assert [n.code for n in layout.notices] == ["data.one_folder"]


def test_images_beside_the_folders_are_said_to_prevent_labels() -> None:
    layout = recognise(_folders("", "cat", "dog"))
    assert layout.format == "images" and _read(layout, "cat") == (None, None)
    assert [n.code for n in layout.notices] == ["data.images_beside_folders"]


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [("train", "val", "test"), ("Training", "Validation", "Testing"), ("TRAIN", "valid", "tst")],
)
def test_split_folders_by_any_usual_name(train: str, val: str, test: str) -> None:
    layout = recognise(_folders(*(f"{s}/{c}" for s in (train, val, test) for c in "ab")))
    assert layout.format == "split-folders"
    assert _read(layout, f"{train}/a") == (Split.TRAIN, "a")
    assert _read(layout, f"{val}/b") == (Split.VAL, "b")
    assert _read(layout, f"{test}/b") == (Split.TEST, "b")


def test_a_test_set_without_labels_keeps_the_labels_of_the_others() -> None:
    layout = recognise(_folders("train/cat", "train/dog", "test"))
    assert _read(layout, "train/dog") == (Split.TRAIN, "dog")
    assert _read(layout, "test") == (Split.TEST, None)


def test_split_folders_without_labels() -> None:
    layout = recognise(_folders("train", "val"))
    assert layout.format == "split-folders" and _read(layout, "val") == (Split.VAL, None)


def test_splits_below_the_labels() -> None:
    layout = recognise(_folders("cat/train", "cat/test", "dog/train", "dog/test"))
    assert _read(layout, "dog/test") == (Split.TEST, "dog")


def test_splits_below_a_folder_of_images() -> None:
    layout = recognise(_folders("images/train", "images/val"))
    assert _read(layout, "images/val") == (Split.VAL, None)


def test_trainval_is_left_out_beside_train_and_taken_as_train_without_it() -> None:
    beside = recognise(_folders("train/a", "train/b", "val/a", "val/b", "trainval/a"))
    assert beside.leaves_out(("trainval", "a")) and not beside.leaves_out(("train", "a"))
    assert "data.combined_ignored" in [n.code for n in beside.notices]
    alone = recognise(_folders("trainval/a", "trainval/b", "test/a"))
    assert _read(alone, "trainval/b") == (Split.TRAIN, "b")


def test_a_label_that_is_called_test_among_other_labels_stays_a_label() -> None:
    layout = recognise(_folders("test", "control", "placebo"))
    assert layout.format == "class-folders" and _read(layout, "test") == (None, "test")


def test_labels_above_patients_are_assumed_and_said() -> None:
    layout = recognise(_folders("benign/p1", "benign/p2", "malignant/p3"))
    assert _read(layout, "malignant/p3") == (None, "malignant")
    assert [n.code for n in layout.notices] == ["data.assumed_first_folder"]


def test_labels_below_patients_are_assumed_and_said() -> None:
    paths = [f"p{n}/{label}" for n in range(5) for label in ("benign", "malignant")]
    layout = recognise(_folders(*paths))
    assert _read(layout, "p3/benign") == (None, "benign")
    assert [n.code for n in layout.notices] == ["data.assumed_last_folder"]


def test_the_last_folder_below_splits() -> None:
    paths = [f"{s}/p{s}{n}/{c}" for s in ("train", "test") for n in range(5) for c in ("a", "b")]
    layout = recognise(_folders(*paths))
    assert _read(layout, "train/ptrain1/b") == (Split.TRAIN, "b")


def test_a_folder_for_every_patient_is_no_label() -> None:
    layout = recognise(_folders(*(f"patient{n}" for n in range(60))))
    assert layout.format == "images"
    assert [n.code for n in layout.notices] == ["data.folders_not_labels"]


def test_a_person_may_force_the_layout() -> None:
    folders = _folders("", "cat", "dog")
    assert _read(forced("class-folders", folders), "cat") == (None, "cat")
    assert forced("images", _folders("cat", "dog")).label_of(("cat",)) is None
    last = forced("class-folders:-1", _folders("p1/a", "p2/b"))
    assert last.format == "class-folders" and _read(last, "p2/b") == (None, "b")
    deep = forced("split-folders", _folders("x/train/a", "x/train/b"))
    assert _read(deep, "x/train/b") == (Split.TRAIN, "b")
    for kind, code in (
        ("class-folders:0", "data.format_unknown"),
        ("class-folders:x", "data.format_unknown"),
        ("yolo", "data.format_unknown"),
        ("split-folders", "data.no_split_folders"),
    ):
        with pytest.raises(UserError) as caught:
            forced(kind, folders)
        assert caught.value.code == code
