"""Stylings for the window and the command line: made, replaced, stopped, kept, added."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Preview
from tlstudio.domain.images import Split
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.domain.styling import StyleSettings, StyleSource, Styling
from tlstudio.services import labelling, projects, styling
from tlstudio.services.images import image_rows
from tlstudio.services.style_history import record
from tlstudio.services.styling import StyledPicture
from tlstudio.storage import images
from tlstudio.storage.project import Project

Pictures = Callable[..., Project]
Ask = Callable[..., Styling]


@pytest.fixture(autouse=True)
def painter(pretend: Callable[[str], None], tl_home: Path) -> Iterator[None]:
    """A worker that only pretends to paint, and weights for it."""
    from tlstudio.services import _weights_store

    pretend("style")
    file = _weights_store.file_of("squeezenet1_1")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"weights")
    _weights_store.record(_weights_store.WeightsReport("squeezenet1_1", "ab" * 32, True, 1, 0))
    yield
    styling.rest()


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """`ask("name", steps=5)`: what to make from a picture of that name."""

    def make(name: str = "content", steps: int = 3, seed: int = 0) -> Styling:
        for each, number in ((name, seed), ("style", 99)):
            pixels = np.random.default_rng(number).integers(0, 255, (16, 16, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / f"{each}.png")
        source = StyleSource(str(tmp_path / "style.png"))
        settings = StyleSettings.read({"steps": steps, "size": 64})
        return Styling(str(tmp_path / f"{name}.png"), 0, (source,), settings)

    return make


@pytest.fixture
def project(pictures: Pictures) -> Project:
    return pictures({"bars": 3, "dots": 3})


def of_image(project: Project, image: int, asked: Styling) -> Styling:
    return replace(asked, content_path=str(project.folder / image_rows(project, [image])[0].path))


# -- making ------------------------------------------------------------------------------------


def test_a_picture_is_made_and_seen_on_the_way_without_a_project(ask: Ask) -> None:
    seen: list[Preview] = []
    made = styling.request(None, ask(steps=4), on_preview=seen.append)
    assert (made.width, made.height, made.steps, made.ended) == (16, 16, 4, "completed")
    assert made.file.is_file() and made.losses["total"] == 1.75
    assert made.history == ((0.0, 9.0), (0.1, 1.75))
    assert [preview.step for preview in seen] == [1, 2, 3, 4]
    assert all(Path(preview.file).is_absolute() for preview in seen)


def test_a_newer_request_replaces_and_stop_keeps_what_is_there(
    ask: Ask, until: Callable[..., object]
) -> None:
    ended: list[object] = []
    seen: dict[str, list[Preview]] = {"first": [], "second": []}

    def make(name: str) -> None:
        try:
            ended.append(styling.request(None, ask(name, 100_000), on_preview=seen[name].append))
        except UserError as error:
            ended.append(error.code)

    threads = [threading.Thread(target=make, args=(name,)) for name in seen]
    threads[0].start()
    until(lambda: seen["first"])
    threads[1].start()
    until(lambda: seen["second"])
    until(lambda: ended)
    assert ended == ["style.replaced"]
    styling.stop(None)
    for thread in threads:
        thread.join(60)
    picture = ended[1]
    assert isinstance(picture, StyledPicture) and picture.ended == "user"
    assert {preview.request for preview in seen["first"]}.isdisjoint(
        preview.request for preview in seen["second"]
    )


def test_a_stop_that_comes_too_early_is_not_lost(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the click on Start and the moment at which the worker has been asked."""
    from tlstudio.jobs.warm import WarmWorker

    begin = WarmWorker.begin

    def late(self: WarmWorker, request: dict) -> object:
        styling.stop()
        return begin(self, request)

    monkeypatch.setattr(WarmWorker, "begin", late)
    assert styling.request(None, ask(steps=100_000)).ended == "user"


def test_rest_gives_up_what_is_being_made(ask: Ask, until: Callable[..., object]) -> None:
    ended: list[BaseException] = []
    seen: list[Preview] = []

    def make() -> None:
        try:
            styling.request(None, ask(steps=100_000), on_preview=seen.append)
        except Cancelled as error:
            ended.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    until(lambda: seen)
    styling.rest()
    thread.join(60)
    assert len(ended) == 1
    assert styling.request(None, ask()).ended == "completed", "the next one starts another"


def test_a_worker_that_dies_is_told_and_followed_by_another(ask: Ask) -> None:
    with pytest.raises(UserError) as caught:
        styling.request(None, ask("deadly"))
    assert caught.value.code == "training.crashed"
    assert styling.request(None, ask()).ended == "completed"


def test_going_on_outlives_the_worker(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """After its rest a worker knows no picture any more; its last one is a file."""
    told: list[object] = []
    from tlstudio.jobs.warm import WarmWorker

    begin = WarmWorker.begin

    def listen(self: WarmWorker, request: dict) -> object:
        told.append(request["start_from"])
        return begin(self, request)

    monkeypatch.setattr(WarmWorker, "begin", listen)
    worker = styling.StyleWorker()
    weights = styling.feature_weights("squeezenet1_1")
    out = Path(ask().content_path).parent / "out.png"
    worker.make(ask(), weights, out, start_from=styling.HERE)
    worker.make(ask(), weights, out, start_from=styling.HERE)
    worker.close()
    worker.make(ask(), weights, out, start_from=styling.HERE)
    worker.close()
    assert told == [None, styling.HERE, str(out)]


def test_only_the_last_pictures_are_left_lying_about(ask: Ask) -> None:
    files = [styling.request(None, ask()).file for _ in range(5)]
    assert [file.exists() for file in files] == [False, False, True, True, True]


def test_absent_weights_are_refused_with_both_ways_to_them(ask: Ask, tmp_path: Path) -> None:
    asked = ask()
    asked = replace(asked, settings=replace(asked.settings, network="vgg19"))
    with pytest.raises(UserError, match=r"weights fetch vgg19.*weights import vgg19"):
        styling.request(None, asked)
    assert styling.missing_weights() == ("vgg19",)
    with pytest.raises(UserError) as caught:
        styling.request(None, asked, weights=str(tmp_path / "no such file"))
    assert caught.value.code == "styling.weights_file"
    own = tmp_path / "own.pth"
    own.write_bytes(b"w")
    assert styling.feature_weights("vgg19", str(own))["path"] == str(own)


# -- history -----------------------------------------------------------------------------------


def test_what_is_kept_lies_in_the_project_with_all_that_made_it(
    project: Project, ask: Ask, tmp_path: Path
) -> None:
    asked = of_image(project, 2, ask())
    entry = styling.keep(project, asked, styling.request(project, asked))
    again = styling.keep(project, ask("outside"), styling.request(project, ask("outside")))
    assert (entry.result, entry.content_image, again.content_image) == ("styles/0001.png", 2, None)
    assert styling.picture_of(project, entry.id).is_file()
    assert [each.id for each in styling.history(project)] == [again.id, entry.id]
    assert styling.entry_styling(entry) == asked
    assert entry.losses["style"] == 0.5 and entry.created_at
    assert styling.thumbnails(project, [1, 2, 77]).keys() == {1, 2}
    assert projects.undo_code(project) is None or "styled" not in projects.undo_code(project)
    folder = project.folder
    project.close()
    moved = folder.rename(tmp_path / "moved.tlproj")
    with Project.open(moved) as there:
        found = styling.history(there)[1]
        assert Path(found.content_path).is_file() and moved in Path(found.content_path).parents


def test_a_read_only_project_keeps_nothing_but_can_be_worked_from(
    project: Project, ask: Ask
) -> None:
    asked = of_image(project, 1, ask())
    made = styling.request(project, asked)
    with Project.open(project.folder, read_only=True) as reader:
        with pytest.raises(UserError) as caught:
            styling.keep(reader, asked, made)
        assert caught.value.code == "project.read_only"
        assert styling.history(reader) == []


def test_relative_paths_lie_in_the_project(project: Project, ask: Ask) -> None:
    asked = replace(ask(), content_path=image_rows(project, [1])[0].path)
    assert styling.request(project, asked).ended == "completed"


def test_deleted_entries_take_their_files_along_and_leave_images(
    project: Project, ask: Ask
) -> None:
    entry = styling.keep(project, ask(), styling.request(None, ask()))
    image = styling.add_to_project(project, entry.id).images[0]
    file = styling.picture_of(project, entry.id)
    styling.thumbnails(project, [entry.id])
    labelling.set_tags(project, [1], add=["before"])
    styling.delete(project, [entry.id])
    assert not file.exists() and styling.history(project) == []
    assert image_rows(project, [image])[0].synthetic
    with pytest.raises(UserError) as caught:
        styling.picture_of(project, entry.id)
    assert caught.value.code == "styling.gone"
    assert projects.undo(project) is not None, "the history is none of undo's business"
    assert image_rows(project, [1])[0].tags == ()


@pytest.mark.parametrize("ending", [".png", ".jpg", ".tif"])
def test_saved_as_a_file_in_any_of_its_formats(
    project: Project, ask: Ask, tmp_path: Path, ending: str
) -> None:
    entry = styling.keep(project, ask(), styling.request(None, ask()))
    place = styling.save_image(project, entry.id, tmp_path / f"saved{ending}")
    with Image.open(place) as found:
        assert found.size == (16, 16)
        assert found.format == {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF"}[ending]


def test_what_a_picture_was_made_from_is_never_written_over(
    project: Project, ask: Ask, tmp_path: Path
) -> None:
    entry = styling.keep(project, ask(), styling.request(None, ask()))
    for name in ("content.png", "style.png"):
        before = (tmp_path / name).read_bytes()
        with pytest.raises(UserError) as caught:
            styling.save_image(project, entry.id, tmp_path / name)
        assert caught.value.code == "styling.over_source"
        assert (tmp_path / name).read_bytes() == before
    for place, code in ((tmp_path / "x.gif", "styling.ending"),
                        (tmp_path / "no" / "x.png", "styling.out")):  # fmt: skip
        with pytest.raises(UserError) as caught:
            styling.save_image(project, entry.id, place)
        assert caught.value.code == code


def test_added_once_with_group_labels_and_the_pixels_it_came_from(
    project: Project, ask: Ask
) -> None:
    labelling.set_group(project, [2], "Ada")
    entry = styling.keep(project, of_image(project, 2, ask()), styling.request(None, ask()))
    added = styling.add_to_project(project, entry.id, with_labels=True, split=Split.TRAIN)
    (row,) = image_rows(project, added.images)
    assert (row.group, row.split, row.synthetic) == ("Ada", Split.TRAIN, True)
    assert row.labels == image_rows(project, [2])[0].labels and row.name.endswith("0001.png")
    assert styling.history(project)[0].saved_image == row.id
    with pytest.raises(UserError) as caught:
        styling.add_to_project(project, entry.id)
    assert caught.value.code == "styling.saved_already"
    projects.undo(project)
    assert styling.history(project)[0].saved_image is None
    projects.redo(project)
    assert styling.history(project)[0].saved_image == row.id
    outside = styling.keep(project, ask("elsewhere", seed=7), styling.request(None, ask()))
    (image,) = styling.add_to_project(project, outside.id).images
    with project.read() as db:
        hashes = {each.image: each.content_hash for each in images.hashes(db)}
        assert hashes[row.id] == image_rows(project, [2])[0].pixel_hash
    assert len(hashes[image]) == 64


def test_pictures_of_stylizers_and_sites_have_their_place_too(
    project: Project, tmp_path: Path, ask: Ask
) -> None:
    file = Path(ask().content_path)
    entry = StylingEntry(0, StylingKind.STYLIZER, str(file), sources=({"run": "r0003"},))
    kept = record(project, entry, file)
    assert (kept.kind, kept.sources) == (StylingKind.STYLIZER, ({"run": "r0003"},))
    assert styling.picture_of(project, kept.id).read_bytes() == file.read_bytes()


def test_nothing_is_left_where_the_history_cannot_be_written(
    project: Project, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = styling.request(None, ask())

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tlstudio.services.style_history.shutil.copyfile", full)
        with pytest.raises(UserError) as caught:
            styling.keep(project, ask(), made)
    assert (caught.value.code, "space" in str(caught.value)) == ("styling.out", True)
    assert styling.history(project) == []
    assert list((project.folder / "styles").iterdir()) == []
