"""The Images page: grid or list in the middle, filters above, facts and labels at the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery, ImageRow
from tlstudio.ui.keymap import keymap
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.actions import ImageActions
from tlstudio.ui.pages.images.cell import CellPainter
from tlstudio.ui.pages.images.facts import Facts
from tlstudio.ui.pages.images.filters import FilterBar
from tlstudio.ui.pages.images.grid import ImageGrid
from tlstudio.ui.pages.images.keys import ImageKeys
from tlstudio.ui.pages.images.menu import open_menu
from tlstudio.ui.pages.images.model import ImageTable, rows_known
from tlstudio.ui.pages.images.overlays import Overlays, outlined
from tlstudio.ui.pages.images.side import SidePanel
from tlstudio.ui.pages.images.table import ImageList
from tlstudio.ui.pages.images.thumbs import Thumbnails
from tlstudio.ui.pages.images.toolbar import ImagesToolbar
from tlstudio.ui.speech import speak_current
from tlstudio.ui.widgets.basics import column, line, named, row
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.import_panel import ImportPanel

_MOST_FACTS = 500


class ImagesPage(QWidget):
    title = "Images"
    icon = "images"

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("imagesPage")
        self._context = context
        self._importing: ImportPanel | None = None
        self._keys = ImageKeys(self, context)
        self.model = ImageTable(context, self)
        self.thumbs = Thumbnails(context, self)
        self.overlays = Overlays(context, self)
        painter = CellPainter(context.labels, self.thumbs, self.overlays)
        self.grid = ImageGrid(self.model, self.thumbs, self.overlays, painter)
        speak_current(self.grid)
        self.list = ImageList(self.model)
        self.list.setSelectionModel(self.grid.selectionModel())
        self.model.keep_selection(self.grid.selectionModel())
        self.actions = ImageActions(context, self.model, self)
        self.filters = FilterBar(context)
        self.tools = ImagesToolbar()
        self.facts = Facts(context)
        self.side = SidePanel(context, self.facts)
        self._build()
        self._connect()
        self.tools.set_locked(context.locked_reason())
        self.filters.refresh()
        self.model.set_query(self.filters.query)
        context.labels.reload()

    def _build(self) -> None:
        self._empty = EmptyState(
            "images",
            tr("This project has no images yet"),
            tr(
                "Drop a folder here, or choose one. Folder names can become labels; a CSV list"
                " can bring labels, groups and splits."
            ),
            (tr("Import images"), "emptyImport", self.start_import),
        )
        self._none = EmptyState(
            "filter",
            tr("No image fits these filters"),
            tr("Take a filter away to see more."),
            (tr("Clear all filters"), "emptyClear", self.filters.clear),
        )
        self.middle = named(QStackedWidget(), "imagesMiddle", tr("Images"))
        for shown in (self.grid, self.list, self._empty, self._none):
            self.middle.addWidget(shown)
        filters = row(self.filters)
        filters.setContentsMargins(16, 0, 16, 8)
        left = column(self.tools, filters, line(), self.middle, gap=0)
        left.setStretch(3, 1)
        self._browse = QWidget()
        browse = row(left, line(upright=True), self.side, gap=0)
        browse.setStretch(0, 1)
        self._browse.setLayout(browse)
        self._stack = named(QStackedWidget(), "imagesStack", tr("Images"))
        self._stack.addWidget(self._browse)
        self.setLayout(column(self._stack, gap=0))

    def _connect(self) -> None:
        context, facts = self._context, self.facts
        self._selected = QTimer(self)
        self._selected.setSingleShot(True)
        self._selected.setInterval(20)
        self._selected.timeout.connect(self._show_facts)
        self.grid.selectionModel().selectionChanged.connect(lambda *_: self._selected.start())
        self.model.loaded.connect(self._loaded)
        self.model.dataChanged.connect(lambda *_: self._selected.start())
        for store in (self.thumbs, self.overlays):
            store.arrived.connect(lambda *_: self._selected.start())
        self.filters.changed.connect(self._query_changed)
        context.changes.changed.connect(self._changed)
        context.changes.changed.connect(self.filters.follow)
        self.tools.import_wanted.connect(self.start_import)
        self.tools.split_wanted.connect(self.side.show_split)
        self.tools.view_changed.connect(self._show_view)
        self.tools.sort_changed.connect(self._sort)
        self.tools.side_changed.connect(self.grid.set_side)
        self.tools.panel_toggled.connect(self.side.setVisible)
        self.tools.shapes_toggled.connect(self.overlays.set_on)
        self.side.opened.connect(self.tools.show_panel)
        self.grid.sized.connect(self.tools.set_side)
        self.list.sort_wanted.connect(self._sort)
        for view in (self.grid, self.list):
            view.doubleClicked.connect(lambda _index: self.actions.open_current())
            view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            view.customContextMenuRequested.connect(self._ask_menu)
        facts.open_wanted.connect(self.actions.open_current)
        self.actions.serve(facts)
        self.side.labels.show_wanted.connect(self.filters.show_label)
        self.side.query_wanted.connect(self.filters.set_query)

    # -- what the shell calls -------------------------------------------------------------

    def shown(
        self,
        sources: Sequence[Path] = (),
        query: ImageQuery | None = None,
        problems: bool = False,
        split: bool = False,
    ) -> None:
        """`sources` starts an import, `query` narrows the grid, the others open a panel."""
        if sources:
            self.start_import(list(sources))
        if query is not None:
            self._leave_import()
            self.filters.set_query(query)
        if problems:
            self.side.show_problems()
        if split:
            self.side.show_split()
        if self._stack.currentWidget() is self._browse:
            self.in_front().setFocus()

    def search(self, text: str) -> None:
        if text != self.filters.query.text:
            self.filters.set_query(replace(self.filters.query, text=text))

    @property
    def search_text(self) -> str:
        """What the search field of the top bar shows."""
        return self.filters.query.text

    def selection_text(self) -> str:
        chosen = len(self.model.selected_ids())
        return count(chosen, "1 image selected", "{n} images selected") if chosen else ""

    def dropped(self, paths: list[Path]) -> None:
        self.start_import(paths)

    def closing(self) -> None:
        self.model.stop()
        self._selected.stop()
        if self._importing is not None:
            self._importing.stop()

    # -- showing --------------------------------------------------------------------------

    def in_front(self) -> ImageGrid | ImageList:
        return self.list if self.tools.view() == "list" else self.grid

    def _loaded(self, shown: int) -> None:
        if self.filters.narrowed():
            self._context.ops.run(
                service("images", "facets"),
                self._context.project,
                ("images",),
                on_done=self._show_total,
                key="images.total",
                owner=self,
            )
        else:
            self.filters.show_count(shown, shown)
        if shown:
            self.middle.setCurrentWidget(self.in_front())
        else:
            self.middle.setCurrentWidget(self._none if self.filters.narrowed() else self._empty)
        self._selected.start()

    def _show_total(self, facets: dict[str, int]) -> None:
        self.filters.show_count(len(self.model.ids), facets["images"])

    def _show_view(self, _name: str) -> None:
        if self.model.ids:
            self.middle.setCurrentWidget(self.in_front())
            self.in_front().scrollTo(self.grid.currentIndex())
            self.in_front().setFocus()

    def _query_changed(self, query: ImageQuery) -> None:
        self.tools.show_sort(query.sort, query.descending)
        self.list.show_sort(query.sort, query.descending)
        self._context.refresh_bar()
        self.model.set_query(query)

    def _sort(self, sort: str, descending: bool) -> None:
        self.filters.set_query(replace(self.filters.query, sort=sort, descending=descending))

    def _changed(self, changes: Changes) -> None:
        if changes.everything:
            self.thumbs.forget_absent()
            self.filters.refresh()

    def _show_facts(self) -> None:
        ids = self.model.selected_ids()
        rows = rows_known(self.model, ids[:_MOST_FACTS]) if len(ids) <= _MOST_FACTS else []
        picture = self.thumbs.get(rows[0].pixel_hash) if len(ids) == 1 and rows else None
        if picture is not None:
            picture = outlined(picture, self.overlays.get(rows[0].id))
        self.facts.show_rows(ids, rows, picture)
        for image in ids if len(ids) <= _MOST_FACTS else ():
            place = self.model.position(image)
            if place is not None:
                self.model.row_at(place)  # reads those that are not known yet
        self._context.refresh_bar()

    # -- editing --------------------------------------------------------------------------

    def assign(self, label_id: int | None, *, add: bool = False) -> None:
        """Give the selection a label (None: take its labels away)."""
        self.actions.assign(label_id, add=add)

    def edit(self, name: str, *args: object, **named_: object) -> None:
        """Run an edit of services.labelling on the selection."""
        self.actions.edit(name, *args, **named_)

    def _ask_menu(self, at: QPoint) -> None:
        place = self.in_front().viewport().mapToGlobal(at)
        if self.model.selected_ids():
            self.actions.with_names(lambda names: open_menu(self, place, names))

    def ask_name(self, kind: str) -> None:
        """Bring the cursor into the field for a group, a tag or a person."""
        self.tools.show_panel()
        self.side.show_tab("selection")
        self.facts.ask_name(kind)

    def chosen_rows(self) -> list[ImageRow]:
        """What is known of the selected images; of very many only the first."""
        return rows_known(self.model, self.model.selected_ids()[:_MOST_FACTS])

    def step(self, by: int) -> None:
        """Select the image `by` places further."""
        current = self.grid.currentIndex().row()
        place = max(0, min(len(self.model.ids) - 1, current + by))
        if self.model.ids and place != current:
            index, flags = self.model.index(place, 0), QItemSelectionModel.SelectionFlag
            self.grid.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
            self.in_front().scrollTo(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._stack.currentWidget() is not self._browse or not self._keys.press(event):
            super().keyPressEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        view = self.in_front()  # Qt asks this, too, when the view that has the focus goes away
        tab = view.hasFocus() and view.isVisible() and "Tab" in keymap().keys("images.panel")
        if forward and tab:
            self.tools.toggle_panel()
            return True
        return super().focusNextPrevChild(forward)

    # -- import ---------------------------------------------------------------------------

    def start_import(self, sources: list[Path] | None = None) -> None:
        """Open the import in place of the grid, with what was dropped or is to be chosen."""
        reason = self._context.locked_reason()
        if reason:
            self._context.show_message(reason, "warning")
            return
        if self._importing is None:
            from tlstudio.ui.pages.images.import_panel import ImportPanel

            self._importing = ImportPanel(self._context)
            self._importing.closed.connect(self._leave_import)
            self._stack.addWidget(self._importing)
        self._stack.setCurrentWidget(self._importing)
        self._importing.start(sources or [])

    def _leave_import(self) -> None:
        self._stack.setCurrentWidget(self._browse)
        self.in_front().setFocus()
