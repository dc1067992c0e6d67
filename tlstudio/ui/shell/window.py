"""The window: puts the frame together and brings pages to the front."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QStyle,
    QStyleOption,
    QWidget,
)

from tlstudio.ui import run_guard
from tlstudio.ui.context import Context
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages import built
from tlstudio.ui.run_guard import RunGuard
from tlstudio.ui.shell.banner import MessagePanel
from tlstudio.ui.shell.last_action import LastAction
from tlstudio.ui.shell.page_stack import PageStack, call
from tlstudio.ui.shell.rail import Rail
from tlstudio.ui.shell.rename_strip import RenameStrip
from tlstudio.ui.shell.status_line import StatusLine
from tlstudio.ui.shell.top_bar import TopBar
from tlstudio.ui.shell.way_back import WayBack
from tlstudio.ui.shortcuts import Shortcuts
from tlstudio.ui.widgets.basics import column, named, row
from tlstudio.ui.words import say, tr

if TYPE_CHECKING:
    from tlstudio.domain.notices import Notice


class Window(QWidget):
    """`painted` is sent once, after the window has been shown for the first time."""

    painted = Signal()

    def __init__(self, context: Context, guard: RunGuard | None = None) -> None:
        super().__init__()
        named(self, "window", tr("TL Studio"))
        self.setWindowTitle(tr("TL Studio"))
        self.setMinimumSize(900, 540)
        self.setAcceptDrops(True)
        self.context = context
        self.guard = guard or RunGuard()
        self.specs = {spec.key: spec for spec in built()}
        self._has_painted = False
        self._build()
        self._connect()
        self._add_keys()
        self._show_project()
        self.show_page("home", {})

    def _build(self) -> None:
        self.rail = Rail(tuple(self.specs.values()))
        self.bar = TopBar()
        self.rename = RenameStrip()
        self.messages = MessagePanel()
        self.stack = PageStack(self.context, self.specs)
        self.status = StatusLine()
        self._last = LastAction(self.context, self.status)
        self.context.run_pill = self.bar.pill
        right = column(self.bar, self.rename, self.messages, self.stack, self.status, gap=0)
        right.setStretch(3, 1)
        inside = row(self.rail, right, gap=0)
        inside.setStretch(1, 1)
        self.setLayout(inside)

    def _connect(self) -> None:
        context = self.context
        self.stack.turned.connect(self._turned)
        context.project_changed.connect(self._project_changed)
        context.went.connect(self.show_page)
        context.message.connect(self.messages.show_message)
        context.bar_changed.connect(self._refresh_bar)
        context.position_text.connect(self.status.show_position)
        self.rail.chosen.connect(lambda key: self.show_page(key, {}))
        self.rail.help_wanted.connect(self.toggle_keys)
        self.bar.undo_wanted.connect(self._undo)
        self.bar.redo_wanted.connect(context.redo)
        self.status.undo_wanted.connect(self._undo)
        self.bar.rename_wanted.connect(self._start_rename)
        self.rename.renamed.connect(self._rename)
        self.bar.location_wanted.connect(self._show_folder)
        self.bar.switch_wanted.connect(lambda: self.show_page("home", {}))
        self.bar.new_wanted.connect(self.new_project)
        self.bar.open_wanted.connect(self.choose_project)
        self.bar.close_wanted.connect(self._close_project)
        self.bar.searched.connect(self._search)
        self.guard.ended.connect(self._background_ended)
        context.stay_reason = self._stay_reason
        self.painted.connect(self._first_shown)

    def _add_keys(self) -> None:
        rail = [spec.key for spec in self.specs.values() if spec.place == "rail"]
        acts: dict[str, Callable[[], object]] = {
            **{f"app.page.{key}": partial(self.show_page, key, {}) for key in rail},
            "app.settings": partial(self.show_page, "settings", {}),
            "app.undo": self._undo,
            "app.redo": self.context.redo,
            "app.search": self._focus_search,
            "app.new_project": self.new_project,
            "app.open_project": self.choose_project,
            "app.keys": self.toggle_keys,
        }
        self._shortcuts = Shortcuts(self, acts)
        self._way_back = WayBack(self)

    # -- pages --------------------------------------------------------------------------

    def page(self, key: str) -> QWidget | None:
        """The page if it has been made already."""
        return self.stack.page(key)

    def show_page(self, key: str, what: dict[str, Any]) -> None:
        self.stack.show_page(key, what)

    def _turned(self, key: str) -> None:
        self.rail.show_page(key)
        self.messages.clear_news()
        self._refresh_bar()

    def _first_shown(self) -> None:
        """The page that was made before the window was on screen may read its data now."""
        call(self.stack.front(), "shown")

    def _refresh_bar(self) -> None:
        shown = self.stack.front()
        self.bar.show_searchable(hasattr(shown, "search"))
        self.bar.show_search_text(getattr(shown, "search_text", ""))
        self.bar.selection.setText(str(call(shown, "selection_text") or ""))

    def _search(self, text: str) -> None:
        call(self.stack.front(), "search", text=text)

    def _focus_search(self) -> None:
        if self.bar.search.isEnabled():
            self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.bar.search.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._way_back.press(event, self.stack.front()):
            super().keyPressEvent(event)

    def toggle_keys(self) -> None:
        from tlstudio.ui.shell.keys_overlay import KeysOverlay

        overlay = self.findChild(KeysOverlay)
        if overlay is None:
            overlay = KeysOverlay(self)
            overlay.change_wanted.connect(lambda: self.show_page("settings", {"keys": True}))
        if overlay.isVisible():
            overlay.hide()
            return
        title = tr(self.specs[self.stack.current].title)
        overlay.show_keys(self._shortcuts.acts, self.stack.current, title)

    def _undo(self) -> None:
        """What the page has unfinished is taken back first."""
        if not call(self.stack.front(), "undo"):
            self.context.undo()

    # -- the project --------------------------------------------------------------------

    def new_project(self) -> None:
        self.show_page("home", {"new": True})

    def choose_project(self) -> None:
        """Ask the system for a project folder and open it."""
        chosen = QFileDialog.getExistingDirectory(self, tr("Open a project"), str(Path.home()))
        if chosen:
            self.context.open_project(Path(chosen))

    def _project_changed(self) -> None:
        project = self.context.project
        self.stack.drop()
        self.bar.search.clear()
        self.messages.clear()
        self._show_project()
        self._last.forget()
        if project is None:
            self.show_page("home", {})
            return
        if project.read_only:
            self.messages.show_message("warning", self.context.locked_reason(), "", None)
        self.context.ops.run(
            service("patient_key", "key_notices"), project, on_done=self._tell_key, owner=self
        )
        self.show_page("images" if "images" in self.specs else "home", {})
        self._last.refresh()

    def _tell_key(self, notices: Sequence[Notice]) -> None:
        """Names in the project were made with the patient key of another machine."""
        for notice in notices:
            self.messages.show_message("warning", say(notice.code, notice.params), "", None)

    def _show_project(self) -> None:
        project = self.context.project
        name = project.name if project is not None else ""
        self.bar.show_project(name, self.context.locked_reason())
        self.setWindowTitle(tr("{name} - TL Studio", name=name) if name else tr("TL Studio"))

    def _start_rename(self) -> None:
        if self.context.project is not None:
            self.rename.start(self.context.project.name)

    def _rename(self, name: str) -> None:
        self.context.edit(
            service("projects", "rename_project"), name, on_done=self._renamed, owner=self
        )

    def _renamed(self, _answer: object) -> None:
        self._show_project()
        self.context.renamed.emit()

    def _show_folder(self) -> None:
        if self.context.project is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.context.project.folder)))

    def _close_project(self) -> None:
        if self.context.may_leave():
            self.context.set_project(None)

    def _stay_reason(self) -> str:
        handle = self.guard.active_run(self.context.project)
        if handle is None:
            return ""
        return tr("Run {run} is still training. Stop it before leaving.", run=handle.run_id)

    # -- the window ---------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        option, painter = QStyleOption(), QPainter(self)
        option.initFrom(self)
        self.style().drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        if not self._has_painted:
            self._has_painted = True
            QTimer.singleShot(0, self.painted.emit)

    def bring_up(self) -> None:
        """Show the window again, from the background or from behind others."""
        self.guard.forget()
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setQuitOnLastWindowClosed(True)
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        handle = self.guard.active_run(self.context.project)
        if handle is not None:
            answer = run_guard.ask(self, handle)
            if answer == run_guard.STAY:
                event.ignore()
                return
            if answer in (run_guard.STOP, run_guard.CANCEL):
                end = handle.stop if answer == run_guard.STOP else handle.cancel
                self.context.ops.run(end, lane=Lane.LONG)
            self._go_to_background()
        event.accept()

    def _go_to_background(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setQuitOnLastWindowClosed(False)
        self.guard.watch(self.context.project)

    def _background_ended(self) -> None:
        if not self.isVisible():
            QApplication.quit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        shown = self.stack.front()
        if not event.mimeData().hasUrls() or not hasattr(shown, "dropped"):
            return
        accepts = getattr(shown, "accepts", None)
        if accepts is None or accepts(event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = [Path(u.toLocalFile()) for u in event.mimeData().urls() if u.isLocalFile()]
        shown = self.stack.front()
        if paths and shown is not None and hasattr(shown, "dropped"):
            event.acceptProposedAction()
            shown.dropped(paths)

    def close_down(self) -> None:
        """End of the program: threads joined, project closed."""
        self.stack.close_all()
        self.context.ops.shutdown()
        if self.context.project is not None:
            self.context.project.close()
            self.context.project = None
