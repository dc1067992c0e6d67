"""Saved filters. Not journalled: they show work, they are none."""

from __future__ import annotations

import json
from typing import Any

from tlstudio.storage.connection import Db


def all_filters(db: Db) -> list[tuple[int, str, dict[str, Any]]]:
    """(id, name, query) of all filters, by name."""
    return [
        (row[0], row[1], json.loads(row[2]))
        for row in db.execute("SELECT id, name, query FROM saved_filters ORDER BY name")
    ]


def save(db: Db, name: str, query: dict[str, Any]) -> None:
    """Keep the query under that name; one of the same name is replaced."""
    db.execute(
        "INSERT INTO saved_filters (name, query, author, updated_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET query = excluded.query, author = excluded.author,"
        " updated_at = excluded.updated_at",
        (name, json.dumps(query, ensure_ascii=False), db.author, db.now),
    )


def rename(db: Db, filter_id: int, name: str) -> None:
    """Give a filter another name, which no other may have."""
    db.execute("UPDATE saved_filters SET name = ? WHERE id = ?", (name, filter_id))


def delete(db: Db, filter_id: int) -> None:
    """Forget a filter."""
    db.execute("DELETE FROM saved_filters WHERE id = ?", (filter_id,))
