"""Copies of the database in backups/, made by SQLite's own backup so that a copy is whole.

Kept: the five newest, the five newest of those that a restore brings about, and the newest of each
of the last seven days that have one.
"""

from __future__ import annotations

import errno
import logging
import re
import shutil
import sqlite3
import threading
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlite_utils import Database

from tlstudio.domain.errors import UserError
from tlstudio.storage import paths
from tlstudio.storage.connection import connect, plain_errors, wrap
from tlstudio.storage.files import replace
from tlstudio.storage.lock import WriteLock, holder

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

_log = logging.getLogger(__name__)

KEEP_NEWEST = 5
KEEP_DAYS = 7
_BY_A_RESTORE = ("migration", "restore")
"""Reasons of copies that come with going back; they must not push out what one may go back to."""

_DAY = timedelta(days=1)
_NAME = re.compile(r"(\d{8}T\d{6}\d{3})-([a-z-]+)\.db")


@dataclass(frozen=True, slots=True)
class Backup:
    """One copy; `made_at` is ISO 8601 in UTC, `reason` daily, import, migration, merge…"""

    path: Path
    made_at: str
    reason: str
    size: int


def back_up(project: Project, reason: str) -> Backup:
    """Copy the database now; old copies are thinned.

    Raises UserError(project.disk_full…) if it cannot.
    """
    if project.exclusive:
        with project.read() as db:
            made = copy(db.database, project.folder, reason)
    else:
        with connect(paths.database(project.folder), query_only=True) as source:
            made = copy(source, project.folder, reason)
    thin(project.folder)
    return made


def copy(source: Database, folder: Path, reason: str) -> Backup:
    """Copy what `source` is connected to into the project's backups."""
    place = paths.backups(folder)
    made = datetime.now(UTC)
    target = place / f"{made:%Y%m%dT%H%M%S}{made.microsecond // 1000:03d}-{reason}.db"
    partial = target.with_suffix(".partial")
    with plain_errors(target):
        try:
            place.mkdir(parents=True, exist_ok=True)
            with wrap(sqlite3.connect(partial)) as copied:
                source.conn.backup(copied.conn)
                copied.disable_wal()
            replace(partial, target)
        except OSError as error:
            raise UserError("project.disk", file=str(target), detail=error.strerror) from error
        finally:
            partial.unlink(missing_ok=True)
    return _of(target)


def all_backups(folder: Path) -> list[Backup]:
    """The copies there are, newest first."""
    place = paths.backups(folder)
    files = place.iterdir() if place.is_dir() else iter(())
    found = [_of(file) for file in files if _NAME.fullmatch(file.name)]
    return sorted(found, key=lambda backup: backup.path.name, reverse=True)


def _of(path: Path) -> Backup:
    match = _NAME.fullmatch(path.name)
    if match is None:
        raise ValueError(f"not a backup: {path}")
    made = datetime.strptime(match[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
    return Backup(path, made.isoformat(timespec="milliseconds"), match[2], path.stat().st_size)


def thin(folder: Path) -> None:
    """Delete the copies that are neither among the newest of their sort nor their day's last."""
    days: set[str] = set()
    newer: Counter[bool] = Counter()
    for backup in all_backups(folder):
        day, sort = backup.made_at[:10], backup.reason in _BY_A_RESTORE
        keep = newer[sort] < KEEP_NEWEST or (day not in days and len(days) < KEEP_DAYS)
        newer[sort] += 1
        days.add(day)
        if not keep:
            backup.path.unlink(missing_ok=True)


def daily(project: Project) -> threading.Thread | None:
    """Copy the database in the background if the newest copy is older than a day."""
    newest = next(iter(all_backups(project.folder)), None)
    if newest and datetime.now(UTC) - datetime.fromisoformat(newest.made_at) < _DAY:
        return None

    def work() -> None:
        try:
            back_up(project, "daily")
        except (UserError, sqlite3.Error, OSError):
            _log.exception("the daily backup failed")

    thread = threading.Thread(target=work, name="tlstudio-daily-backup", daemon=True)
    thread.start()
    return thread


def restore(folder: Path, backup: Path) -> None:
    """Put `backup` in the place of the project's database, which must not be open.

    A copy of the database as it is comes first, so that this can be taken back; as a file, even
    damaged, it is kept beside the copies as replaced-*.db. No other copy goes.
    Raises UserError: project.in_use, project.backup_damaged, project.restore_full…
    """
    if not _is_whole(backup):
        raise UserError("project.backup_damaged", file=str(backup))
    lock = WriteLock(folder)
    try:
        taken = lock.acquire()
    except OSError:
        raise UserError("project.folder_read_only", file=str(folder)) from None
    if not taken:
        raise UserError("project.in_use", file=str(folder), who=holder(folder) or "?")
    try:
        _put_in_place(backup, folder)
    except UserError as error:
        if error.code == "project.disk_full":
            raise UserError("project.restore_full", file=str(folder)) from error
        raise
    except OSError as error:
        code = "project.restore_full" if error.errno == errno.ENOSPC else "project.disk"
        raise UserError(code, file=str(folder), detail=error.strerror) from error
    finally:
        lock.release()


def _put_in_place(backup: Path, folder: Path) -> None:
    database = paths.database(folder)
    incoming = database.with_suffix(".incoming")
    try:
        shutil.copyfile(backup, incoming)
        with plain_errors(incoming):
            _leave_run_ids(incoming, paths.runs(folder))
        _copy_if_whole(database, folder)
        paths.backups(folder).mkdir(exist_ok=True)
        stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
        for end in ("-wal", "-shm", "-journal", ""):
            old = database.with_name(database.name + end)
            if old.exists():
                replace(old, paths.backups(folder) / f"replaced-{stamp}.db{end}")
        replace(incoming, database)
    finally:
        incoming.unlink(missing_ok=True)


def _copy_if_whole(database: Path, folder: Path) -> None:
    """Copy what is about to be replaced; of a damaged one nobody could go back to the copy."""
    if not database.exists():
        return
    try:
        with connect(database, query_only=True) as source:
            if source.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                copy(source, folder, "restore")
    except sqlite3.Error as error:
        _log.warning("the database that is replaced cannot be read: %s", error)


def _leave_run_ids(database: Path, runs: Path) -> None:
    """Ids of runs whose folders are there must not be given again by the older database."""
    found = (re.fullmatch(r"r(\d+)", item.name) for item in runs.glob("r*"))
    highest = max((int(match[1]) for match in found if match), default=0)
    with connect(database) as older:
        older.execute(
            "INSERT INTO sqlite_sequence (name, seq) SELECT 'runs', 0 WHERE NOT EXISTS"
            " (SELECT 1 FROM sqlite_sequence WHERE name = 'runs')"
        )
        older.execute(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'runs'", (highest,)
        )


def _is_whole(backup: Path) -> bool:
    try:
        with connect(backup, immutable=True) as copied:
            return bool(copied.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.Error:
        return False
