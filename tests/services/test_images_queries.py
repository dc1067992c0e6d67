"""Finding, filtering and sorting images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import SORTS, ImageQuery, ImageState, Skipped, SourceFacts, Split
from tlstudio.services import images, labelling
from tlstudio.storage import images as stored
from tlstudio.storage import imports, labels, thumbnails
from tlstudio.storage.project import Project

Make = Callable[..., Project]


@pytest.fixture
def project(project_of: Make) -> Project:
    """Six images: 1, 2 cat; 3 dog; 4 looked at, nothing in it; 5, 6 untouched."""
    made = project_of(6, ["cat", "dog"])
    labelling.assign_label(made, [1, 2], 1)
    labelling.assign_label(made, [3], 2)
    labelling.set_state(made, [4], ImageState.LABELLED)
    labelling.set_state(made, [2], ImageState.REVIEWED)
    labelling.set_split(made, [1, 3], Split.TRAIN)
    labelling.set_split(made, [2], Split.TEST)
    labelling.set_group(made, [1, 5], "Größe 2")
    labelling.set_group(made, [2], "slide 10")
    labelling.set_tags(made, [3, 6], add=["odd"])
    made.transact("undo.x", lambda db: stored.set_missing(db, [6], True), undoable=False)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (ImageQuery(), [1, 2, 3, 4, 5, 6]),
        (ImageQuery(labels=frozenset({1})), [1, 2]),
        (ImageQuery(labels=frozenset({0})), [4, 5, 6]),
        (ImageQuery(labels=frozenset({0, 2})), [3, 4, 5, 6]),
        (ImageQuery(states=frozenset({"labelled"})), [1, 3, 4]),
        (ImageQuery(states=frozenset({"labelled"}), labels=frozenset({0})), [4]),
        (ImageQuery(splits=frozenset({"train", ""})), [1, 3, 4, 5, 6]),
        (ImageQuery(groups=frozenset({"Größe 2"})), [1, 5]),
        (ImageQuery(groups=frozenset({"", "slide 10"})), [2, 3, 4, 6]),
        (ImageQuery(tags=frozenset({"odd"})), [3, 6]),
        (ImageQuery(ids=frozenset({3, 5, 99})), [3, 5]),
        (ImageQuery(ids=frozenset()), []),
        (ImageQuery(text="GRÖSSE"), [1, 5]),
        (ImageQuery(text="3.PNG"), [3]),
        (ImageQuery(text="%"), []),
        (ImageQuery(text="slide", sort="group"), [2]),
        (ImageQuery(missing=True), [6]),
        (ImageQuery(missing=False, splits=frozenset({""})), [4, 5]),
        (ImageQuery(sort="added", descending=True), [6, 5, 4, 3, 2, 1]),
        (ImageQuery(sort="label"), [1, 2, 3, 4, 5, 6]),
        (ImageQuery(sort="split"), [1, 3, 2, 4, 5, 6]),
        (ImageQuery(sort="group"), [1, 5, 2, 3, 4, 6]),
        (ImageQuery(sort="state"), [5, 6, 1, 3, 4, 2]),
    ],
)
def test_filters_and_orders(project: Project, query: ImageQuery, found: list[int]) -> None:
    assert images.find_images(project, query) == found


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_reverses(project: Project, sort: str) -> None:
    """Images that have nothing to be ordered by stay last."""
    there = images.find_images(project, ImageQuery(sort=sort))
    back = images.find_images(project, ImageQuery(sort=sort, descending=True))
    assert sorted(there) == [1, 2, 3, 4, 5, 6]
    without = {"label": 3, "group": 3, "unsure": 6}.get(sort, 0)
    known = len(there) - without
    assert back == there[:known][::-1] + there[known:]


def test_names_are_ordered_as_people_count(project_of: Make) -> None:
    project = project_of()
    names = ["img10.png", "IMG2.png", "img1.png", "a.png"]
    facts = SourceFacts(1, 1, "s", 4, 4, "L", 8, "p", "0" * 16)
    files = [stored.NewSource(f"images/{name}", False, facts) for name in names]
    project.transact("undo.x", lambda db: stored.add_sources(db, files))
    order = images.find_images(project, ImageQuery(sort="name"))
    shown = [row.name for row in images.image_rows(project, order)]
    assert shown == ["a.png", "img1.png", "IMG2.png", "img10.png"]


def test_facets_tell_what_filters_would_find(project: Project) -> None:
    facets = images.facets(project)
    assert facets["labels"] == {1: 2, 2: 1}
    assert (facets["images"], facets["missing"], facets["unlabelled"]) == (6, 1, 3)
    assert facets["groups"] == {"Größe 2": 2, "slide 10": 1}
    for key, field in (("states", "states"), ("splits", "splits"), ("tags", "tags")):
        for value, number in facets[key].items():
            query = ImageQuery(**{field: frozenset({value})})
            assert len(images.find_images(project, query)) == number


def test_files_are_found_inside_and_outside_the_project(project_of: Make) -> None:
    project = project_of(1)
    assert images.image_path(project, 1) == project.folder / "images" / "1.png"
    outside = Path(project.folder.anchor) / "data" / "x.png"
    facts = SourceFacts(1, 1, "s", 4, 4, "L", 8, "p", "0" * 16)
    project.transact("undo.x", lambda db: stored.add_source(db, str(outside), True, facts))
    assert images.image_path(project, 2) == outside
    with pytest.raises(UserError) as caught:
        images.image_path(project, 3)
    assert caught.value.code == "project.no_image"


def test_thumbnails_and_skipped_files_are_handed_out(project_of: Make) -> None:
    project = project_of(1)
    (row,) = images.image_rows(project, [1])
    thumbnails.put(project, row.pixel_hash, b"jpeg")
    assert images.thumbnails(project, [row.pixel_hash, "none"]) == {row.pixel_hash: b"jpeg"}
    skipped = [Skipped("x", "data.empty")]
    project.transact("undo.x", lambda db: imports.record_skipped(db, skipped), undoable=False)
    assert images.skipped_files(project) == skipped


def test_searches_use_indexes_not_scans(project: Project) -> None:
    """What a grid of 100,000 images asks for is answered from indexes."""
    with project.read() as db:
        for sql in (
            "SELECT id FROM images ORDER BY sort_name, id",
            "SELECT image_id FROM annotations WHERE suggestion = 0 AND label_id = 1",
            "SELECT 1 FROM annotations WHERE image_id = 1 AND suggestion = 0",
            "SELECT id FROM sources WHERE sha256 = 'x'",
            "SELECT id FROM sources WHERE path = 'x'",
            "SELECT id FROM images WHERE pixel_hash = 'x'",
        ):
            plan = " ".join(row["detail"] for row in db.all(f"EXPLAIN QUERY PLAN {sql}"))
            assert "INDEX" in plan, (sql, plan)
            assert "TEMP B-TREE" not in plan, (sql, plan)
    with project.read() as db:
        assert labels.images_per_label(db) == {1: 2, 2: 1}
