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
    """All settings; a file that cannot be read is set aside as settings.damaged.json."""
    path = settings_file()
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(data, dict):
            return data
        raise ValueError("not a table")
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("settings cannot be read and start afresh: %s: %s", path, error)
        if path.is_file():
            replace(path, path.with_name("settings.damaged.json"))
        return {}


def change(edit: Callable[[dict[str, Any]], None]) -> None:
    """Load, edit and store the settings in one step; two windows do not lose each other's."""
    path = settings_file()
    try:
        with FileLock(path.with_name("settings.lock"), timeout=10):
            data = load()
            edit(data)
            text = json.dumps(data, indent=2, ensure_ascii=False, sort_keys=True)
            write_atomic(path, f"{text}\n".encode())
    except (OSError, TimeoutError) as error:
        raise UserError("project.settings", file=str(path), detail=str(error)) from error
