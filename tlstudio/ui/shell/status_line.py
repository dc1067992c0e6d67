"""The status line: position under the cursor, label counts, the last action with Undo."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QWidget

from tlstudio.domain.labels import Label
from tlstudio.ui.speech import speak
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import button, label, named, row
from tlstudio.ui.words import tr


class LabelCounts(QWidget):
    """Colour, name and number of each label, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        named(self, "labelCounts", tr("Annotations per label"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._entries: list[tuple[str, str]] = []

    def show_counts(self, counts: list[tuple[Label, int]]) -> None:
        self._entries = [(made.colour, f"{made.name} {n:,}") for made, n in counts]
        text = ", ".join(entry for _, entry in self._entries)
        self.setAccessibleDescription(text)
        self.setToolTip(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, x, middle = self.fontMetrics(), 0, self.height() / 2
        for index, (colour, text) in enumerate(self._entries):
            width = 16 + metrics.horizontalAdvance(text) + 16
            last = index == len(self._entries) - 1
            if x + width > self.width() - (0 if last else 24):
                painter.setPen(theme().colour("dim"))
                painter.drawText(x, int(middle + metrics.ascent() / 2) - 1, "…")
                return
            painter.setPen(theme().colour("line"))
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QRectF(x + 1, middle - 5, 10, 10))
            painter.setPen(theme().colour("dim"))
            painter.drawText(
                QRectF(x + 16, 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, text
            )
            x += width


class StatusLine(QFrame):
    undo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "statusLine", tr("Status"))
        self.setFixedHeight(theme().tokens.sizes["status"])
        self.position = label(role="dim", name="positionText")
        self.position.hide()
        self.counts = LabelCounts()
        self.action = label(role="dim", name="lastAction")
        self.undo = button(tr("Undo"), "statusUndo", self.undo_wanted.emit, role="link")
        self.undo.hide()
        inside = row(self.position, self.counts, self.action, self.undo, gap=12)
        inside.setContentsMargins(12, 0, 12, 0)
        self.setLayout(inside)

    def show_position(self, text: str) -> None:
        """Position and value under the cursor, zoom; empty hides it."""
        self.position.setText(text)
        # It never shrinks while it is shown, so that what stands beside it keeps its place.
        wide = max(self.position.minimumWidth(), self.position.sizeHint().width())
        self.position.setMinimumWidth(wide if text else 0)
        self.position.setVisible(bool(text))

    def show_action(self, text: str, can_undo: bool) -> None:
        if text != self.action.text():
            speak(self, text)
        self.action.setText(text)
        self.action.setVisible(bool(text))
        self.undo.setVisible(can_undo)
        self.undo.setAccessibleName(tr("Undo: {action}", action=text))
