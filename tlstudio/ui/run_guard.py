"""Closing the window while a run is under way: go on in the background, stop, cancel, or stay."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

BACKGROUND, STOP, CANCEL, STAY = "background", "stop", "cancel", "stay"


class Handle(Protocol):
    run_id: str

    def stop(self) -> object: ...

    def cancel(self) -> object: ...


ActiveRun = Callable[[Any], Handle | None]


def _active_run(project: Any) -> Handle | None:
    # A run of this window exists only where the training service has been loaded already.
    training = sys.modules.get("tlstudio.services.training")
    return training.active_run(project) if training is not None else None


class RunGuard(QObject):
    """Watches the run of a project. `ended` is sent once after `watch` when it is over."""

    ended = Signal()

    def __init__(self, active_run: ActiveRun = _active_run) -> None:
        super().__init__()
        self._active_run = active_run
        self._project: Any = None
        self._timer = QTimer(self)
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._look)

    def active_run(self, project: Any) -> Handle | None:
        """The run of `project` under way in this program, if there is one."""
        return self._active_run(project) if project is not None else None

    def watch(self, project: Any) -> None:
        self._project = project
        self._timer.start()

    def forget(self) -> None:
        self._timer.stop()

    def _look(self) -> None:
        if self.active_run(self._project) is None:
            self._timer.stop()
            self.ended.emit()


def ask(window: QWidget, handle: Handle) -> str:
    """BACKGROUND, STOP, CANCEL or STAY; Esc and closing the question mean STAY."""
    question = named(QMessageBox(window), "closeQuestion", tr("A run is under way"))
    question.setIcon(QMessageBox.Icon.Question)
    question.setWindowTitle(tr("A run is under way"))
    question.setText(tr("Run {run} is still training.", run=handle.run_id))
    question.setInformativeText(
        tr(
            "In the background it goes on without a window; starting TL Studio again shows it."
            " Stop and keep finishes the batch, keeps the best model so far, then closes."
            " Cancel the run gives it up and closes."
        )
    )
    roles = QMessageBox.ButtonRole
    background = question.addButton(tr("Go on in the background"), roles.AcceptRole)
    stop = question.addButton(tr("Stop and keep"), roles.DestructiveRole)
    cancel = question.addButton(tr("Cancel the run"), roles.DestructiveRole)
    stay = question.addButton(tr("Stay here"), roles.RejectRole)
    answers = {background: BACKGROUND, stop: STOP, cancel: CANCEL, stay: STAY}
    for made, answer in answers.items():
        named(made, f"close{answer.capitalize()}", made.text())
    question.setDefaultButton(stay)
    question.setEscapeButton(stay)
    question.exec()
    chosen = question.clickedButton()
    question.deleteLater()
    return next((answer for made, answer in answers.items() if made is chosen), STAY)
