"""What a page gets: the open project, the way to run services, and the frame around it.

Writing a page
--------------
1. Make `tlstudio/ui/pages/<name>.py` (or a package of that name) with `class XPage(QWidget)`
   and add a row to PAGES in tlstudio/ui/pages/__init__.py where there is none yet.
2. `XPage(context)` is called when the page is first shown. A page that needs a project is made
   anew for each project, so `context.project` stays the same as long as the page lives.
3. Never call a service on the UI thread::

       context.ops.run(service("images", "find_images"), context.project, query,
                       on_done=self._show_ids, key="images.query")

   Edits go through `context.edit(...)`, which keeps them in order, refuses politely in a
   read-only project, and tells the resulting `Changes` to everybody. Long work takes
   `lane=Lane.LONG`, `on_progress=` and `cancel=Cancel()`.
4. Reload on `context.changes.changed` (a Signal with domain.changes.Changes): connect a *bound
   method of your widget*, so that the connection dies with it.
5. Errors reach the person by themselves (message panel); call `context.show_error(error)` only
   for errors you caught, `context.show_message(...)` for news worth a panel.
6. Make controls with tlstudio.ui.widgets.basics: each needs an objectName and an accessible
   name. Texts go through `tr`, codes through `say`. Colours come from `theme()`, icons from
   `set_icon`; both follow the theme by themselves.

A page may offer (all optional)
-------------------------------
- `shown(**what)`: called each time it comes to the front, with what `go_to` was given;
  `hidden()`: when it goes to the back; `closing()`: before it is deleted.
- `search(text)`: what the search field in the top bar calls; without it the field is off.
  `search_text`: what the field shows while the page is in front.
- `selection_text() -> str`: what the top bar says is selected (call `context.refresh_bar()`
  after it changes).
- keys: list its commands in tlstudio.ui.commands under its own scope, ask `keymap().command` in
  keyPressEvent (or use tlstudio.ui.shortcuts), and F1 and Settings show them.
- `undo() -> bool`: asked before the last edit is taken back; true where the page took back
  something unfinished of its own.
- `accepts(urls) / dropped(paths)`: files dropped anywhere on the window.

The run pill belongs to whoever follows runs: `context.run_pill.set_run(text, fraction)`,
`set_idle()`, and its `clicked` signal. `context.run_monitor` is where that object may be kept,
so that it outlives the page that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import ChangesHub, Job, Lane, Ops
from tlstudio.ui.words import say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.projects import Project
    from tlstudio.ui.label_store import LabelStore
    from tlstudio.ui.shell.run_pill import RunPill

_PATIENCE = 60.0


class Context(QObject):
    """The one object that pages and shell share; lives as long as the window.

    `position_text` is what the status line says at its left; `stepped` carries the Changes of an
    undo or redo, after everybody has been told of them; `leaving` is sent while the project that
    will be left is still open, so that what waits can be edited into it.
    """

    project_changed = Signal()
    renamed = Signal()
    went = Signal(str, object)
    message = Signal(str, str, str, object)
    bar_changed = Signal()
    status_text = Signal(str)
    position_text = Signal(str)
    stepped = Signal(object)
    leaving = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.project: Project | None = None
        self.changes = ChangesHub()
        self.ops = Ops(self.changes, self.show_error)
        self.run_pill: RunPill | None = None
        self.run_monitor: QObject | None = None
        self.stay_reason: Callable[[], str] | None = None
        self._closing: Job | None = None
        self._labels: LabelStore | None = None

    @property
    def labels(self) -> LabelStore:
        """Labels and how often each is used, ready to be read on the UI thread."""
        if self._labels is None:
            from tlstudio.ui.label_store import LabelStore

            self._labels = LabelStore(self)
        return self._labels

    def go_to(self, page: str, **what: Any) -> None:
        """Bring `page` to the front and hand it `what` (its `shown` takes it)."""
        self.went.emit(page, what)

    def show_error(self, error: BaseException, details: str = "") -> None:
        """Say in the message panel what happened; faults of ours go to the log as well."""
        from tlstudio.ui.faults import explain

        self.message.emit("error", say_error(error), details or explain(error), None)

    def show_message(
        self,
        text: str,
        kind: str = "info",
        action: tuple[str, Callable[[], object]] | None = None,
        details: str = "",
    ) -> None:
        """A message above the page; `kind` is info, success, warning or error."""
        self.message.emit(kind, text, details, action)

    def refresh_bar(self) -> None:
        """The selection text or the searchability of the page in front has changed."""
        self.bar_changed.emit()

    def locked_reason(self) -> str:
        """Why nothing can be changed, in words; empty where it can."""
        if self.project is None:
            return tr("No project is open.")
        if self.project.read_only:
            facts = {**self.project.read_only_params, "file": str(self.project.folder)}
            return say(self.project.read_only_reason, facts)
        return ""

    def edit(self, function: Callable[..., Any], *args: Any, **named: Any) -> Job | None:
        """Run an edit `function(project, *args)` in order with all others; see Ops.run.

        In a read-only project it says why nothing happens and returns None.
        """
        reason = self.locked_reason()
        if reason:
            self.show_message(reason, "warning")
            return None
        named.setdefault("lane", Lane.WRITE)
        return self.ops.run(function, self.project, *args, **named)

    def undo(self) -> None:
        self._step("undo", tr("There is nothing to undo."))

    def redo(self) -> None:
        self._step("redo", tr("There is nothing to redo."))

    def _step(self, name: str, nothing: str) -> None:
        def done(changes: object) -> None:
            if changes is None:
                self.status_text.emit(nothing)
            else:
                self.stepped.emit(changes)

        self.edit(service("projects", name), on_done=done, owner=self)

    def may_leave(self) -> bool:
        """Whether the open project may be left; says why where it may not."""
        reason = self.stay_reason() if self.stay_reason is not None else ""
        if reason:
            self.show_message(reason, "warning")
        return not reason

    def open_project(self, folder: Path) -> None:
        """Open `folder` off the UI thread and show its images.

        The open project is opened anew only where that may make it writable.
        """
        here = self.project
        if here is not None and Path(here.folder) == folder and not here.read_only:
            self.go_to("images")
        elif self.may_leave():
            self.ops.run(
                self.after_closing(service("projects", "open_project")),
                folder,
                on_done=self.set_project,
                lane=Lane.LONG,
            )

    def after_closing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, called once the project that was left has been closed and unlocked."""
        closing = self._closing

        def call(*args: Any, **named: Any) -> Any:
            if closing is not None:
                closing.finished.wait(_PATIENCE)
            return function(*args, **named)

        return call

    def set_project(self, project: Project | None) -> None:
        """Put `project` in place of the open one, which is closed when nothing uses it more."""
        old = self.project
        if project is old:
            return
        if old is not None:
            self.leaving.emit()
        jobs = self.ops.leave() if old is not None else ()
        self.project = project
        self.project_changed.emit()
        if self._labels is not None:
            self._labels.clear()
            self._labels.reload()
        if old is not None:
            self._closing = self.ops.run(_close, old, jobs, lane=Lane.LONG)


def _close(project: Project, jobs: Sequence[Job]) -> None:
    for job in jobs:
        job.finished.wait(_PATIENCE)
    project.close()
