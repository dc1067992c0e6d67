"""Picking images of the project, as content or as style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QKeyEvent, Qt
from PySide6.QtWidgets import QAbstractItemView, QWidget

from tlstudio.domain.images import ImageQuery
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import button, column, disable, field, row
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.widgets.strip import ImageStrip, StripItem
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.ui.context import Context

MOST = 400
"""So many images are shown at once; a search narrows them."""


class ProjectPicker(QWidget):
    """`picked(ids)` with what was chosen; `given_up` where nothing shall change."""

    picked = Signal(list)
    given_up = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_picker")
        self._context = context
        self._ids: list[int] = []
        self._title = Elided("style_picker_title", "heading")
        self._search = field(
            "style_picker_search", tr("Search images by name"), hint=tr("Search by name")
        )
        self._search.setMaximumWidth(280)
        self._wait = QTimer(self, singleShot=True, interval=200)
        self._wait.timeout.connect(self._ask)
        self._search.textChanged.connect(lambda _text: self._wait.start())
        self._strip = ImageStrip(context, "style_picker_images", tr("Images of the project"))
        self._strip.opened.connect(lambda image: self.picked.emit([image]))
        self._strip.selectionModel().selectionChanged.connect(lambda *_: self._show_use())
        self._facts = Elided("style_picker_facts", "dim")
        self._cancel = button(tr("Cancel"), "style_picker_cancel", self.given_up.emit)
        self._use = button(tr("Use"), "style_picker_use", self._take, role="primary")
        inside = column(
            row(self._title, self._search),
            self._strip,
            row(self._facts, self._cancel, self._use),
            gap=12,
        )
        inside.setStretch(1, 1)
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)

    def start(self, title: str, *, many: bool) -> None:
        """Offer the project's images; several can be chosen where `many`."""
        self._title.say(title)
        modes = QAbstractItemView.SelectionMode
        self._strip.setSelectionMode(modes.ExtendedSelection if many else modes.SingleSelection)
        self._search.clear()
        self._ask()
        self._search.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def _ask(self) -> None:
        self._context.ops.run(
            _found,
            self._context.project,
            self._search.text().strip(),
            on_done=self._show,
            key="style.picker",
        )

    def _show(self, found: tuple[list[ImageRow], int]) -> None:
        rows, total = found
        self._ids = [each.id for each in rows]
        self._strip.set_items([StripItem(each.id, each.name) for each in rows])
        if total > len(rows):
            words = tr("The first {n} of {total}; search to see others", n=MOST, total=f"{total:,}")
        else:
            words = count(total, "{n} image", "{n} images")
        self._facts.say(words)
        self._show_use()

    def _chosen(self) -> list[int]:
        rows = sorted(index.row() for index in self._strip.selectionModel().selectedIndexes())
        return [self._ids[row] for row in rows if row < len(self._ids)]

    def _show_use(self) -> None:
        disable(self._use, "" if self._chosen() else tr("Choose an image first"))

    def _take(self) -> None:
        self.picked.emit(self._chosen())


def _found(project: object, text: str) -> tuple[list[ImageRow], int]:
    """On a thread: the first images whose name fits, and how many there are."""
    ids = service("images", "find_images")(project, ImageQuery(text=text))
    return service("images", "image_rows")(project, ids[:MOST]), len(ids)
