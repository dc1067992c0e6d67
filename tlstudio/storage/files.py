"""Writing files so that a crash leaves the old or the new one, never half of either."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from pathlib import Path


def replace(source: Path, target: Path) -> None:
    """Rename over `target`. Windows refuses while a scanner reads it, so there it is retried."""
    for pause in (0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
        try:
            source.replace(target)
            return
        except PermissionError:
            if sys.platform != "win32":
                raise
            time.sleep(pause)
    source.replace(target)


def write_atomic(target: Path, content: bytes) -> None:
    """Write `content` to `target` in one step; it is on the disk when this returns."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        replace(Path(name), target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut, where the system can do that."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
