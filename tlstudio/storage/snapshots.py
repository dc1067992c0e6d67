"""Snapshots: what a run was trained on, immutable, named by the hash of its content."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.storage import paths
from tlstudio.storage.connection import Db
from tlstudio.storage.files import replace, sync_folder

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


def snapshot_path(project: Project, sha256: str) -> Path:
    """Where the snapshot of that name lies."""
    return paths.snapshots(project.folder) / f"{sha256}.jsonl.gz"


def write_snapshot(project: Project, header: dict[str, Any], rows: Iterable[dict[str, Any]]) -> str:
    """Store a header line and a line per image; the sha256 of the uncompressed lines.

    The same content has the same name and is stored once; runs share it. Rows are written as
    they come, so that those with masks need not all be in memory.
    """
    folder = paths.snapshots(project.folder)
    digest = hashlib.sha256()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".writing-") as place:
            beside = Path(place) / "snapshot"
            with (
                beside.open("wb") as file,
                gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0) as out,
            ):
                for item in chain((header,), rows):
                    line = _line(item).encode()
                    digest.update(line)
                    out.write(line)
            path = snapshot_path(project, digest.hexdigest())
            if not path.exists():
                with beside.open("rb+") as written:
                    os.fsync(written.fileno())
                replace(beside, path)
                sync_folder(folder)
    except OSError as error:
        raise UserError("project.disk", file=str(folder), detail=error.strerror) from error
    return digest.hexdigest()


def _line(item: dict[str, Any]) -> str:
    text = json.dumps(
        item, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return f"{text}\n"


def read_snapshot(project: Project, sha256: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header and the rows, checked against the name.

    Raises UserError: project.snapshot_missing, project.snapshot_damaged.
    """
    header, *rows = walk_snapshot(project, sha256)
    return header, rows


def walk_snapshot(project: Project, sha256: str) -> Iterator[dict[str, Any]]:
    """The header, then the rows, one by one; at the end all are checked against the name.

    Raises as `read_snapshot`, where the damage is found.
    """
    path = snapshot_path(project, sha256)
    digest = hashlib.sha256()
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                digest.update(line)
                yield json.loads(line)
    except FileNotFoundError as error:
        raise UserError("project.snapshot_missing", file=str(path)) from error
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise UserError("project.snapshot_damaged", file=str(path)) from error
    if digest.hexdigest() != sha256:
        raise UserError("project.snapshot_damaged", file=str(path))


def record_snapshot(db: Db, sha256: str, task: str, images: int) -> None:
    """Note in the database that the snapshot exists; once is enough."""
    db.execute(
        "INSERT INTO snapshots (sha256, task, images, created_at, created_by)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (sha256, task, images, db.now, db.author),
    )
