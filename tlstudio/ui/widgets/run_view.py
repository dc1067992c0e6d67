"""A run as it goes: figure of merit, curves, progress with time left, remarks, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QProgressBar, QWidget

from tlstudio.domain.events import EpochEnded, Event, Examples, Progressed, Remark, Started
from tlstudio.domain.runs import Ended, RunState
from tlstudio.domain.tasks import Task
from tlstudio.ui.shortcuts import press
from tlstudio.ui.task_words import figure_name, is_loss, merit_of, run_merit
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.widgets.curves import Curves
from tlstudio.ui.widgets.examples_strip import ExamplesStrip
from tlstudio.ui.widgets.style_examples import StyleExamplesStrip
from tlstudio.ui.widgets.style_mark import Look, StyleMark
from tlstudio.ui.words import say, say_error, time_text, tr

if TYPE_CHECKING:
    from tlstudio.domain.runs import Run
    from tlstudio.ui.context import Context

_STATES = {
    RunState.QUEUED: "waits its turn",
    RunState.RUNNING: "is learning",
    RunState.STOPPING: "is stopping and keeps the best",
    RunState.DONE: "is done",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was cancelled",
    RunState.LOST: "was interrupted",
}


def state_words(state: RunState) -> str:
    """A run's state as people say it."""
    return tr(_STATES[state])


def _resume_words(run: Run) -> str:
    """What going on with the run would do."""
    if run.state is not RunState.DONE:
        return tr("Go on from the last checkpoint")
    if run.ended is Ended.TIME:
        return tr("Learn once more for as long as the time limit; the best model is kept")
    return tr("Learn the epochs that were left when it was stopped; the best model is kept")


_PARTS = {"backbone": "Backbone", "head": "Head", "model": "Whole model"}


def _layer_words(layer: Mapping[str, Any], label: str) -> str:
    """ "Backbone from resnet18.pth (120 of 122 tensors)", "Head new"."""
    part = tr(_PARTS.get(str(layer["part"]), "Layers"))
    if layer["source"] != "weights":
        return tr("{part} new, from random numbers", part=part)
    matched, missing = int(layer["matched"]), int(layer["missing"])
    return tr(
        "{part} from {source} ({matched} of {total} tensors)",
        part=part,
        source=label,
        matched=matched,
        total=matched + missing,
    )


class RunView(QWidget):
    """Shows one run; sends what a person wants done with it."""

    stop_wanted = Signal()
    cancel_wanted = Signal()
    resume_wanted = Signal(str)
    results_wanted = Signal(str)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.run_id = ""
        self._task = Task.CLASSIFICATION
        self.setObjectName("run_view")
        self._title = label(role="title", name="run_title")
        self._merit = label(role="headline", name="run_merit")
        self._merit_words = label(role="dim", name="run_merit_words", wrap=True)
        self._bar = named(QProgressBar(), "run_progress", tr("Progress of the run"))
        self._bar.setTextVisible(False)
        self._stage = label(role="dim", name="run_stage", wrap=True)
        self._origin = label(role="dim", name="run_origin", wrap=True)
        self._look = StyleMark()
        self._curves = Curves()
        self._verdicts = ExamplesStrip(context)
        self._restyled = StyleExamplesStrip(context)
        self._remarks = named(QListWidget(), "run_remarks", tr("Remarks on this run"))
        self._remarks.setProperty("role", "framed")
        self._remarks.setWordWrap(True)
        self._stop = button(
            tr("Stop and keep"),
            "run_stop",
            self.stop_wanted.emit,
            icon="stop",
            tip=tr("Finish this batch, validate, and keep the best model so far"),
        )
        self.press_stop = press(self._stop)
        self._cancel = button(
            tr("Cancel"),
            "run_cancel",
            self.cancel_wanted.emit,
            role="danger",
            tip=tr("Give this run up; nothing of it is kept"),
        )
        self._resume = button(
            tr("Resume"),
            "run_resume",
            lambda: self.resume_wanted.emit(self.run_id),
            icon="play",
        )
        self._results = button(
            tr("Look at the results"),
            "run_results",
            lambda: self.results_wanted.emit(self.run_id),
            icon="results",
            role="primary",
        )
        self._lay_out()

    def show_run(self, run: Run, events: Iterable[Event]) -> None:
        """Show a run of the project with its history; later events come through `add`."""
        self.run_id = run.id
        self._remarks.clear()
        self._merit.setText("–")
        self._task = Task(run.task)
        self._merit_words.setText(
            tr("The first figure comes after the first epoch")
            if self._task is Task.STYLE
            else tr("The first figure comes after the probe or the first epoch")
        )
        self._curves.set_task(self._task)
        self._look.hide()
        self._stage.setText("")
        self._origin.hide()
        self._verdicts.clear()
        self._restyled.clear()
        history = list(events)
        shown = [each for each in history if isinstance(each, Examples)]
        if shown:
            self._examples().show_event(run.id, max(shown, key=lambda each: each.epoch))
        self._curves.show_events(history)
        for event in history:
            self._take(event)
        self.set_run(run)

    def set_run(self, run: Run) -> None:
        """Take over the state as the project records it."""
        words = state_words(run.state)
        self._title.setText(tr("{run}: {model} {state}", run=run.id, model=run.model, state=words))
        going = run.state in (RunState.QUEUED, RunState.RUNNING, RunState.STOPPING)
        self._bar.setVisible(going)
        self._stage.setVisible(going or bool(run.error))
        for each in (self._stop, self._cancel):
            each.setVisible(going)
        self._stop.setEnabled(run.state is RunState.RUNNING)
        self._resume.setVisible(not going and run.can_go_on)
        self._resume.setText(tr("Go on learning") if run.state is RunState.DONE else tr("Resume"))
        self._resume.setToolTip(_resume_words(run))
        self._results.setVisible(run.state is RunState.DONE)
        merit = run_merit(run)
        if merit is not None and run.best is not None:
            self._show_best(*merit, run.best.epoch)
        if run.error:
            self._stage.setText(say(str(run.error["code"]), run.error.get("params", {})))

    def show_origin(self, used: Mapping[str, Any]) -> None:
        """Say where the layers of the model came from, and how much of them fitted."""
        parts = [_layer_words(each, str(used.get("label", ""))) for each in used.get("layers", [])]
        self._origin.setText(" · ".join(parts))
        self._origin.setVisible(bool(parts))

    def show_style(self, style: Look) -> None:
        """Show the style image of the run and its name; nothing where it has none."""
        self._look.show_look(style)

    def set_stopping(self) -> None:
        self._stop.setEnabled(False)
        self._stage.setText(tr("Stopping after this batch"))

    def add(self, event: Event) -> None:
        """One more event of the run shown."""
        self._take(event)
        if isinstance(event, EpochEnded):
            self._curves.add(event)
        elif isinstance(event, Examples):
            self._examples().show_event(self.run_id, event)

    def show_error(self, error: BaseException) -> None:
        self._stage.setText(say_error(error))

    def _examples(self) -> ExamplesStrip | StyleExamplesStrip:
        return self._restyled if self._task is Task.STYLE else self._verdicts

    def _take(self, event: Event) -> None:
        if isinstance(event, Progressed):
            self._show_progress(event)
        elif isinstance(event, EpochEnded) and event.best:
            merit = merit_of(event.values, self._task if self._task is Task.STYLE else None)
            if merit is not None:
                self._show_best(*merit, event.epoch)
        elif isinstance(event, Remark):
            sign = "⚠ " if event.level == "warning" else ""
            self._remarks.addItem(sign + say(event.code, event.params))
        elif isinstance(event, Started) and event.device:
            reason = say(event.device_reason, {}) if event.device_reason else ""
            self._remarks.addItem(
                tr("Computing on {device}. {reason}", device=event.device, reason=reason).strip()
            )
        self._remarks.setVisible(self._remarks.count() > 0)
        self._remarks.setMaximumHeight(min(112, 12 + 28 * self._remarks.count()))

    def _show_best(self, metric: str, value: float, epoch: int) -> None:
        self._merit.setText(f"{value:.3f}")
        when = tr("after the probe") if epoch == 0 else tr("in epoch {n}", n=epoch)
        figure = figure_name(metric)
        if is_loss(metric):
            words = tr("{figure} on validation, lowest {when}", figure=figure, when=when)
        else:
            words = tr("{figure} on validation, best {when}", figure=figure, when=when)
        self._merit_words.setText(words)

    def _show_progress(self, event: Progressed) -> None:
        self._bar.setRange(0, 1000 if event.total else 0)
        if event.total:
            self._bar.setValue(round(1000 * event.done / event.total))
        parts = [say(event.stage, {})]
        if event.epoch is not None and event.epochs:
            parts.append(tr("epoch {n} of {all}", n=event.epoch, all=event.epochs))
        if event.seconds_left is not None:
            parts.append(tr("{time} left", time=time_text(event.seconds_left)))
        self._stage.setText(" · ".join(parts))

    def _lay_out(self) -> None:
        inside = column(
            self._title,
            _head(self._merit, self._merit_words, self._look),
            self._bar,
            self._stage,
            self._origin,
            row(self._results, self._resume, self._stop, self._cancel, None),
            self._curves,
            self._verdicts,
            self._restyled,
            self._remarks,
        )
        inside.setStretchFactor(self._curves, 1)
        self.setLayout(inside)


def _head(merit: QLabel, words: QLabel, look: QWidget) -> QHBoxLayout:
    made = row(merit, words, look, gap=12)
    made.setStretch(1, 1)
    return made
