"""An image with what a model found beside what is true; wheel and drag move it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import (
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome, Verdict
from tlstudio.ui.canvas.picture_layer import PictureLayer
from tlstudio.ui.canvas.view import View
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.widgets.outcome_look import counts_of, meaning_of, words_of
from tlstudio.ui.widgets.outcome_marks import (
    draw_marks,
    draw_pixels,
    mark_at,
    marks,
    pixel_codes,
)
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.pictures import Picture

Outcome = DetectionOutcome | SegmentationOutcome

_ZOOM = 1.2
_STEP = 48


class OutcomeCanvas(QWidget):
    """Shows one outcome over its picture. `opened` on a double click or Enter."""

    opened = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "outcome_canvas", tr("Prediction beside the truth"))
        self.setProperty("role", "canvas")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(160, 60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.view = View()
        self._layer = PictureLayer(self.view)
        self._outcome: Outcome | None = None
        self._codes: NDArray[np.uint8] | None = None
        self._side = "both"
        self._hidden: frozenset[Verdict] = frozenset()
        self._dragged: QPointF | None = None
        theme().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(420, 320)

    def show_outcome(self, outcome: Outcome | None, codes: NDArray[np.uint8] | None = None) -> None:
        """What to draw; `codes` is the map of verdicts of a segmenter's outcome. Another image
        is fitted, the same one keeps its place."""
        before = self._outcome
        self._outcome, self._codes = outcome, codes
        if outcome is None or before is None or before.image != outcome.image:
            self._layer.show(None)
            self.view.fitted = True
        if outcome is not None:
            self.view.set_image(outcome.width, outcome.height)
        # The counts, for those who do not see the picture.
        self.setAccessibleDescription("" if outcome is None else counts_of(outcome))
        self.update()

    def show_picture(self, picture: Picture) -> None:
        """The pixels of the image shown."""
        self._layer.show(picture)
        self.update()

    @property
    def needs_picture(self) -> bool:
        """The pixels of the image shown have not come yet."""
        return self._outcome is not None and self._layer.picture is None

    def set_side(self, side: str) -> None:
        """Show both sides, or the true or the found one alone."""
        self._side = side
        self.update()

    def set_hidden(self, verdicts: Collection[Verdict]) -> None:
        """Leave some verdicts out."""
        self._hidden = frozenset(verdicts)
        self.update()

    def words_at(self, point: QPointF) -> str:
        """What lies under a point of the widget, in words."""
        if self._outcome is None or self.view.empty:
            return ""
        x, y = self.view.to_image(point)
        if isinstance(self._outcome, DetectionOutcome):
            found = mark_at(marks(self._outcome, self._side, self._hidden), x, y)
            return found.told if found is not None else ""
        inside = 0 <= x < self.view.width and 0 <= y < self.view.height
        if self._codes is None or not inside:
            return ""
        shown = {**pixel_codes(self._side, self._hidden), 5: Verdict.IGNORED}
        verdict = shown.get(int(self._codes[int(y), int(x)]))
        return f"{words_of(verdict)}: {meaning_of(verdict)}" if verdict is not None else ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("canvas"))
        if self._outcome is None:
            return
        self._layer.draw(painter)
        if isinstance(self._outcome, DetectionOutcome):
            draw_marks(painter, self.view, marks(self._outcome, self._side, self._hidden))
        elif self._codes is not None:
            draw_pixels(painter, self.view, self._codes, pixel_codes(self._side, self._hidden))
        if self.hasFocus():
            painter.setPen(theme().ring())
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.set_viewport(self.width(), self.height(), self.devicePixelRatioF())

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y()
        self.view.zoom_at(event.position(), _ZOOM ** (turned / 120))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._dragged = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = event.position() - self._dragged
            self._dragged = event.position()
            self.view.pan(moved.x(), moved.y())
            self.update()

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self._dragged = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        if self._outcome is not None:
            self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (_STEP, 0), Qt.Key.Key_Right: (-_STEP, 0),
            Qt.Key.Key_Up: (0, _STEP), Qt.Key.Key_Down: (0, -_STEP),
        }  # fmt: skip
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._outcome is not None:
            self.opened.emit()
        elif key in moves:
            self.view.pan(*moves[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.view.zoom_at(self.view.middle(), _ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.view.zoom_at(self.view.middle(), 1 / _ZOOM)
        elif key == Qt.Key.Key_0:
            self.view.fit()
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.words_at(QPointF(event.pos())), self)
            return True
        return super().event(event)
