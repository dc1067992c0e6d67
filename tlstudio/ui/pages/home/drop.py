"""The place on Home that says what may be dropped; the window takes the drop itself."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel

from tlstudio.ui.icons import set_icon
from tlstudio.ui.widgets.basics import column, label, named
from tlstudio.ui.words import tr


class DropArea(QFrame):
    def __init__(self) -> None:
        super().__init__()
        named(self, "dropArea", tr("Drop a folder of images here"))
        self.setProperty("role", "drop")
        self.setMinimumHeight(120)
        sign = QLabel()
        set_icon(sign, "import", "dim", side=28)
        texts = (
            label(tr("Drop a folder of images here to make a project from it")),
            label(tr("Class folders, ready-made splits and CSV lists are understood"), "dim"),
        )
        inside = column(None, sign, *texts, None, gap=4)
        for made in (sign, *texts):
            inside.setAlignment(made, Qt.AlignmentFlag.AlignHCenter)
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)
