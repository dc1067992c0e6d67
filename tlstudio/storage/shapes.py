"""The annotations of one image, as the labelling page reads and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tlstudio.domain.annotations import Annotation
from tlstudio.storage.annotation_rows import annotation, record
from tlstudio.storage.connection import Db, listed

_COLUMNS = (
    "kind",
    "label_id",
    "z",
    "instance",
    "track",
    "crowd",
    "x",
    "y",
    "w",
    "h",
    "parts",
    "attributes",
    "source",
    "run",
    "confidence",
    "suggestion",
    "updated_at",
    "updated_by",
)
_UPDATE = (
    f"UPDATE annotations SET {', '.join(f'{name} = :{name}' for name in _COLUMNS)} WHERE id = :id"
)


def of_image(db: Db, image_id: int, ids: Iterable[str] | None = None) -> list[Annotation]:
    """Everything said of the image, suggestions too, lowest z first; or of that only `ids`.

    Ids that are not on the image are left out.
    """
    if ids is None:
        rows = db.all(
            "SELECT * FROM annotations WHERE image_id = ? ORDER BY z, id",
            (image_id,),
        )
    else:
        rows = db.all(
            # The plus keeps SQLite from walking through all shapes of the image instead.
            "SELECT * FROM annotations WHERE id IN (SELECT value FROM json_each(?))"
            " AND +image_id = ? ORDER BY z, id",
            # A shape that is still to be stored goes by another name than a number.
            (listed(int(i) for i in ids if i.isdecimal()), image_id),
        )
    return [annotation(row) for row in rows]


def size_and_state(db: Db, image_id: int) -> tuple[int, int, str] | None:
    """(width, height, state) of an image, None for an id nobody has."""
    row = db.execute("SELECT width, height, state FROM images WHERE id = ?", (image_id,)).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def top(db: Db, image_id: int) -> int:
    """The highest z on the image; 0 where there is nothing."""
    return int(db.value("SELECT max(z) FROM annotations WHERE image_id = ?", (image_id,)) or 0)


def holds_work(db: Db, image_id: int) -> bool:
    """Whether the image has an accepted annotation."""
    return bool(
        db.value(
            "SELECT EXISTS (SELECT 1 FROM annotations WHERE image_id = ? AND suggestion = 0)",
            (image_id,),
        )
    )


def update(db: Db, items: Sequence[Annotation]) -> None:
    """Write these annotations over the rows of their ids, changed now by the present author.

    Image, first author and time of making stay as they are.
    """
    rows = []
    for item in items:
        stamp = {"id": int(item.id), "updated_at": db.now, "updated_by": db.author}
        rows.append({**record(db, item), **stamp})
    db.many(_UPDATE, rows)
