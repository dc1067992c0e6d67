"""Db: a sqlite-utils database as the repositories see it, and SQLite's errors in plain codes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlite_utils import Database
from sqlite_utils.db import Table

from tlstudio.domain.errors import UserError
from tlstudio.storage.clock import now

Parameters = Sequence[Any] | dict[str, Any]
Record = dict[str, Any]

_BUSY_SECONDS = 15.0
_VALUES = 2000
"""Values that one statement brings; SQLite takes 32766 of them."""


class Db:
    """A database inside one transaction. Repository functions take it first.

    `author` and `now` fill the audit columns of everything written in that transaction.
    Nothing here begins or commits: inside an open transaction sqlite-utils opens savepoints
    only. docs/decisions/0006-sqlite-utils.md says what goes through it and what does not.
    """

    __slots__ = ("author", "database", "now")

    def __init__(self, database: Database, author: str = "") -> None:
        self.database = database
        self.author = author
        self.now = now()

    def table(self, name: str) -> Table:
        """The table. ValueError for one that is not there, for an insert would make it."""
        table = self.database.table(name)
        if not table.exists():
            raise ValueError(f"no table {name}")
        return table

    def insert(self, table: str, record: Mapping[str, Any]) -> int:
        """Insert one row given by column names; its rowid."""
        return int(self.table(table).insert(dict(record)).last_rowid or 0)

    def insert_all(self, table: str, records: Iterable[Record]) -> None:
        """Insert many rows; a column that only some of them name is NULL in the others."""
        self.table(table).insert_all(records)

    def rows(
        self, table: str, where: str | None = None, parameters: Parameters = (), *, order_by: str
    ) -> Iterator[Record]:
        """Rows of one table by column names."""
        return self.table(table).rows_where(where, parameters, order_by=order_by)

    def all(self, sql: str, parameters: Parameters = ()) -> list[Record]:
        """Every row by column names. ValueError, and nothing done, for SQL that has no rows."""
        return list(self.database.query(sql, parameters))

    def one(self, sql: str, parameters: Parameters = ()) -> Record | None:
        """The first row by column names, None where there is none."""
        return next(iter(self.all(sql, parameters)), None)

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run a statement; its rows come as tuples, half the price of records."""
        return self.database.execute(sql, parameters)

    def many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run a statement for each of `rows`.

        On the connection itself: sqlite-utils has no executemany, and its insert_all takes a
        quarter longer at 100,000 rows.
        """
        self.database.conn.executemany(sql, rows)

    def insert_rows(self, table: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows of values in the order of `columns` ("id, name"), many with one statement.

        Each statement that may fire triggers opens a savepoint of its own, and copies every page
        that it changes: one row at a time, that costs as much as the row.
        """
        width = columns.count(",") + 1
        together = max(1, _VALUES // width)
        head, row = f"INSERT INTO {table} ({columns}) VALUES ", f"({', '.join('?' * width)})"
        rest = iter(rows)
        while some := list(islice(rest, together)):
            if len(some) == together:
                whole = head + ", ".join([row] * together)
                self.database.conn.execute(whole, list(chain.from_iterable(some)))
            else:
                self.many(head + row, some)

    def value(self, sql: str, parameters: Parameters = ()) -> Any:
        """The first column of the first row, None where there is none."""
        row = self.database.execute(sql, parameters).fetchone()
        return None if row is None else row[0]

    def column(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """The first column of every row."""
        return [row[0] for row in self.database.execute(sql, parameters)]

    def last_id(self, table: str) -> int:
        """The highest id ever given in `table`; deleted ones count, so ids are never used twice."""
        return int(self.value("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)) or 0)


def listed(values: Iterable[object]) -> str:
    """`values` for `IN (SELECT value FROM json_each(?))`, which has no limit on their number."""
    return json.dumps(list(values), ensure_ascii=False)


def connect(
    path: Path,
    *,
    query_only: bool = False,
    immutable: bool = False,
    patience: float = _BUSY_SECONDS,
) -> Database:
    """A database without Python's implicit transactions, usable from any one thread at a time.

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
    try:
        database = wrap(connection)
        database.register_function(_casefold, deterministic=True, name="casefold")
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("PRAGMA cache_size=-32768")
        if query_only or immutable:
            database.execute("PRAGMA query_only=ON")
    except BaseException:
        connection.close()
        raise
    return database


def wrap(connection: sqlite3.Connection) -> Database:
    """sqlite-utils over our connection, without the plug-ins that may be installed for it.

    Recursive triggers are on, so that the journal also sees the row that an INSERT OR REPLACE
    takes away.
    """
    return Database(connection, recursive_triggers=True, execute_plugins=False)


def _casefold(text: str | None) -> str:
    return (text or "").casefold()


@contextmanager
def transaction(database: Database) -> Iterator[None]:
    """BEGIN IMMEDIATE to COMMIT; anything raised rolls back.

    Not Database.atomic(), which begins deferred and may meet another writer halfway, and not
    Database.commit(), which is silent where SQLite has rolled the transaction back by itself.
    """
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        database.rollback()
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
