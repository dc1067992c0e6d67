"""Unfinished shapes, kept over a crash. Not journalled: undo never brings one back."""

from __future__ import annotations

import json
from typing import Any

from tlstudio.domain.review import Draft
from tlstudio.storage.connection import Db


def keep(db: Db, image_id: int, tool: str, data: dict[str, Any]) -> None:
    """Keep the unfinished shape of the image; there is one at a time.

    An id nobody has is passed over."""
    drop(db, image_id)
    db.execute(
        "INSERT INTO drafts (image_id, tool, data, author, updated_at)"
        " SELECT id, ?, ?, ?, ? FROM images WHERE id = ?",
        (tool, json.dumps(data, ensure_ascii=False), db.author, db.now, image_id),
    )


def drop(db: Db, image_id: int) -> None:
    """The image has no unfinished shape any more."""
    db.execute("DELETE FROM drafts WHERE image_id = ?", (image_id,))


def of_image(db: Db, image_id: int) -> Draft | None:
    """The unfinished shape of the image, if there is one that can be read."""
    row = db.execute(
        "SELECT tool, data FROM drafts WHERE image_id = ? ORDER BY updated_at DESC LIMIT 1",
        (image_id,),
    ).fetchone()
    data = None if row is None else json.loads(row[1])
    return Draft(row[0], data) if isinstance(data, dict) else None
