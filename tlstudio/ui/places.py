"""Finding the resources, in a checkout and in an installed program."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


@cache
def resources() -> Path:
    """Folder with theme.toml, style.qss and icons."""
    installed = _PACKAGE / "_resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"
