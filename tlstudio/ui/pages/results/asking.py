"""Asking a model about images: how far it is, calling it off, and what stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import button, column, label, row
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class Asking(QWidget):
    """Shown while there is something to say. `leak` is the error that a person may overrule:
    `allowed` when they do. `refused` when there will be no answer. Controls are named after
    `prefix`."""

    allowed = Signal()
    refused = Signal()

    def __init__(self, context: Context, prefix: str, leak: str, allow_words: str) -> None:
        super().__init__()
        self._context = context
        self._key, self._leak = f"{prefix}.ask", leak
        self._job: Job | None = None
        self._notice = label(role="warning", name=f"{prefix}_notice", wrap=True)
        self._allow = button(allow_words, f"{prefix}_allow_leaks", self.allowed.emit)
        self._bar = StepBar(prefix, tr("Looking at the images"))
        self._bar.cancelled.connect(self.call_off)
        self.setLayout(column(self._notice, row(self._allow, None), self._bar))
        self.tell("")

    def ask(
        self,
        function: Callable[..., Any],
        *arguments: object,
        on_done: Callable[[Any], None],
        **named: object,
    ) -> None:
        """Run `function` on the project; `on_done` gets its answer. What was asked before is
        called off."""

        def done(answer: Any) -> None:
            self._rest()
            on_done(answer)

        self.call_off()
        self._bar.begin(tr("Looking at the images"))
        self.tell("")
        self._job = self._context.ops.run(
            function,
            self._context.project,
            *arguments,
            **named,
            on_done=done,
            on_error=self._failed,
            on_cancelled=self._called_off,
            on_progress=self._bar.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
            key=self._key,
        )

    def call_off(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def tell(self, words: str, *, can_allow: bool = False) -> None:
        """A warning above the answer; "" takes it away."""
        self._notice.setText(words)
        self._notice.setVisible(bool(words))
        self._allow.setVisible(can_allow)
        self.setVisible(bool(words) or not self._bar.isHidden())

    def _rest(self) -> None:
        self._bar.rest()
        self.setVisible(bool(self._notice.text()))

    def _called_off(self) -> None:
        self._rest()
        self.refused.emit()
        self.tell(tr("Called off. Choose the images again to ask anew."))

    def _failed(self, error: BaseException) -> None:
        self._rest()
        self.refused.emit()
        if isinstance(error, UserError):
            self.tell(say_error(error), can_allow=error.code == self._leak)
        else:
            self._context.show_error(error)
