"""What a page shows while something it needs is still missing: what comes first, and its button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from tlstudio.ui.icons import set_icon
from tlstudio.ui.widgets.basics import button, column, label, row


class EmptyState(QWidget):
    """An icon, one line, one sentence, and the button that does the next thing."""

    def __init__(
        self,
        icon: str,
        title: str,
        text: str,
        *actions: tuple[str, str, Callable[[], object]],
        least: int = 420,
    ) -> None:
        """`actions` are (text, objectName, what to call); the first is the main one. The words
        are at least `least` pixels wide."""
        super().__init__()
        sign = QLabel()
        set_icon(sign, icon, "dim", side=48)
        sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        heading = label(title, "title", wrap=True)
        heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = label(text, "dim", wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setMinimumWidth(least)
        words.setMaximumWidth(520)
        buttons = row(None, gap=8)
        for index, (caption, name, act) in enumerate(actions):
            buttons.addWidget(button(caption, name, act, role="" if index else "primary"))
        buttons.addStretch(1)
        # In a row of its own: a column would make it as high as it needs to be at full width.
        middle = column(sign, 4, heading, row(None, words, None), 8, buttons)
        self.setLayout(column(None, middle, None))
