"""The database's form: migrations are only ever appended, never edited once released.

`user_version` counts the migrations applied; `application_id` says whose file it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.storage import journal
from tlstudio.storage.schema_v1 import SCHEMA_V1

APPLICATION_ID = 0x544C5354  # "TLST"

MIGRATIONS: tuple[str, ...] = (SCHEMA_V1,)

VERSION = len(MIGRATIONS)


def version_of(connection: sqlite3.Connection, path: Path) -> int:
    """The file's version, checked: 0 is an empty file.

    Raises UserError: project.not_ours for another program's database, project.newer for one
    written by a later TL Studio.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    owner = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if owner != APPLICATION_ID and (tables or owner):
        raise UserError("project.not_ours", file=str(path))
    if version > VERSION:
        raise UserError("project.newer", file=str(path), version=version, known=VERSION)
    return version


def upgrade(
    connection: sqlite3.Connection, version: int, before: Callable[[], object] = lambda: None
) -> None:
    """Bring the file from `version` to VERSION in one transaction; `before` copies it first.

    The undo journal takes the new form of the tables and starts empty.
    """
    if version == VERSION:
        return
    if version:
        before()
    connection.execute("PRAGMA foreign_keys=OFF")
    try:
        connection.execute("BEGIN IMMEDIATE")
        for script in MIGRATIONS[version:]:
            for statement in statements(script):
                connection.execute(statement)
        orphans = connection.execute("PRAGMA foreign_key_check").fetchone()
        if orphans is not None:
            raise ValueError(f"rows of {orphans[0]} point at nothing in {orphans[2]}")
        journal.install(connection)
        connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version={VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA foreign_keys=ON")


def statements(script: str) -> list[str]:
    """The statements of `script`, one by one: executescript would commit in between."""
    found: list[str] = []
    buffer = ""
    for line in script.splitlines(keepends=True):
        buffer += line
        if sqlite3.complete_statement(buffer):
            found.append(buffer.strip())
            buffer = ""
    if buffer.strip():
        raise ValueError(f"unfinished statement: {buffer.strip()[:80]}")
    return found
