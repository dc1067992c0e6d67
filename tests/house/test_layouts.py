"""Layouts are not asked for their items: PySide then crashes, some time later."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

MANY_MESSAGES = """
from tlstudio.ui.app import make_application
app = make_application()
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from tlstudio.ui.shell.banner import MessagePanel
panel = MessagePanel()
panel.show()
for number in range(300):
    panel.show_message("warning", f"message {number}", "", None)
    app.processEvents()
    panel.clear()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
"""


def test_no_layout_is_asked_for_an_item(source: Any) -> None:
    """The wrapper that `itemAt` makes outlives the item; what comes to lie at its address is
    taken for it when it is deleted. Keep the widgets in a list instead; `takeAt` is safe."""
    asked = [where for where, _call, name in source.calls() if name.endswith(".itemAt")]
    assert asked == []


def test_many_messages_come_and_go() -> None:
    done = subprocess.run(
        [sys.executable, "-c", MANY_MESSAGES],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
