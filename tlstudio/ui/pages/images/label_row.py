"""One label in the list: grip, look, name, numbers, key, menu."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from tlstudio.domain.labels import Label, LabelRole
from tlstudio.ui.pages.images.label_words import role_word
from tlstudio.ui.pages.images.look import swatch
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import label, named, row, tool
from tlstudio.ui.words import count, tr

NUMBER = 44  # width of a column of numbers


class LabelRow(QWidget):
    """`moved(steps)`: one place up (-1) or down (1); `dragged(y)` while the grip is dragged and
    `dropped(y)` at its end, in pixels of the screen."""

    chosen = Signal()
    moved = Signal(int)
    dragged = Signal(int)
    dropped = Signal(int)

    def __init__(self, made: Label, key: str, locked: str) -> None:
        super().__init__()
        self.label_id = made.id
        self.name = _Name(made)
        self.name.clicked.connect(lambda: self.chosen.emit())
        self.name.moved.connect(self.moved)
        self.more = tool("more", f"labelMenu_{made.id}", tr("Change {name}", name=made.name))
        self._grip = _Grip(self)
        if locked:
            self._grip.hide()
        self._images, self._shapes = _number(), _number()
        inside = row(self._grip, self.name, self._images, self._shapes, gap=4)
        inside.setStretch(1, 1)
        if made.role is not LabelRole.NORMAL:
            inside.insertWidget(2, label(role_word(made.role), "dim"))
        inside.addWidget(_key(key))
        inside.addWidget(self.more)
        self.setLayout(inside)

    def show_numbers(self, images: int, shapes: int, *, any_shapes: bool) -> None:
        """On how many images the label is used, and by how many shapes where there are any."""
        self._shapes.setVisible(any_shapes)
        self._images.setText(f"{images:,}")
        self._images.setToolTip(count(images, "1 image", "{n} images"))
        self._shapes.setText(f"{shapes:,}" if shapes else "–")
        self._shapes.setToolTip(count(shapes, "1 shape", "{n} shapes"))
        numbers = f"{self._images.toolTip()}, {self._shapes.toolTip()}"
        self.name.setAccessibleDescription(numbers)


class _Name(QPushButton):
    """The label's look and name; Alt with an arrow moves it."""

    moved = Signal(int)

    def __init__(self, made: Label) -> None:
        super().__init__(made.name.replace("&", "&&"))
        named(self, f"label_{made.id}", tr("Show {name}", name=made.name),
              tr("Show the images with this label; Alt+Up and Alt+Down move it"))  # fmt: skip
        self.setProperty("role", "row")
        self.setIcon(QIcon(swatch(made.colour, made.id)))
        self.setIconSize(QSize(22, 14))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(72)
        self._whole = made.name

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        room = self.width() - 22 - 2 * 8 - 8
        text = self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, room)
        self.setText(text.replace("&", "&&"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() in steps:
            self.moved.emit(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class _Grip(QWidget):
    """Six dots to drag the row by."""

    def __init__(self, row_: LabelRow) -> None:
        super().__init__()
        says = tr("Drag to another place")
        named(self, f"labelGrip_{row_.label_id}", says, says)
        self._row = row_
        self._from: QPoint | None = None
        self._far = False
        self.setFixedSize(12, 28)
        self.setCursor(Qt.CursorShape.SizeVerCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._from, self._far = event.globalPosition().toPoint(), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._from is not None:
            at = event.globalPosition().toPoint()
            self._far = self._far or abs(at.y() - self._from.y()) > 6
            if self._far:
                self._row.dragged.emit(at.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._from is not None and self._far:
            self._row.dropped.emit(event.globalPosition().toPoint().y())
        self._from = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().colour("dim"))
        for x in (3, 7):
            for y in (9, 13, 17):
                painter.drawRect(x, y, 2, 2)


def _number() -> QLabel:
    made = label("", "dim")
    made.setFixedWidth(NUMBER)
    made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return made


def _key(key: str) -> QLabel:
    """The key that gives the label; empty from the tenth on."""
    made = label(key, "key" if key else "")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setMinimumWidth(22)
    made.setFixedHeight(20)
    if key:
        made.setToolTip(tr("Key {n} gives this label", n=key))
    return made
