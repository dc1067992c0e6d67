"""The pill at the right of the top bar that says what is being trained."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy

from tlstudio.ui import icons
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

_PAD = 12


class RunPill(QAbstractButton):
    """Idle, or "resnet18, epoch 4 of 10, 2 min left" with a thin line of progress.

    `clicked` means: show me the run.
    """

    def __init__(self) -> None:
        super().__init__()
        named(self, "runPill", tr("No run under way"))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._fraction: float | None = None
        self._running = False
        self.set_idle()

    def set_idle(self) -> None:
        """Nothing runs."""
        self._set(False, tr("No run"), None)

    def set_run(self, text: str, fraction: float | None) -> None:
        """A run is under way; `fraction` is 0 to 1, None while it is unknown."""
        self._set(True, text, fraction)

    def _set(self, running: bool, text: str, fraction: float | None) -> None:
        same_text = text == self.text() and running == self._running
        if same_text and fraction == self._fraction:
            return
        self._running, self._fraction = running, fraction
        if not same_text:
            self.setText(text)
            says = tr("Run: {text}", text=text) if running else tr("No run under way")
            self.setAccessibleName(says)
            self.setToolTip(tr("Show the run") if running else tr("Nothing is being trained"))
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        width = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(width + 2 * _PAD + 22, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(96, 28)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colours = theme().colour
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = theme().ring() if self.hasFocus() else QPen(colours("line"), 1)
        half = pen.widthF() / 2
        frame = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.setPen(pen)
        painter.setBrush(colours("hover" if self.underMouse() else "raised"))
        painter.drawRoundedRect(frame, 13.5, 13.5)
        middle = QPointF(_PAD + 4, self.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._running:
            painter.drawPixmap(
                int(middle.x()) - 7, int(middle.y()) - 7, icons.pixmap("play", "accent_text", 14)
            )
        else:
            painter.setBrush(colours("scroll"))
            painter.drawEllipse(middle, 3.5, 3.5)
        painter.setPen(colours("text" if self._running else "dim"))
        room = self.rect().adjusted(_PAD + 18, 0, -_PAD, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        if self._running:
            self._paint_line(painter)

    def _paint_line(self, painter: QPainter) -> None:
        left, right, y = 14.0, self.width() - 14.0, self.height() - 2.5
        self._line(painter, "line", left, right, y)
        if self._fraction:
            share = min(1.0, max(0.0, self._fraction))
            self._line(painter, "accent", left, left + (right - left) * share, y)

    def _line(self, painter: QPainter, role: str, left: float, right: float, y: float) -> None:
        pen = QPen(theme().colour(role), 2)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawLine(QPointF(left, y), QPointF(right, y))
