"""Saved filters. Not journalled: they show work, they are none.

A merge of labels leaves the label that went in the query, and writes beside it ("merged") what it
became: undo brings the label back, and with it what the filter finds.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from tlstudio.storage.connection import Db


def all_filters(db: Db) -> list[tuple[int, str, dict[str, Any]]]:
    """(id, name, query) of all filters, by name; labels that were merged are what they became."""
    known = set(db.column("SELECT id FROM labels"))
    return [
        (row[0], row[1], _followed(json.loads(row[2]), known))
        for row in db.execute("SELECT id, name, query FROM saved_filters ORDER BY name")
    ]


def _followed(saved: dict[str, Any], known: Collection[int]) -> dict[str, Any]:
    merged: dict[str, int] = saved.pop("merged", {})

    def now(label: int) -> int:
        while label not in known and str(label) in merged:
            label = merged[str(label)]
        return label

    if "labels" in saved:
        saved["labels"] = sorted({now(label) for label in saved["labels"]})
    return saved


def follow_merge(db: Db, going: Iterable[int], into: int) -> None:
    """The labels `going` have become `into`, in every filter on labels."""
    became = dict.fromkeys(map(str, going), into)
    rows = db.execute("SELECT id, query FROM saved_filters").fetchall()
    for filter_id, query in rows:
        saved = json.loads(query)
        if "labels" in saved:
            merged = {**saved.get("merged", {}), **became}
            merged.pop(str(into), None)  # it is there: an older merge of it was taken back
            saved["merged"] = merged
            db.execute(
                "UPDATE saved_filters SET query = ? WHERE id = ?",
                (json.dumps(saved, ensure_ascii=False), filter_id),
            )


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
