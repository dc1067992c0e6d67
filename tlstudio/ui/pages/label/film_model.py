"""The images that are gone through, as a list whose rows are read when they come into view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageRow
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import state_word
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

_Index = QModelIndex | QPersistentModelIndex
_BLOCK = 64
_MOST_ROWS = 20_000


class FilmModel(QAbstractListModel):
    """Ids in memory, rows in blocks; what an edit touched is read again."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self.ids: Sequence[int] = ()
        self._rows: dict[int, ImageRow] = {}
        self._stale: set[int] = set()
        self._asked: set[int] = set()
        self._wanted: set[int] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._fetch)
        context.changes.changed.connect(self._changed)

    def set_ids(self, ids: Sequence[int]) -> None:
        self.beginResetModel()
        self.ids = ids
        self._wanted.clear()
        self.endResetModel()

    def stop(self) -> None:
        self._timer.stop()

    def row_at(self, place: int) -> ImageRow | None:
        """The image at `place` if it is known; else it is read and shown later."""
        image = self.ids[place]
        found = self._rows.get(image)
        if found is None or image in self._stale:
            self._want(place)
        return found

    def known(self, image: int) -> ImageRow | None:
        return self._rows.get(image)

    def _want(self, place: int) -> None:
        start = place - place % _BLOCK
        for image in self.ids[start : start + _BLOCK]:
            if (image not in self._rows or image in self._stale) and image not in self._asked:
                self._wanted.add(image)
        if self._wanted and not self._timer.isActive():
            self._timer.start()

    def _fetch(self) -> None:
        wanted = list(self._wanted)
        self._wanted.clear()
        self._asked.update(wanted)
        self._stale.difference_update(wanted)
        if wanted:
            self._context.ops.run(
                service("images", "image_rows"), self._project, wanted,
                on_done=lambda rows: self._fill(wanted, rows), owner=self,
            )  # fmt: skip

    def _fill(self, wanted: Sequence[int], rows: Sequence[ImageRow]) -> None:
        self._asked.difference_update(wanted)
        if len(self._rows) > _MOST_ROWS:
            for image in list(self._rows)[: _MOST_ROWS // 2]:
                del self._rows[image]
        self._rows.update((row.id, row) for row in rows)
        self._repaint()

    def _changed(self, changes: Changes) -> None:
        mine = self._context.project is self._project
        if not mine or not (changes.everything or changes.images):
            return
        known = self._rows.keys()
        self._stale.update(known if changes.everything else changes.images & known)
        self._asked.clear()
        self._repaint()

    def _repaint(self) -> None:
        if self.ids:
            self.dataChanged.emit(self.index(0), self.index(len(self.ids) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.ids)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        roles = Qt.ItemDataRole
        if role not in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole):
            return None
        row = self.row_at(index.row())
        if row is None:
            return "…"
        if role == roles.DisplayRole:
            return row.name
        words = f"{row.name}, {state_word(row.state)}"
        return words + (tr(", file missing") if row.missing else "")
