"""The shapes of the image as rows of a list, topmost first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from tlstudio.domain.annotations import Annotation, Box, Mask, Polygon
from tlstudio.ui.canvas.filters import source_of
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.domain.labels import Label
    from tlstudio.ui.canvas.scene import Scene

_Index = QModelIndex | QPersistentModelIndex
ICONS = {Box: "draw-box", Polygon: "polygon", Mask: "mask"}


def kind_word(shape: Annotation) -> str:
    if isinstance(shape, Box):
        return tr("box")
    return tr("polygon") if isinstance(shape, Polygon) else tr("mask")


def size_word(shape: Annotation) -> str:
    """Width and height in whole pixels."""
    if isinstance(shape, Box | Mask):
        return f"{shape.w:.0f} × {shape.h:.0f}"
    if isinstance(shape, Polygon):
        points = [point for part in shape.parts for point in part[0]]
        if points:
            xs, ys = [p[0] for p in points], [p[1] for p in points]
            return f"{max(xs) - min(xs):.0f} × {max(ys) - min(ys):.0f}"
    return ""


def source_word(shape: Annotation) -> str:
    """Who or what it comes from, in one or two words."""
    made = shape.provenance
    if made.suggestion:
        sure = tr("suggestion")
        return sure if made.confidence is None else f"{sure} {made.confidence:.2f}"
    if made.source.value == "model":
        return tr("accepted")
    return tr("import") if made.source.value == "import" else made.author or tr("person")


def brief_source(shape: Annotation) -> str:
    """As `source_word`, in the few letters a row has room for: 0.87? is a suggestion."""
    sure = shape.provenance.confidence
    if shape.provenance.suggestion and sure is not None:
        return f"{sure:.2f}?"
    return source_word(shape)


class ShapeList(QAbstractListModel):
    """Rows of a scene. `refresh` reads it again; the rows stay where nothing came or went."""

    def __init__(self, scene: Scene, label_of: Callable[[int], Label | None], parent: QObject):
        super().__init__(parent)
        self.scene = scene
        self._label_of = label_of
        self.rows: list[Annotation] = []
        self.place: dict[str, int] = {}

    def refresh(self) -> bool:
        """True where shapes came, went or changed places, so that selections are to be redone."""
        fresh = [shape for shape in reversed(self.scene.shapes()) if self._listed(shape)]
        same = len(fresh) == len(self.rows) and all(
            a.id == b.id for a, b in zip(fresh, self.rows, strict=True)
        )
        if same:
            self.rows = fresh
            if fresh:
                self.dataChanged.emit(self.index(0), self.index(len(fresh) - 1))
            return False
        self.beginResetModel()
        self.rows = fresh
        self.place = {shape.id: place for place, shape in enumerate(fresh)}
        self.endResetModel()
        return True

    def selection_of(self, places: Sequence[int]) -> QItemSelection:
        """Sorted rows as few ranges as possible."""
        made = QItemSelection()
        start = last = -1
        for place in [*places, -1]:
            if start >= 0 and place != last + 1:
                made.select(self.index(start), self.index(last))
                start = -1
            if start < 0:
                start = place
            last = place
        return made

    def _listed(self, shape: Annotation) -> bool:
        """Hidden shapes are listed, so that they can be shown again; filtered ones are not."""
        filters = self.scene.filters
        if filters.label_filter is not None and shape.label not in filters.label_filter:
            return False
        return filters.source_filter is None or source_of(shape) in filters.source_filter

    def label_of(self, shape: Annotation) -> Label | None:
        return self._label_of(shape.label)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        roles = Qt.ItemDataRole
        if role not in (roles.DisplayRole, roles.ToolTipRole, roles.AccessibleTextRole):
            return None
        shape = self.rows[index.row()]
        made = self.label_of(shape)
        name = made.name if made is not None else "…"
        if role == roles.DisplayRole:
            return name
        words = [f"{name}, {kind_word(shape)} {size_word(shape)}", source_word(shape)]
        if isinstance(shape, Polygon):
            points = sum(len(ring) for part in shape.parts for ring in part)
            words.insert(1, count(points, "1 point", "{n} points"))
        if self.scene.locked(shape.id):
            words.append(tr("locked"))
        if shape.id in self.scene.filters.hidden:
            words.append(tr("hidden"))
        return ", ".join(words)
