"""A line of text that gives up its middle where there is no room; the tooltip has all of it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy


class Elided(QLabel):
    """Takes the room it is given and no more; `whole` is what it stands for."""

    def __init__(self, name: str, role: str = "") -> None:
        super().__init__(objectName=name)
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHorizontalStretch(1)  # the room goes to the words, not to the buttons beside
        self.setSizePolicy(policy)
        if role:
            self.setProperty("role", role)
        self.whole = ""

    def say(self, text: str, tip: str = "") -> None:
        """Show `text`; `tip` where more is to be told of it."""
        self.whole = text
        self.setAccessibleName(text)
        self.setToolTip(tip or text)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(24, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        room = max(24, self.width())
        self.setText(self.fontMetrics().elidedText(self.whole, Qt.TextElideMode.ElideMiddle, room))
