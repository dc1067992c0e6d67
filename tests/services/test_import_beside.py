"""Importing where files lie that the database does not name: none of them is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Cancel, Step
from tlstudio.imaging.facts import examine
from tlstudio.services import _merging, labelling, projects
from tlstudio.services._copying import copy_as_new, copy_in
from tlstudio.services._naming import Names
from tlstudio.services._staging import Staged
from tlstudio.services.datasets import import_source
from tlstudio.services.images import image_path, image_rows
from tlstudio.storage import images
from tlstudio.storage.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.tlproj", name="p", task="classification") as made:
        yield made


def _drawn(folder: Path, colour: str, *, says: str = "", name: str = "a.png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    told = PngInfo()
    if says:
        told.add_text("Comment", says)
    Image.new("RGB", (9, 8), colour).save(folder / name, pnginfo=told)
    return folder


def _colour(project: Project, image: int) -> tuple[int, ...]:
    with Image.open(image_path(project, image)) as opened:
        pixel = opened.getpixel((0, 0))
    assert isinstance(pixel, tuple)
    return pixel


@pytest.mark.parametrize("says", ["of Ada", ""])
def test_the_file_of_a_deleted_image_is_left_to_undo(
    project: Project, tmp_path: Path, says: str
) -> None:
    first = import_source(project, _drawn(tmp_path / "one", "red", says=says))
    (red,) = _images(project)
    held = image_path(project, red).read_bytes()
    labelling.delete_images(project, [red])
    second = import_source(project, _drawn(tmp_path / "two", "blue", says=says))
    assert (first.images_added, second.images_added, second.skipped) == (1, 1, ())
    assert (project.folder / "images" / "a.png").read_bytes() == held
    (blue,) = _images(project)
    assert _colour(project, blue) == (0, 0, 255)


def _images(project: Project) -> list[int]:
    with project.read() as db:
        return [source.image for source in images.sources(db)]


def test_after_a_backup_was_put_back_the_same_comes_in_again(tmp_path: Path) -> None:
    folder = tmp_path / "r.tlproj"
    source = _drawn(tmp_path / "one", "red", says="of Ada")
    _drawn(source, "green", name="b.png")
    with Project.create(folder, name="r", task="classification") as project:
        backup = projects.back_up_now(project)
        import_source(project, source)
    projects.restore_backup(folder, backup.path)
    with Project.open(folder) as project:
        again = import_source(project, source)
        assert (again.images_added, again.skipped) == (2, ())
        assert sorted(_colour(project, i) for i in _images(project)) == [(0, 128, 0), (255, 0, 0)]


@pytest.mark.parametrize("says", ["of Ada", ""])
def test_a_copy_never_takes_the_place_of_a_file(tmp_path: Path, says: str) -> None:
    source = _drawn(tmp_path / "one", "red", says=says) / "a.png"
    target = tmp_path / "target.png"
    target.write_bytes(b"of another program")
    with pytest.raises(FileExistsError):
        copy_in(source, target, examine(source)[0])
    assert target.read_bytes() == b"of another program"


def test_a_file_that_comes_between_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _drawn(tmp_path / "one", "red") / "a.png"
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"of another program")
    monkeypatch.setattr("tlstudio.services._naming.os.path.lexists", lambda _path: False)
    written: list[Path] = []
    names = Names(set(), tmp_path)
    path, *_ = copy_as_new(source, "a.png", examine(source)[0], tmp_path, names, written)
    assert path == "images/a-2.png"
    assert written == [tmp_path / path]
    assert (tmp_path / "images" / "a.png").read_bytes() == b"of another program"


def _recorded(project: Project) -> list[Path]:
    with project.read() as db:
        return [project.folder / source.path for source in images.sources(db)]


def test_an_import_that_fails_late_keeps_the_files_of_what_it_added(
    project: Project, class_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = class_folder({"bars": 2, "dots": 2})
    import_source(project, source)
    _drawn(source / "bars", "red", name="c.png")
    _drawn(source / "dots", "blue", name="d.png")

    def full(*_: object) -> None:
        raise UserError("project.disk_full", file=str(project.folder))

    with monkeypatch.context() as patch:
        patch.setattr(_merging._Writer, "update", full)
        with pytest.raises(UserError, match="room"):
            import_source(project, source)
    paths = _recorded(project)
    assert len(paths) == 6
    assert all(path.is_file() for path in paths)
    shown = [row.pixel_hash for row in image_rows(project, _images(project))]
    assert len(project.thumbnails.get_many(shown)) == 6
    assert import_source(project, source).images_added == 0


@pytest.mark.parametrize("taken", [True, False])
def test_what_could_not_be_taken_back_keeps_its_files(
    project: Project,
    class_folder: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    taken: bool,
) -> None:
    monkeypatch.setattr(_merging, "BATCH", 2)
    before, added = _merging._Writer.add, []

    def fails(self: _merging._Writer, batch: Sequence[Staged]) -> list[int]:
        if added:
            raise KeyboardInterrupt
        added.extend(before(self, batch))
        return added

    def busy(*_: object) -> None:
        raise UserError("project.busy", file=str(project.folder))

    monkeypatch.setattr(_merging._Writer, "add", fails)
    if not taken:
        monkeypatch.setattr(_merging._Writer, "take_back", busy)
    with pytest.raises((KeyboardInterrupt, UserError)):
        import_source(project, class_folder({"bars": 2, "dots": 2}))
    paths = _recorded(project)
    assert len(paths) == (0 if taken else 2)
    assert sorted(paths) == sorted((project.folder / "images").rglob("*.png"))


def test_a_label_that_was_used_meanwhile_outlives_the_import(
    project: Project, class_folder: Callable[..., Path], tmp_path: Path
) -> None:
    import_source(project, _drawn(tmp_path / "one", "red"))
    (mine,) = _images(project)
    cancel = Cancel()

    def uses(step: Step) -> None:
        if step.stage == "data.stage.merging" and not cancel.wanted:
            bars = labelling.label_named(project, "bars")
            labelling.assign_label(project, [mine], bars.id)
            cancel.set()

    source = class_folder({"bars": 2, "dots": 2})
    with pytest.raises(Cancelled), pytest.MonkeyPatch.context() as patch:
        patch.setattr(_merging, "BATCH", 2)
        import_source(project, source, progress=uses, cancel=cancel)
    assert _images(project) == [mine]
    assert [label.name for label in labelling.list_labels(project)] == ["bars"]
    (row,) = image_rows(project, [mine])
    assert len(row.labels) == 1
