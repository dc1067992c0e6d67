"""Long work on the screen: what it is at, how much is done, how long it will take, and Cancel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from tlstudio.domain.progress import Pace, Step
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import bytes_text, say, time_text, tr

_PARTS = 1000
"""Steps of the bar: what is counted (bytes, say) can be more than a bar can hold."""
_IN_BYTES = frozenset({"weights.downloading"})


class StepBar(QWidget):
    """Hidden while nothing goes on. `cancelled` when somebody wants the work to end; its controls
    are named after `prefix`."""

    cancelled = Signal()

    def __init__(self, prefix: str, says: str, *, can_cancel: bool = True) -> None:
        super().__init__()
        self._pace = Pace()
        self._words = label(role="dim", name=f"{prefix}_step", wrap=True)
        self._bar = named(QProgressBar(), f"{prefix}_progress", says)
        self._bar.setTextVisible(False)
        self._cancel = button(tr("Cancel"), f"{prefix}_cancel", self._ask_to_end)
        line = row(self._bar, self._cancel)
        line.setStretch(0, 1)
        self.setLayout(column(self._words, line, gap=4))
        self._cancel.setVisible(can_cancel)  # once it has a parent: else it is a window
        self.hide()

    def begin(self, words: str = "") -> None:
        """Work begins; nobody knows yet how much of it there is."""
        self._pace = Pace()
        self._words.setText(words)
        self._bar.setRange(0, 0)
        self._cancel.setEnabled(True)
        self.show()

    def show_step(self, step: Step) -> None:
        """How far it is; this alone begins it too."""
        total = step.total or 0
        self._words.setText(_step_words(step, self._pace.seconds_left(step)))
        self._bar.setRange(0, _PARTS if total else 0)
        self._bar.setValue(round(_PARTS * step.done / total) if total else 0)
        self.show()

    def rest(self) -> None:
        """The work is over."""
        self._pace = Pace()
        self.hide()

    def _ask_to_end(self) -> None:
        self._cancel.setEnabled(False)
        self.cancelled.emit()


def _step_words(step: Step, seconds: float | None) -> str:
    """Reading files, 120 of 4,000, 2 min left."""
    words = say(step.stage, {})
    if step.total:
        done, total = (
            bytes_text(n) if step.stage in _IN_BYTES else f"{n:,}" for n in (step.done, step.total)
        )
        words = tr("{stage}, {done} of {total}", stage=words, done=done, total=total)
    if seconds is not None:
        words = tr("{step}, {time} left", step=words, time=time_text(seconds))
    return words
