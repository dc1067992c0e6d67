"""Where settings, weights and logs live: TLSTUDIO_HOME, else the system's own place."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Folder for settings, weights and logs; made if it is missing."""
    chosen = os.environ.get("TLSTUDIO_HOME")
    folder = (
        Path(chosen).expanduser().absolute()
        if chosen
        else Path(platformdirs.user_data_dir("tlstudio", appauthor=False))
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder
