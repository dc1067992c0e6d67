"""Start, the progress with the time left, and the ways to end it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from tlstudio.ui.widgets.basics import box, button, column, disable, label, named, row
from tlstudio.ui.words import time_text, tr


class Controls(QWidget):
    """What can be done with the styling at hand. `start_wanted` begins anew, `go_on_wanted` goes
    on from the picture as it stands."""

    start_wanted = Signal()
    go_on_wanted = Signal()
    stop_wanted = Signal()
    cancel_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("style_controls")
        self._start = button(
            tr("Start"), "style_start", self.start_wanted.emit, icon="play", role="primary"
        )
        self._start.setMinimumHeight(36)
        self._go_on = button(
            tr("Go on from here"),
            "style_go_on",
            self.go_on_wanted.emit,
            tip=tr("With the settings as they are now, from the picture as it stands"),
        )
        self._reason = label(role="dim", name="style_reason", wrap=True)
        self._bar = named(QProgressBar(), "style_progress", tr("Progress of the styling"))
        self._bar.setTextVisible(False)
        self._stage = label(role="dim", name="style_progress_words", wrap=True)
        self._stop = button(
            tr("Stop and keep"),
            "style_stop",
            self.stop_wanted.emit,
            icon="stop",
            tip=tr("End here and keep the picture as it is"),
        )
        self._cancel = button(
            tr("Cancel"),
            "style_cancel",
            self.cancel_wanted.emit,
            role="danger",
            tip=tr("Give it up; nothing of it is kept"),
        )
        self._begin = box(column(self._start, self._go_on, self._reason))
        self._work = box(column(self._bar, self._stage, row(self._stop, self._cancel, None)))
        self.setLayout(column(self._begin, self._work, gap=0))
        self.show_rest("", picture=False)

    @property
    def start_button(self) -> QWidget:
        return self._start

    @property
    def stop_button(self) -> QWidget:
        return self._stop

    def show_rest(self, problem: str, *, picture: bool, at_once: bool = False) -> None:
        """Nothing is under way. `problem` says why nothing can be started; with a `picture`
        there is one to go on from. `at_once`: it is applied in one go."""
        self._begin.show()
        self._work.hide()
        words = tr("Apply") if at_once else tr("Start anew") if picture else tr("Start")
        self._start.setText(words)
        self._start.setAccessibleName(self._start.text())
        self._go_on.setVisible(picture)
        disable(self._start, problem)
        disable(self._go_on, problem)
        self._reason.setText(problem)
        self._reason.setVisible(bool(problem))

    def show_work(self, words: str, *, at_once: bool = False) -> None:
        """It has begun, and nothing is known of how far it is; `at_once` leaves no time to end
        it."""
        self._bar.setRange(0, 0)
        self._begin.hide()
        self._work.show()
        self._stop.setEnabled(True)
        self._stop.setVisible(not at_once)
        self._cancel.setVisible(not at_once)
        self._stage.setText(words)

    def show_stage(self, words: str) -> None:
        """What is done, while steps do not count yet."""
        if self._bar.maximum() == 0:
            self._stage.setText(words)

    def show_step(self, step: int, steps: int, seconds_left: float | None) -> None:
        """How far it is."""
        self._bar.setRange(0, max(1, steps))
        self._bar.setValue(step)
        words = tr("Step {step} of {steps}", step=step, steps=steps)
        if seconds_left is not None:
            words = tr("{step}, {time} left", step=words, time=time_text(seconds_left))
        self._stage.setText(words)

    def show_stopping(self) -> None:
        """Stop was asked for; the step under way is finished first."""
        self._stop.setEnabled(False)
        self._stage.setText(tr("Stopping, and keeping the picture"))
