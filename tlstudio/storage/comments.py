"""What people say about images, and whom images are given to."""

from __future__ import annotations

from collections.abc import Iterable

from tlstudio.domain.images import ImageState
from tlstudio.domain.review import Comment
from tlstudio.storage.connection import Db, listed

_IN = "(SELECT value FROM json_each(?))"


def add(db: Db, image_ids: Iterable[int], text: str, state: ImageState | None = None) -> None:
    """Put the comment beside each of these images; ids of no image are passed over."""
    db.execute(
        "INSERT INTO comments (image_id, author, made_at, text, state)"
        f" SELECT id, ?, ?, ?, ? FROM images WHERE id IN {_IN}",
        (db.author, db.now, text, state and state.value, listed(image_ids)),
    )


def of_image(db: Db, image_id: int) -> list[Comment]:
    """The comments on an image, oldest first."""
    return [
        Comment(row[0], image_id, row[1], row[2], row[3], ImageState(row[4]) if row[4] else None)
        for row in db.execute(
            "SELECT id, author, made_at, text, state FROM comments WHERE image_id = ? ORDER BY id",
            (image_id,),
        )
    ]


def assign(db: Db, image_ids: Iterable[int], person: str | None) -> None:
    """Give these images to somebody, or to nobody."""
    db.execute(
        "UPDATE images SET assignee = ?, changed_at = ?, changed_by = ?"
        f" WHERE id IN {_IN} AND assignee IS NOT ?",
        (person, db.now, db.author, listed(image_ids), person),
    )


def assignee(db: Db, image_id: int) -> str | None:
    """Whom the image is given to."""
    person: str | None = db.value("SELECT assignee FROM images WHERE id = ?", (image_id,))
    return person


def people(db: Db) -> list[str]:
    """Everybody who has images or has commented on or edited any, by name."""
    return db.column(
        "SELECT assignee AS person FROM images WHERE assignee IS NOT NULL"
        " UNION SELECT author FROM comments WHERE author <> ''"
        " UNION SELECT author FROM steps WHERE author <> ''"
        " UNION SELECT changed_by FROM images WHERE changed_by <> '' ORDER BY person"
    )
