"""Nothing is cut off: on small and large screens, in every theme, at fractional scale."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QPushButton, QWidget

from tlstudio.ui.pages import built
from tlstudio.ui.theme import THEMES, theme

ROOT = Path(__file__).resolve().parents[2]
AT_A_SCALE = """
import sys
sys.path.insert(0, sys.argv[1])
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QPushButton
from tlstudio.ui.app import make_application, make_window
from tlstudio.ui.theme import theme
app = make_application()
theme().apply("contrast")
window = make_window(app)
window.resize(1024, 600)
window.show()
window.show_page("settings", {"keys": True})
quiet = 0
while quiet < 60:
    loop = QEventLoop()
    QTimer.singleShot(10, loop.quit)
    loop.exec()
    quiet = 0 if window.context.ops.pending else quiet + 1
assert window.stack.currentWidget().objectName() == "settingsPage"
assert window.devicePixelRatioF() == float(sys.argv[2]), window.devicePixelRatioF()
for made in window.findChildren(QPushButton):
    if made.isVisible() and made.text():
        room = made.fontMetrics().horizontalAdvance(made.text())
        assert made.width() >= room, (made.objectName(), made.width(), room)
picture = window.grab()
assert picture.width() == round(window.width() * float(sys.argv[2]))
window.hide()
window.close_down()
"""


@pytest.fixture(autouse=True)
def dark_again(qapp):
    yield
    theme().apply("dark")


def cut_off(page: QWidget) -> list[str]:
    """Buttons whose text is wider than they are, and what sticks out of the page."""
    found = []
    for made in page.findChildren(QAbstractButton):
        if not made.isVisible() or not made.text() or made.toolTip() == made.text():
            continue
        room = made.fontMetrics().horizontalAdvance(made.text().replace("&&", "&"))
        beside = isinstance(made, QPushButton) and not made.icon().isNull()
        room += made.iconSize().width() + 4 if beside else 0
        if made.width() < room:
            found.append(f"{made.objectName()}: {made.width()} of {room}")
    return found


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize("size", [(900, 540), (1366, 768), (3840, 2160)])
def test_no_button_is_cut_off(opened, name: str, size: tuple[int, int]) -> None:
    theme().apply(name)
    opened.window.resize(*size)
    for spec in built():
        opened.context.go_to(spec.key)
        opened.settle()
        assert (opened.window.width(), opened.window.height()) == size, spec.key
        assert not cut_off(opened.window), spec.key


@pytest.mark.skipif(sys.platform != "linux", reason="the offscreen platform scales like this")
@pytest.mark.parametrize("scale", ["1.25", "1.5", "2"])
def test_at_a_scale_nothing_is_cut_off_either(tl_home: Path, scale: str) -> None:
    env = {**os.environ, "QT_SCALE_FACTOR": scale, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", AT_A_SCALE, ROOT, scale],
        capture_output=True, text=True, timeout=240, env=env, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
