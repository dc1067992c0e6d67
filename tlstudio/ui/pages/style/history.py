"""The pictures made so far, newest first, with what they were made from and how."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor, QIcon, QImage, QKeyEvent, QMouseEvent, QPixmap
from PySide6.QtWidgets import QListView, QMenu, QWidget

from tlstudio.domain.styling import StyleSettings
from tlstudio.ui.icons import icon
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.speech import speak_current
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import button, column, disable, named, row, tool
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.words import say, time_text, tr

if TYPE_CHECKING:
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context

_SIDE = 72
_Index = QModelIndex | QPersistentModelIndex


def entry_words(entry: StylingEntry) -> str:
    """What a picture was made from and how, in lines."""
    lines = [tr("From {name}", name=PurePath(entry.content_path).name)]
    runs = [str(each["run"]) for each in entry.sources if "run" in each]
    styles = [PurePath(str(each["path"])).name for each in entry.sources if "path" in each]
    if runs:
        lines.append(tr("Stylizer {run}", run=runs[0]))
    if styles:
        lines.append(tr("Styles: {names}", names=", ".join(styles)))
    lines += setting_words(entry)
    size = tr("{w} × {h} px", w=entry.width, h=entry.height)
    lines.append(f"{size}, {time_text(entry.seconds)}" if entry.seconds else size)
    if entry.saved_image is not None:
        lines.append(tr("In the project, marked as synthetic"))
    return "\n".join(lines)


def setting_words(entry: StylingEntry) -> list[str]:
    """The settings that were not left as they are usually, a line for each."""
    found = []
    for field in StyleSettings.fields():
        value = entry.settings.get(field.name, field.default)
        if value == field.default or field.name == "size":
            continue
        name = say(f"styling.{field.name}", {})
        if field.kind == "choice":
            shown = say(f"styling.{field.name}.{value}", {})
        elif isinstance(value, float):
            shown = f"{value:g} {field.unit}".strip()
        else:
            shown = f"{value} {field.unit}".strip()
        found.append(f"{name}: {shown}")
    return found


class _HistoryModel(QAbstractListModel):
    """Entries with their small pictures, read as they come into view."""

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._owner = parent
        self.entries: list[StylingEntry] = []
        self._pictures: dict[int, QIcon] = {}
        self._asked: set[int] = set()
        self._wanted: list[int] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._ask)

    def set_entries(self, entries: Sequence[StylingEntry]) -> None:
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.entries)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry_words(entry)
        if role == Qt.ItemDataRole.DecorationRole:
            if entry.id not in self._asked:
                self._asked.add(entry.id)
                self._wanted.append(entry.id)
                self._soon.start()
            return self._pictures.get(entry.id, _blank())
        return None

    def _ask(self) -> None:
        """Read the small pictures of those that came into view."""
        wanted, self._wanted = self._wanted, []
        self._context.ops.run(
            _squares,
            self._context.project,
            wanted,
            on_done=self._seen,
            owner=self._owner,
            lane=Lane.PICTURE,
        )

    def _seen(self, found: dict[int, QImage]) -> None:
        self._pictures |= {entry: _as_it_is(picture) for entry, picture in found.items()}
        for place, each in enumerate(self.entries):
            if each.id in found:
                self.dataChanged.emit(self.index(place), self.index(place))


def _squares(project: object, ids: Sequence[int]) -> dict[int, QImage]:
    """On a thread: the middle of each picture, small. One that is gone is left out."""
    jpegs: dict[int, bytes] = service("styling", "thumbnails")(project, ids)
    found = {}
    for entry, jpeg in jpegs.items():
        picture = QImage()
        if picture.loadFromData(jpeg):
            filled = picture.scaled(
                _SIDE,
                _SIDE,
                Qt.AspectRatioMode.KeepAspectRatioByExpanding,
                Qt.TransformationMode.SmoothTransformation,
            )
            left, top = (filled.width() - _SIDE) // 2, (filled.height() - _SIDE) // 2
            found[entry] = filled.copy(left, top, _SIDE, _SIDE)
    return found


class HistoryStrip(QWidget):
    """`shown(entry)` when one is chosen, `use_wanted(entry)` for its pictures and settings,
    `delete_wanted(entry)` to take it out."""

    shown = Signal(object)
    use_wanted = Signal(object)
    delete_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_history")
        self._context = context
        self._all: list[StylingEntry] = []
        self._hidden: frozenset[int] = frozenset()
        self._busy = False
        self._looked_at: int | None = None
        self._facts = Elided("style_history_facts", "dim")
        self._use = button(
            tr("Use these settings"),
            "style_history_use",
            self._use_current,
            tip=tr("Take over its pictures and settings, to go on from there"),
        )
        self._delete = tool("trash", "style_history_delete", tr("Delete"), self._delete_current)
        self._list = _HistoryList()
        self._model = _HistoryModel(context, self)
        self._list.setModel(self._model)
        speak_current(self._list)
        self._list.current.connect(self._chosen)
        self._list.delete_pressed.connect(self._delete_current)
        self._list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._list.customContextMenuRequested.connect(self._open_menu)
        head = row(self._facts, self._use, self._delete)
        head.setStretch(0, 1)
        inside = column(head, self._list, gap=4)
        inside.setContentsMargins(12, 8, 12, 8)
        self.setLayout(inside)
        self._show_acts()

    def show_entries(self, entries: Sequence[StylingEntry]) -> None:
        """Show these, newest first; the one chosen stays chosen."""
        self._all = list(entries)
        self._fill()

    def hide_entries(self, ids: Collection[int]) -> None:
        """Leave these out until they are deleted or shown again."""
        self._hidden = frozenset(ids)
        self._fill()

    def current(self) -> StylingEntry | None:
        """The one that is chosen."""
        index = self._list.currentIndex()
        chosen = index.isValid() and self._list.selectionModel().isSelected(index)
        return self._model.entries[index.row()] if chosen else None

    def choose(self, entry: int | None) -> None:
        """Mark an entry as the one that is looked at, now or once it is shown, without telling
        of it."""
        self._looked_at = entry
        rows = [place for place, each in enumerate(self._model.entries) if each.id == entry]
        self._list.blockSignals(True)
        if rows:
            self._list.setCurrentIndex(self._model.index(rows[0]))
        else:
            self._list.clearSelection()
        self._list.blockSignals(False)
        self._show_acts()

    def set_busy(self, on: bool) -> None:
        """While a picture is being made that one is looked at, not those of the history."""
        self._list.setEnabled(not on)
        self._busy = on
        self._show_acts()

    def _fill(self) -> None:
        self._model.set_entries([each for each in self._all if each.id not in self._hidden])
        self.choose(self._looked_at)
        self.setVisible(bool(self._model.entries))

    def _chosen(self, place: int) -> None:
        self._looked_at = self._model.entries[place].id
        self._show_acts()
        self.shown.emit(self._model.entries[place])

    def _show_acts(self) -> None:
        entry = self.current()
        none = tr("Choose a picture of the history first") if entry is None else ""
        if self._busy:
            none = tr("A picture is being made; stop it first")
        disable(self._use, none)
        disable(self._delete, none or self._context.locked_reason())
        if entry is None:
            self._facts.say(tr("History: choose a picture to see how it was made"))
        else:
            words = entry_words(entry)
            self._facts.say(words.replace("\n", " · "), words)

    def _use_current(self) -> None:
        if (entry := self.current()) is not None and self._use.isEnabled():
            self.use_wanted.emit(entry)

    def _delete_current(self) -> None:
        if (entry := self.current()) is not None and self._delete.isEnabled():
            self.delete_wanted.emit(entry)

    def _open_menu(self, at: QPoint) -> None:
        if self.current() is None:
            return
        menu = named(QMenu(self), "style_history_menu", tr("What to do with this picture"))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for act, made, sign in (
            (self._use_current, self._use, "settings"),
            (self._delete_current, self._delete, "trash"),
        ):
            action = menu.addAction(icon(sign), made.accessibleName())
            action.setEnabled(made.isEnabled())
            action.triggered.connect(lambda _on=False, do=act: do())
        menu.popup(self._list.viewport().mapToGlobal(at))


class _HistoryList(QListView):
    """One row of pictures; `current(row)` when one is chosen by mouse or keys."""

    current = Signal(int)
    delete_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        named(self, "style_history_list", tr("Pictures made so far"))
        self.setProperty("role", "framed")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(QSize(_SIDE, _SIDE))
        self.setGridSize(QSize(_SIDE + 12, _SIDE + 8))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFixedHeight(_SIDE + 28)
        self._pressed = False
        self.clicked.connect(lambda index: self.current.emit(index.row()))

    def currentChanged(self, now: QModelIndex, before: QModelIndex) -> None:
        """Arrow keys choose as clicks do."""
        super().currentChanged(now, before)
        if now.isValid() and self.hasFocus() and not self._pressed:
            self.current.emit(now.row())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = True
        super().mousePressEvent(event)
        self._pressed = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.delete_pressed.emit()
        else:
            super().keyPressEvent(event)


def _as_it_is(picture: QImage) -> QIcon:
    """A picture that is not tinted where it is selected."""
    made = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Disabled):
        made.addPixmap(QPixmap.fromImage(picture), mode)
    return made


def _blank() -> QPixmap:
    picture = QPixmap(_SIDE, _SIDE)
    picture.fill(QColor(theme().colour("canvas")))
    return picture
