"""Annotation files: what they say comes in once, cut to its image, and nothing half."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Annotation, Box, Polygon
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageState
from tlstudio.domain.progress import Cancel, Step
from tlstudio.services.datasets import ImportOptions, ImportReport, import_source
from tlstudio.services.shaping import move_shapes
from tlstudio.storage import images, imported, imports, labels
from tlstudio.storage.annotations import of_images
from tlstudio.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="detection") as made:
        yield made


def draw(path: Path, width: int = 64, height: int = 48, seed: int = 0, **save: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, **save)
    return path


def box(number: int, image: int, label: int = 1, bbox: Any = (4, 5, 20, 10), **more: Any) -> Any:
    said = {"id": number, "image_id": image, "category_id": label, "bbox": list(bbox)}
    return {**said, "area": 1.0, "iscrowd": 0, **more}


class Source:
    """A folder with three pictures and a COCO file that can be written again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for index, name in enumerate("abc"):
            draw(folder / "images" / f"{name}.png", seed=index)

    def write(self, annotations: list[Any], **more: Any) -> Path:
        said = {
            "images": [
                {"id": i, "file_name": f"images/{name}.png", "width": 64, "height": 48}
                for i, name in enumerate("abc", start=1)
            ],
            "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "dust"}],
            "annotations": annotations,
            **more,
        }
        file = self.folder / "coco.json"
        file.write_text(json.dumps(said))
        return self.folder


@pytest.fixture
def source(tmp_path: Path) -> Source:
    return Source(tmp_path / "source")


def shapes(project: Project, *, suggestions: bool | None = False) -> dict[str, list[Annotation]]:
    with project.read() as db:
        found = of_images(db, suggestions=suggestions)
        rows = images.rows(db, list(found))
    return {row.name: found[row.id] for row in rows}


def boxes(project: Project, name: str = "a.png") -> list[tuple[float, float, float, float]]:
    found = shapes(project).get(name, [])
    return [(s.x, s.y, s.w, s.h) for s in found if isinstance(s, Box)]


def states(project: Project) -> dict[str, ImageState]:
    with project.read() as db:
        rows = images.rows(db, [source.image for source in images.sources(db)])
    return {row.name: row.state for row in rows}


def reasons(report: ImportReport) -> dict[str, str]:
    return {Path(item.file).name: item.reason for item in report.skipped}


def codes(report: ImportReport) -> dict[str, Any]:
    return {notice.code: notice.params.get("count") for notice in report.warnings}


def test_shapes_come_in_and_an_image_without_any_is_one_with_nothing_in_it(
    project: Project, source: Source
) -> None:
    polygon = box(3, 2, 2, segmentation=[[1, 1, 20, 1, 20, 20.5, 1, 20]], bbox=(1, 1, 19, 19.5))
    report = import_source(project, source.write([box(1, 1), box(2, 1, 2), polygon]))
    found = report.to_json()
    assert found["format"] == "coco"
    assert (found["images_added"], found["annotations"]) == (3, 3)
    assert found["labels"] == {"cell": 1, "dust": 2}
    assert found["kinds"] == {"box": 2, "polygon": 1}
    assert not found["skipped"]
    assert boxes(project) == [(4, 5, 20, 10), (4, 5, 20, 10)]
    (outline,) = shapes(project)["b.png"]
    assert isinstance(outline, Polygon)
    assert outline.parts == ((((1, 1), (20, 1), (20, 20.5), (1, 20)),),)
    assert set(states(project).values()) == {ImageState.LABELLED}


def test_an_image_that_the_file_does_not_list_stays_unlabelled(
    project: Project, source: Source
) -> None:
    draw(source.folder / "images" / "d.png", seed=9)
    report = import_source(project, source.write([box(1, 1)]))
    assert report.images_added == 4
    assert codes(report)["data.images_unnamed"] == 1
    assert states(project)["d.png"] is ImageState.UNLABELLED
    assert states(project)["c.png"] is ImageState.LABELLED


def test_the_same_file_again_changes_nothing(project: Project, source: Source) -> None:
    folder = source.write([box(1, 1), box(2, 2, 2)])
    import_source(project, folder)
    before = shapes(project)
    report = import_source(project, folder)
    assert report.shapes == {"same": 2}
    assert shapes(project) == before


def test_a_changed_file_updates_what_it_said_before(project: Project, source: Source) -> None:
    import_source(project, source.write([box(1, 1), box(2, 1, bbox=(30, 30, 9, 9)), box(3, 2)]))
    old = shapes(project)["a.png"][0].id
    changed = [box(1, 1, bbox=(6, 5, 20, 10)), box(3, 2, 2), box(4, 3)]
    report = import_source(project, source.write(changed))
    assert report.shapes == {"added": 1, "changed": 2, "removed": 1}
    assert boxes(project) == [(6, 5, 20, 10)]
    assert shapes(project)["a.png"][0].id == old
    with project.read() as db:
        assert shapes(project)["b.png"][0].label == labels.by_name(db, "dust").id


def test_what_a_person_moved_stays_where_they_put_it(project: Project, source: Source) -> None:
    folder = source.write([box(1, 1)])
    import_source(project, folder)
    (shape,) = shapes(project)["a.png"]
    move_shapes(project, shape.image, [shape.id], 3.0, 2.0)
    report = import_source(project, folder)
    assert report.shapes == {"kept": 1}
    assert boxes(project) == [(7, 7, 20, 10)]


def test_the_same_shapes_from_another_file_are_not_doubled(
    project: Project, source: Source, tmp_path: Path
) -> None:
    import_source(project, source.write([box(1, 1), box(2, 2)]))
    other = tmp_path / "elsewhere" / "again.json"
    other.parent.mkdir()
    shutil.copy(source.folder / "coco.json", other)
    report = import_source(project, other)
    assert (report.images_added, report.images_matched, report.shapes) == (0, 3, {"same": 2})
    assert len(boxes(project)) == 1


def test_shapes_are_cut_to_the_image_and_those_that_are_nothing_are_named(
    project: Project, source: Source
) -> None:
    bad = [
        box(1, 1, bbox=(50, 40, 40, 40)),
        box(2, 1, bbox=(10, 10, 0, 5)),
        box(3, 1, bbox=(10, 10, 5, 0)),
        box(4, 2, bbox=(100, 100, 5, 5)),
        box(5, 3, bbox=(float("nan"), 1, 5, 5)),
    ]
    report = import_source(project, source.write(bad))
    assert boxes(project) == [(50, 40, 14, 8)]
    assert codes(report)["data.shapes_cut"] == 1
    said = reasons(report)
    assert said["a.png"] == "data.shape_small"
    assert said["b.png"] == "data.shape_outside"
    assert len(said) == 3
    assert report.annotations == 1
    # Nobody can say that there is nothing in an image of which every shape was lost.
    assert states(project)["b.png"] is ImageState.UNLABELLED


def test_labels_can_be_renamed_and_left_out(project: Project, source: Source) -> None:
    folder = source.write([box(1, 1), box(2, 2, 2), box(3, 3, 2)])
    options = ImportOptions(label_map={"cell": "nucleus", "dust": None})
    report = import_source(project, folder, options)
    assert report.labels == {"nucleus": 1}
    assert report.found_labels == {"cell": 1, "dust": 2}
    assert codes(report)["data.labels_left_out"] == 2
    with project.read() as db:
        assert [label.name for label in labels.all_labels(db)] == ["nucleus"]


def test_a_dry_run_says_the_same_and_changes_nothing(project: Project, source: Source) -> None:
    folder = source.write([box(1, 1), box(2, 2, 2), box(3, 1, bbox=(0, 0, 0, 0))])
    told = import_source(project, folder, ImportOptions(dry_run=True))
    assert not shapes(project) and not states(project)
    done = import_source(project, folder)
    assert told.to_json() == done.to_json()
    told = import_source(project, folder, ImportOptions(dry_run=True))
    assert told.shapes == {"same": 2}


@pytest.mark.parametrize("stage", ["data.stage.reading", "data.stage.shapes", "data.stage.merging"])
def test_a_cancel_leaves_no_trace(
    project: Project, source: Source, stage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.services._merging.BATCH", 1)
    import_source(project, source.write([box(1, 1)]))
    before, was = shapes(project), states(project)
    draw(source.folder / "images" / "d.png", seed=7)
    folder = source.write([box(1, 1, bbox=(1, 1, 9, 9)), box(2, 2, 2)])
    files = sorted(project.folder.rglob("*.png"))
    cancel = Cancel()

    def watch(step: Step) -> None:
        if step.stage == stage and step.done:
            cancel.set()
        if step.stage == "data.stage.shapes" and stage == step.stage:
            cancel.set()

    with pytest.raises(Cancelled):
        import_source(project, folder, progress=watch, cancel=cancel)
    assert (shapes(project), states(project)) == (before, was)
    assert sorted(project.folder.rglob("*.png")) == files


def test_a_failure_while_writing_leaves_no_trace(
    project: Project, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_source(project, source.write([box(1, 1)]))
    before, was = shapes(project), states(project)

    def fail(*_: object) -> None:
        raise UserError("project.disk_full")

    monkeypatch.setattr(imported, "set_attributes", fail)
    draw(source.folder / "images" / "d.png", seed=7)
    with pytest.raises(UserError):
        import_source(project, source.write([box(1, 1, bbox=(1, 1, 9, 9)), box(2, 2, 2)]))
    assert (shapes(project), states(project)) == (before, was)
    assert len(list((project.folder / "images").rglob("*.png"))) == 3


def test_missing_and_doubtful_images_are_named(project: Project, source: Source) -> None:
    for place in ("one", "two"):
        draw(source.folder / place / "same.png", seed=len(place) + ord(place[0]))
    said = [
        {"id": 1, "file_name": "gone.png", "width": 64, "height": 48},
        {"id": 2, "file_name": "same.png", "width": 64, "height": 48},
        {"id": 3, "file_name": "C:\\data\\images\\a.png", "width": 64, "height": 48},
        {"id": 4, "file_name": "../../../images/b.png", "width": 64, "height": 48},
    ]
    notes = [box(i, i) for i in range(1, 5)]
    report = import_source(project, source.write(notes, images=said))
    assert reasons(report) == {"gone.png": "data.image_missing", "same.png": "data.image_ambiguous"}
    assert report.images_missing == 1
    assert boxes(project, "a.png") == boxes(project, "b.png") == [(4, 5, 20, 10)]


def test_one_file_brings_only_the_images_it_names(project: Project, source: Source) -> None:
    folder = source.write([box(1, 1)])
    draw(folder / "images" / "d.png", seed=7)
    report = import_source(project, folder / "coco.json")
    assert (report.images_added, report.annotations) == (3, 1)


def test_images_may_lie_elsewhere(project: Project, source: Source, tmp_path: Path) -> None:
    folder = source.write([box(1, 1)])
    place = tmp_path / "far" / "away"
    place.parent.mkdir()
    shutil.move(folder / "images", place)
    report = import_source(project, folder / "coco.json", ImportOptions(images_dir=place))
    assert (report.images_added, report.annotations) == (3, 1)


def test_annotations_find_images_by_their_content(
    project: Project, source: Source, tmp_path: Path
) -> None:
    folder = source.write([box(1, 1)])
    renamed = tmp_path / "renamed"
    renamed.mkdir()
    for name in "abc":
        shutil.copy(folder / "images" / f"{name}.png", renamed / f"other {name}.png")
    import_source(project, renamed)
    report = import_source(project, folder)
    assert (report.images_added, report.images_matched) == (0, 3)
    assert boxes(project, "other a.png") == [(4, 5, 20, 10)]


def test_shapes_drawn_on_the_lying_picture_are_turned_with_it(
    project: Project, source: Source
) -> None:
    for orientation, name in ((6, "e"), (8, "f"), (5, "g"), (7, "h")):
        exif = Image.Exif()
        exif[0x0112] = orientation
        draw(source.folder / f"{name}.jpg", 64, 48, seed=orientation, exif=exif)
    said = [
        {"id": i, "file_name": f"{name}.jpg", "width": 64, "height": 48}
        for i, name in enumerate("efgh", start=1)
    ]
    notes = [box(i, i, bbox=(4, 5, 20, 10)) for i in range(1, 5)]
    report = import_source(project, source.write(notes, images=said))
    assert codes(report)["data.images_turned"] == 4
    found = {name: boxes(project, f"{name}.jpg") for name in "efgh"}
    assert found == {
        "e": [(48 - 15, 4, 10, 20)],
        "f": [(5, 64 - 24, 10, 20)],
        "g": [(5, 4, 10, 20)],
        "h": [(48 - 15, 64 - 24, 10, 20)],
    }


def test_skipped_shapes_are_no_files_left_out(project: Project, source: Source) -> None:
    import_source(project, source.write([box(1, 1, bbox=(1, 1, 0, 0))]))
    with project.read() as db:
        assert not imports.skipped(db)


def test_a_file_of_no_known_format_says_what_was_looked_for(
    project: Project, tmp_path: Path
) -> None:
    file = tmp_path / "notes.json"
    file.write_text('{"hello": [1, 2, 3]}')
    with pytest.raises(UserError) as error:
        import_source(project, file)
    assert error.value.code == "data.format_none"
    assert "label-studio" in str(error.value)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, "NaN", '{"images": 3}', "\ud800".encode("utf-8", "ignore")]
)
def test_broken_files_are_refused_in_words(
    project: Project, tmp_path: Path, text: str | bytes
) -> None:
    file = tmp_path / "broken.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    for kind in ("auto", "coco"):
        with pytest.raises(UserError):
            import_source(project, file, ImportOptions(format=kind))
    assert not states(project)


def test_colours_and_the_order_of_labels_are_those_of_the_file(
    project: Project, source: Source
) -> None:
    kinds = [{"id": 7, "name": "zebra", "color": "#123456"}, {"id": 3, "name": "ant"}]
    notes = [box(1, 1, 3), box(2, 1, 7, bbox=(1, 1, 9, 9))]
    import_source(project, source.write(notes, categories=kinds))
    with project.read() as db:
        made = labels.all_labels(db)
    assert {label.name for label in made} == {"zebra", "ant"}


def test_two_shapes_of_one_id_both_come_in_and_are_known_again(
    project: Project, source: Source
) -> None:
    folder = source.write([box(1, 1), box(1, 1, bbox=(30, 30, 9, 9))])
    report = import_source(project, folder)
    assert len(boxes(project)) + len(report.skipped) == 2
    before = shapes(project)
    import_source(project, folder)
    assert shapes(project) == before


def test_an_image_that_was_missing_is_no_problem_once_it_came(
    project: Project, source: Source
) -> None:
    folder = source.write([box(1, 1)])
    away = (folder / "images" / "c.png").read_bytes()
    (folder / "images" / "c.png").unlink()
    import_source(project, folder)
    with project.read() as db:
        assert [item.file for item in imports.skipped(db)] == ["images/c.png"]
    (folder / "images" / "c.png").write_bytes(away)
    report = import_source(project, folder)
    assert (report.images_added, report.images_missing) == (1, 0)
    with project.read() as db:
        assert not imports.skipped(db)
