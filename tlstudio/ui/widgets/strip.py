"""A strip of images that answers a click: pictures with a line of words, loaded off-thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPixmap
from PySide6.QtWidgets import QListView, QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import named

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.ui.context import Context

_SIDE = 128
_PAGE = 120
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class StripItem:
    """An image of the project, what stands under it, and what its tooltip says.

    `draw(picture)` draws over the small picture; it is called on a thread.
    """

    image: int
    words: str
    tip: str = ""
    draw: Callable[[QImage], object] | None = None


class _StripModel(QAbstractListModel):
    """Items with their pictures, fetched a page at a time as they come into view."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._items: list[StripItem] = []
        self._pictures: dict[int, QPixmap] = {}
        self._asked: set[int] = set()
        self._generation = 0

    def set_items(self, items: Sequence[StripItem]) -> None:
        self.beginResetModel()
        self._items = list(items)
        self._asked.clear()
        self._generation += 1
        self.endResetModel()

    def item(self, row: int) -> StripItem:
        return self._items[row]

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.words
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return item.tip or item.words
        if role == Qt.ItemDataRole.DecorationRole:
            if item.draw is not None or item.image not in self._pictures:
                self._ask(index.row())
            return self._pictures.get(item.image, _blank())
        return None

    def _ask(self, row: int) -> None:
        page = row // _PAGE
        if page in self._asked:
            return
        self._asked.add(page)
        items = self._items[page * _PAGE : (page + 1) * _PAGE]
        generation = self._generation
        self._context.ops.run(
            self._load,
            items,
            on_done=lambda found: self._show(found, generation, page),
            owner=self,
        )

    def _load(self, items: Sequence[StripItem]) -> dict[int, QImage]:
        """On a thread: small pictures by image id."""
        project = self._context.project
        ids = [item.image for item in items]
        rows: list[ImageRow] = service("images", "image_rows")(project, ids)
        jpegs = service("images", "thumbnails")(project, [r.pixel_hash for r in rows])
        found = {r.id: jpegs[r.pixel_hash] for r in rows if r.pixel_hash in jpegs}
        pictures = {item.image: _small(found.get(item.image), item.draw) for item in items}
        return {image: picture for image, picture in pictures.items() if picture is not None}

    def _show(self, found: dict[int, QImage], generation: int, page: int) -> None:
        if generation != self._generation:
            return
        for image, picture in found.items():
            self._pictures[image] = QPixmap.fromImage(picture)
        if self._items:
            last = min((page + 1) * _PAGE, len(self._items)) - 1
            self.dataChanged.emit(self.index(page * _PAGE), self.index(last))


class ImageStrip(QListView):
    """`opened(image id)` on a double click or Enter, `current(image id)` when one is chosen."""

    opened = Signal(int)
    current = Signal(int)

    def __init__(self, context: Context, name: str, says: str) -> None:
        super().__init__()
        named(self, name, says)
        self.setProperty("role", "framed")
        self._model = _StripModel(context, self)
        self.setModel(self._model)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setGridSize(QSize(_SIDE + 24, _SIDE + 48))
        self.setUniformItemSizes(True)
        self.setWordWrap(True)
        self.setSpacing(4)
        self.activated.connect(lambda index: self.opened.emit(self._model.item(index.row()).image))

    def currentChanged(self, now: QModelIndex, before: QModelIndex) -> None:
        """Arrow keys choose as clicks do."""
        super().currentChanged(now, before)
        if now.isValid() and self.hasFocus():
            self.current.emit(self._model.item(now.row()).image)

    def set_items(self, items: Sequence[StripItem]) -> None:
        """Show these images, first one first."""
        self._model.set_items(items)
        self.scrollToTop()


def _small(jpeg: bytes | None, draw: Callable[[QImage], object] | None) -> QImage | None:
    picture = QImage()
    if jpeg is None or not picture.loadFromData(jpeg):
        return None
    small = picture.scaled(
        _SIDE,
        _SIDE,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    if draw is not None:
        small = small.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
        draw(small)
    return small


def _blank() -> QPixmap:
    picture = QPixmap(_SIDE, _SIDE)
    picture.fill(QColor(theme().colour("canvas")))
    return picture
