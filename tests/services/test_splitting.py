"""Splitting a project, and the leaks that are left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.leaks import LeakKind
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.splitting import find_leaks, split_project
from tlstudio.storage import images
from tlstudio.storage.project import Project

Draw = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as made:
        yield made


def _splits(project: Project) -> dict[str, Split | None]:
    with project.read() as db:
        return {row.path: row.split for row in images.hashes(db)}


def _set(project: Project, change: Callable[..., None], *arguments: object) -> None:
    project.transact("undo.set_split", lambda db: change(db, *arguments))


def test_a_split_is_stratified_and_can_be_undone(project: Project, class_folder: Draw) -> None:
    import_source(project, class_folder({"round": 40, "bars": 20}))
    report = split_project(project)
    assert report.to_json()["splits"] == {"train": 42, "val": 9, "test": 9, "none": 0}
    per_label = Counter((path.split("/")[1], split) for path, split in _splits(project).items())
    assert per_label[("bars", Split.VAL)] == 3 and per_label[("round", Split.TEST)] == 6
    assert report.divided == 60 and len(report.changes.images) == 60
    project.undo()
    assert set(_splits(project).values()) == {None}
    assert split_project(project).splits == report.splits


def test_groups_stay_whole_unless_told_otherwise(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 40, "bars": 40})
    import_source(project, source, ImportOptions(group_from=r"regex:_\d\d(\d)"))  # ten groups
    assert split_project(project, seed=3).leaks == ()
    report = split_project(project, by="image", force=True, seed=3)
    assert {leak.kind for leak in report.leaks if leak.blocks} == {LeakKind.GROUP}
    assert len([leak for leak in report.leaks if leak.kind is LeakKind.GROUP]) == 10
    assert report.to_json()["leaks"][0]["blocks"] is True


@pytest.mark.parametrize("by", ["group", "image"])
def test_identical_pixels_stay_together(project: Project, tmp_path: Path, by: str) -> None:
    for index in range(30):
        for kind in ("png", "bmp"):
            path = tmp_path / "s" / "ab"[index % 2] / f"{index}.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("L", (9, 9), 8 * index).save(path)
    import_source(project, tmp_path / "s")
    assert not [leak for leak in split_project(project, by=by).leaks if leak.blocks]


def test_only_images_without_a_split_are_divided(project: Project, class_folder: Draw) -> None:
    import_source(project, class_folder({"round": 5, "bars": 5}), ImportOptions(split="test"))
    import_source(project, class_folder({"round": 20, "bars": 20}, name="more", seed=9))
    before = {path for path, split in _splits(project).items() if split is Split.TEST}
    split_project(project)
    after = _splits(project)
    assert all(after[path] is Split.TEST for path in before)
    assert None not in after.values()
    assert split_project(project, force=True).divided == 50


def test_new_images_follow_their_group(project: Project, class_folder: Draw) -> None:
    import_source(project, class_folder({"a": 6}, name="x/p1"), ImportOptions(split="val"))
    source = class_folder({"a": 30, "b": 30}, name="y", seed=4)
    import_source(project, source, ImportOptions(format="class-folders"))

    def group(db) -> None:
        images.set_group(db, [row.image for row in images.hashes(db)][:20], "patient")

    project.transact("undo.set_group", group)
    report = split_project(project)
    assert not [leak for leak in report.leaks if leak.blocks]


def test_images_without_a_label_are_left_and_counted(project: Project, class_folder: Draw) -> None:
    with pytest.raises(UserError) as caught:
        split_project(project)
    assert caught.value.code == "data.split_nothing"
    import_source(project, class_folder({"round": 10, "bars": 10}))
    unlabelled = class_folder({"x": 3}, name="un", seed=2)
    import_source(project, unlabelled, ImportOptions(format="images", split="test"))
    report = split_project(project)
    assert report.unlabelled == 3
    assert "data.split_unlabelled" in [n.code for n in report.warnings]
    assert split_project(project, force=True).splits[""] == 3


def test_too_few_groups_of_a_label_are_told(project: Project, class_folder: Draw) -> None:
    import_source(project, class_folder({"round": 20, "rare": 1}))
    report = split_project(project)
    lacking = [n.params["split"] for n in report.warnings if n.code == "data.split_lacks"]
    assert lacking == ["val", "test"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"val": 0.6, "test": 0.5}, "data.split_fractions"), ({"by": "moon"}, "data.split_by")],
)
def test_unlawful_wishes(project: Project, arguments: dict, code: str) -> None:
    with pytest.raises(UserError) as caught:
        split_project(project, **arguments)
    assert caught.value.code == code


def test_leaks_of_every_kind(project: Project, class_folder: Draw, tmp_path: Path) -> None:
    source = class_folder({"round": 4}, size=64)
    import_source(project, source, ImportOptions(split="train", group_from="regex:_(00[01])"))
    other = tmp_path / "other"
    other.mkdir()
    with Image.open(source / "round" / "round_002.png") as picture:
        picture.save(other / "same.bmp")  # the same pixels in another file
    with Image.open(source / "round" / "round_003.png") as picture:
        picture.save(other / "near.jpg", quality=60)
    Image.linear_gradient("L").save(other / "of_001.png")
    import_source(project, other, ImportOptions(split="test", group_from="regex:_(00[01])"))
    leaks = {leak.kind: leak for leak in find_leaks(project)}
    assert {kind: leak.blocks for kind, leak in leaks.items()} == {
        LeakKind.IDENTICAL: True, LeakKind.GROUP: True, LeakKind.NEAR: False,
    }  # fmt: skip
    assert set(leaks[LeakKind.IDENTICAL].names) == {
        "images/round/round_002.png", "images/same.bmp",
    }  # fmt: skip
    assert leaks[LeakKind.GROUP].group == "001"
    assert "images/near.jpg" in leaks[LeakKind.NEAR].names
    assert leaks[LeakKind.NEAR].splits == (Split.TRAIN, Split.TEST)
    assert LeakKind.NEAR not in {leak.kind for leak in find_leaks(project, near=False)}
