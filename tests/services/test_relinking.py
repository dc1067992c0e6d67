"""Files that have gone are listed, and found again by what they hold."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.projects import redo, undo
from tlstudio.services.relinking import missing_images, noted_missing, relink
from tlstudio.storage import images
from tlstudio.storage.project import Project

Draw = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as made:
        yield made


def _paths(project: Project) -> dict[int, str]:
    with project.read() as db:
        return {source.image: source.path for source in images.sources(db)}


def test_moved_and_renamed_files_are_found_by_content(
    project: Project, class_folder: Draw, tmp_path: Path
) -> None:
    source = class_folder({"round": 3, "bars": 3})
    import_source(project, source, ImportOptions(copy=False))
    assert missing_images(project) == []
    before = _paths(project)
    moved = tmp_path / "elsewhere" / "deep"
    moved.parent.mkdir()
    source.rename(moved)
    (moved / "bars" / "bars_000.png").rename(moved / "bars" / "other name.png")
    (moved / "bars" / "bars_001.png").unlink()
    # the same name and size, another picture
    Image.new("L", (5, 5)).save(moved / "bars" / "bars_001.png")

    assert len(missing_images(project)) == 6
    assert len(noted_missing(project)) == 6
    report = relink(project, tmp_path / "elsewhere")

    assert report.relinked == 5
    assert [Path(p).name for p in report.to_json()["missing"]] == ["bars_001.png"]
    after = _paths(project)
    names = {Path(before[image]).name: Path(after[image]).name for image in before}
    assert names["bars_000.png"] == "other name.png"
    assert names["round_002.png"] == "round_002.png"
    assert len(missing_images(project)) == 1 == len(noted_missing(project))


def test_relinking_can_be_undone(project: Project, class_folder: Draw, tmp_path: Path) -> None:
    source = class_folder({"round": 2})
    import_source(project, source, ImportOptions(copy=False))
    before = _paths(project)
    source.rename(tmp_path / "moved")
    assert relink(project, tmp_path / "moved").relinked == 2
    assert _paths(project) != before
    undo(project)
    assert _paths(project) == before
    assert len(noted_missing(project)) == 2
    redo(project)
    assert noted_missing(project) == []


def test_files_inside_the_project_are_kept_relative(
    project: Project, class_folder: Draw, tmp_path: Path
) -> None:
    import_source(project, class_folder({"round": 2}))
    inside = project.folder / "images" / "round"
    inside.rename(project.folder / "images" / "renamed")
    assert relink(project, project.folder / "images").relinked == 2
    assert set(_paths(project).values()) == {
        "images/renamed/round_000.png", "images/renamed/round_001.png",
    }  # fmt: skip


def test_copied_files_that_went_are_found_at_their_origin(
    project: Project, class_folder: Draw
) -> None:
    source = class_folder({"round": 2})
    import_source(project, source)
    shutil.rmtree(project.folder / "images" / "round")
    assert relink(project, source).relinked == 2
    assert set(_paths(project).values()) == {str(p) for p in (source / "round").iterdir()}


def test_each_file_stands_for_one_image(project: Project, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / "s").mkdir(exist_ok=True)
        Image.new("L", (9, 9), 7).save(tmp_path / "s" / name)
    import_source(project, tmp_path / "s", ImportOptions(copy=False))
    before = _paths(project)
    (tmp_path / "s").rename(tmp_path / "t")
    assert relink(project, tmp_path / "t").relinked == 2
    after = _paths(project)
    assert {i: Path(p).name for i, p in after.items()} == {
        i: Path(p).name for i, p in before.items()
    }


def test_a_folder_that_is_not_there(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        relink(project, tmp_path / "nothing")
    assert caught.value.code == "data.source_missing"
