"""Filters kept in the project under a name: choose one, keep the present one, rename, delete."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QPushButton, QWidget

from tlstudio.domain.images import ImageQuery
from tlstudio.ui.icons import set_icon
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import (
    button,
    clear,
    column,
    disable,
    field,
    label,
    named,
    row,
    tool,
)
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.filters import SavedFilter
    from tlstudio.ui.context import Context
    from tlstudio.ui.ops import Job


class SavedFilters(QPushButton):
    """The chip; `wanted` asks for the query of a saved filter."""

    wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "savedFilters", tr("Saved filters"))
        self.setProperty("role", "chip")
        self.setCheckable(True)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        set_icon(self, "chevron-down", "dim", side=12)
        self.clicked.connect(self.open)
        self._context = context
        self._query = ImageQuery()
        self._saved: list[SavedFilter] = []
        self._popup = _Popup(self)
        self._popup.chosen.connect(self._choose)
        self._popup.kept.connect(self._keep)
        self._popup.renamed.connect(self._rename)
        self._popup.dropped.connect(self._drop)
        self._show()

    def show_query(self, query: ImageQuery) -> None:
        """The query in force, which may be a saved one or be kept as one."""
        self._query = query
        self._show()

    def reload(self) -> None:
        """Read the saved filters again."""
        self._context.ops.run(
            service("filters", "list_filters"),
            self._context.project,
            on_done=self._fill,
            key="images.saved_filters",
        )

    def open(self) -> None:
        self._show()
        self._popup.fill(self._saved, self._context.locked_reason())
        self._popup.open_below(self)

    def _fill(self, saved: list[SavedFilter]) -> None:
        self._saved = saved
        self._show()
        if self._popup.isVisible():
            self._popup.fill(saved, self._context.locked_reason())

    def _show(self) -> None:
        name = next((made.name for made in self._saved if made.query == self._query), "")
        self.setChecked(bool(name))
        text = tr("Saved: {name}", name=name) if name else tr("Saved")
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, 160))
        set_icon(self, "chevron-down", "dim", side=12)

    # -- what the popup asks for ----------------------------------------------------------

    def _choose(self, saved: SavedFilter) -> None:
        self._popup.hide()
        self.wanted.emit(saved.query)

    def _keep(self, name: str) -> None:
        """Keep the query under that name; one that is replaced by it can be put back."""
        cleaned = " ".join(name.split())
        old = next((made for made in self._saved if made.name == cleaned), None)
        replaced = old is not None and old.query != self._query
        if self._edit("save_filter", name, self._query) and old is not None and replaced:
            self._offer_back(tr("The saved filter {name} was replaced.", name=old.name), old)

    def _rename(self, saved: SavedFilter, name: str) -> None:
        self._edit("rename_filter", saved.id, name)

    def _drop(self, saved: SavedFilter) -> None:
        self._edit("delete_filter", saved.id)
        self._offer_back(tr("The saved filter {name} was deleted.", name=saved.name), saved)

    def _offer_back(self, text: str, saved: SavedFilter) -> None:
        self._popup.hide()
        self._context.show_message(
            text,
            action=(
                tr("Put it back"),
                lambda: self._edit("save_filter", saved.name, saved.query),
            ),
        )

    def _edit(self, name: str, *args: object) -> Job | None:
        return self._context.edit(
            service("filters", name), *args, on_done=lambda _changes: self.reload(), owner=self
        )


class _Popup(QFrame):
    """`kept` with a new name, `renamed` with (filter, name), the others with a filter."""

    chosen = Signal(object)
    kept = Signal(str)
    renamed = Signal(object, str)
    dropped = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "savedFiltersPopup", tr("Saved filters"))
        self.setProperty("role", "panel")
        self._rows = column(gap=0)
        self._nothing = label(
            tr("Nothing is saved yet. Set filters, then keep them here under a name."),
            "dim",
            wrap=True,
        )
        self._name = field("saveFilterName", tr("Name for these filters"), hint=tr("Name"))
        self._name.returnPressed.connect(self._save)
        self._save_button = button(tr("Save these filters"), "saveFilter", self._save, icon="plus")
        self._renaming: SavedFilter | None = None
        inside = column(self._nothing, self._rows, self._name, self._save_button, gap=8)
        inside.setContentsMargins(12, 12, 12, 12)
        self.setLayout(inside)
        self.setFixedWidth(280)

    def fill(self, saved: list[SavedFilter], locked: str) -> None:
        clear(self._rows)
        for made in saved:
            self._rows.addLayout(self._row(made, locked))
        self._nothing.setVisible(not saved)
        for widget in (self._name, self._save_button):
            disable(widget, locked)
        self._ask(None)
        self.adjustSize()

    def _row(self, made: SavedFilter, locked: str):  # type: ignore[no-untyped-def]
        show = button(
            made.name.replace("&", "&&"), f"savedFilter_{made.id}",
            partial(self.chosen.emit, made), role="row",
            says=tr("Show what the filter {name} finds", name=made.name),
        )  # fmt: skip
        rename = tool("edit", f"renameFilter_{made.id}", tr("Rename {name}", name=made.name),
                      partial(self._ask, made))  # fmt: skip
        drop = tool("trash", f"deleteFilter_{made.id}", tr("Delete {name}", name=made.name),
                    partial(self.dropped.emit, made))  # fmt: skip
        for widget in (rename, drop):
            disable(widget, locked)
        line = row(show, rename, drop, gap=4)
        line.setStretch(0, 1)
        return line

    def _ask(self, renaming: SavedFilter | None) -> None:
        """Take the field for a new name of `renaming`, or for a new filter."""
        self._renaming = renaming
        self._name.setText(renaming.name if renaming else "")
        self._name.selectAll()
        if renaming:
            self._name.setFocus()
        self._save_button.setText(tr("Rename") if renaming else tr("Save these filters"))

    def _save(self) -> None:
        name = self._name.text().strip()
        if not name:
            self._name.setFocus()
        elif self._renaming is not None:
            self.renamed.emit(self._renaming, name)
        else:
            self.kept.emit(name)

    def open_below(self, anchor: QWidget) -> None:
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + 4)))
        self.show()
        self._name.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)
