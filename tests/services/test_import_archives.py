"""An export handed over as a zip or tar file: it comes in like the folder it was packed from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Cancel, Step
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.previews import forget_archives, look_at
from tlstudio.services.projects import Project, create_project, project_info
from tlstudio.storage.home import home


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with create_project(tmp_path / "p.tlproj") as made:
        yield made


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    (folder / "images").mkdir(parents=True)
    for index, name in enumerate(("a (1)", "b", "c")):
        pixels = np.random.default_rng(index).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{name}.png")
    said = {
        "images": [
            {"id": i, "file_name": f"{name}.png", "width": 64, "height": 48}
            for i, name in enumerate(("a (1)", "b", "c"))
        ],
        "categories": [{"id": 1, "name": "cell"}],
        "annotations": [
            {"id": 1, "image_id": 0, "category_id": 1, "bbox": [4, 5, 20, 10]},
            {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 5, 2, 10]},
        ],
    }
    (folder / "annotations.json").write_text(json.dumps(said))
    return folder


def packed(folder: Path, kind: str = "zip") -> Path:
    return Path(shutil.make_archive(str(folder), kind, folder))


def left() -> list[Path]:
    """What archives have left on the disk."""
    above = home() / "unpacked"
    return list(above.iterdir()) if above.is_dir() else []


@pytest.mark.parametrize("kind", ["zip", "gztar"])
def test_it_comes_in_like_its_folder(project: Project, source: Path, kind: str) -> None:
    archive = packed(source, kind)
    shutil.rmtree(source)
    look = look_at(archive, ImportOptions())
    assert (look.format, look.images, look.kinds) == ("coco", 3, {"box": 2})
    told = import_source(project, archive, ImportOptions(dry_run=True))
    done = import_source(project, archive)
    assert told.to_json() == done.to_json()
    assert (done.images_added, done.kinds) == (3, {"box": 2})
    assert not done.skipped
    assert project_info(project)["states"] == {"labelled": 3}
    assert not left()
    again = import_source(project, archive)
    assert (again.images_added, again.shapes) == (0, {"same": 2})


def test_annotations_alone_meet_the_images_that_are_here(project: Project, source: Path) -> None:
    import_source(project, source / "images")
    only = source.parent / "task 7"
    only.mkdir()
    shutil.move(source / "annotations.json", only / "annotations.json")
    done = import_source(project, packed(only))
    assert (done.images_matched, done.shapes) == (3, {"added": 2})


def test_what_is_said_names_the_archive(project: Project, source: Path) -> None:
    (source / "images" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (source / "notes.docx").write_bytes(b"x")
    shutil.copy(packed(source / "images"), source / "inner.zip")
    (source / "images.zip").unlink()
    archive = packed(source)
    done = import_source(project, archive)
    reasons = {item.file: item.reason for item in done.skipped}
    assert reasons[str(archive / "inner.zip")] == "data.archive_inside"
    assert reasons[str(archive / "notes.docx")] == "data.not_used"
    assert str(archive / "images" / "broken.png") in reasons
    assert str(home()) not in json.dumps(done.to_json())


def test_by_reference_is_refused(project: Project, source: Path) -> None:
    with pytest.raises(UserError) as caught:
        import_source(project, packed(source), ImportOptions(copy=False))
    assert caught.value.code == "data.archive_reference"


@pytest.mark.parametrize("at", ["data.stage.unpacking", "data.stage.reading", "data.stage.merging"])
def test_a_cancel_leaves_nothing(project: Project, source: Path, at: str) -> None:
    for index in range(60):
        (source / f"note {index}.md").write_text("x")
    cancel = Cancel()

    def watch(step: Step) -> None:
        if step.stage == at:
            cancel.set()

    with pytest.raises(Cancelled):
        import_source(project, packed(source), None, watch, cancel)
    forget_archives()
    assert not left()
    assert project_info(project)["images"] == 0
    assert not list((project.folder / "images").rglob("*.png"))


def test_an_archive_that_is_none_leaves_nothing(project: Project, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UserError) as caught:
        import_source(project, tmp_path / "x.zip")
    assert caught.value.code == "data.archive_broken"
    assert caught.value.file == str(tmp_path / "x.zip")
    assert not left()
