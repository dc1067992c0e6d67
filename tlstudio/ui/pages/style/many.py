"""A stylizer applied to many pictures: laid over the stage until it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from tlstudio.ui.widgets.basics import button, column, label, row
from tlstudio.ui.widgets.restyle_panel import RestylePanel
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class ManyPanel(QWidget):
    """`closed` when it is left; what is under way goes on."""

    closed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_many")
        self._panel = RestylePanel(context)
        self._close = button(tr("Back"), "style_many_close", self.closed.emit)
        words = label(
            tr(
                "Every picture is written into a folder in the look that the stylizer has learned."
                " The originals stay as they are."
            ),
            "dim",
            wrap=True,
        )
        inside = column(
            row(label(tr("Apply to many"), "heading"), None, self._close),
            words,
            self._panel,
            None,
            gap=12,
        )
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)

    def start(self, run_id: str, files: Sequence[Path]) -> None:
        """Apply this stylizer, to `files` of the project where some are selected."""
        self._panel.show_run(run_id)
        self._panel.show_selection(files)
        self._close.setFocus()

    def show_run(self, run_id: str) -> None:
        self._panel.show_run(run_id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
