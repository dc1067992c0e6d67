"""sqlite-utils under Db keeps our transactions, our tables and our journal as they are."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tlstudio.domain.annotations import Box, ImageLabel, Mask, Provenance
from tlstudio.domain.images import ImageQuery
from tlstudio.storage import annotations, images, labels, paths, schema, tiles
from tlstudio.storage.connection import Db, connect, transaction
from tlstudio.storage.project import Project

Make = Callable[..., Project]


def label(number: int) -> dict[str, object]:
    at = {"created_at": "t", "changed_at": "t"}
    return {"name": f"label {number}", "colour": "#000000", "position": number, **at}


def pair(first: int, second: int) -> dict[str, object]:
    return {"content_image": first, "style_image": second, "created_at": "t"}


WRITES: dict[str, Callable[[Db], object]] = {
    "insert": lambda db: db.insert("labels", label(1)),
    "insert_all": lambda db: db.insert_all("labels", [label(n) for n in range(500)]),
    "upsert_all": lambda db: db.table("tags").upsert_all([{"id": 1, "name": "a"}], pk="id"),
    "execute": lambda db: db.execute("INSERT INTO tags (name) VALUES ('a')"),
    "many": lambda db: db.many("INSERT INTO tags (name) VALUES (?)", [("a",), ("b",)]),
    "query": lambda db: db.all("INSERT INTO tags (name) VALUES ('a') RETURNING id"),
    "rows": lambda db: list(db.rows("labels", order_by="id")),
    "count": lambda db: db.table("labels").count,
    "delete_where": lambda db: db.table("images").delete_where(),
    "script": lambda db: db.database.executescript("DELETE FROM images; DELETE FROM sources;"),
}


def dump(project: Project) -> str:
    """All that is stored."""
    with project.read() as db:
        return "\n".join(db.database.conn.iterdump())


@pytest.mark.parametrize("name", WRITES)
def test_an_exception_takes_back_what_went_through_db(project_of: Make, name: str) -> None:
    """Fails where a call of sqlite-utils commits: the rest would be left on the disk."""
    project = project_of(2, ["a"])
    before = dump(project)

    def edit(db: Db) -> None:
        db.execute("UPDATE images SET name = 'changed'")
        WRITES[name](db)
        assert db.database.conn.in_transaction
        raise LookupError

    with pytest.raises(LookupError):
        project.transact("undo.x", edit)
    assert dump(project) == before


def test_a_write_inside_is_one_step_of_undo(project_of: Make) -> None:
    project = project_of(2)
    before = dump(project)

    def edit(db: Db) -> None:
        db.insert_all("tags", [{"name": f"tag {number}"} for number in range(300)])
        db.insert("labels", label(1))

    project.transact("undo.x", edit)
    assert project.undo() is not None
    with project.read() as db:
        assert (db.table("tags").count, db.table("labels").count) == (0, 0)
    assert project.undo() is None
    assert dump(project) != before, "the step can be redone"


def test_a_refused_row_takes_nothing_else_with_it(project_of: Make) -> None:
    """A savepoint of sqlite-utils that rolls back leaves the rest of the transaction open."""
    project = project_of(2, ["a"])

    def edit(db: Db) -> None:
        db.insert("style_pairs", pair(1, 2))
        with pytest.raises(sqlite3.IntegrityError):
            db.insert_all("style_pairs", [pair(2, 1), pair(1, 2)])
        with pytest.raises(ValueError, match="returns rows"):
            db.all("DELETE FROM images")
        assert db.database.conn.in_transaction

    project.transact("undo.x", edit)
    with project.read() as db:
        rows = list(db.rows("style_pairs", order_by="id"))
        assert [(row["content_image"], row["style_image"]) for row in rows] == [(1, 2)]
        assert db.table("images").count == 2


def test_no_table_and_no_column_is_made_by_an_insert(project_of: Make) -> None:
    project = project_of()
    with project.read() as db:
        before = db.database.schema
    with pytest.raises(ValueError, match="lables"):
        project.transact("undo.x", lambda db: db.insert("lables", {"name": "a"}))
    with pytest.raises(sqlite3.OperationalError, match="colour"):
        project.transact("undo.x", lambda db: db.insert("tags", {"name": "a", "colour": "red"}))
    with project.read() as db:
        assert db.database.schema == before
        with pytest.raises(ValueError, match="lables"):
            list(db.rows("lables", order_by="id"))


def test_undo_brings_back_what_a_replace_took_away(project_of: Make) -> None:
    """Without recursive triggers SQLite deletes the replaced row behind the journal's back."""
    project = project_of()
    project.transact("undo.x", lambda db: db.execute("INSERT INTO tags (name) VALUES ('old')"))
    project.transact(
        "undo.y", lambda db: db.execute("INSERT OR REPLACE INTO tags (id, name) VALUES (1, 'new')")
    )
    project.undo()
    with project.read() as db:
        assert db.column("SELECT name FROM tags") == ["old"]


def test_a_transaction_lost_halfway_is_never_called_saved(project_of: Make) -> None:
    """Database.commit() would be silent about it."""
    folder = project_of().folder
    with (
        connect(paths.database(folder)) as database,
        pytest.raises(sqlite3.OperationalError, match="no transaction"),
        transaction(database),
    ):
        database.execute("ROLLBACK")


def test_the_same_label_twice_in_one_call_is_stored_once(project_of: Make) -> None:
    project = project_of(2, ["a"])
    one = ImageLabel(id="", image=1, label=1)
    asked = ImageLabel(id="", image=1, label=1, provenance=Provenance(suggestion=True, run="r0001"))
    other = ImageLabel(id="", image=1, label=1, provenance=Provenance(suggestion=True, run="r0002"))
    box = Box(id="", image=1, label=1, x=1, y=1, w=2, h=2)
    found: list[str] = []

    def edit(db: Db) -> None:
        found.extend(annotations.add(db, [one, box, one, asked, box, other, asked]))
        found.extend(annotations.add(db, [asked, one]))
        annotations.delete(db, found[4:5])
        found.extend(annotations.add(db, [box]))

    project.transact("undo.x", edit)
    ids = [int(item) for item in found]
    first = ids[0]
    assert [item - first for item in ids] == [0, 1, 0, 2, 3, 4, 2, 2, 0, 5]


def test_groups_are_made_once_and_found_again(project_of: Make) -> None:
    project = project_of(4)

    def edit(db: Db) -> None:
        images.set_groups(db, {1: "b", 2: "a", 3: "b", 4: None})
        images.set_group(db, [4], "a")

    project.transact("undo.x", edit)
    with project.read() as db:
        assert [row.group for row in images.rows(db, [1, 2, 3, 4])] == ["b", "a", "b", "a"]
        assert db.table("groups").count == 2


def test_a_tile_put_again_is_replaced_in_its_own_row(project_of: Make) -> None:
    project = project_of(1, ["a"])

    def edit(db: Db) -> None:
        (mask,) = annotations.add(db, [Mask(id="", image=1, label=1, x=0, y=0, w=9, h=9)])
        tiles.put_tiles(db, mask, {(0, 0): b"old", (1, 0): b"kept"})
        kept = db.column("SELECT id FROM mask_tiles ORDER BY id")
        tiles.put_tiles(db, mask, {(0, 0): b"new"})
        assert db.column("SELECT id FROM mask_tiles ORDER BY id") == kept
        assert tiles.tiles(db, mask) == {(0, 0): b"new", (1, 0): b"kept"}

    project.transact("undo.x", edit)


def test_a_broken_migration_script_is_refused_whole(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project_of(1, ["a"]).folder
    with connect(paths.database(folder)) as database:
        monkeypatch.setattr(schema, "MIGRATIONS", ("", "DELETE FROM images; CREATE TABLE x (a"))
        monkeypatch.setattr(schema, "VERSION", 2)
        with pytest.raises(sqlite3.OperationalError, match="incomplete input"):
            schema.upgrade(database, 1)
        assert database.table("images").count == 1
        assert database.execute("PRAGMA foreign_keys").fetchone()[0] == 1
        assert labels.all_labels(Db(database))


@pytest.mark.parametrize("descending", [False, True])
def test_sorts_done_in_python_are_those_of_sql(project_of: Make, descending: bool) -> None:
    project = project_of(60, ["z", "b", "a"])
    rng = random.Random(3)

    def edit(db: Db) -> None:
        names = ["A", "a", "b10", "b9", "é", "Z", None]  # A and a have one place
        images.set_groups(db, {image: rng.choice(names) for image in range(1, 50)})
        for image in range(1, 55):
            for chosen in rng.sample([1, 2, 3], rng.randint(0, 3)):
                annotations.set_image_label(db, [image], chosen, exclusive=False)
        labels.set_order(db, [2, 3, 1])

    project.transact("undo.x", edit)
    first = (
        "(SELECT min(l.position) FROM annotations a JOIN labels l ON l.id = a.label_id"
        " WHERE a.image_id = i.id)"
    )
    orders = {"group": ("g.sort_name", "i.sort_name, i.id"), "label": (first, "i.id")}
    with project.read() as db:
        for sort, (by, then) in orders.items():
            asked = "SELECT i.id FROM images i LEFT JOIN groups g ON g.id = i.group_id WHERE {}"
            known = db.column(f"{asked.format(f'{by} IS NOT NULL')} ORDER BY {by}, {then}")
            # What there is nothing to order by comes last, whichever way the order goes.
            without = db.column(f"{asked.format(f'{by} IS NULL')} ORDER BY {then}")
            query = ImageQuery(sort=sort, descending=descending)
            expected = (known[::-1] if descending else known) + without
            assert known and without
            assert images.query_ids(db, query) == expected, sort


def test_the_window_starts_without_sqlite_utils() -> None:
    """Its import takes about 0.2 s, numpy included."""
    code = (
        "import sys, tlstudio.ui.app, tlstudio.services.preferences, tlstudio.services.settings\n"
        "import tlstudio.storage.settings\n"
        "print(sorted({'sqlite_utils', 'sqlite3', 'tlstudio.storage.connection'} & {*sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
