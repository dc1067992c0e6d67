"""Files that are whole or not there: written beside, synced, then put in place."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`; it takes the place of `path` if the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    beside = Path(name)
    try:
        yield beside
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        put_in_place(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def put_in_place(source: Path, target: Path, *, tries: int = 20) -> None:
    """os.replace, tried again where another program holds the target open (Windows)."""
    for left in range(tries, 0, -1):
        try:
            source.replace(target)
            return
        except PermissionError:
            if left == 1:
                raise
            time.sleep(0.05)


def write_json(path: Path, data: Any) -> None:
    with replacing(path) as beside:
        beside.write_text(json.dumps(data, ensure_ascii=False, indent=1), encoding="utf-8")


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def sha256_of(path: Path, *, watch: Callable[[], None] = lambda: None) -> str:
    """Hexadecimal sha256 of the file's bytes; `watch` is called every few megabytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            digest.update(block)
            watch()
    return digest.hexdigest()
