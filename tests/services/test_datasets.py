"""Importing: what comes in, what is left out and why, and that nothing is ever doubled."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Provenance
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageRow, ImageState, Split
from tlstudio.domain.progress import Cancel, Step
from tlstudio.services.datasets import ImportOptions, ImportReport, import_source
from tlstudio.services.images import thumbnails
from tlstudio.storage import images, imports, labels
from tlstudio.storage.annotations import set_image_label
from tlstudio.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as made:
        yield made


def _rows(project: Project) -> dict[str, ImageRow]:
    with project.read() as db:
        return {row.path: row for row in images.rows(db, [s.image for s in images.sources(db)])}


def _label_of(project: Project) -> dict[str, tuple[str, ...]]:
    with project.read() as db:
        names = {label.id: label.name for label in labels.all_labels(db)}
    return {row.name: tuple(names[i] for i in row.labels) for row in _rows(project).values()}


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


Draw = Callable[..., Path]


def test_class_folders_are_copied_with_labels_and_originals_stay(
    project: Project, class_folder: Draw
) -> None:
    source = class_folder({"round": 3, "bars": 2})
    before = _files(source)
    steps: list[Step] = []
    report = import_source(project, source, progress=steps.append)
    assert report.to_json() == {
        "format": "class-folders", "images": 5, "images_added": 5, "images_matched": 0,
        "images_missing": 0, "annotations": 5, "labels": {"bars": 2, "round": 3},
        "new_labels": ["bars", "round"],
        "skipped": [], "warnings": [],
    }  # fmt: skip
    assert _files(source) == before
    assert _files(project.folder / "images") == before
    rows = _rows(project)
    assert {row.state for row in rows.values()} == {ImageState.LABELLED}
    assert _label_of(project)["round_000.png"] == ("round",)
    thumbs = project.thumbnails.get_many([row.pixel_hash for row in rows.values()])
    assert len(thumbs) == 5
    assert steps[0].stage == "data.stage.listing"
    assert steps[-1] == Step("data.stage.merging", 5, 5)


def test_the_same_import_again_changes_nothing(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 3, "bars": 2})
    import_source(project, source)
    before, rows = _files(project.folder / "images"), _rows(project)
    report = import_source(project, source)
    assert (report.images_added, report.images_matched, report.annotations) == (0, 5, 5)
    assert _files(project.folder / "images") == before
    assert _rows(project) == rows


def test_the_same_import_again_brings_what_is_new(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2, "bars": 2})
    import_source(project, source)
    (source / "stars").mkdir()
    (source / "bars" / "bars_000.png").rename(source / "stars" / "new.png")
    report = import_source(project, source, ImportOptions(group_from="folder:1"))
    assert (report.images_added, report.images_matched) == (1, 3)
    assert {row.group for row in _rows(project).values()} == {None, "round", "bars", "stars"}


def test_a_label_that_a_person_gave_is_kept(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2, "bars": 2})
    import_source(project, source)
    image = _rows(project)["images/round/round_000.png"].id

    def relabel(db) -> None:
        bars = labels.by_name(db, "bars").id
        set_image_label(db, [image], bars, Provenance())
        images.set_state(db, [image], ImageState.REVIEWED)

    project.transact("undo.assign_label", relabel)
    report = import_source(project, source)
    assert _label_of(project)["round_000.png"] == ("bars",)
    assert _rows(project)["images/round/round_000.png"].state is ImageState.REVIEWED
    assert [n.code for n in report.warnings] == ["data.labels_kept"]


def test_an_image_moved_to_another_class_folder_of_a_table_is_updated(
    project: Project, class_folder: Draw, tmp_path: Path
) -> None:
    source = class_folder({"round": 2})
    table = tmp_path / "t.csv"
    table.write_text("file,label,patient,split\nround_000.png,a,p1,train\nround_001.png,b,p2,test")
    options = ImportOptions(images_dir=source)
    import_source(project, table, options)
    table.write_text("file,label,patient,split\nround_000.png,c|d,p3,val\nround_001.png,b,p2,test")
    report = import_source(project, table, options)
    assert report.format == "csv" and report.images_matched == 2
    assert _label_of(project) == {"round_000.png": ("c", "d"), "round_001.png": ("b",)}
    row = _rows(project)["images/round/round_000.png"]
    assert (row.group, row.split) == ("p3", Split.VAL)
    assert "data.splits_changed" in [n.code for n in report.warnings]


def test_ready_made_splits_are_kept(project: Project, class_folder: Draw, tmp_path: Path) -> None:
    for seed, split in enumerate(("train", "valid", "test")):
        class_folder({"round": 2, "bars": 2}, name=f"set/{split}", seed=seed)
    report = import_source(project, tmp_path / "set")
    assert report.format == "split-folders"
    assert report.splits == {"train": 4, "val": 4, "test": 4}
    assert report.labels == {"bars": 6, "round": 6}


def test_bad_files_are_named_and_stop_nothing(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2, "bars": 2})
    whole = (source / "bars" / "bars_000.png").read_bytes()
    (source / "bars" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (source / "bars" / "empty.png").write_bytes(b"")
    (source / "bars" / "text.jpg").write_text("no image")
    (source / "notes.txt").write_text("notes")
    report = import_source(project, source)
    assert report.images_added == 4
    reasons = {Path(i.file).name: i.reason for i in report.skipped}
    assert reasons == {
        "cut.png": "data.truncated", "empty.png": "data.empty",
        "text.jpg": "data.not_image", "notes.txt": "data.not_image",
    }  # fmt: skip
    assert all(item["file"] in item["reason"] for item in report.to_json()["skipped"])
    with project.read() as db:
        assert {Path(i.file).name for i in imports.skipped(db)} == set(reasons)
    (source / "bars" / "cut.png").write_bytes(whole)
    import_source(project, source)
    with project.read() as db:
        assert "cut.png" not in {Path(i.file).name for i in imports.skipped(db)}


def test_a_dry_run_tells_the_same_and_changes_nothing(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 3, "bars": 2})
    (source / "bars" / "empty.png").write_bytes(b"")
    dry = import_source(project, source, ImportOptions(dry_run=True)).to_json()
    assert _rows(project) == {} and _files(project.folder / "images") == {}
    with project.read() as db:
        assert labels.all_labels(db) == [] and imports.skipped(db) == []
    assert project.thumbnails.known() == set()
    assert import_source(project, source).to_json() == dry


def test_referenced_files_stay_where_they_are(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2, "bars": 2})
    import_source(project, source, ImportOptions(copy=False))
    assert set(_rows(project)) == {str(source / name) for name in _files(source)}
    assert _files(project.folder / "images") == {}
    report = import_source(project, source / "round", ImportOptions(copy=False))
    assert (report.images_added, report.images_matched) == (0, 2)


def test_a_referenced_file_that_changed_is_renewed(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2, "bars": 2})
    import_source(project, source, ImportOptions(copy=False))
    changed = source / "round" / "round_000.png"
    before = _rows(project)[str(changed)]
    Image.new("L", (77, 55), 9).save(changed)
    report = import_source(project, source, ImportOptions(copy=False))
    after = _rows(project)[str(changed)]
    assert (report.images_added, after.id, after.width) == (0, before.id, 77)
    assert "data.files_changed" in [n.code for n in report.warnings]


def test_a_copied_file_that_changed_comes_in_beside_the_old_one(
    project: Project, class_folder: Draw
) -> None:
    source = class_folder({"round": 2, "bars": 2})
    import_source(project, source)
    Image.new("L", (77, 55), 9).save(source / "round" / "round_000.png")
    report = import_source(project, source)
    assert (report.images_added, report.images_matched) == (1, 3)
    assert "images/round/round_000-2.png" in _rows(project)
    assert "data.name_again" in [n.code for n in report.warnings]


@pytest.mark.parametrize("stage", ["data.stage.reading", "data.stage.merging"])
def test_a_cancel_leaves_no_trace(
    project: Project, class_folder: Draw, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    monkeypatch.setattr("tlstudio.services._staging._EVERY", 0.0)
    monkeypatch.setattr("tlstudio.services._merging.BATCH", 3)
    import_source(project, class_folder({"round": 2}, name="first"))
    files, rows, thumbs = (
        _files(project.folder / "images"),
        _rows(project),
        project.thumbnails.known(),
    )
    cancel = Cancel()

    def watch(step: Step) -> None:
        if step.stage == stage and step.done >= 3:
            cancel.set()

    source = class_folder({"bars": 9, "stars": 9}, seed=5)
    with pytest.raises(Cancelled):
        import_source(project, source, progress=watch, cancel=cancel)
    assert _files(project.folder / "images") == files
    assert not [p for p in (project.folder / "images").iterdir() if not any(p.iterdir())]
    assert _rows(project) == rows
    assert project.thumbnails.known() == thumbs
    with project.read() as db:
        assert "bars" not in [label.name for label in labels.all_labels(db)]


def test_a_full_disk_is_told_before_anything_is_copied(
    project: Project, class_folder: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(project.folder)._replace(free=1000)
    monkeypatch.setattr("shutil.disk_usage", lambda _place: usage)
    source = class_folder({"round": 2, "bars": 2})
    with pytest.raises(UserError) as caught:
        import_source(project, source)
    assert caught.value.code == "data.disk_short"
    assert import_source(project, source, ImportOptions(copy=False)).images_added == 4


def test_a_disk_that_fills_up_leaves_nothing_behind(
    project: Project, class_folder: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, done = shutil.copyfile, []

    def fills_up(source: Path, target: Path) -> None:
        if len(done) == 2:
            raise OSError(28, "No space left on device")
        done.append(copy(source, target))

    monkeypatch.setattr("shutil.copyfile", fills_up)
    with pytest.raises(UserError) as caught:
        import_source(project, class_folder({"round": 2, "bars": 2}))
    assert caught.value.code == "data.disk_full"
    assert _rows(project) == {} and _files(project.folder / "images") == {}


def test_equal_files_under_different_names_are_all_kept(project: Project, tmp_path: Path) -> None:
    for name in ("a/x.png", "b/x.png", "b/y.png"):
        (tmp_path / "s" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (9, 9), 3).save(tmp_path / "s" / name)
    for _ in range(2):
        import_source(project, tmp_path / "s")
        assert len(_rows(project)) == 3


def test_the_split_may_be_given(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2})
    report = import_source(project, source, ImportOptions(split="test"))
    assert report.splits == {"test": 2}
    with pytest.raises(UserError) as caught:
        import_source(project, source, ImportOptions(split="holdout"))
    assert caught.value.code == "data.split_name"


def test_a_table_may_label_images_that_are_here_already(
    project: Project, class_folder: Draw, tmp_path: Path
) -> None:
    import_source(project, class_folder({"round": 2}))
    table = tmp_path / "empty" / "t.csv"
    table.parent.mkdir()
    table.write_text("file,label\nround_001.png,star\nnothing.png,star\n")
    report = import_source(project, table)
    assert (report.images, report.images_matched, report.images_missing) == (1, 1, 1)
    assert _label_of(project)["round_001.png"] == ("star",)
    assert [i.reason for i in report.skipped] == ["data.row_missing"]
    assert "line 3" in report.to_json()["skipped"][0]["reason"]


def test_the_project_never_imports_itself(project: Project, class_folder: Draw) -> None:
    source = class_folder({"round": 2}, name="p.tlproj/mine")
    with pytest.raises(UserError) as caught:
        import_source(project, source)
    assert caught.value.code == "data.source_is_project"
    class_folder({"bars": 1}, name="beside")
    report = import_source(project, project.folder.parent, ImportOptions(format="images"))
    assert report.images == 1


def test_many_threads_give_the_same_as_one(
    project: Project, class_folder: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tlstudio.services._examining._SMALL", 0)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    source = class_folder({"round": 30, "bars": 30})
    report = import_source(project, source)
    assert report.images_added == 60
    for path, row in _rows(project).items():
        with Image.open(project.folder / path) as image:
            assert image.size == (row.width, row.height)
    assert _files(project.folder / "images") == _files(source)


def test_real_splits_of_pneumonia_images(project: Project, shared: Path) -> None:
    report: ImportReport = import_source(project, shared / "data" / "pneumoniamnist")
    assert report.format == "split-folders"
    assert report.images == 1000 and report.labels == {"normal": 500, "pneumonia": 500}
    assert [Path(i.file).name for i in report.skipped] == ["SOURCE.txt"]
    assert set(report.splits) == {"train", "val", "test"}


def test_sixteen_bit_and_turned_files_are_copied_untouched(
    project: Project, tmp_path: Path
) -> None:
    source = tmp_path / "deep"
    source.mkdir()
    Image.fromarray(np.arange(400, dtype=np.uint16).reshape(20, 20)).save(source / "d.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (30, 10)).save(source / "turned.jpg", exif=exif)
    import_source(project, source)
    assert _files(project.folder / "images") == _files(source)
    assert _rows(project)["images/turned.jpg"].width == 10


def test_lost_thumbnails_are_drawn_again(project: Project, class_folder: Draw) -> None:
    import_source(project, class_folder({"round": 2}))
    hashes = [row.pixel_hash for row in _rows(project).values()]
    before = thumbnails(project, hashes)
    project.thumbnails.remove(hashes)
    (project.folder / "images" / "round" / "round_000.png").unlink()
    again = thumbnails(project, hashes)
    assert again == {hashes[1]: before[hashes[1]]}
    assert project.thumbnails.known() == {hashes[1]}
