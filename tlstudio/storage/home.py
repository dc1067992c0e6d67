"""Where settings, weights and logs live: TLSTUDIO_HOME, else the system's own place."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from tlstudio.domain.errors import UserError


def home() -> Path:
    """Folder for settings, weights and logs; made if it is missing.

    Raises UserError("project.home") where it cannot be made.
    """
    chosen = os.environ.get("TLSTUDIO_HOME")
    folder = Path(chosen or platformdirs.user_data_dir("tlstudio", appauthor=False))
    try:
        folder = folder.expanduser().absolute()
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: nobody knows whose ~ is
        detail = getattr(error, "strerror", None) or str(error)
        raise UserError("project.home", file=str(folder), detail=detail) from error
    return folder
