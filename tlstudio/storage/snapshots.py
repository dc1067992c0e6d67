"""Snapshots: what a run was trained on, immutable, named by the hash of its content."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.storage import paths
from tlstudio.storage.connection import Db
from tlstudio.storage.files import write_atomic

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


def snapshot_path(project: Project, sha256: str) -> Path:
    """Where the snapshot of that name lies."""
    return paths.snapshots(project.folder) / f"{sha256}.jsonl.gz"


def write_snapshot(project: Project, header: dict[str, Any], rows: Iterable[dict[str, Any]]) -> str:
    """Store a header line and a line per image; the sha256 of the uncompressed lines.

    The same content has the same name and is stored once; runs share it.
    """
    content = "".join(_line(item) for item in (header, *rows)).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    path = snapshot_path(project, sha256)
    if not path.exists():
        packed = io.BytesIO()
        with gzip.GzipFile(filename="", mode="wb", fileobj=packed, compresslevel=6, mtime=0) as out:
            out.write(content)
        try:
            write_atomic(path, packed.getvalue())
        except OSError as error:
            raise UserError("project.disk", file=str(path), detail=error.strerror) from error
    return sha256


def _line(item: dict[str, Any]) -> str:
    text = json.dumps(
        item, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    return f"{text}\n"


def read_snapshot(project: Project, sha256: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The header and the rows, checked against the name.

    Raises UserError: project.snapshot_missing, project.snapshot_damaged.
    """
    path = snapshot_path(project, sha256)
    try:
        content = gzip.decompress(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError("project.snapshot_missing", file=str(path)) from error
    except (OSError, EOFError, zlib.error) as error:
        raise UserError("project.snapshot_damaged", file=str(path)) from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError("project.snapshot_damaged", file=str(path))
    lines = content.decode().rstrip("\n").split("\n")
    header, *rows = (json.loads(line) for line in lines)
    return header, rows


def record_snapshot(db: Db, sha256: str, task: str, images: int) -> None:
    """Note in the database that the snapshot exists; once is enough."""
    db.execute(
        "INSERT INTO snapshots (sha256, task, images, created_at, created_by)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (sha256, task, images, db.now, db.author),
    )
