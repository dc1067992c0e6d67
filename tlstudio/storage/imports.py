"""The record of imports: what came in, and the files that were left out and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tlstudio.domain.images import Skipped
from tlstudio.storage.connection import Db


def record_import(db: Db, source: str, format: str, report: dict[str, Any]) -> int:
    """Note an import; its id."""
    cursor = db.execute(
        "INSERT INTO imports (source, format, report, imported_at, imported_by)"
        " VALUES (?, ?, ?, ?, ?)",
        (source, format, json.dumps(report, ensure_ascii=False), db.now, db.author),
    )
    return int(cursor.lastrowid or 0)


def record_skipped(db: Db, items: Iterable[Skipped], *, import_id: int | None = None) -> None:
    """Note files left out. A file named again replaces what was said of it before."""
    listed = list(items)
    db.many("DELETE FROM skipped WHERE file = ?", [(item.file,) for item in listed])
    db.many(
        "INSERT INTO skipped (import_id, file, reason, params, noticed_at) VALUES (?, ?, ?, ?, ?)",
        [
            (import_id, item.file, item.reason, json.dumps(item.params, default=str), db.now)
            for item in listed
        ],
    )


def forget_skipped(db: Db, files: Iterable[str]) -> None:
    """Files that were imported after all are no longer listed."""
    db.many("DELETE FROM skipped WHERE file = ?", [(file,) for file in files])


def skipped(db: Db) -> list[Skipped]:
    """Every file that was left out, oldest first."""
    return [
        Skipped(row[0], row[1], json.loads(row[2]))
        for row in db.execute("SELECT file, reason, params FROM skipped ORDER BY id")
    ]
