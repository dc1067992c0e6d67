"""Labels: ids are stable, names are unique within the project."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import Label, LabelRole, colour_for
from tlstudio.storage import filters
from tlstudio.storage.connection import Db, Record, listed

_MOST_LETTERS = 200
_IN = "(SELECT value FROM json_each(?))"


def all_labels(db: Db) -> list[Label]:
    """All labels in the order people see."""
    return [_label(row) for row in db.rows("labels", order_by="position, id")]


def _label(row: Record) -> Label:
    return Label(
        id=row["id"],
        name=row["name"],
        colour=row["colour"],
        position=row["position"],
        parent=row["parent"],
        role=LabelRole(row["role"]),
        exclusive_set=row["exclusive_set"],
    )


def clean_name(name: str) -> str:
    """The name without space around it. UserError for an empty, endless or many-lined one."""
    cleaned = name.strip()
    if not cleaned:
        raise UserError("project.label_empty")
    if len(cleaned) > _MOST_LETTERS or any(ord(letter) < 32 for letter in cleaned):
        raise UserError("project.label_name", name=cleaned[:40], most=_MOST_LETTERS)
    return cleaned


def add(
    db: Db,
    names: Iterable[str],
    *,
    role: LabelRole = LabelRole.NORMAL,
    exclusive_set: str = "default",
) -> list[int]:
    """Add labels after those there are; their ids, in order.

    Raises UserError("project.label_exists") for a name that is taken.
    """
    position = int(db.value("SELECT coalesce(max(position) + 1, 0) FROM labels"))
    ids: list[int] = []
    for offset, name in enumerate(names):
        cleaned = clean_name(name)
        _refuse_taken(db, cleaned)
        ids.append(
            db.insert(
                "labels",
                {
                    "name": cleaned,
                    "colour": colour_for(position + offset),
                    "position": position + offset,
                    "role": role.value,
                    "exclusive_set": exclusive_set,
                    "created_at": db.now,
                    "created_by": db.author,
                    "changed_at": db.now,
                    "changed_by": db.author,
                },
            )
        )
    return ids


def ensure(db: Db, names: Iterable[str]) -> dict[str, int]:
    """The ids of labels of these names, by the names given; what is missing is added."""
    known: dict[str, int] = dict(db.execute("SELECT name, id FROM labels"))
    found: dict[str, int] = {}
    for name in names:
        cleaned = clean_name(name)
        if cleaned not in known:
            known[cleaned] = add(db, [cleaned])[0]
        found[name] = known[cleaned]
    return found


def rename(db: Db, label_id: int, name: str) -> None:
    """Give a label another name; everything labelled with it stays so."""
    cleaned = clean_name(name)
    if by_id(db, label_id).name == cleaned:
        return
    _refuse_taken(db, cleaned)
    _update(db, label_id, "name", cleaned)


def set_colour(db: Db, label_id: int, colour: str) -> None:
    """`colour` as #RRGGBB."""
    by_id(db, label_id)
    _update(db, label_id, "colour", colour)


def set_role(db: Db, label_id: int, role: LabelRole) -> None:
    by_id(db, label_id)
    _update(db, label_id, "role", role.value)


def _update(db: Db, label_id: int, column: str, value: object) -> None:
    db.execute(
        f"UPDATE labels SET {column} = :value, changed_at = :now, changed_by = :author"
        f" WHERE id = :id AND {column} IS NOT :value",
        {"value": value, "now": db.now, "author": db.author, "id": label_id},
    )


def set_order(db: Db, ids: Iterable[int]) -> None:
    """Put the labels into this order."""
    for position, label_id in enumerate(ids):
        _update(db, label_id, "position", position)


def merge(db: Db, from_ids: Iterable[int], into_id: int) -> None:
    """Move everything labelled with `from_ids` to `into_id` and delete those labels.

    An image that carried both keeps one image label. Saved filters follow. The label that is left
    counts as changed, so that the journal holds which one it was, also where nothing moved.
    """
    by_id(db, into_id)
    going = [label_id for label_id in from_ids if label_id != into_id]
    for label_id in going:
        by_id(db, label_id)
        db.execute(
            "DELETE FROM annotations WHERE label_id = ? AND kind = 'image_label' AND EXISTS"
            " (SELECT 1 FROM annotations b WHERE b.image_id = annotations.image_id"
            " AND b.label_id = ? AND b.kind = 'image_label'"
            " AND b.suggestion = annotations.suggestion)",
            (label_id, into_id),
        )
        db.execute(
            "UPDATE annotations SET label_id = ?, updated_at = ?, updated_by = ?"
            " WHERE label_id = ?",
            (into_id, db.now, db.author, label_id),
        )
    db.execute(f"DELETE FROM labels WHERE id IN {_IN}", (listed(going),))
    if going:
        db.execute(
            "UPDATE labels SET changed_at = ?, changed_by = ? WHERE id = ?",
            (db.now, db.author, into_id),
        )
    filters.follow_merge(db, going, into_id)


def last_merge(db: Db) -> frozenset[tuple[int, int]]:
    """Pairs of a label that has gone and the one it became, of the newest merge in force.

    None of a merge that an earlier version made.
    """
    step = db.value(
        "SELECT max(id) FROM steps WHERE undo_code = 'undo.merge_labels' AND undone = 0"
    )
    into = db.value(  # what was below a label that has gone is in the step too, but not as changed
        "SELECT id FROM undo_labels old JOIN undo_labels new USING (step, id) WHERE step = ?"
        " AND old.side = 0 AND new.side = 1 AND new.changed_at IS NOT old.changed_at",
        (step,),
    )
    gone = db.column(  # SQLite takes `side` from the row that max chose
        "SELECT id FROM (SELECT id, side, max(seq) FROM undo_labels WHERE step = ? GROUP BY id)"
        " WHERE side = 0",
        (step,),
    )
    return frozenset((label, into) for label in gone if into is not None)


def delete(db: Db, ids: Iterable[int]) -> None:
    """Delete labels with their annotations.

    Images that lose their last accepted annotation by this become unlabelled: they were
    never looked at as negatives.
    """
    wanted = listed(ids)
    affected = db.column(
        f"SELECT DISTINCT image_id FROM annotations WHERE suggestion = 0 AND label_id IN {_IN}",
        (wanted,),
    )
    db.execute(f"DELETE FROM annotations WHERE label_id IN {_IN}", (wanted,))
    db.execute(f"DELETE FROM labels WHERE id IN {_IN}", (wanted,))
    unlabel_empty(db, affected)


def unused(db: Db, ids: Iterable[int]) -> list[int]:
    """Those of these labels that are as they were made: no annotation, accepted or suggested, has
    them, no other label is below them, and nobody has changed them."""
    return db.column(
        f"SELECT id FROM labels WHERE id IN {_IN} AND changed_at = created_at"
        " AND NOT EXISTS (SELECT 1 FROM annotations a WHERE a.label_id = labels.id)"
        " AND NOT EXISTS (SELECT 1 FROM labels below WHERE below.parent = labels.id)",
        (listed(ids),),
    )


def unlabel_empty(db: Db, image_ids: Iterable[int]) -> None:
    """Set the state of those of these images that have no accepted annotation to unlabelled."""
    db.execute(
        "UPDATE images SET state = 'unlabelled', changed_at = ?, changed_by = ?"
        f" WHERE id IN {_IN} AND state IS NOT 'unlabelled' AND NOT EXISTS"
        " (SELECT 1 FROM annotations a WHERE a.image_id = images.id AND a.suggestion = 0)",
        (db.now, db.author, listed(image_ids)),
    )


def usage(db: Db) -> dict[int, int]:
    """How many accepted annotations each label has; every label is in it."""
    return {
        row[0]: row[1]
        for row in db.execute(
            "SELECT l.id, count(a.id) FROM labels l LEFT JOIN annotations a"
            " ON a.label_id = l.id AND a.suggestion = 0 GROUP BY l.id ORDER BY l.position, l.id"
        )
    }


def images_per_label(db: Db) -> dict[int, int]:
    """On how many images each label is used; every label is in it."""
    return {
        row[0]: row[1]
        for row in db.execute(
            "SELECT l.id, count(DISTINCT a.image_id) FROM labels l LEFT JOIN annotations a"
            " ON a.label_id = l.id AND a.suggestion = 0 GROUP BY l.id ORDER BY l.position, l.id"
        )
    }


def by_id(db: Db, label_id: int) -> Label:
    """The label. Raises UserError("project.no_label")."""
    row = db.one("SELECT * FROM labels WHERE id = ?", (label_id,))
    if row is None:
        raise UserError("project.no_label", name=label_id)
    return _label(row)


def by_name(db: Db, name: str) -> Label:
    """The label. Raises UserError("project.no_label")."""
    row = db.one("SELECT * FROM labels WHERE name = ?", (name.strip(),))
    if row is None:
        raise UserError("project.no_label", name=name)
    return _label(row)


def _refuse_taken(db: Db, name: str) -> None:
    if db.value("SELECT 1 FROM labels WHERE name = ?", (name,)):
        raise UserError("project.label_exists", name=name)
