"""OpenCV comes in without turning Qt's head, in this process or in its children."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR", "LD_LIBRARY_PATH")
_IMPORT = """
import os
before = dict(os.environ)
from tlstudio.imaging.opencv import cv2
cv2.resize  # it is the library itself
assert dict(os.environ) == before, set(os.environ.items()) ^ set(before.items())
"""
_WINDOW = """
from tlstudio.imaging.opencv import cv2
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
label = QLabel("text")
label.show()
assert app.platformName() == "offscreen" and QFontDatabase.families()
"""


@pytest.mark.parametrize("given", [{}, dict.fromkeys(NAMES, "/somewhere")], ids=["bare", "set"])
def test_the_environment_stays_as_it_was(given: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT],
        env={**environment, **given},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_window_opens_after_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WINDOW],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
