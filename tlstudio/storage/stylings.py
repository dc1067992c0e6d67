"""The history of stylings. Not journalled: a picture that was made is no edit to take back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.storage.connection import Db, listed

_IN = "(SELECT value FROM json_each(?))"
_SELECT = (
    "SELECT t.id, t.kind, t.content_path, c.id, t.content_frame, t.sources, t.settings, t.result,"
    " t.width, t.height, t.steps, t.seconds, t.losses, s.id, t.created_at, t.created_by"
    " FROM stylings t LEFT JOIN images c ON c.id = t.content_image"
    " LEFT JOIN images s ON s.id = t.saved_image"
)


def add(db: Db, entry: StylingEntry) -> int:
    """Note a picture that was made; its id. The id, author and time of `entry` do not count."""
    return db.insert(
        "stylings",
        {
            "kind": entry.kind.value,
            "content_image": entry.content_image,
            "content_path": entry.content_path,
            "content_frame": entry.content_frame,
            "sources": json.dumps([dict(each) for each in entry.sources], ensure_ascii=False),
            "settings": json.dumps(dict(entry.settings), ensure_ascii=False),
            "result": entry.result,
            "width": entry.width,
            "height": entry.height,
            "steps": entry.steps,
            "seconds": entry.seconds,
            "losses": json.dumps(dict(entry.losses)),
            "saved_image": entry.saved_image,
            "created_at": db.now,
            "created_by": db.author,
        },
    )


def newest_first(db: Db, limit: int | None = None) -> list[StylingEntry]:
    """The history; images that are gone are None in it."""
    rows = db.execute(f"{_SELECT} ORDER BY t.id DESC LIMIT ?", (-1 if limit is None else limit,))
    return [_entry(row) for row in rows]


def get(db: Db, styling_id: int) -> StylingEntry | None:
    """One entry, None for an id nobody has."""
    row = db.execute(f"{_SELECT} WHERE t.id = ?", (styling_id,)).fetchone()
    return None if row is None else _entry(row)


def set_result(db: Db, styling_id: int, result: str) -> None:
    """Write down where the picture lies, relative to the project."""
    db.execute("UPDATE stylings SET result = ? WHERE id = ?", (result, styling_id))


def set_saved(db: Db, styling_id: int, image_id: int) -> None:
    """Write down which image of the project the picture became."""
    db.execute("UPDATE stylings SET saved_image = ? WHERE id = ?", (image_id, styling_id))


def delete(db: Db, ids: Iterable[int]) -> list[str]:
    """Take entries out of the history; the results they had, relative to the project."""
    wanted = listed(ids)
    results = db.column(f"SELECT result FROM stylings WHERE id IN {_IN} ORDER BY id", (wanted,))
    db.execute(f"DELETE FROM stylings WHERE id IN {_IN}", (wanted,))
    return [result for result in results if result]


def _entry(row: tuple[Any, ...]) -> StylingEntry:
    id_, kind, path, content, frame, sources, settings, result, width, height = row[:10]
    steps, seconds, losses, saved, created_at, created_by = row[10:]
    return StylingEntry(
        id=id_,
        kind=StylingKind(kind),
        content_path=path,
        content_image=content,
        content_frame=frame,
        sources=tuple(json.loads(sources)),
        settings=json.loads(settings),
        result=result,
        width=width,
        height=height,
        steps=steps,
        seconds=seconds,
        losses=json.loads(losses),
        saved_image=saved,
        created_at=created_at,
        created_by=created_by,
    )
