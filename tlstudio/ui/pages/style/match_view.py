"""A few of the images before and after, one of them large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QImage, QPixmap
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStackedWidget, QWidget

from tlstudio.ui.widgets.basics import box, button, column, label, named, row, tool
from tlstudio.ui.widgets.before_after import BeforeAfter
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.pages.style.match_work import Pair
    from tlstudio.ui.widgets.empty import EmptyState

_SMALL = QSize(100, 75)
_GRID = 116


class MatchView(QWidget):
    """`others_wanted` asks for other images to look at."""

    others_wanted = Signal()

    def __init__(self, empty: EmptyState) -> None:
        super().__init__()
        self.setObjectName("match_view")
        self._pairs: list[Pair] = []
        self.compare = BeforeAfter("match_compare", tr("An image before and after"))
        self._name = Elided("match_name", "heading")
        self._note = label("", "dim", "match_note")
        fit = tool("fit", "match_fit", tr("Fit the picture"), self.compare.fit, keys="0")
        head = row(self._name, self._note, fit)
        head.setStretch(0, 1)
        head.setContentsMargins(12, 8, 12, 8)
        self._strip = named(QListWidget(), "match_samples", tr("Images before and after"))
        self._strip.setViewMode(QListWidget.ViewMode.IconMode)
        self._strip.setFlow(QListWidget.Flow.LeftToRight)
        self._strip.setWrapping(False)
        self._strip.setMovement(QListWidget.Movement.Static)
        self._strip.setIconSize(_SMALL)
        self._strip.setGridSize(QSize(_GRID, _SMALL.height() + 16))
        self._strip.setFixedHeight(_SMALL.height() + 24)
        self._strip.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._strip.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._strip.currentRowChanged.connect(self._show_pair)
        others = button(tr("Other images"), "match_others", self.others_wanted.emit)
        foot = row(self._strip, others, gap=12)
        foot.setStretch(0, 1)
        foot.setContentsMargins(12, 4, 12, 8)
        inside = column(head, self.compare, foot, gap=0)
        inside.setStretch(1, 1)
        self._browse = box(inside)
        self._empty = empty
        self._stack = named(QStackedWidget(), "match_stack", tr("Images before and after"))
        self._stack.addWidget(empty)
        self._stack.addWidget(self._browse)
        self.setLayout(column(self._stack, gap=0))

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Before and after; the one in front stays where the images are the same."""
        before = [pair.name for pair in self._pairs]
        at = self._strip.currentRow() if before == [pair.name for pair in pairs] else 0
        self._pairs = list(pairs)
        self._strip.blockSignals(True)
        self._strip.clear()
        for pair in pairs:
            item = QListWidgetItem(icon_of(pair.after), "")
            item.setToolTip(pair.name)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, pair.name)
            self._strip.addItem(item)
        self._strip.setCurrentRow(at)
        self._strip.blockSignals(False)
        self._show_pair(at)
        self._stack.setCurrentWidget(self._browse if pairs else self._empty)

    def say(self, words: str) -> None:
        """A word above the picture."""
        self._note.setText(words)

    def _show_pair(self, at: int) -> None:
        if not 0 <= at < len(self._pairs):
            return
        pair = self._pairs[at]
        self._name.say(pair.name)
        self.compare.show_before(pair.before)
        self.compare.show_after(pair.after)
        problem = "" if pair.problem is None else say_error(pair.problem)
        self._note.setText(tr("Left as it is") if problem else "")
        self._note.setToolTip(problem)


def icon_of(picture: QImage) -> QIcon:
    """The middle of a picture, of one size; looked at, it keeps its colours when it is chosen."""
    filled = picture.scaled(
        _SMALL,
        Qt.AspectRatioMode.KeepAspectRatioByExpanding,
        Qt.TransformationMode.SmoothTransformation,
    )
    left, top = (filled.width() - _SMALL.width()) // 2, (filled.height() - _SMALL.height()) // 2
    made = QIcon()
    pixmap = QPixmap.fromImage(filled.copy(left, top, _SMALL.width(), _SMALL.height()))
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        made.addPixmap(pixmap, mode)
    return made
