"""Thumbnails by pixel hash in a file of their own, which may be deleted at any time."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sqlite_utils import Database

from tlstudio.storage.connection import connect, listed, wrap

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

_log = logging.getLogger(__name__)


class Thumbnails:
    """JPEG bytes by pixel hash. A broken or absent file is made anew; none of it is precious.

    Where the folder cannot be written, nothing is kept and nothing fails.
    """

    def __init__(self, path: Path, *, network: bool = False, immutable: bool = False) -> None:
        self._path = path
        self._network = network
        self._immutable = immutable
        self._lock = threading.Lock()
        self._database: Database | None = None

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

    def remove(self, hashes: Iterable[str]) -> None:
        """Forget these thumbnails."""
        with self._lock:
            try:
                self._open().execute(
                    "DELETE FROM thumbs WHERE hash IN (SELECT value FROM json_each(?))",
                    (listed(hashes),),
                )
            except (sqlite3.Error, OSError) as error:
                self._discard(error)

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
            if self._database is not None:
                self._database.close()
                self._database = None

    def _write(self, rows: list[tuple[str, bytes]]) -> None:
        for last in (False, True):
            try:
                database = self._open()
                with database.atomic():
                    database.table("thumbs").insert_all(
                        ({"hash": name, "jpeg": jpeg} for name, jpeg in rows), replace=True
                    )
                return
            except (sqlite3.Error, OSError) as error:
                self._discard(error)
                if last:
                    _log.warning("thumbnails are not kept: %s", error)

    def _open(self) -> Database:
        if self._database is not None and self._path.exists():
            return self._database
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._immutable:
            self._database = connect(self._path, immutable=True)
            return self._database
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = wrap(
            sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        )
        try:
            if self._network:
                database.disable_wal()
            else:
                database.enable_wal()
            database.execute("PRAGMA synchronous=NORMAL")
            database.table("thumbs").create(
                {"hash": str, "jpeg": bytes}, pk="hash", not_null={"jpeg"}, if_not_exists=True
            )
        except BaseException:
            database.close()
            raise
        self._database = database
        return database

    def _discard(self, error: Exception) -> None:
        """Close; a damaged file is deleted so that the next use starts afresh."""
        if self._database is not None:
            self._database.close()
            self._database = None
        if self._immutable:
            return
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR")):
            for end in ("", "-wal", "-shm"):
                try:
                    self._path.with_name(self._path.name + end).unlink(missing_ok=True)
                except OSError:
                    return


def put(project: Project, pixel_hash: str, jpeg: bytes) -> None:
    """Keep one thumbnail."""
    project.thumbnails.put({pixel_hash: jpeg})


def put_many(project: Project, items: Mapping[str, bytes]) -> None:
    """Keep thumbnails by pixel hash, in one transaction."""
    project.thumbnails.put(items)


def get_many(project: Project, hashes: Iterable[str]) -> dict[str, bytes]:
    """Those of the wanted thumbnails that are there."""
    return project.thumbnails.get_many(hashes)
