"""Learning looks from files and from the project, seeing them, and giving them to many images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tifffile import imread, imwrite

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.images import ImageQuery, Split
from tlstudio.domain.look_places import LookPlace, PlaceKind
from tlstudio.domain.progress import Cancel, Step
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.looks.colour import to_lab
from tlstudio.services import looks
from tlstudio.services._style_worker import StyledPicture, StyleWorker
from tlstudio.services.datasets import import_source
from tlstudio.services.filters import delete_filter, save_filter
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.labelling import set_split, set_tags
from tlstudio.services.look_places import images_at, look_places
from tlstudio.services.looks import images_of_files, images_of_project, learn, load_sample, show
from tlstudio.services.matching import match_into_project, match_to_folder
from tlstudio.services.projects import Project, create_project, undo
from tlstudio.services.splitting import find_leaks

Maker = Callable[..., Path]


def pixels(seed: int, colour: tuple[float, float, float], channels: int = 3) -> Any:
    rng = np.random.default_rng(seed)
    made = np.array(colour)[:channels] + rng.normal(0, 0.05, (24, 30, channels))
    return made.clip(0.02, 0.98)


@pytest.fixture
def site(tmp_path: Path) -> Maker:
    """`site("a", (0.7, 0.4, 0.4))`: a folder with three pictures of that colour."""

    def make(name: str, colour: tuple[float, float, float], count: int = 3) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for n in range(count):
            rounded = np.rint(pixels(n + len(name), colour) * 255).astype(np.uint8)
            Image.fromarray(rounded).save(folder / f"{n}.png")
        return folder

    return make


def mean_of(files: Any) -> Any:
    return np.mean([to_lab(np.asarray(Image.open(f)) / 255).mean((0, 1)) for f in files], axis=0)


def test_a_folder_gets_the_look_of_another(site: Maker, tmp_path: Path) -> None:
    here, there = site("here", (0.7, 0.4, 0.4)), site("there", (0.3, 0.5, 0.6))
    (here / "deeper").mkdir()
    Image.open(here / "0.png").rotate(90).save(here / "deeper" / "0.jpg", quality=95)
    (here / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    steps: list[Step] = []
    learned = learn(images_of_files([there]), "lab", steps.append)
    assert (learned.look.images, learned.left_out) == (3, ())
    out = tmp_path / "out"
    done = match_to_folder(images_of_files([here]), learned.look, out, progress=steps.append)
    names = {file.relative_to(out).as_posix() for file in done.files}
    assert names == {"0.png", "1.png", "2.png", "deeper/0.png"}
    assert [Path(left.file).name for left in done.skipped] == ["broken.png"]
    assert np.abs(mean_of(done.files) - mean_of(there.iterdir())).max() < 1.5
    assert {step.stage for step in steps} == {"look.learning", "look.matching"}
    assert steps[-1].done == steps[-1].total == 5


def test_the_folder_must_be_new_or_empty_and_what_is_done_stays(
    site: Maker, tmp_path: Path
) -> None:
    here = site("here", (0.7, 0.4, 0.4), count=40)
    images, look = images_of_files([here]), learn(images_of_files([here]), "lab").look
    with pytest.raises(UserError) as refused:
        match_to_folder(images, look, here)
    assert refused.value.code == "look.not_empty"
    with pytest.raises(UserError) as refused:
        match_to_folder(images, look, tmp_path / "none", strength=0)
    assert refused.value.code == "look.strength" and not (tmp_path / "none").exists()
    (tmp_path / "out").mkdir()
    cancel = Cancel()

    def stop(step: Step) -> None:
        if step.done == 2:
            cancel.set()

    with pytest.raises(Cancelled):
        match_to_folder(images, look, tmp_path / "out", progress=stop, cancel=cancel)
    assert 2 <= len(list((tmp_path / "out").iterdir())) < 40


def test_two_of_one_name_get_names_of_their_own(site: Maker, tmp_path: Path) -> None:
    one, two = site("one", (0.7, 0.4, 0.4), 1), site("two", (0.3, 0.5, 0.6), 1)
    images = images_of_files([one, two])
    done = match_to_folder(images, learn(images, "lab").look, tmp_path / "out")
    assert {file.name for file in done.files} == {"0.png", "0-2.png"}


def test_sixteen_bits_stay_sixteen(tmp_path: Path) -> None:
    grey = np.rint(pixels(0, (0.2, 0, 0), 1)[..., 0] * 60_000).astype(np.uint16)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    colour = np.rint(pixels(1, (0.2, 0.3, 0.4)) * 60_000).astype(np.uint16)
    imwrite(tmp_path / "colour.tif", colour, photometric="rgb")
    imwrite(tmp_path / "float.tif", pixels(2, (0.2, 0, 0), 1)[..., 0].astype(np.float32))
    Image.fromarray((pixels(3, (0.6, 0, 0), 1)[..., 0] * 255).astype(np.uint8)).save(
        tmp_path / "eight.png"
    )
    files = [tmp_path / name for name in ("grey.png", "colour.tif", "float.tif", "eight.png")]
    look = learn(images_of_files([files[0]]), "histogram").look
    done = match_to_folder(images_of_files(files), look, tmp_path / "out")
    kinds = {f.name: (read_raw(f).bit_depth, read_raw(f).values.shape[2:]) for f in done.files}
    assert kinds == {
        "grey.png": (16, ()),
        "colour.tif": (16, (3,)),
        "float.png": (16, ()),
        "eight.png": (8, ()),
    }
    assert done.rounded == 1
    own = read_raw(tmp_path / "out" / "grey.png").values.astype(int)
    assert np.abs(own - grey).max() <= 1, "a look of its own changes nothing, down to the last bit"
    assert len(np.unique(imread(tmp_path / "out" / "colour.tif"))) > 256


def test_pages_of_a_file_are_images_of_their_own(tmp_path: Path) -> None:
    stack = np.stack([(pixels(n, (0.3, 0, 0), 1)[..., 0] * 255).astype(np.uint8) for n in (0, 1)])
    imwrite(tmp_path / "stack.tif", stack, photometric="minisblack")
    images = images_of_files([tmp_path / "stack.tif"])
    done = match_to_folder(images, learn(images, "histogram").look, tmp_path / "out")
    assert {f.name for f in done.files} == {"stack-0001.png", "stack-0002.png"}


def test_places_without_pictures_are_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place, code in (("gone", "look.no_file"), ("empty", "look.no_pictures")):
        with pytest.raises(UserError) as refused:
            images_of_files([tmp_path / place])
        assert refused.value.code == code
    with pytest.raises(UserError) as refused:
        learn([], "sepia")
    assert refused.value.code == "look.method"


def test_what_has_no_stain_is_written_as_it_is_and_named(
    site: Maker, stained: Maker, tmp_path: Path
) -> None:
    slides = stained(3)
    Image.new("RGB", (60, 60), (250, 250, 250)).save(slides / "empty.png")
    look = learn(images_of_files([slides]), "macenko").look
    done = match_to_folder(images_of_files([slides]), look, tmp_path / "out")
    assert len(done.files) == 4
    assert [(Path(x.file).name, x.code) for x in done.unchanged] == [
        ("empty.png", "look.no_tissue")
    ]
    assert np.asarray(Image.open(tmp_path / "out" / "empty.png")).min() == 250
    with pytest.raises(UserError) as refused:
        learn(images_of_files([site("photos", (0.2, 0.4, 0.8))]), "macenko")
    assert refused.value.code == "look.other_stains"


def test_the_method_that_suits(site: Maker, stained: Maker, tmp_path: Path) -> None:
    photos, slides = site("photos", (0.2, 0.4, 0.8)), stained(2)
    Image.new("L", (30, 30), 90).save(tmp_path / "x-ray.png")
    grey = images_of_files([tmp_path / "x-ray.png"])
    found = {
        name: looks.suits(*sides).method
        for name, sides in {
            "photos": (images_of_files([photos]), images_of_files([slides])),
            "slides": (images_of_files([slides]), images_of_files([slides])),
            "grey": (grey, images_of_files([photos])),
        }.items()
    }
    assert found == {"photos": "lab", "slides": "macenko", "grey": "histogram"}


def test_a_sample_is_seen_before_and_after(site: Maker, stained: Maker) -> None:
    here, there = site("here", (0.7, 0.4, 0.4)), site("there", (0.3, 0.5, 0.6))
    look = learn(images_of_files([there]), "lab").look
    sample = load_sample(images_of_files([here])[0], side=15)
    assert sample.pixels.shape == (12, 15, 3)
    shown = show(sample, look)
    assert shown.problem is None and shown.before.dtype == shown.after.dtype == np.uint8
    assert np.array_equal(shown.before, np.rint(sample.pixels * 255))
    assert np.abs(shown.after.mean((0, 1)) / 255 - (0.3, 0.5, 0.6)).max() < 0.05
    half = show(sample, look, 0.5).after.astype(float)
    assert np.abs(half - (shown.before / 2 + shown.after / 2)).max() <= 1
    left = show(sample, learn(images_of_files([stained(1)]), "macenko").look)
    assert left.problem is not None and left.problem.code == "look.other_stains"
    assert np.array_equal(left.before, left.after)


def test_a_dark_deep_sample_is_shown_through_one_window(tmp_path: Path) -> None:
    dark = np.rint(pixels(0, (0.4, 0, 0), 1)[..., 0] * 4000).astype(np.uint16)
    Image.fromarray(dark).save(tmp_path / "dark.png")
    Image.fromarray((dark * 2).astype(np.uint16)).save(tmp_path / "light.png")
    images = images_of_files([tmp_path / "dark.png", tmp_path / "light.png"])
    shown = show(load_sample(images[0]), learn(images[1:], "histogram").look)
    assert shown.before.max() < 200 < shown.after.max()
    assert shown.after.mean() > 1.5 * shown.before.mean()


@pytest.fixture
def project(site: Maker, tmp_path: Path) -> Any:
    made = create_project(tmp_path / "p.tlproj")
    import_source(made, site("here", (0.7, 0.4, 0.4)))
    import_source(made, site("there", (0.3, 0.5, 0.6)))
    yield made
    made.close()


def test_results_become_images_of_the_project_that_are_marked(project: Project) -> None:
    ids = find_images(project)
    set_split(project, ids[:1], Split.TRAIN)
    set_split(project, ids[1:2], Split.TEST)
    look = learn(images_of_project(project, ids[3:]), "lab").look
    done = match_into_project(project, images_of_project(project, ids[:2]), look, split=Split.TRAIN)
    rows = image_rows(project, done.added)
    assert [row.synthetic for row in rows] == [True, True]
    assert [row.split for row in rows] == [Split.TRAIN, None] and done.held_back == 1
    assert all("matched" in row.name for row in rows)
    files = [project.folder / row.path for row in rows]
    assert np.abs(mean_of(files) - mean_of(f for f in _paths(project, ids[3:]))).max() < 2
    assert not list((project.folder / "cache").glob("matched-*"))
    undo(project)
    assert find_images(project) == ids


def _paths(project: Project, ids: list[int]) -> list[Path]:
    return [project.folder / row.path for row in image_rows(project, ids)]


def test_a_look_is_not_learned_from_what_was_made_with_one(project: Project) -> None:
    ids = find_images(project)
    images = images_of_project(project, ids[:1])
    made = match_into_project(project, images, learn(images, "lab").look).added
    assert [i.image for i in images_of_project(project, [*ids, *made])] == [*ids, *made]
    assert [i.image for i in images_of_project(project, [*ids, *made], made_here=False)] == ids
    with pytest.raises(UserError):
        images_of_project(project, made, made_here=False)
    assert find_images(project, ImageQuery(synthetic=True)) == list(made)


def test_what_was_made_from_a_picture_outside_leaks_when_that_comes_into_the_test(
    project: Project, site: Maker
) -> None:
    outside = site("outside", (0.5, 0.6, 0.4))
    look = learn(images_of_project(project), "lab").look
    images = images_of_files([outside])
    match_into_project(project, images, look, split=Split.TRAIN)
    before = set(find_images(project))
    import_source(project, outside)
    came = [image for image in find_images(project) if image not in before]
    set_split(project, came, Split.TEST)
    assert [leak.kind for leak in find_leaks(project) if leak.blocks]


def test_what_is_left_as_it_is_is_not_added_again(project: Project, stained: Maker) -> None:
    ids = find_images(project)
    look = learn(images_of_files([stained(1)]), "macenko").look
    done = match_into_project(project, images_of_project(project, ids), look)
    assert done.added == () and len(done.unchanged) == len(ids)
    assert find_images(project) == ids


def test_places_that_can_be_chosen(project: Project, tmp_path: Path) -> None:
    ids = find_images(project)
    set_tags(project, ids[:2], add=["north"])
    save_filter(project, "few", ImageQuery(ids=frozenset(ids[2:3])))
    found = {(place.kind.value, place.name): place for place in look_places(project)}
    assert {key: place.images for key, place in found.items()} == {
        ("all", ""): 6,
        ("site", "north"): 2,
        ("filter", "few"): 1,
    }
    for key, expected in ((("all", ""), ids), (("site", "north"), ids[:2])):
        assert [image.image for image in images_at(project, found[key])] == expected
    assert [image.image for image in images_at(project, found["filter", "few"])] == ids[2:3]
    some = LookPlace(PlaceKind.IMAGES, ids=(ids[4], ids[1]))
    assert [image.image for image in images_at(project, some)] == [ids[4], ids[1]]
    outside = LookPlace(PlaceKind.FILES, files=(tmp_path / "there",))
    assert len(images_at(project, outside)) == 3
    delete_filter(project, found["filter", "few"].filter_id)
    with pytest.raises(UserError) as refused:
        images_at(project, found["filter", "few"])
    assert refused.value.code == "look.no_pictures"


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """A worker that paints pictures a fifth brighter; what it was asked for."""
    asked: list[dict[str, Any]] = []

    def make(_self: Any, styling: Any, weights: Any, out: Path) -> StyledPicture:
        asked.append({"styling": styling, "weights": weights})
        content = np.asarray(Image.open(styling.content_path)).astype(float)
        Image.fromarray((content + 51).clip(0, 255).astype(np.uint8)).save(out)
        size = content.shape[1], content.shape[0]
        return StyledPicture(out, *size, steps=1, seconds=0.1, losses={})

    monkeypatch.setattr(StyleWorker, "make", make)
    (tmp_path / "weights.pth").write_bytes(b"as told to the worker")
    return asked


def test_the_neural_method_adds_what_was_painted_and_keeps_details_and_depth(
    site: Maker, painter: list[dict[str, Any]], tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    colour = (pixels(0, (0.3, 0.4, 0.5)) * 65535).astype(np.uint16).repeat(30, 0).repeat(30, 1)
    colour[::2] = (colour[::2] * 0.9).astype(np.uint16)
    imwrite(here / "large.tif", colour, photometric="rgb")
    Image.fromarray((pixels(1, (0.3, 0, 0), 1)[..., 0] * 255).astype(np.uint8)).save(here / "g.png")
    weights = str(tmp_path / "weights.pth")
    look = learn(images_of_files([site("there", (0.5, 0.5, 0.6), 9)]), "neural", weights=weights)
    steps: list[Step] = []
    done = match_to_folder(
        images_of_files([here]), look.look, tmp_path / "out", strength=0.4, progress=steps.append
    )
    assert [file.name for file in done.files] == ["g.png", "large.tif"]
    assert steps[-1].done == 2
    made = imread(tmp_path / "out" / "large.tif").astype(float)
    assert made.dtype == float and np.abs(made - colour - 0.2 * 65535).mean() < 300
    assert np.abs(np.diff(made, axis=0) - np.diff(colour.astype(float), axis=0)).mean() < 200
    assert read_raw(tmp_path / "out" / "g.png").values.ndim == 2
    settings = painter[1]["styling"].settings
    assert (settings.size, settings.style_weight) == (384, pytest.approx(0.2))
    assert len(painter[1]["styling"].sources) == 4
    assert painter[1]["weights"]["path"] == weights


def test_the_neural_method_needs_weights(site: Maker) -> None:
    with pytest.raises(UserError) as refused:
        learn(images_of_files([site("there", (0.5, 0.5, 0.6))]), "neural")
    assert refused.value.code == "weights.absent"


def test_a_worker_that_fails_ends_the_batch_and_a_picture_that_cannot_be_does_not(
    site: Maker, painter: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = images_of_files([site("here", (0.5, 0.5, 0.6))])
    look = learn(images, "neural", weights=str(tmp_path / "weights.pth")).look
    for code, unchanged in (("styling.too_thin", 3), ("training.crashed", None)):

        def fail(*_args: Any, code: str = code, **_named: Any) -> None:
            raise UserError(code)

        monkeypatch.setattr(StyleWorker, "make", fail)
        if unchanged:
            done = match_to_folder(images, look, tmp_path / code)
            assert len(done.unchanged) == unchanged == len(done.files)
        else:
            with pytest.raises(UserError) as refused:
                match_to_folder(images, look, tmp_path / code)
            assert refused.value.code == code
