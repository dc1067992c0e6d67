"""The record of imports: what came in, and the files that were left out and why."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tlstudio.domain.images import Skipped
from tlstudio.storage.connection import Db


def record_import(db: Db, source: str, format: str, report: dict[str, Any]) -> int:
    """Note an import; its id."""
    return db.insert(
        "imports",
        {
            "source": source,
            "format": format,
            "report": json.dumps(report, ensure_ascii=False),
            "imported_at": db.now,
            "imported_by": db.author,
        },
    )


def record_skipped(db: Db, items: Iterable[Skipped], *, import_id: int | None = None) -> None:
    """Note files left out. A file named again replaces what was said of it before."""
    listed = list(items)
    db.many("DELETE FROM skipped WHERE file = ?", [(item.file,) for item in listed])
    db.insert_all(
        "skipped",
        (
            {
                "import_id": import_id,
                "file": item.file,
                "reason": item.reason,
                "params": json.dumps(item.params, default=str),
                "noticed_at": db.now,
            }
            for item in listed
        ),
    )


def forget_skipped(db: Db, files: Iterable[str]) -> None:
    """Files that were imported after all are no longer listed."""
    db.many("DELETE FROM skipped WHERE file = ?", [(file,) for file in files])


def skipped(db: Db) -> list[Skipped]:
    """Every file that was left out, oldest first."""
    return [
        Skipped(row["file"], row["reason"], json.loads(row["params"]))
        for row in db.rows("skipped", order_by="id")
    ]
