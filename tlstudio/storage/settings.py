"""settings.json in TLSTUDIO_HOME: read whole, written whole, shared by all windows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock

from tlstudio.domain.errors import UserError
from tlstudio.storage.files import replace, write_atomic
from tlstudio.storage.home import home

_log = logging.getLogger(__name__)


def settings_file() -> Path:
    return home() / "settings.json"


def load() -> dict[str, Any]:
    """All settings, none where the file cannot be read now; one with anything else in it is set
    aside as settings.damaged.json."""
    path = settings_file()
    try:
        return _read(path)
    except OSError as error:
        _log.warning("settings cannot be read: %s: %s", path, error)
        return {}


def _read(path: Path) -> dict[str, Any]:
    """What `load` gives; OSError where the file is there and cannot be read."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict):
            return data
        raise ValueError("not a table")
    except FileNotFoundError:
        return {}
    except ValueError as error:
        _log.warning("settings are damaged and start afresh: %s: %s", path, error)
        replace(path, path.with_name("settings.damaged.json"))
        return {}


def change(edit: Callable[[dict[str, Any]], None]) -> None:
    """Load, edit and store the settings in one step; two windows do not lose each other's."""
    path = settings_file()
    try:
        with FileLock(path.with_name("settings.lock"), timeout=10):
            data = _read(path)  # settings that could not be read must not be written over
            edit(data)
            text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True)
            write_atomic(path, f"{text}\n".encode())
    except (OSError, TimeoutError) as error:
        raise UserError("project.settings", file=str(path), detail=str(error)) from error
