"""The undo journal: what every edit changed, before and after, written by triggers.

Each journalled table T has a shadow table undo_T with the same columns and no affinity, so
values come back bit for bit (JSON would round floats). Triggers copy the old and the new row
there inside the edit's own transaction; no code path can forget to. A step is one transaction.
Steps lie on one line: undo goes back, redo forward, a new edit clears what could be redone.
A transaction that is not recorded (an import) but touched a journalled table leaves a
barrier, which undo never crosses.
"""

from __future__ import annotations

from sqlite_utils import Database

from tlstudio.domain.changes import Changes
from tlstudio.storage.connection import Db, Record, listed

JOURNALLED = (
    "sources",
    "groups",
    "images",
    "tags",
    "image_tags",
    "labels",
    "annotations",
    "mask_tiles",
    "style_pairs",
    "comments",
)

MOST_BYTES = 256 * 1024 * 1024
_ROW_BYTES = 64  # bookkeeping of one shadow row in its table and index

# Bulk work that is not recorded pays for its first row only.
_WANTED = "(SELECT recording = 1 OR touched = 0 FROM journal_state)"

_OF_IMAGES = (
    "SELECT i.id FROM images i JOIN undo_sources u ON u.id = i.source_id WHERE u.step = :step",
    "SELECT i.id FROM images i JOIN undo_groups u ON u.id = i.group_id WHERE u.step = :step",
    "SELECT id FROM undo_images WHERE step = :step",
    "SELECT image_id FROM undo_image_tags WHERE step = :step",
    "SELECT image_id FROM undo_annotations WHERE step = :step",
    "SELECT a.image_id FROM annotations a JOIN undo_mask_tiles u ON u.annotation_id = a.id"
    " WHERE u.step = :step",
    "SELECT content_image FROM undo_style_pairs WHERE step = :step",
    "SELECT style_image FROM undo_style_pairs WHERE step = :step",
    "SELECT image_id FROM undo_comments WHERE step = :step",
)


def install(database: Database) -> None:
    """(Re)make shadow tables and triggers from the tables as they are; the journal is emptied."""
    database.execute("DELETE FROM steps")
    database.execute("UPDATE journal_state SET bytes = 0")
    for table in JOURNALLED:
        columns = _columns(database, table)
        database.execute(f"DROP TABLE IF EXISTS undo_{table}")
        database.execute(
            f"CREATE TABLE undo_{table} (seq INTEGER PRIMARY KEY AUTOINCREMENT,"
            f" step INTEGER NOT NULL, side INTEGER NOT NULL, {', '.join(columns)})"
        )
        database.execute(f"CREATE INDEX undo_{table}_step ON undo_{table} (step, id)")
        changed = " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns)
        for event, sides, when in (
            ("INSERT", (1,), ""),
            ("DELETE", (0,), ""),
            ("UPDATE", (0, 1), f" AND ({changed})"),
        ):
            name = f"journal_{table}_{event.lower()}"
            database.execute(f"DROP TRIGGER IF EXISTS {name}")
            copies = "".join(_copy(table, columns, side) for side in sides)
            database.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} WHEN {_WANTED}{when} BEGIN"
                f" UPDATE journal_state SET touched = 1 WHERE touched = 0;{copies} END"
            )


def _copy(table: str, columns: list[str], side: int) -> str:
    row = ", ".join(f"{'NEW' if side else 'OLD'}.{c}" for c in columns)
    return (
        f" INSERT INTO undo_{table} (step, side, {', '.join(columns)})"
        f" SELECT step, {side}, {row} FROM journal_state WHERE recording = 1;"
    )


def _columns(database: Database, table: str) -> list[str]:
    return [column.name for column in database.table(table).columns]


def begin(db: Db, undo_code: str, *, undoable: bool, joining: int | None = None) -> int:
    """Start a step inside the open transaction; from here on triggers record, if undoable.

    `joining`: go on with the last step instead, if that touched this image.
    """
    step = None if joining is None else _last_of(db, joining)
    if step is not None:
        db.execute("UPDATE journal_state SET step = ?, recording = 1, touched = 0", (step,))
        return step
    step = db.execute(  # not db.insert: every edit comes by here, and it costs ten times as much
        "INSERT INTO steps (undo_code, author, made_at) VALUES (?, ?, ?)",
        (undo_code, db.author, db.now),
    ).lastrowid
    db.execute(
        "UPDATE journal_state SET step = ?, recording = ?, touched = 0", (step, int(undoable))
    )
    return int(step or 0)


def finish(db: Db, step: int, *, undoable: bool) -> Changes | None:
    """End the step; its Changes, or None where no journalled table was touched.

    An edit clears what could be redone; a touch that was not recorded leaves a barrier.
    """
    touched = db.value("SELECT touched FROM journal_state")
    db.execute("UPDATE journal_state SET step = NULL, recording = 0, touched = 0")
    if not touched:
        db.execute("DELETE FROM steps WHERE id = ? AND bytes = 0", (step,))
        return None
    _drop(db, db.column("SELECT id FROM steps WHERE undone = 1"))
    if not undoable:
        db.execute("UPDATE steps SET barrier = 1 WHERE id = ?", (step,))
        return Changes(everything=True)
    size, before = _bytes(db, step), db.value("SELECT bytes FROM steps WHERE id = ?", (step,))
    db.execute("UPDATE steps SET bytes = ? WHERE id = ?", (size, step))
    db.execute("UPDATE journal_state SET bytes = bytes + ?", (size - before,))
    _prune(db)
    return _changes(db, step)


def _last_of(db: Db, image: int) -> int | None:
    """The step that undo would take back, if it touched this image."""
    last = undo_step(db)
    if last is None or image not in images_of(db, last["id"]):
        return None
    return int(last["id"])


def _bytes(db: Db, step: int) -> int:
    """About how much room the step takes."""
    total = 0
    for table in _touched(db, step):
        columns = _columns(db.database, table)
        length = " + ".join(f"coalesce(length(CAST({c} AS BLOB)), 1)" for c in columns)
        total += db.value(
            f"SELECT coalesce(sum({_ROW_BYTES} + {length}), 0) FROM undo_{table} WHERE step = ?",
            (step,),
        )
    return total


def _touched(db: Db, step: int) -> list[str]:
    """The tables that the step has changed."""
    asked = ", ".join(
        f"EXISTS (SELECT 1 FROM undo_{table} WHERE step = :step)" for table in JOURNALLED
    )
    (answers,) = db.execute(f"SELECT {asked}", {"step": step})
    return [table for table, answer in zip(JOURNALLED, answers, strict=True) if answer]


def _prune(db: Db) -> None:
    """Forget the oldest steps beyond MOST_BYTES; the newest always stays."""
    excess = db.value("SELECT bytes FROM journal_state") - MOST_BYTES
    if excess <= 0:
        return
    dropped = []
    newest = db.value("SELECT max(id) FROM steps")
    for step, size in db.execute("SELECT id, bytes FROM steps WHERE id < ? ORDER BY id", (newest,)):
        if excess <= 0:
            break
        dropped.append(step)
        excess -= size
    _drop(db, dropped)


def _drop(db: Db, steps: list[int]) -> None:
    if not steps:
        return
    going = listed(steps)
    chosen = "IN (SELECT value FROM json_each(?))"
    for table in JOURNALLED:
        db.execute(f"DELETE FROM undo_{table} WHERE step {chosen}", (going,))
    freed = db.value(f"SELECT sum(bytes) FROM steps WHERE id {chosen}", (going,))
    db.execute("UPDATE journal_state SET bytes = bytes - ?", (freed,))
    db.execute(f"DELETE FROM steps WHERE id {chosen}", (going,))


def undo_step(db: Db) -> Record | None:
    """The step that undo would take back, None at the start or behind a barrier."""
    step = db.one("SELECT * FROM steps WHERE undone = 0 ORDER BY id DESC LIMIT 1")
    return None if step is None or step["barrier"] else step


def redo_step(db: Db) -> Record | None:
    """The step that redo would bring back."""
    return db.one("SELECT * FROM steps WHERE undone = 1 ORDER BY id LIMIT 1")


def mark(db: Db) -> tuple[int, int]:
    """Equal at two moments only if every journalled row is as it was; the transaction's own
    step does not count."""
    row = db.execute(
        "SELECT id, bytes FROM steps WHERE undone = 0"
        " AND id IS NOT (SELECT step FROM journal_state) ORDER BY id DESC LIMIT 1"
    ).fetchone()
    return (0, 0) if row is None else (row[0], row[1])


def newest(db: Db, limit: int) -> list[Record]:
    """The last steps, the newest first; barriers are none."""
    return db.all("SELECT * FROM steps WHERE barrier = 0 ORDER BY id DESC LIMIT ?", (limit,))


def undo(db: Db) -> Changes | None:
    """Take the last step back; None where there is none. Foreign keys must be off."""
    return _move(db, undo_step(db), back=True)


def redo(db: Db) -> Changes | None:
    """Bring the last undone step back; None where there is none. Foreign keys must be off."""
    return _move(db, redo_step(db), back=False)


def _move(db: Db, step: Record | None, *, back: bool) -> Changes | None:
    if step is None:
        return None
    changes = _changes(db, step["id"])
    for table in _touched(db, step["id"]):
        _restore(db, table, step["id"], back=back)
    changes |= _changes(db, step["id"])
    db.execute("UPDATE steps SET undone = ? WHERE id = ?", (int(back), step["id"]))
    db.execute("DELETE FROM missing_sources WHERE source_id NOT IN (SELECT id FROM sources)")
    db.execute("DELETE FROM drafts WHERE image_id NOT IN (SELECT id FROM images)")
    return changes


def _restore(db: Db, table: str, step: int, *, back: bool) -> None:
    """Put every row the step touched as it was before its first (after its last) record.

    A row whose first record is an "after" did not exist before; one whose last record is a
    "before" does not exist after. SQLite takes `side` from the row that min or max chose.
    """
    columns = ", ".join(_columns(db.database, table))
    end, side = ("min", 0) if back else ("max", 1)
    db.execute(
        f"DELETE FROM {table} WHERE id IN (SELECT id FROM undo_{table} WHERE step = ?)", (step,)
    )
    db.execute(
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM undo_{table} WHERE seq IN"
        f" (SELECT seq FROM (SELECT {end}(seq) AS seq, side FROM undo_{table} WHERE step = ?"
        f" GROUP BY id) WHERE side = {side})",
        (step,),
    )


def images_of(db: Db, step: int) -> list[int]:
    """The images that the step touched, by id."""
    return db.column(" UNION ".join(_OF_IMAGES), {"step": step})


def _changes(db: Db, step: int) -> Changes:
    """The ids that the step touched, for the models that show them."""
    labels = frozenset(db.column("SELECT id FROM undo_labels WHERE step = ?", (step,)))
    annotations = db.column(
        "SELECT id FROM undo_annotations WHERE step = :step"
        " UNION SELECT annotation_id FROM undo_mask_tiles WHERE step = :step",
        {"step": step},
    )
    return Changes(
        images=frozenset(images_of(db, step)),
        labels=labels,
        undo_code=db.value("SELECT undo_code FROM steps WHERE id = ?", (step,)),
        annotations=frozenset(map(str, annotations)),
    )
