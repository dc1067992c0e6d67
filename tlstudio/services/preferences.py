"""The few settings the window needs before anything else is loaded; standard library only."""

from __future__ import annotations

import json
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.storage.home import home


def home_folder() -> Path:
    """Folder for settings, weights and logs (TLSTUDIO_HOME). UserError("project.home")."""
    return home()


def preference(name: str, default: object) -> object:
    """A setting by name; `default` where it was never set or the file cannot be read."""
    try:
        table = json.loads((home() / "settings.json").read_text("utf-8"))
    except (OSError, ValueError, UserError):
        return default
    return table.get(name, default) if isinstance(table, dict) else default
