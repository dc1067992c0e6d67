"""The images of a query as a table of ids, whose rows are read when they come into view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QPixmap

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import SORTS, ImageQuery, ImageRow
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import chip, column_word, label_names, split_word, state_word
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context

COLUMNS = ("name", "label", "shapes", "split", "group", "state", "size", "assignee", "tags")
_BLOCK = 128
_MOST_ROWS = 20_000

_Index = QModelIndex | QPersistentModelIndex


class ImageTable(QAbstractTableModel):
    """Ids in memory, rows fetched in blocks off the UI thread.

    `loaded` is sent when the answer to a query is in place: (number of images). Selections
    and the current image are kept by id across queries.
    """

    loaded = Signal(int)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._project = context.project
        self.query = ImageQuery()
        self.ids: list[int] = []
        self._position: dict[int, int] = {}
        self._rows: dict[int, ImageRow] = {}
        self._stale: set[int] = set()
        self._wanted: set[int] = set()
        self._asked: set[int] = set()
        self._selection: QItemSelectionModel | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._fetch)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(150)
        self._again.timeout.connect(self.requery)
        context.changes.changed.connect(self._changed)
        context.labels.changed.connect(self._repaint)

    def keep_selection(self, selection: QItemSelectionModel) -> None:
        """The selection to carry from one query's answer to the next."""
        self._selection = selection

    def stop(self) -> None:
        """The page is going: ask nothing more."""
        self._timer.stop()
        self._again.stop()
        self._context.changes.changed.disconnect(self._changed)
        self._context.labels.changed.disconnect(self._repaint)

    # -- asking ---------------------------------------------------------------------------

    def set_query(self, query: ImageQuery) -> None:
        self.query = query
        self.requery()

    def requery(self) -> None:
        """Ask again which images the query means."""
        self._again.stop()
        self._context.ops.run(
            _find, self._project, self.query, on_done=self._show, key="images.query"
        )

    def row_at(self, row: int) -> ImageRow | None:
        """The image in `row` if it is known already; else it is fetched and shown later."""
        image = self.ids[row]
        found = self._rows.get(image)
        if found is None or image in self._stale:
            self._want(row)
        return found

    def known(self, image: int) -> ImageRow | None:
        return self._rows.get(image)

    def position(self, image: int) -> int | None:
        """The row of an image id, None where the query leaves it out."""
        return self._position.get(image)

    def _want(self, row: int) -> None:
        start = row - row % _BLOCK
        for image in self.ids[start : start + _BLOCK]:
            fresh = image in self._rows and image not in self._stale
            if not fresh and image not in self._asked:
                self._wanted.add(image)
        if self._wanted and not self._timer.isActive():
            self._timer.start(0)

    def _fetch(self) -> None:
        wanted = [image for image in self._wanted if image in self._position]
        self._wanted.clear()
        self._asked.update(wanted)
        self._stale.difference_update(wanted)

        def failed(error: BaseException) -> None:
            self._asked.difference_update(wanted)
            self._context.show_error(error)

        if wanted:
            self._context.ops.run(
                service("images", "image_rows"),
                self._project,
                wanted,
                on_done=lambda rows: self._fill(wanted, rows),
                on_error=failed,
                owner=self,
            )

    def _fill(self, wanted: Sequence[int], rows: Sequence[ImageRow]) -> None:
        self._asked.difference_update(wanted)
        if len(self._rows) > _MOST_ROWS:
            for image in list(self._rows)[: _MOST_ROWS // 2]:
                del self._rows[image]
        self._rows.update((row.id, row) for row in rows)
        places = [p for p in map(self._position.get, wanted) if p is not None]
        if places:
            self._tell(min(places), max(places))

    # -- answers --------------------------------------------------------------------------

    def _show(self, answer: tuple[list[int], dict[int, int]]) -> None:
        ids, position = answer
        if ids == self.ids:
            self.loaded.emit(len(ids))
            return
        chosen, current = self._chosen(), self.current()
        current_row = self._position.get(current, 0) if current is not None else 0
        self.beginResetModel()
        self.ids, self._position = ids, position
        self._wanted.clear()
        self.endResetModel()
        self._choose_again(chosen, current, current_row)
        self.loaded.emit(len(ids))

    def _chosen(self) -> list[int]:
        return self.selected_ids() if self._selection is not None else []

    def current(self) -> int | None:
        """The id of the current image, None where there is none."""
        if self._selection is None or not self._selection.currentIndex().isValid():
            return None
        row = self._selection.currentIndex().row()
        return self.ids[row] if row < len(self.ids) else None

    def _choose_again(self, chosen: Sequence[int], current: int | None, row: int) -> None:
        if self._selection is None or not self.ids:
            return
        flags = QItemSelectionModel.SelectionFlag
        rows = sorted(p for p in map(self._position.get, chosen) if p is not None)
        place = self._position.get(current) if current is not None else None
        if place is None and current is not None:
            # The image left the query (it was labelled, say): stay where it was.
            place = min(row, len(self.ids) - 1)
            rows = rows or ([place] if chosen else [])
        self._selection.select(self.selection_of(rows), flags.ClearAndSelect)
        if place is not None:
            self._selection.setCurrentIndex(self.index(place, 0), flags.NoUpdate)

    def selection_of(self, rows: Sequence[int]) -> QItemSelection:
        """Sorted `rows` as few ranges as possible."""
        made = QItemSelection()
        last = self.columnCount() - 1
        start = previous = None
        for row in [*rows, None]:
            if start is not None and (row is None or row != previous + 1):
                made.select(self.index(start, 0), self.index(previous, last))
                start = None
            if start is None:
                start = row
            previous = row
        return made

    def selected_ids(self) -> list[int]:
        """The ids that are selected, in the order of the rows."""
        if self._selection is None:
            return []
        rows: set[int] = set()
        for part in self._selection.selection():
            rows.update(range(part.top(), part.bottom() + 1))
        return [self.ids[row] for row in sorted(rows) if row < len(self.ids)]

    def _changed(self, changes: Changes) -> None:
        if changes.everything:
            self._stale.update(self._rows)
        else:
            self._stale.update(changes.images & self._rows.keys())
        if changes.everything or changes.images or changes.labels:
            self._asked.clear()
            self._again.start()
            self._repaint()

    def _repaint(self) -> None:
        if self.ids:
            self._tell(0, len(self.ids) - 1)

    def _tell(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    # -- what Qt asks ---------------------------------------------------------------------

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.ids)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal or role != Qt.ItemDataRole.DisplayRole:
            return None
        return column_word(COLUMNS[section])

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        roles = Qt.ItemDataRole
        if role not in (
            roles.DisplayRole, roles.DecorationRole, roles.AccessibleTextRole, roles.ToolTipRole
        ):  # fmt: skip
            return None
        row = self.row_at(index.row())
        if row is None:
            return "…" if role == roles.DisplayRole and index.column() == 0 else None
        if role == roles.AccessibleTextRole and index.column() == 0:
            words = (self._cell(row, column) for column in ("name", "label", "state", "split"))
            return ", ".join(filter(None, words))
        if role == roles.DecorationRole:
            return self._chip(row) if COLUMNS[index.column()] == "label" else None
        return self._cell(row, COLUMNS[index.column()])

    def _chip(self, row: ImageRow) -> QPixmap | None:
        found = [self._context.labels.get(n) for n in row.labels]
        first = found[0] if found else None
        return chip(first.colour, label_id=first.id) if first is not None else None

    def _cell(self, row: ImageRow, column: str) -> str:
        if column == "name":
            return row.name + (tr(" (missing)") if row.missing else "")
        if column == "label":
            return label_names(self._context.labels, row)
        if column == "split":
            return split_word(row.split)
        if column == "group":
            return row.group or ""
        if column == "state":
            return state_word(row.state)
        if column == "size":
            return f"{row.width} × {row.height}"
        if column == "shapes":
            return f"{row.shapes:,}" if row.shapes else ""
        if column == "assignee":
            return row.assignee or ""
        return ", ".join(row.tags)


def _find(project: object, query: ImageQuery) -> tuple[list[int], dict[int, int]]:
    ids: list[int] = service("images", "find_images")(project, query)
    return ids, {image: row for row, image in enumerate(ids)}


def sort_of(column: int) -> str | None:
    """The sort of ImageQuery that a column stands for."""
    return COLUMNS[column] if COLUMNS[column] in SORTS else None


def rows_known(model: ImageTable, ids: Iterable[int]) -> list[ImageRow]:
    """Those of `ids` whose rows have been read already."""
    return [row for row in map(model.known, ids) if row is not None]
