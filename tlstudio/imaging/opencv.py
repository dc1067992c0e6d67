"""The one place that imports OpenCV: its wheel points Qt at plug-ins of its own.

Import it inside functions, or in modules that are loaded late.
"""

from __future__ import annotations

import os
from typing import Any

_SET_BY_THE_WHEEL = (
    "QT_QPA_PLATFORM_PLUGIN_PATH",
    "QT_QPA_FONTDIR",
    "LD_LIBRARY_PATH",
)


def _load() -> Any:
    """OpenCV; the environment is afterwards as it was, for our own Qt and our children."""
    before = {name: os.environ.get(name) for name in _SET_BY_THE_WHEEL}
    import cv2

    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    return cv2


cv2: Any = _load()
