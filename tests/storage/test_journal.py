"""Undo brings back every bit, whatever an edit touched, and never half of anything."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.images import Split
from tlstudio.storage import annotations as store
from tlstudio.storage import comments, images, journal, labels, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project

Make = Callable[..., Project]


def content(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    """Every journalled row as it is stored, types included."""
    with project.read() as db:
        return {
            table: [
                tuple((type(value), value) for value in row)
                for row in db.execute(f"SELECT * FROM {table} ORDER BY id")
            ]
            for table in journal.JOURNALLED
        }


def steps(project: Project) -> int:
    with project.read() as db:
        return int(db.value("SELECT count(*) FROM steps WHERE barrier = 0"))


def test_undo_and_redo_restore_rows_bit_for_bit(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    before = content(project)
    third, tiny = 1 / 3, 5e-324

    def edit(db: Db) -> None:
        box = Box(id="", image=1, label=1, x=third, y=0.1 + 0.2, w=1e300, h=tiny)
        hole = (((0.1, third), (4.5, 1.0), (2.0, 7.7)), ((1.0, 1.0), (2.0, 1.0), (1.5, 2.0)))
        mask = Mask(id="", image=2, label=1, x=0, y=0, w=700, h=20, attributes={"é": [1, None]})
        *_, last = store.add(db, [box, Polygon(id="", image=1, label=1, parts=(hole,)), mask])
        tiles.put_tiles(db, last, {(0, 0): b"\x00\xff" * 50, (1, 0): b""})

    project.transact("undo.test", edit)
    after = content(project)
    assert after != before
    assert project.undo() is not None
    assert content(project) == before
    assert project.redo() is not None
    assert content(project) == after
    with project.read() as db:
        box, _ = store.of_images(db, [1])[1]
        assert isinstance(box, Box)
        assert (box.x, box.y, box.w, box.h) == (third, 0.1 + 0.2, 1e300, tiny)


def test_a_deletion_that_cascades_is_undone_whole(project_of: Make) -> None:
    project = project_of(3, ["cell", "dirt"])

    def fill(db: Db) -> None:
        store.set_image_label(db, [1, 2, 3], 1)
        (mask,) = store.add(db, [Mask(id="", image=1, label=1, x=0, y=0, w=9, h=9)])
        tiles.put_tiles(db, mask, {(0, 0): b"pixels"})
        images.set_tags(db, [1, 2], add=["odd"])
        images.set_group(db, [1], "patient 7")

    project.transact("undo.fill", fill)
    before = content(project)
    changes = project.transact("undo.delete_images", lambda db: images.delete_images(db, [1, 2]))
    assert changes.images == {1, 2}
    assert not content(project)["mask_tiles"]
    undone = project.undo()
    assert undone is not None
    assert undone.images == {1, 2}
    assert content(project) == before


def test_random_writes_to_every_journalled_table_are_undone(project_of: Make) -> None:
    """Straight SQL, past all repositories: no code path can escape the journal."""
    project = project_of(6, ["a", "b", "c"])

    def seed(db: Db) -> None:
        store.set_image_label(db, [1, 2, 3], 1)
        images.set_group(db, [1, 2], "g")
        images.set_tags(db, [1, 2, 3], add=["t", "u"])
        (mask,) = store.add(db, [Mask(id="", image=4, label=2, x=0, y=0, w=9, h=9)])
        tiles.put_tiles(db, mask, {(n, 0): bytes([n]) for n in range(4)})
        db.execute(
            "INSERT INTO style_pairs (content_image, style_image, created_at) VALUES (1, 2, '')"
        )
        comments.add(db, [1, 2, 5], "why?")

    project.transact("undo.seed", seed)
    rng = random.Random(3)
    texts = {
        "sources": "original",
        "groups": "kind",
        "images": "mode",
        "tags": "name",
        "image_tags": "tag_id",
        "labels": "colour",
        "annotations": "track",
        "mask_tiles": "data",
        "style_pairs": "created_by",
        "comments": "text",
    }
    assert set(texts) == set(journal.JOURNALLED)
    history = [content(project)]
    for number in range(40):

        def edit(db: Db, number: int = number) -> None:
            for table in rng.sample(sorted(texts), 3):
                ids = db.column(f"SELECT id FROM {table}")
                column = texts[table]
                if ids and rng.random() < 0.25:
                    db.execute(f"DELETE FROM {table} WHERE id = ?", (rng.choice(ids),))
                elif ids and column not in ("tag_id", "data"):
                    row = rng.choice(ids)
                    value = f"{number} {row}"
                    for _ in range(rng.randint(1, 3)):
                        db.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (value, row))
                        value += "."
                elif ids and column == "data":
                    db.execute("UPDATE mask_tiles SET data = ?", (rng.randbytes(8),))

        project.transact("undo.random", edit)
        if (now := content(project)) != history[-1]:
            history.append(now)
    assert len(history) > 20
    for wanted in reversed(history[:-1]):
        project.undo()
        assert content(project) == wanted
    for wanted in history[1:]:
        project.redo()
        assert content(project) == wanted
    with project.read() as db:
        assert db.all("PRAGMA foreign_key_check") == []


def test_names_swapped_within_one_step_are_swapped_back(project_of: Make) -> None:
    project = project_of(0, ["left", "right"])

    def swap(db: Db) -> None:
        for label, name in ((1, "tmp"), (2, "left"), (1, "right")):
            labels.rename(db, label, name)

    before = content(project)
    project.transact("undo.swap", swap)
    project.undo()
    assert content(project) == before


def test_two_hundred_steps_and_more_survive_reopening(project_of: Make) -> None:
    project = project_of(1, ["a", "b"])
    for number in range(230):
        label = 1 + number % 2
        project.transact("undo.x", lambda db, label=label: store.set_image_label(db, [1], label))
    project.close()
    with Project.open(project.folder) as again:
        count = 0
        while again.undo():
            count += 1
        assert count == 230
        while again.redo():
            count -= 1
        assert count == 0


def test_a_new_edit_clears_what_could_be_redone(project_of: Make) -> None:
    project = project_of(2, ["a"])
    project.transact("undo.one", lambda db: images.set_split(db, [1], Split.VAL))
    project.undo()
    project.transact("undo.two", lambda db: images.set_split(db, [2], Split.TEST))
    assert project.redo() is None
    project.undo()
    assert project.undo() is None


def test_undo_never_crosses_an_import(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.transact("undo.before", lambda db: store.set_image_label(db, [1], 1))
    project.transact("undo.import", lambda db: labels.add(db, ["from the import"]), undoable=False)
    imported = content(project)
    assert project.undo() is None
    project.transact("undo.after", lambda db: images.set_split(db, [1], Split.VAL))
    assert project.undo() is not None
    assert project.undo() is None
    assert content(project) == imported


def test_an_import_clears_what_could_be_redone(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.transact("undo.before", lambda db: images.set_split(db, [1], Split.VAL))
    project.undo()
    project.transact("undo.import", lambda db: labels.add(db, ["b"]), undoable=False)
    assert project.redo() is None


def test_records_outside_the_journal_leave_undo_alone(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.transact("undo.edit", lambda db: images.set_split(db, [1], Split.VAL))
    project.transact("undo.note", lambda db: images.set_missing(db, [1], True), undoable=False)
    changes = project.undo()
    assert changes is not None
    assert changes.undo_code == "undo.edit"
    project.transact("undo.note", lambda db: images.set_missing(db, [1], False), undoable=False)
    assert project.redo() is not None


def test_an_edit_that_changes_nothing_is_no_step(project_of: Make) -> None:
    project = project_of(1, ["a"])
    project.transact("undo.one", lambda db: images.set_split(db, [1], Split.VAL))
    changes = project.transact("undo.same", lambda db: images.set_split(db, [1], Split.VAL))
    assert not changes.images
    project.transact("undo.same", lambda db: db.execute("UPDATE images SET split = split"))
    assert steps(project) == 1


def test_a_failed_edit_leaves_neither_rows_nor_a_step(project_of: Make) -> None:
    project = project_of(1, ["a"])
    before = content(project)

    def fail(db: Db) -> None:
        store.set_image_label(db, [1], 1)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        project.transact("undo.fail", fail)
    assert content(project) == before
    assert steps(project) == 0
    project.transact("undo.fine", lambda db: store.set_image_label(db, [1], 1))
    assert project.undo() is not None


def test_old_steps_go_when_the_journal_is_too_large(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_of(1, ["a", "b"])
    empty = Mask(id="", image=1, label=1, x=0, y=0, w=9, h=9)
    project.transact("undo.mask", lambda db: store.add(db, [empty]), undoable=False)
    mask = "1"
    monkeypatch.setattr(journal, "MOST_BYTES", 50_000)
    for number in range(20):
        pixels = bytes([number]) * 10_000
        project.transact("undo.paint", lambda db, p=pixels: tiles.put_tiles(db, mask, {(0, 0): p}))
    with project.read() as db:
        total = db.value("SELECT sum(bytes) FROM steps")
        counted = db.value("SELECT bytes FROM journal_state")
        kept = db.value("SELECT count(*) FROM steps")
        rows = db.value("SELECT count(DISTINCT step) FROM undo_mask_tiles")
    assert counted == total <= 50_000
    assert rows == kept == 2
    assert project.undo() is not None
    with project.read() as db:
        assert tiles.tiles(db, mask) == {(0, 0): bytes([18]) * 10_000}


def test_a_single_step_larger_than_the_limit_can_still_be_undone(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 10)
    project = project_of(50, ["a"])
    project.transact("undo.one", lambda db: store.set_image_label(db, range(1, 51), 1))
    changes = project.undo()
    assert changes is not None
    assert len(changes.images) == 50


def test_an_edit_can_join_the_step_before_if_that_was_about_the_same_image(
    project_of: Make,
) -> None:
    project = project_of(2, ["a"])
    before = content(project)

    def tag(name: str) -> Callable[[Db], None]:
        return lambda db: images.set_tags(db, [1], add=[name])

    project.transact("undo.one", tag("x"))
    changes = project.transact("undo.more", tag("y"), joining=1)
    assert (changes.images, changes.undo_code) == ({1}, "undo.one")
    project.transact("undo.same", tag("y"), joining=1)
    project.transact("undo.elsewhere", tag("z"), joining=2)
    assert steps(project) == 2
    with project.read() as db:
        assert db.value("SELECT sum(bytes) FROM steps") == db.value(
            "SELECT bytes FROM journal_state"
        )
    after = content(project)
    project.undo()
    project.undo()
    assert content(project) == before
    project.redo()
    project.redo()
    assert content(project) == after
