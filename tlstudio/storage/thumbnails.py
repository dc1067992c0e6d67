"""Thumbnails by pixel hash in a file of their own, which may be deleted at any time."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from tlstudio.storage.connection import listed

_log = logging.getLogger(__name__)


class Thumbnails:
    """JPEG bytes by pixel hash. A broken or absent file is made anew; none of it is precious.

    Where the folder cannot be written, nothing is kept and nothing fails.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def put(self, items: Mapping[str, bytes]) -> None:
        """Keep the given thumbnails, in one transaction."""
        with self._lock:
            self._write(list(items.items()))

    def get_many(self, hashes: Iterable[str]) -> dict[str, bytes]:
        """Those of the wanted thumbnails that are there."""
        with self._lock:
            try:
                rows = self._open().execute(
                    "SELECT hash, jpeg FROM thumbs WHERE hash IN (SELECT value FROM json_each(?))",
                    (listed(hashes),),
                )
                return {name: bytes(jpeg) for name, jpeg in rows}
            except (sqlite3.Error, OSError) as error:
                self._discard(error)
                return {}

    def known(self) -> set[str]:
        """The hashes of all thumbnails there are."""
        with self._lock:
            try:
                return {row[0] for row in self._open().execute("SELECT hash FROM thumbs")}
            except (sqlite3.Error, OSError) as error:
                self._discard(error)
                return set()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _write(self, rows: list[tuple[str, bytes]]) -> None:
        for last in (False, True):
            try:
                connection = self._open()
                with connection:
                    connection.execute("BEGIN")
                    connection.executemany("INSERT OR REPLACE INTO thumbs VALUES (?, ?)", rows)
                return
            except (sqlite3.Error, OSError) as error:
                self._discard(error)
                if last:
                    _log.warning("thumbnails are not kept: %s", error)

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None and self._path.exists():
            return self._connection
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path, timeout=5, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=OFF")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS thumbs (hash TEXT PRIMARY KEY, jpeg BLOB NOT NULL)"
            )
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _discard(self, error: Exception) -> None:
        """Close; a damaged file is deleted so that the next use starts afresh."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
            for end in ("", "-wal", "-shm"):
                try:
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
                except OSError:
                    return
