"""The overlay of F1: every key of the program and of the page in front."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractSlider, QFrame, QGridLayout, QWidget
from shiboken6 import isValid

from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.key_table import Line, lines
from tlstudio.ui.keymap import keymap
from tlstudio.ui.widgets.basics import button, column, label, named, panel, row, scrolling
from tlstudio.ui.words import tr

_MARGIN = (48, 48, -48, -48)
_GAP = 32
_MOST_KEYS = 2


class KeysOverlay(QWidget):
    """Lies over the window; any click or Esc closes it."""

    change_wanted = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        named(self, "keysOverlay", tr("Keys"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._before: QWidget | None = None
        self._scroll = scrolling(QWidget(), "keysScroll", tr("Keys"))
        change = button(tr("Change keys"), "keysChange", self._change, icon="keyboard")
        close = button(tr("Close"), "keysClose", self.hide)
        self._panel = panel(
            row(label(tr("Keys"), "title"), None, change, close, gap=16),
            self._scroll,
            gap=16,
            margin=24,
        )
        self.setLayout(column(None, row(None, self._panel, None), None))
        window.installEventFilter(self)
        self.hide()

    def show_keys(self, everywhere: Collection[str], page: str, title: str) -> None:
        """Show the keys in force: of the commands `everywhere`, and of the page in front."""
        keys = {made.id: keymap().keys(made.id) for made in COMMANDS}
        blocks = [_block(tr("Everywhere"), "", lines("everywhere", keys, everywhere))]
        for group, members in groupby(lines(page, keys), key=lambda line: line.group):
            blocks.append(_block(title if len(blocks) == 1 else "", tr(group), list(members)))
        room = self.parentWidget().rect().adjusted(*_MARGIN)
        wide = max(block.sizeHint().width() for block in blocks)
        most = max(1, (room.width() - 80) // (wide + _GAP))
        columns = _divide(blocks, most)
        body = QWidget()
        body.setProperty("role", "page")
        body.setLayout(row(*(column(*part, None, gap=12) for part in columns), None, gap=_GAP))
        high = body.sizeHint().height()
        self._scroll.setWidget(body)
        self._panel.setFixedSize(
            min(room.width(), len(columns) * (wide + _GAP) + 80),
            min(room.height(), high + 120),
        )
        self.setGeometry(self.parentWidget().rect())
        self._before = self.window().focusWidget()
        self.show()
        self.raise_()
        self.setFocus()

    def _change(self) -> None:
        self.hide()
        self.change_wanted.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.parent():
            self.setGeometry(self.parentWidget().rect())
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar, step = self._scroll.verticalScrollBar(), QAbstractSlider.SliderAction
        steps = {
            Qt.Key.Key_Down: step.SliderSingleStepAdd,
            Qt.Key.Key_Up: step.SliderSingleStepSub,
            Qt.Key.Key_PageDown: step.SliderPageStepAdd,
            Qt.Key.Key_PageUp: step.SliderPageStepSub,
        }
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return):
            self.hide()
        elif event.key() in steps:
            bar.triggerAction(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        """Whoever had the keys before has them again."""
        before, self._before = self._before, None
        if before is not None and isValid(before) and before.isVisible():
            before.setFocus()
        super().hideEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if not self._panel.geometry().contains(event.position().toPoint()):
            self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 150))


def _divide(blocks: Sequence[QFrame], most: int) -> list[list[QFrame]]:
    """The blocks in at most `most` columns, in order, the tallest column as low as it goes."""
    heights = [block.sizeHint().height() for block in blocks]
    low, high = max(heights), sum(heights)
    while low < high:
        middle = (low + high) // 2
        if len(_fill(heights, middle)) <= most:
            high = middle
        else:
            low = middle + 1
    return [[blocks[place] for place in places] for places in _fill(heights, low)]


def _fill(heights: Sequence[int], room: int) -> list[list[int]]:
    columns: list[list[int]] = [[]]
    used = 0
    for place, height in enumerate(heights):
        if columns[-1] and used + height > room:
            columns.append([])
            used = 0
        columns[-1].append(place)
        used += height
    return columns


def _block(title: str, group: str, found: Sequence[Line]) -> QFrame:
    """One group of keys; `title` stands above the first group of a page."""
    made = QFrame()
    grid = QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    for place, (text, role) in enumerate(((title, "heading"), (group, "dim"))):
        if text:
            grid.addWidget(label(text, role), place, 0, 1, 2)
    for place, line in enumerate(found, 2):
        keys = row(*(label(key, "key") for key in line.keys[:_MOST_KEYS] or ("–",)), None, gap=4)
        grid.addLayout(keys, place, 0)
        grid.addWidget(label(tr(line.title)), place, 1)
    grid.setColumnMinimumWidth(0, 104)
    grid.setColumnStretch(1, 1)
    made.setLayout(grid)
    return made
