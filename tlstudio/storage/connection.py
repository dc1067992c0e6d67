"""Db: one SQLite connection as the repositories see it, and SQLite's errors in plain codes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tlstudio.domain.errors import UserError

Parameters = Sequence[Any] | Mapping[str, Any]

_BUSY_SECONDS = 15.0


def now() -> str:
    """The time as ISO 8601 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


class Db:
    """A connection inside one transaction. Repository functions take it first.

    `author` and `now` fill the audit columns of everything written in that transaction.
    """

    __slots__ = ("author", "connection", "now")

    def __init__(self, connection: sqlite3.Connection, author: str = "") -> None:
        self.connection = connection
        self.author = author
        self.now = now()

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        return self.connection.execute(sql, parameters)

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        self.connection.executemany(sql, rows)

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Insert one row given by column names; its rowid."""
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self.connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
        )
        return int(cursor.lastrowid or 0)

    def all(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        return self.connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        row: sqlite3.Row | None = self.connection.execute(sql, parameters).fetchone()
        return row

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, None where there is none."""
        row = self.connection.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def column(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.connection.execute(sql, parameters)]


def listed(values: Iterable[object]) -> str:
    """`values` for `IN (SELECT value FROM json_each(?))`, which has no limit on their number."""
    return json.dumps(list(values), ensure_ascii=False)


def connect(
    path: Path,
    *,
    query_only: bool = False,
    immutable: bool = False,
    patience: float = _BUSY_SECONDS,
) -> sqlite3.Connection:
    """A connection without Python's implicit transactions, usable from any one thread at a time.

    `immutable` is for a folder that cannot be written: no lock, no journal. `patience` is in
    seconds, for a file that another program holds.
    """
    mode = "mode=ro&immutable=1" if immutable else "mode=rw"
    place = quote(path.absolute().as_posix(), safe="/:")
    slash = "" if place.startswith("/") else "/"  # C:/x; a UNC path brings two of its own
    connection = sqlite3.connect(
        f"file://{slash}{place}?{mode}",
        uri=True,
        timeout=patience,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.row_factory = sqlite3.Row
    try:
        connection.create_function("casefold", 1, _casefold, deterministic=True)
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("PRAGMA cache_size=-32768")
        if query_only or immutable:
            connection.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _casefold(text: str | None) -> str:
    return (text or "").casefold()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE to COMMIT; anything raised rolls back."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the disk, the file or another program into UserError."""
    try:
        yield
    except sqlite3.IntegrityError:
        raise
    except sqlite3.DatabaseError as error:
        code = _code(error)
        if code is None:
            raise
        raise UserError(code, file=str(path), detail=str(error)) from error


_BY_NAME = {
    "SQLITE_FULL": "project.disk_full",
    "SQLITE_IOERR": "project.disk",
    "SQLITE_CORRUPT": "project.damaged",
    "SQLITE_NOTADB": "project.damaged",
    "SQLITE_READONLY": "project.not_writable",
    "SQLITE_BUSY": "project.busy",
    "SQLITE_LOCKED": "project.busy",
    "SQLITE_CANTOPEN": "project.cannot_open",
    "SQLITE_PERM": "project.cannot_open",
}


def _code(error: sqlite3.DatabaseError) -> str | None:
    """The message code for SQLite's own name of the error, extended names included."""
    name = getattr(error, "sqlite_errorname", "") or ""
    return next((code for start, code in _BY_NAME.items() if name.startswith(start)), None)
