"""Empty folders for what only lasts as long as the program."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from pathlib import Path

from tlstudio.storage.home import home

_DAY = 24 * 3600


def scratch(prefix: str) -> Path:
    """An empty folder in ours; gone when the program ends. What a killed program left under the
    same prefix a day or more ago is cleared away."""
    work = home() / "work"
    work.mkdir(parents=True, exist_ok=True)
    for old in work.glob(f"{prefix}-*"):
        if time.time() - old.stat().st_mtime > _DAY:
            shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=work))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
