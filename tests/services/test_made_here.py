"""Pictures made here: in the project with what belongs to them, and in no figure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageState, Split
from tlstudio.domain.leaks import LeakKind
from tlstudio.domain.tasks import Task
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services import evaluation, labelling, projects, training
from tlstudio.services._learning_set import gather
from tlstudio.services.datasets import ImportOptions, import_source
from tlstudio.services.duplicates import find_duplicates
from tlstudio.services.images import facets, find_images, image_rows
from tlstudio.services.made_here import Made, add_made, content_hash_of_file
from tlstudio.services.splitting import find_leaks, hold_out_site, split_project
from tlstudio.services.training import TrainRequest
from tlstudio.storage import annotations, images, tiles
from tlstudio.storage.project import Project

Pictures = Callable[..., Project]
Paint = Callable[..., Path]


@pytest.fixture
def paint(tmp_path: Path) -> Iterator[Paint]:
    """`paint(3, size=(32, 24))` -> a file with pixels that no other has."""

    def make(seed: int, size: tuple[int, int] = (16, 16), name: str = "") -> Path:
        pixels = np.random.default_rng(1000 + seed).integers(0, 255, (size[1], size[0], 3))
        path = tmp_path / f"{name or f'styled {seed}'}.png"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        return path

    yield make


@pytest.fixture
def project(pictures: Pictures) -> Project:
    return pictures({"bars": 6, "dots": 6})


def made_from(project: Project, paint: Paint, content: int, **options: object) -> int:
    """A picture made from `content`; its id."""
    added = add_made(project, [Made(paint(content), f"made {content}", content)], **options)
    return added.images[0]


def splits_of(project: Project) -> dict[int, Split | None]:
    with project.read() as db:
        return {row.image: row.split for row in images.hashes(db)}


def blocking(project: Project) -> list[LeakKind]:
    return [leak.kind for leak in find_leaks(project) if leak.blocks]


# -- adding ------------------------------------------------------------------------------------


def test_a_picture_comes_in_with_its_mark_its_group_and_a_copy_of_its_file(
    project: Project, paint: Paint
) -> None:
    labelling.set_group(project, [1], "Ada")
    image = made_from(project, paint, 1)
    (row,) = image_rows(project, [image])
    assert (row.synthetic, row.group, row.split, row.labels) == (True, "Ada", None, ())
    assert row.path.startswith("images/made here/") and row.name == "made 1"
    assert (project.folder / row.path).is_file()
    assert row.pixel_hash in project.thumbnails.known()
    assert projects.project_info(project)["made_here"] == 1
    assert facets(project, ["synthetic"]) == {"synthetic": {True: 1, False: 12}}
    assert find_images(project, ImageQuery(synthetic=True)) == [image]
    assert image not in find_images(project, ImageQuery(synthetic=False))
    project.undo()
    assert find_images(project, ImageQuery(synthetic=True)) == []
    project.redo()
    assert find_images(project, ImageQuery(synthetic=True)) == [image]


def test_an_import_that_follows_did_not_bring_it(
    project: Project, paint: Paint, tmp_path: Path
) -> None:
    made = made_from(project, paint, 1)
    brought = set(find_images(project)) - {made}
    import_source(project, paint(50, name="later"))
    later = set(find_images(project)) - brought - {made}
    newest = next(iter(facets(project, ["origins"])["origins"]))
    assert set(find_images(project, ImageQuery(origins=frozenset({newest})))) == later
    assert facets(project, ["origins"])["origins"][newest] == 1


def test_labels_come_only_when_asked_and_fit_the_new_size(project: Project, paint: Paint) -> None:
    ring = ((4.0, 4.0), (12.0, 4.0), (4.0, 12.0))
    bitmap = Bitmap.from_array(np.ones((4, 6), bool), 2, 8, 16, 16)

    def draw(db) -> None:
        shapes = [
            Box(id="", image=1, label=1, x=2, y=4, w=8, h=6),
            Polygon(id="", image=1, label=2, parts=((ring,),)),
            Mask(id="", image=1, label=1, x=2, y=8, w=6, h=4),
        ]
        *_, mask = annotations.add(db, shapes)
        tiles.put_tiles(db, mask, bitmap.encode())
        images.set_state(db, [1], ImageState.REVIEWED)

    project.transact("undo.draw", draw)
    assert image_rows(project, [made_from(project, paint, 1)])[0].labels == ()
    file = paint(99, size=(32, 8))
    (image,) = add_made(project, [Made(file, "x", 1)], with_labels=True).images
    with project.read() as db:
        label, box, polygon, mask = annotations.of_images(db, [image])[image]
        copy = Bitmap.decode(32, 8, tiles.tiles(db, mask.id))
        before = annotations.of_images(db, [1])[1]
    assert label.label == before[0].label and len(before) == 4
    assert (box.x, box.y, box.w, box.h) == (4, 2, 16, 3)
    assert polygon.parts[0][0] == ((8.0, 2.0), (24.0, 2.0), (8.0, 6.0))
    assert tuple(copy.bounds()) == (mask.x, mask.y, mask.w, mask.h) == (4, 4, 12, 2)
    assert copy.area() == 24
    assert image_rows(project, [image])[0].state is ImageState.LABELLED


def test_nothing_is_left_of_what_could_not_be_added(project: Project, paint: Paint) -> None:
    before = set(project.folder.rglob("*.png"))
    broken = paint(5)
    broken.write_bytes(b"no picture")
    with pytest.raises(UserError):
        add_made(project, [Made(paint(4), "a", 1), Made(broken, "b", 2)])
    with pytest.raises(UserError) as caught:
        add_made(project, [Made(paint(4), "a", 999)])
    assert caught.value.code == "project.no_image"
    assert set(project.folder.rglob("*.png")) == before
    assert find_images(project, ImageQuery(synthetic=True)) == []


def test_two_of_one_name_lie_beside_each_other(project: Project, paint: Paint) -> None:
    items = [Made(paint(n), "CON/..", 1) for n in (1, 2)]
    first, second = image_rows(project, add_made(project, items).images)
    assert first.path != second.path
    assert all((project.folder / row.path).is_file() for row in (first, second))


# -- never in a figure -------------------------------------------------------------------------


@pytest.mark.parametrize("split", [Split.VAL, Split.TEST])
def test_by_hand_it_is_refused_in_words(project: Project, paint: Paint, split: Split) -> None:
    image = made_from(project, paint, 1)
    with pytest.raises(UserError) as caught:
        labelling.set_split(project, [2, image], split)
    assert (caught.value.code, caught.value.params["count"]) == ("data.split_synthetic", 1)
    assert "made here" in str(caught.value)
    assert splits_of(project)[2] is None
    with pytest.raises(UserError) as caught:
        made_from(project, paint, 2, split=split)
    assert caught.value.code == "data.split_synthetic"
    labelling.set_split(project, [image], Split.TRAIN)
    assert splits_of(project)[image] is Split.TRAIN


@pytest.mark.parametrize("force", [False, True])
def test_a_division_puts_it_where_its_content_teaches(
    pictures: Pictures, paint: Paint, force: bool
) -> None:
    project = pictures({"bars": 20, "dots": 20})
    made = {n: made_from(project, paint, n, with_labels=True) for n in range(1, 41)}
    report = split_project(project, val=0.2, test=0.2, force=force)
    splits = splits_of(project)
    assert {splits[n] for n in made} == set(Split)
    for content, image in made.items():
        learned = splits[content] is Split.TRAIN
        assert splits[image] is (Split.TRAIN if learned else None)
    real = [splits[n] for n in made]
    assert real.count(Split.TRAIN) == 24, "what was made here counts for nothing"
    assert not [leak for leak in report.leaks if leak.blocks]
    told = {notice.code: notice.params["count"] for notice in report.warnings}
    assert told["data.split_made_here"] == 16


def test_new_images_follow_what_was_made_from_them(project: Project, paint: Paint) -> None:
    """The other way round: the styled picture is in training, its content has no split yet."""
    for n in range(1, 13):
        made_from(project, paint, n, split=Split.TRAIN)
    split_project(project, val=0.4, test=0.4)
    assert set(splits_of(project).values()) == {Split.TRAIN}


def test_a_picture_of_nothing_in_the_project_is_for_training(
    project: Project, paint: Paint
) -> None:
    item = Made(paint(50), "from elsewhere", None, content_hash_of_file(paint(51)))
    (image,) = add_made(project, [item]).images
    labelling.assign_label(project, [image], 1)
    split_project(project)
    assert splits_of(project)[image] is Split.TRAIN


def test_what_is_made_from_tested_images_is_held_back_from_training(
    project: Project, paint: Paint
) -> None:
    labelling.set_group(project, [2, 3], "Ada")
    labelling.set_split(project, [1, 2], Split.TEST)
    items = [Made(paint(n), f"{n}", n) for n in (1, 3, 4)]
    added = add_made(project, items, split=Split.TRAIN)
    assert added.held_back == 2
    assert [splits_of(project)[n] for n in added.images] == [None, None, Split.TRAIN]


def test_a_ready_made_split_does_not_move_it(
    pictures: Pictures, tmp_path: Path, paint: Paint
) -> None:
    project = pictures({"bars": 4, "dots": 4})
    image = made_from(project, paint, 1, split=Split.TRAIN)
    path = project.folder / image_rows(project, [image])[0].path
    folder = tmp_path / "t"
    folder.mkdir()
    (folder / "again.png").write_bytes(path.read_bytes())
    found = {
        "images": [{"id": 1, "file_name": "again.png", "width": 16, "height": 16}],
        "categories": [{"id": 1, "name": "bars"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]}],
    }
    (folder / "annotations.json").write_text(json.dumps(found))
    report = import_source(project, folder, ImportOptions(split="test"))
    assert (report.images_matched, report.images_added) == (1, 0)
    assert splits_of(project)[image] is Split.TRAIN
    assert ("data.synthetic_stays", 1) in [(n.code, n.params["count"]) for n in report.warnings]
    assert image_rows(project, [image])[0].shapes == 1


@pytest.mark.parametrize("split", ["test", "val", "train"])
def test_its_pixels_are_known_again_when_a_file_brings_them(
    project: Project, tmp_path: Path, paint: Paint, split: str
) -> None:
    image = made_from(project, paint, 1)
    file = Image.open(project.folder / image_rows(project, [image])[0].path)
    folder = tmp_path / "back"
    folder.mkdir()
    file.save(folder / "saved as.bmp")
    paint(80).rename(folder / "another.png")
    report = import_source(project, folder, ImportOptions(split=split))
    assert report.images_added == 2
    another, again = sorted(image_rows(project, [14, 15]), key=lambda row: row.name)
    assert (again.synthetic, another.synthetic) == (True, False)
    assert again.split is (Split.TRAIN if split == "train" else None)
    assert another.split is Split(split)
    stays = [n.params["count"] for n in report.warnings if n.code == "data.synthetic_stays"]
    assert stays == ([] if split == "train" else [1])
    with project.read() as db:
        hashes = {row.image: row for row in images.hashes(db)}
    assert hashes[again.id].content_hash == hashes[1].pixel_hash


def test_of_a_site_that_is_held_out_nothing_made_here_is_in_the_test(
    project: Project, paint: Paint
) -> None:
    for n in range(1, 7):
        labelling.set_tags(project, [n], add=["Bonn"])
    image = made_from(project, paint, 2, with_labels=True)
    labelling.set_tags(project, [image], add=["Bonn"])
    other = made_from(project, paint, 9, with_labels=True)
    hold_out_site(project, "tag:Bonn", val=0)
    splits = splits_of(project)
    assert {splits[n] for n in range(1, 7)} == {Split.TEST}
    assert (splits[image], splits[other]) == (None, Split.TRAIN)
    assert blocking(project) == []


def test_what_is_held_out_of_training_takes_along_what_was_made_from_it(
    pictures: Pictures, paint: Paint
) -> None:
    project = pictures({"bars": 10, "dots": 10})
    made = {n: made_from(project, paint, n, with_labels=True) for n in range(1, 21)}
    labelling.set_split(project, [*made, *made.values()], Split.TRAIN)
    held = gather(project, Task.CLASSIFICATION).with_validation(0)
    splits = {row["image"]: row["split"] for row in held.rows}
    out = [n for n in made if splits[n] == "val"]
    assert 2 <= len(out) <= 5
    assert {made[n] for n in made} - splits.keys() == {made[n] for n in out}
    assert {splits[image] for image in made.values() if image in splits} == {"train"}
    rows = [row for row in held.rows if row.get("synthetic")]
    assert len(rows) == 20 - len(out) and all(row["content_hash"] for row in rows)
    assert not any("synthetic" in row for row in held.rows if row["image"] in made)


# -- leaks -------------------------------------------------------------------------------------


def test_a_styled_picture_in_training_and_its_content_in_test_leak(
    project: Project, paint: Paint
) -> None:
    image = made_from(project, paint, 1, split=Split.TRAIN)
    further = Made(paint(70), "of the styled", image)
    (again,) = add_made(project, [further], split=Split.TRAIN).images
    assert blocking(project) == []
    labelling.set_split(project, [1], Split.TEST)
    (leak,) = [leak for leak in find_leaks(project) if leak.blocks]
    assert (leak.kind, leak.images) == (LeakKind.CONTENT, (1, image, again))
    assert leak.splits == (Split.TRAIN, Split.TEST)
    labelling.set_group(project, [1, image, again], "Ada")
    assert blocking(project) == [LeakKind.CONTENT, LeakKind.GROUP]


def test_content_that_comes_in_later_leaks_too(
    project: Project, paint: Paint, tmp_path: Path
) -> None:
    outside = paint(60)
    add_made(
        project,
        [Made(paint(61), "m", None, content_hash_of_file(outside))],
        split=Split.TRAIN,
    )
    folder = tmp_path / "later"
    folder.mkdir()
    outside.rename(folder / "content.png")
    import_source(project, folder, ImportOptions(split="test"))
    assert blocking(project) == [LeakKind.CONTENT]


def test_a_styled_picture_is_no_near_duplicate_of_its_content(
    project: Project, tmp_path: Path
) -> None:
    (row,) = image_rows(project, [1])
    pixels = np.asarray(Image.open(project.folder / row.path)).copy()
    pixels[0, 0] ^= 1
    Image.fromarray(pixels).save(tmp_path / "almost.png")
    item = Made(tmp_path / "almost.png", "almost", 1)
    (image,) = add_made(project, [item]).images
    assert not [found for found in find_duplicates(project).near if image in found.images]
    labelling.delete_images(project, [image])
    import_source(project, tmp_path / "almost.png", ImportOptions(format="images"))
    assert [found for found in find_duplicates(project).near if 1 in found.images]


def test_figures_over_what_was_made_from_the_test_are_refused(
    pictures: Pictures, paint: Paint, pretend: Callable[[str], None]
) -> None:
    project = pictures({"bars": 20, "dots": 20})
    request = TrainRequest(model="resnet18", weights="none", settings={"image_size": 32})
    split_project(project)
    content = find_images(project, ImageQuery(splits=frozenset({"train"})))[0]
    made_from(project, paint, content, with_labels=True, split=Split.TRAIN)
    told = {w["code"]: w["params"] for w in training.training_plan(project, request).warnings}
    assert told["training.made_here"]["count"] == 1
    training.start_training(project, request).wait(20)
    assert evaluation.evaluate(project, "latest").leaks == []
    # The content was seen as itself; take it out of the snapshot by training without it.
    labelling.set_split(project, [content], None)
    training.start_training(project, request).wait(20)
    labelling.set_split(project, [content], Split.TEST)
    with pytest.raises(UserError) as caught:
        evaluation.evaluate(project, "latest")
    assert caught.value.code == "data.leak"
    assert (caught.value.params["made"], caught.value.params["identical"]) == (1, 0)
