"""Looking at a database file before it is trusted, and the few steps around that."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlite_utils import Database

from tlstudio.domain.errors import UserError

SMALL = 16 * 1024 * 1024  # a database of this many bytes is read whole at every opening


def left_open(database: Path) -> bool:
    """Whether the last program to write did not close the database."""
    wal = database.with_name(f"{database.name}-wal")
    return wal.is_file() and wal.stat().st_size > 0


def check_content(writer: Database, database: Path) -> None:
    """Read every page; UserError(project.damaged) names the first fault."""
    answer = writer.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise UserError("project.damaged", file=str(database), detail=str(answer).strip())


def check_header(database: Path) -> None:
    """Refuse what is no SQLite file before SQLite meets it, with the way out."""
    with database.open("rb") as file:
        start = file.read(16)
    if start != b"SQLite format 3\0":
        raise UserError("project.damaged", file=str(database), detail="no SQLite header")


def unmake(folder: Path, *, whole: bool) -> None:
    """Take away what a failed creation left; a folder that was there before stays, empty."""
    for item in [folder] if whole else list(folder.iterdir()):
        if item.is_dir():
            shutil.rmtree(item, ignore_errors=True)
        else:
            item.unlink(missing_ok=True)


def leftovers(database: Path) -> list[Path]:
    """Journals beside the database that still hold something."""
    files = [database.with_name(f"{database.name}{end}") for end in ("-wal", "-journal")]
    return [file for file in files if file.is_file() and file.stat().st_size]


def copy_whole(database: Path, place: Path) -> Path:
    """Copy a database with its journals: where the folder cannot be written, SQLite cannot
    replay a journal in place."""
    for file in (database, *leftovers(database)):
        shutil.copyfile(file, place / file.name)
    return place / database.name
