"""The top bar: project, what is selected, undo and redo, search, the run."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QMenu

from tlstudio.ui.icons import icon, set_icon
from tlstudio.ui.shell.run_pill import RunPill
from tlstudio.ui.shortcuts import tell_keys
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import button, disable, field, label, line, named, row, tool
from tlstudio.ui.words import tr


class TopBar(QFrame):
    """`searched` is sent a moment after the last key in the search field."""

    rename_wanted = Signal()
    location_wanted = Signal()
    close_wanted = Signal()
    switch_wanted = Signal()
    new_wanted = Signal()
    open_wanted = Signal()
    undo_wanted = Signal()
    redo_wanted = Signal()
    searched = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        named(self, "topBar", tr("Project and search"))
        self.setFixedHeight(theme().tokens.sizes["bar"])
        self.project = button(tr("No project"), "projectButton", says=tr("Project menu"))
        self._menu = named(QMenu(self), "projectMenu", tr("Project menu"))
        self._menu.aboutToShow.connect(self._fill_menu)
        self.project.setMenu(self._menu)
        self._open = False
        self._locked = QLabel()
        set_icon(self._locked, "lock", "warning")
        self._locked.setAccessibleName(tr("Read-only"))
        self._locked.hide()
        self.selection = label(role="dim", name="selectionText")
        self.undo = tool("undo", "undoButton", tr("Undo"), self.undo_wanted.emit)
        self.redo = tool("redo", "redoButton", tr("Redo"), self.redo_wanted.emit)
        self.search = field("searchField", tr("Search"), hint=tr("Search"))
        tell_keys(self.undo, tr("Undo"), "app.undo")
        tell_keys(self.redo, tr("Redo"), "app.redo")
        tell_keys(self.search, tr("Search"), "app.search")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(220)
        self.search.addAction(icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(200)
        self._timer.timeout.connect(self._search)
        self.search.textChanged.connect(lambda _text: self._timer.start())
        self.search.returnPressed.connect(self._search)
        self.pill = RunPill()
        inside = row(
            self.project,
            self._locked,
            self._upright(),
            self.selection,
            None,
            self.undo,
            self.redo,
            self.search,
            self.pill,
        )
        inside.setContentsMargins(8, 0, 12, 0)
        self.setLayout(inside)
        theme().changed.connect(self._recolour)

    def show_project(self, name: str, read_only: str) -> None:
        """`name` is empty where no project is open; `read_only` says why nothing can change."""
        self._open = bool(name)
        shown = name or tr("No project")
        room = self.project.fontMetrics().elidedText(shown, Qt.TextElideMode.ElideMiddle, 260)
        self.project.setText(room.replace("&", "&&"))
        self.project.setAccessibleName(tr("Project {name}, menu", name=shown))
        self.project.setToolTip(shown)
        self._locked.setVisible(bool(read_only and name))
        self._locked.setToolTip(read_only)
        disable(self.undo, read_only)
        disable(self.redo, read_only)

    def show_searchable(self, can: bool) -> None:
        disable(self.search, "" if can else tr("There is nothing to search on this page."))

    def show_search_text(self, text: str) -> None:
        """What the page in front is narrowed to; never while the person is typing."""
        if not self._timer.isActive() and text != self.search.text().strip():
            self.search.blockSignals(True)
            self.search.setText(text)
            self.search.blockSignals(False)

    def _search(self) -> None:
        self._timer.stop()
        self.searched.emit(self.search.text().strip())

    def _fill_menu(self) -> None:
        self._menu.clear()
        rows = [
            ("rename", tr("Rename…"), "edit", self.rename_wanted, self._open),
            ("location", tr("Show the folder"), "folder", self.location_wanted, self._open),
            ("switch", tr("Switch to another project"), "home", self.switch_wanted, True),
            ("new", tr("New project…"), "plus", self.new_wanted, True),
            ("open", tr("Open a project…"), "folder-open", self.open_wanted, True),
            ("close", tr("Close this project"), "close", self.close_wanted, self._open),
        ]
        for name, text, sign, signal, on in rows:
            action = QAction(icon(sign, "dim"), text, self._menu)
            action.setObjectName(f"project_{name}")
            action.setEnabled(on)
            action.triggered.connect(lambda _on=False, s=signal: s.emit())
            self._menu.addAction(action)

    def _recolour(self) -> None:
        for action in self.search.actions()[:1]:
            action.setIcon(icon("search", "dim"))

    def _upright(self) -> QFrame:
        made = line(upright=True)
        made.setFixedHeight(20)
        return made
