"""The database's form: migrations are only ever appended, never edited once released.

`user_version` counts the migrations applied; `application_id` says whose file it is.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlite_utils import Database

from tlstudio.domain.errors import UserError
from tlstudio.storage import journal
from tlstudio.storage.connection import transaction
from tlstudio.storage.schema_v1 import SCHEMA_V1
from tlstudio.storage.schema_v2 import SCHEMA_V2
from tlstudio.storage.schema_v3 import SCHEMA_V3
from tlstudio.storage.schema_v4 import SCHEMA_V4

APPLICATION_ID = 0x544C5354  # "TLST"

MIGRATIONS: tuple[str, ...] = (SCHEMA_V1, SCHEMA_V2, SCHEMA_V3, SCHEMA_V4)

VERSION = len(MIGRATIONS)


def version_of(database: Database, path: Path) -> int:
    """The file's version, checked: 0 is an empty file.

    Raises UserError: project.not_ours for another program's database, project.newer for one
    written by a later TL Studio.
    """
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    owner = int(database.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID and (database.schema or owner):
        raise UserError("project.not_ours", file=str(path))
    if version > VERSION:
        raise UserError("project.newer", file=str(path), version=version, known=VERSION)
    return version


def upgrade(database: Database, version: int, before: Callable[[], object] = lambda: None) -> None:
    """Bring the file from `version` to VERSION in one transaction; `before` copies it first.

    The undo journal takes the new form of the tables and starts empty.
    """
    if version == VERSION:
        return
    if version:
        before()
    database.execute("PRAGMA foreign_keys=OFF")
    try:
        with transaction(database):
            for script in MIGRATIONS[version:]:
                database.executescript(script)  # inside a transaction it does not commit
            for orphan in database.query("PRAGMA foreign_key_check"):
                raise ValueError(
                    f"rows of {orphan['table']} point at nothing in {orphan['parent']}"
                )
            journal.install(database)
            database.execute(f"PRAGMA application_id={APPLICATION_ID}")
            database.execute(f"PRAGMA user_version={VERSION}")
    finally:
        database.execute("PRAGMA foreign_keys=ON")
