"""Sources, images, labels, annotations, runs: what is stored is what is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from tlstudio.domain.annotations import (
    Annotation,
    AnnotationSource,
    Box,
    ImageLabel,
    Mask,
    Polygon,
    Provenance,
)
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped, SourceFacts, Split
from tlstudio.domain.labels import COLOURS
from tlstudio.domain.runs import LAWFUL, Best, Ended, Run, RunState
from tlstudio.storage import annotations as store
from tlstudio.storage import images, imports, labels, runs, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project

Make = Callable[..., Project]
FACTS = SourceFacts(10, 20, "s" * 64, 640, 480, "I;16", 16, "p" * 64, "0" * 16, 6, "TIFF")


# -- sources ---------------------------------------------------------------------------------


def test_a_source_keeps_its_facts(project_of: Make) -> None:
    project = project_of()
    ids: list[int] = []
    project.transact(
        "undo.x", lambda db: ids.append(images.add_source(db, "/far/a.tif", True, FACTS, "a.tif"))
    )
    with project.read() as db:
        source = images.source_by_sha(db, "s" * 64)
        assert source is not None
        assert (source.path, source.referenced, source.original) == ("/far/a.tif", True, "a.tif")
        assert (source.size, source.mtime_ns, source.image) == (10, 20, ids[0])
        assert images.sources(db) == [source]
        assert images.sources_by_path(db, ["/far/a.tif"]) == images.sources_by_path(db)
        assert images.sources_by_sha(db, ["s" * 64, "none"]) == {"s" * 64: [source]}
        assert images.source_by_sha(db, "none") is None
        (row,) = images.rows(db, ids)
        assert (row.name, row.width, row.height, row.pixel_hash) == ("a.tif", 640, 480, "p" * 64)


def test_the_bytes_of_a_source_need_not_be_unique_but_its_path(project_of: Make) -> None:
    project = project_of()

    def add(path: str) -> None:
        project.transact("undo.x", lambda db: images.add_source(db, path, False, FACTS))

    add("images/a.png")
    add("images/b.png")
    with pytest.raises(Exception, match="UNIQUE"):
        add("images/a.png")
    with project.read() as db:
        assert len(images.sources_by_sha(db, ["s" * 64])["s" * 64]) == 2


def test_ids_are_never_given_twice(project_of: Make) -> None:
    project = project_of(3)
    project.transact("undo.x", lambda db: images.delete_images(db, [3]))
    ids: list[int] = []
    project.transact("undo.x", lambda db: ids.append(images.add_source(db, "n.png", False, FACTS)))
    assert ids == [4]


def test_missing_files_are_noted_until_they_are_found(project_of: Make) -> None:
    project = project_of(2)
    project.transact("undo.x", lambda db: images.set_missing(db, [1, 2], True))
    with project.read() as db:
        assert [row.missing for row in images.rows(db, [1, 2])] == [True, True]
    project.transact("undo.x", lambda db: images.set_source_path(db, 1, "/new", referenced=True))
    with project.read() as db:
        first, second = images.sources(db)
    assert (first.path, first.referenced, first.missing) == ("/new", True, False)
    assert second.missing


def test_a_changed_file_changes_the_facts_of_its_image(project_of: Make) -> None:
    project = project_of(1)
    facts = replace(FACTS, width=11)
    project.transact("undo.x", lambda db: images.set_facts(db, {1: facts}))
    with project.read() as db:
        assert images.rows(db, [1])[0].width == 11
        assert images.hashes(db)[0].pixel_hash == "p" * 64


# -- images ----------------------------------------------------------------------------------


def test_rows_keep_the_order_asked_for(project_of: Make) -> None:
    project = project_of(5)
    with project.read() as db:
        assert [row.id for row in images.rows(db, [4, 99, 1, 3])] == [4, 1, 3]
        assert images.rows(db, []) == []


def test_splits_groups_and_tags_are_shown(project_of: Make) -> None:
    project = project_of(3)

    def edit(db: Db) -> None:
        images.set_splits(db, {1: Split.TRAIN, 2: Split.TEST, 3: None})
        images.set_groups(db, {1: "slide 10", 2: "slide 9", 3: None})
        images.set_tags(db, [1, 2], add=["blurred", "dark"])
        images.set_tags(db, [2], remove=["dark", "never there"])

    project.transact("undo.x", edit)
    with project.read() as db:
        shown = [(row.split, row.group, row.tags) for row in images.rows(db, [1, 2, 3])]
        assert images.all_groups(db) == ["slide 9", "slide 10"]
        assert images.all_tags(db) == ["blurred", "dark"]
        counts = images.counts(db)
        hashed = [(item.split, item.group, item.path) for item in images.hashes(db)]
    assert shown == [
        (Split.TRAIN, "slide 10", ("blurred", "dark")),
        (Split.TEST, "slide 9", ("blurred",)),
        (None, None, ()),
    ]
    assert counts["splits"] == {"": 1, "test": 1, "train": 1}
    assert counts["tags"] == {"blurred": 2, "dark": 1}
    assert hashed[0] == (Split.TRAIN, "slide 10", "images/1.png")


# -- labels ----------------------------------------------------------------------------------


def test_labels_get_places_and_colours(project_of: Make) -> None:
    project = project_of(0, ["a", "b"])
    project.transact("undo.x", lambda db: labels.add(db, [" c  "]))
    with project.read() as db:
        found = labels.all_labels(db)
    assert [(label.name, label.position, label.colour) for label in found] == [
        ("a", 0, COLOURS[0]),
        ("b", 1, COLOURS[1]),
        ("c", 2, COLOURS[2]),
    ]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("a", "project.label_exists"),
        (" a ", "project.label_exists"),
        ("", "project.label_empty"),
        ("  ", "project.label_empty"),
        ("x\ny", "project.label_name"),
        ("x" * 201, "project.label_name"),
    ],
)
def test_names_that_cannot_be_are_refused(project_of: Make, name: str, code: str) -> None:
    project = project_of(0, ["a"])
    with pytest.raises(UserError) as caught:
        project.transact("undo.x", lambda db: labels.add(db, ["fine", name]))
    assert caught.value.code == code
    with project.read() as db:
        assert [label.name for label in labels.all_labels(db)] == ["a"]


def test_ensure_adds_only_what_is_missing(project_of: Make) -> None:
    project = project_of(0, ["a"])
    found: dict[str, int] = {}
    project.transact("undo.x", lambda db: found.update(labels.ensure(db, ["b", "a", "b "])))
    assert found == {"b": 2, "a": 1, "b ": 2}


def test_order_is_changed_without_touching_ids(project_of: Make) -> None:
    project = project_of(1, ["a", "b", "c"])
    project.transact("undo.x", lambda db: store.set_image_label(db, [1], 1))
    project.transact("undo.x", lambda db: labels.set_order(db, [3, 1, 2]))
    with project.read() as db:
        assert [label.id for label in labels.all_labels(db)] == [3, 1, 2]
        assert images.rows(db, [1])[0].labels == (1,)


# -- annotations -----------------------------------------------------------------------------


def every_kind() -> list[Annotation]:
    by_model = Provenance(
        AnnotationSource.MODEL,
        "ada",
        "r0001",
        0.75,
        True,
        "2024-01-01T00:00:00",
        "2024-01-02",
        "ben",
    )
    ring = ((0.5, 0.25), (10.0, 0.0), (5.0, 9.5))
    hole = ((2.0, 1.0), (3.0, 1.0), (2.5, 2.0))
    return [
        ImageLabel(id="1", image=1, label=1, provenance=by_model),
        Box(id="2", image=1, label=1, x=1.5, y=2.5, w=3.25, h=4.125, z=1, crowd=True),
        Polygon(id="3", image=1, label=2, parts=((ring, hole), (ring,)), instance=4, z=2),
        Mask(id="4", image=1, label=2, x=1, y=2, w=3, h=4, z=3, group="t1", attributes={"a": [1]}),
    ]


def test_annotations_of_all_kinds_come_back_as_they_were(project_of: Make) -> None:
    project = project_of(1, ["a", "b"])
    project.transact("undo.x", lambda db: store.add(db, every_kind()), author="bob")
    with project.read() as db:
        found = store.of_images(db, [1], suggestions=None)[1]
        accepted = store.of_images(db)[1]
        assert store.counts(db) == {"box": 1, "mask": 1, "polygon": 1, "suggestions": 1}
    assert found[0] == every_kind()[0]
    bare = [replace(item, provenance=Provenance()) for item in found[1:]]
    assert bare == every_kind()[1:]
    assert found[1].provenance.author == "bob"
    assert found[1].provenance.created_at
    assert accepted == found[1:]


def test_deleted_annotations_are_gone_with_their_tiles(project_of: Make) -> None:
    project = project_of(1, ["a", "b"])

    def edit(db: Db) -> None:
        ids = store.add(db, every_kind())
        tiles.put_tiles(db, ids[3], {(0, 0): b"a", (2, 5): b"b"})
        tiles.put_tiles(db, ids[3], {(0, 0): b"c"})
        tiles.delete_tiles(db, ids[3], [(2, 5)])
        assert tiles.tiles(db, ids[3]) == {(0, 0): b"c"}
        store.delete(db, [ids[1], ids[3]])

    project.transact("undo.x", edit)
    with project.read() as db:
        assert [item.id for item in store.of_images(db, [1], suggestions=None)[1]] == ["1", "3"]
        assert db.value("SELECT count(*) FROM mask_tiles") == 0


def test_an_image_label_is_stored_once(project_of: Make) -> None:
    project = project_of(1, ["a"])
    label = ImageLabel(id="", image=1, label=1)
    ids: list[str] = []
    project.transact("undo.x", lambda db: ids.extend(store.add(db, [label, label])))
    assert ids == ["1", "1"]


def test_labels_replace_others_of_their_exclusive_set_only(project_of: Make) -> None:
    project = project_of(2, ["cat", "dog"])

    def edit(db: Db) -> None:
        (blurred,) = labels.add(db, ["blurred"], exclusive_set="quality")
        store.set_image_label(db, [1, 2], 1)
        store.set_image_label(db, [1], blurred)
        store.set_image_label(db, [1], 2)

    project.transact("undo.x", edit)
    with project.read() as db:
        assert [row.labels for row in images.rows(db, [1, 2])] == [(2, 3), (1,)]
        assert store.image_labels(db) == [(1, 2), (1, 3), (2, 1)]


def test_a_label_set_again_keeps_its_annotation(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.transact("undo.x", lambda db: store.set_image_label(db, [1, 1], 1))
    changes = project.transact("undo.x", lambda db: store.set_image_label(db, [1], 1))
    assert not changes.images
    project.transact("undo.x", lambda db: store.set_image_label(db, [1, 77], 1))
    with project.read() as db:
        assert [item.id for item in store.of_images(db)[1]] == ["1"]


def test_suggestions_and_accepted_labels_keep_apart(project_of: Make) -> None:
    project = project_of(1, ["a", "b"])
    guess = Provenance(AnnotationSource.MODEL, run="r0001", confidence=0.6, suggestion=True)

    def edit(db: Db) -> None:
        store.set_image_label(db, [1], 1)
        store.set_image_label(db, [1], 1, guess)
        store.set_image_label(db, [1], 2, replace(guess, confidence=0.9))

    project.transact("undo.x", edit)
    with project.read() as db:
        (row,) = images.rows(db, [1])
        assert (row.labels, row.suggested) == ((1,), (2,))
        assert labels.usage(db) == {1: 1, 2: 0}
        assert store.suggested_labels(db, [1]) == [(1, 2, "r0001", 0.9)]
    project.transact("undo.x", lambda db: store.delete_suggestions(db, [1]))
    with project.read() as db:
        (row,) = images.rows(db, [1])
    assert (row.labels, row.suggested) == ((1,), ())


# -- runs ------------------------------------------------------------------------------------


def add(project: Project, **facts: object) -> Run:
    made: list[Run] = []
    given = {"task": "classification", "model": "resnet18", **facts}
    project.transact("undo.x", lambda db: made.append(runs.add_run(db, **given)), undoable=False)  # type: ignore[arg-type]
    return made[0]


def update(project: Project, run_id: str, **facts: object) -> Run:
    made: list[Run] = []
    project.transact(
        "undo.x", lambda db: made.append(runs.update_run(db, run_id, **facts)), undoable=False
    )
    return made[0]


def test_a_run_keeps_everything_told_of_it(project_of: Make) -> None:
    project = project_of()
    run = add(project, recipe={"epochs": 3}, weights="none", snapshot="abc")
    assert (run.id, run.state, run.recipe) == ("r0001", RunState.QUEUED, {"epochs": 3})
    update(project, run.id, state="running", started_at="2024-01-01T00:00:00")
    done = update(
        project,
        run.id,
        state=RunState.DONE,
        finished_at="2024-01-01T00:01:00",
        seconds=60.5,
        epochs=3,
        ended=Ended.EARLY,
        metrics={"accuracy": 1 / 3},
        best=Best(2, "accuracy", 1 / 3),
        warnings=({"code": "x", "params": {"n": 1}},),
        error={"code": "y"},
        device="cpu",
    )
    with project.read() as db:
        assert runs.get_run(db, "r0001") == done == runs.all_runs(db)[0]
    assert done.metrics == {"accuracy": 1 / 3}
    assert done.best == Best(2, "accuracy", 1 / 3)
    assert (done.ended, done.warnings[0]["params"]) == (Ended.EARLY, {"n": 1})
    assert update(project, run.id, best=None, error=None, ended=None).best is None


@pytest.mark.parametrize("start", list(RunState))
@pytest.mark.parametrize("to", list(RunState))
def test_only_lawful_changes_of_state_are_made(
    project_of: Make, start: RunState, to: RunState
) -> None:
    project = project_of()
    add(project, state=start)
    if to == start or to in LAWFUL[start]:
        assert update(project, "r0001", state=to).state == to
    else:
        with pytest.raises(ValueError, match="cannot go"):
            update(project, "r0001", state=to)


def test_latest_and_best_are_found(project_of: Make) -> None:
    project = project_of()

    def get(wanted: str, **facts: str) -> str:
        with project.read() as db:
            return runs.get_run(db, wanted, **facts).id

    def code(wanted: str) -> str:
        with pytest.raises(UserError) as caught:
            get(wanted)
        return caught.value.code

    assert (code("latest"), code("best"), code("r0009")) == (
        "project.no_runs",
        "project.no_best",
        "project.no_run",
    )
    for value, task, state in (
        (0.7, "classification", "done"),
        (0.9, "classification", "done"),
        (0.95, "classification", "failed"),
        (0.99, "detection", "done"),
        (None, "classification", "done"),
    ):
        run = add(project, task=task, state=RunState(state))
        if value:
            update(project, run.id, best=Best(1, "accuracy", value))
    assert (get("latest"), get("best"), get("best", task="detection")) == (
        "r0005",
        "r0002",
        "r0004",
    )
    with pytest.raises(UserError, match="r0005"):
        get("r0077")


def test_ids_of_deleted_runs_are_not_given_again(project_of: Make) -> None:
    project = project_of()
    add(project)
    add(project, state=RunState.DONE)
    with pytest.raises(UserError) as caught:
        project.transact("undo.x", lambda db: runs.delete_run(db, "r0001"))
    assert caught.value.code == "project.run_active"
    project.transact("undo.x", lambda db: runs.delete_run(db, "r0002"))
    assert add(project).id == "r0003"


# -- imports ---------------------------------------------------------------------------------


def test_skipped_files_are_listed_until_they_come_in(project_of: Make) -> None:
    project = project_of()

    def edit(db: Db) -> None:
        number = imports.record_import(db, "/from", "folder", {"images": 1})
        first = [Skipped("a.png", "data.empty"), Skipped("b.png", "data.bomb", {"pixels": 7})]
        imports.record_skipped(db, first, import_id=number)
        imports.record_skipped(db, [Skipped("a.png", "data.truncated")])

    project.transact("undo.x", edit)
    with project.read() as db:
        assert imports.skipped(db) == [
            Skipped("b.png", "data.bomb", {"pixels": 7}),
            Skipped("a.png", "data.truncated"),
        ]
    project.transact("undo.x", lambda db: imports.forget_skipped(db, ["a.png"]))
    with project.read() as db:
        assert [item.file for item in imports.skipped(db)] == ["b.png"]


def test_many_rows_come_in_whole_and_are_seen_by_the_journal(project_of: Make) -> None:
    project = project_of(1, [])
    names = [f"tag {n}" for n in range(2345)]  # neither a multiple of a statement nor below one

    def fill(db: Db) -> None:
        db.insert_rows("tags", "id, name", ((n, name) for n, name in enumerate(names, start=5)))

    project.transact("undo.test", fill)
    with project.read() as db:
        assert db.column("SELECT name FROM tags ORDER BY id") == names
        assert db.value("SELECT max(id) FROM tags") == len(names) + 4
    project.undo()
    with project.read() as db:
        assert db.value("SELECT count(*) FROM tags") == 0


def test_one_bad_row_among_many_takes_all_of_them_back(project_of: Make) -> None:
    project = project_of(1, [])
    rows = [(n, f"tag {n % 1500}") for n in range(1, 2000)]
    with pytest.raises(sqlite3.IntegrityError):
        project.transact("undo.test", lambda db: db.insert_rows("tags", "id, name", rows))
    with project.read() as db:
        assert db.value("SELECT count(*) FROM tags") == 0
