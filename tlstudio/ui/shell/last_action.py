"""What the status line tells: labels in numbers, a word for a while, the last action with Undo."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from tlstudio.domain.changes import Changes
from tlstudio.ui.context import Context
from tlstudio.ui.lazy import service
from tlstudio.ui.shell.status_line import StatusLine
from tlstudio.ui.words import say

_WORD = 6000  # milliseconds a word stays in the status line


class LastAction(QObject):
    """Keeps a status line true to the project that is open."""

    def __init__(self, context: Context, status: StatusLine) -> None:
        super().__init__(status)
        self._context = context
        self._status = status
        self._said = False
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(_WORD)
        self._calm.timeout.connect(self._calmed)
        context.status_text.connect(self._show_text)
        context.changes.changed.connect(self._changed)
        context.labels.changed.connect(self._show_counts)

    def forget(self) -> None:
        """Another project: nothing has been done in it yet."""
        self._status.show_action("", False)
        self._said = False
        if self._context.project is None:
            self._status.counts.show_counts([])

    def refresh(self) -> None:
        """Ask the project what its last step is."""
        if self._context.project is not None:
            self._context.ops.run(
                service("projects", "undo_code"),
                self._context.project,
                on_done=self._show,
                key="shell.undo_code",
            )

    def _show(self, code: str | None) -> None:
        text = say(code, {}) if code else ""
        if self._said:
            text = self._status.action.text()  # it was said of this very edit
        self._status.show_action(text, bool(code) and not self._context.locked_reason())

    def _show_text(self, text: str) -> None:
        """A word for a while; then the last action with its Undo stands there again."""
        self._said = True
        self._status.show_action(text, False)
        self._calm.start()

    def _calmed(self) -> None:
        self._said = False
        self.refresh()

    def _changed(self, _changes: Changes) -> None:
        self._said = False
        self.refresh()

    def _show_counts(self) -> None:
        labels = self._context.labels
        self._status.counts.show_counts([(made, labels.used(made.id)) for made in labels.all()])
