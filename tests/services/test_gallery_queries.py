"""What the gallery filters and sorts by beside labels: kinds, makers, origins, sizes, people."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tlstudio.domain.annotations import AnnotationSource, Box, ImageLabel, Polygon, Provenance
from tlstudio.domain.images import ImageQuery, SourceFacts
from tlstudio.services import images, labelling, reviewing
from tlstudio.storage import annotations, imports
from tlstudio.storage import images as stored
from tlstudio.storage.project import Project

SQUARE = ((((0.0, 0.0), (4.0, 0.0), (4.0, 4.0)),),)
SIZES = {1: (100, 80), 2: (200, 150), 3: (400, 300), 4: (1000, 2000), 5: (64, 900), 6: (300, 300)}
ANN = Provenance(author="Ann")
BOB = Provenance(author="Bob")
IMPORTED = Provenance(source=AnnotationSource.IMPORT)


def suggested(confidence: float) -> Provenance:
    return Provenance(
        source=AnnotationSource.MODEL, run="r", confidence=confidence, suggestion=True
    )


def box(image: int, label: int, made: Provenance) -> Box:
    return Box(id="", image=image, label=label, provenance=made, x=1, y=1, w=3, h=3)


@pytest.fixture
def project(project_of: Callable[..., Project]) -> Project:
    """Two imports of three images each, from two folders; 4 and 5 have a model's suggestions.

    1: two cats boxed by Ann. 2: a dog's outline by Bob. 3: imported box of a cat.
    4: image label dog, accepted from a model; a suggested cat. 5: suggested dog. 6: nothing.
    """
    made = project_of(0, ["cat", "dog"])

    def files(first: int, folder: str) -> Callable[[object], None]:
        def write(db) -> None:  # type: ignore[no-untyped-def]
            new = []
            for n in range(first, first + 3):
                facts = SourceFacts(1, 1, f"s{n}", *SIZES[n], "L", 8, f"p{n}", f"{n:016x}")
                original = f"{folder}{n}.png"
                new.append(stored.NewSource(f"images/{n}.png", False, facts, original))
            stored.add_sources(db, new)
            imports.record_import(db, f"/somewhere/{folder}", "folder", {})

        return write

    made.transact("undo.x", files(1, ""), undoable=False)
    time.sleep(0.005)
    made.transact("undo.x", files(4, "day 2/a/"), undoable=False)
    accepted = Provenance(source=AnnotationSource.MODEL, run="r", confidence=0.9)
    made.transact(
        "undo.x",
        lambda db: annotations.add(
            db,
            [
                box(1, 1, ANN),
                box(1, 1, ANN),
                Polygon(id="", image=2, label=2, provenance=BOB, parts=SQUARE),
                box(3, 1, IMPORTED),
                ImageLabel(id="", image=4, label=2, provenance=accepted),
                box(4, 1, suggested(0.8)),
                box(5, 2, suggested(0.6)),
                box(5, 2, suggested(0.3)),
            ],
        ),
    )
    reviewing.assign(made, [2, 3], "Ann")
    reviewing.add_comment(made, 6, "Blurred")
    return made


def which(**fields: object) -> ImageQuery:
    return ImageQuery(
        **{
            name: frozenset(value) if isinstance(value, list) else value
            for name, value in fields.items()
        }
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (which(kinds=["box"]), [1, 3]),
        (which(kinds=["polygon", "image_label"]), [2, 4]),
        (which(kinds=["mask"]), []),
        (which(makers=["person"]), [1, 2]),
        (which(makers=["by:Bob"]), [2]),
        (which(makers=["import", "by:Ann"]), [1, 3]),
        (which(makers=["model"]), [4]),
        (which(makers=["suggestion"]), [4, 5]),
        (which(makers=["person", "import", "model"]), [1, 2, 3, 4]),
        (which(makers=["nobody of ours"]), []),
        (which(labels=[1], makers=["suggestion"]), [4]),
        (which(labels=[1], makers=["person", "suggestion"]), [1, 4]),
        (which(labels=[1], kinds=["box"], makers=["import"]), [3]),
        (which(labels=[1], kinds=["polygon"]), []),
        (which(labels=[0]), [5, 6]),
        (which(labels=[0], makers=["suggestion"]), [5]),
        (which(labels=[0, 1], makers=["suggestion"]), [4, 5]),
        (which(labels=[0], kinds=["box"]), []),
        (which(origins=["import:2"]), [4, 5, 6]),
        (which(origins=["folder:"]), [1, 2, 3]),
        (which(origins=["folder:day 2/a/"]), [4, 5, 6]),
        (which(origins=["import:1", "folder:day 2/a/"]), [1, 2, 3, 4, 5, 6]),
        (which(origins=["import:9"]), []),
        (which(origins=["import:x"]), []),
        (which(assignees=["Ann"]), [2, 3]),
        (which(assignees=[""]), [1, 4, 5, 6]),
        (which(assignees=["", "Ann"]), [1, 2, 3, 4, 5, 6]),
        (which(commented=True), [6]),
        (which(commented=False, kinds=["box"]), [1, 3]),
        (which(min_width=200, max_width=400), [2, 3, 6]),
        (which(max_height=150), [1, 2]),
        (which(min_height=900), [4, 5]),
        (which(min_pixels=90_000), [3, 4, 6]),
        (which(max_pixels=30_000), [1, 2]),
        (which(smaller=80), [5]),
        (which(smaller=81, text="1."), [1]),
        (which(sort="shapes"), [4, 5, 6, 2, 3, 1]),
        (which(sort="unsure"), [5, 4, 1, 2, 3, 6]),
        (which(sort="unsure", descending=True), [4, 5, 1, 2, 3, 6]),
        (which(sort="unsure", makers=["suggestion"]), [5, 4]),
    ],
)
def test_filters_and_orders(project: Project, query: ImageQuery, found: list[int]) -> None:
    assert images.find_images(project, query) == found


def test_what_was_changed_last_comes_last(project: Project) -> None:
    labelling.set_tags(project, [3], add=["odd"])  # tags are beside the image, not in its row
    time.sleep(0.005)
    reviewing.assign(project, [1], "Bob")
    assert images.find_images(project, which(sort="changed"))[-1] == 1


def test_labels_that_were_moved_sort_by_their_new_place(project: Project) -> None:
    assert images.find_images(project, which(sort="label")) == [1, 3, 2, 4, 5, 6]
    labelling.order_labels(project, [2, 1])
    assert images.find_images(project, which(sort="label")) == [2, 4, 1, 3, 5, 6]


@pytest.mark.parametrize("name", ["kinds", "makers", "origins", "assignees", "labels", "states"])
def test_facets_count_what_the_filter_finds(project: Project, name: str) -> None:
    counted = images.facets(project, [name])
    assert list(counted) == [name]
    assert counted[name]
    for value, number in counted[name].items():
        assert len(images.find_images(project, which(**{name: [value]}))) == number, value


def test_facets_tell_imports_and_comments(project: Project) -> None:
    found = images.facets(project)
    assert [source for source, _at in found["imports"].values()] == [
        "/somewhere/",
        "/somewhere/day 2/a/",
    ]
    assert found["commented"] == {True: 1, False: 5}
    assert list(found["origins"]) == ["import:2", "import:1", "folder:", "folder:day 2/a/"]


def test_rows_tell_shapes_and_who_has_the_image(project: Project) -> None:
    rows = images.image_rows(project, [1, 2, 4, 5])
    assert [(row.shapes, row.assignee) for row in rows] == [
        (2, None),
        (1, "Ann"),
        (0, None),
        (0, None),
    ]
    assert [row.suggested for row in rows] == [(), (), (1,), (2,)]


@pytest.mark.parametrize(
    "query",
    [
        which(labels=[1]),
        which(kinds=["box"]),
        which(makers=["person"]),
        which(labels=[1], kinds=["box"], makers=["person"]),
        which(labels=[0]),
    ],
)
def test_no_filter_reads_the_rows_of_annotations(project: Project, query: ImageQuery) -> None:
    from tlstudio.storage.queries import _filters

    where, parameters = _filters(query)
    with project.read() as db:
        sql = f"EXPLAIN QUERY PLAN SELECT i.id FROM images i WHERE {' AND '.join(where)}"
        plan = [row["detail"] for row in db.all(sql, parameters)]
    (of_annotations,) = [line for line in plan if " a " in f"{line} "]
    assert "COVERING INDEX" in of_annotations, plan


def test_accepting_takes_suggested_shapes_too_in_one_step(project: Project) -> None:
    from tlstudio.domain.images import ImageState
    from tlstudio.services import projects

    labelling.accept_suggestions(project, [4, 5, 6])
    rows = images.image_rows(project, [4, 5, 6])
    assert [(row.shapes, row.suggested) for row in rows] == [(1, ()), (2, ()), (0, ())]
    assert [row.state for row in rows[1:]] == [ImageState.LABELLED, ImageState.UNLABELLED]
    assert images.find_images(project, which(makers=["model"], kinds=["box"])) == [4, 5]
    projects.undo(project)
    assert images.find_images(project, which(makers=["suggestion"])) == [4, 5]
