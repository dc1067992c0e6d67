"""Choosing one finished run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox

from tlstudio.domain.changes import Changes
from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.task_words import figure_name, run_merit, style_name
from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class RunPicker(QComboBox):
    """Finished runs, newest first; `picked(run id)` whenever the choice changes ("" for none).

    With `only` those of that task alone are offered.
    """

    picked = Signal(str)

    def __init__(self, context: Context, name: str, only: Task | None = None) -> None:
        super().__init__()
        named(self, name, tr("Trained model"))
        self._context = context
        self._only = only
        self._wanted = ""
        self._tasks: dict[str, str] = {}
        self._told: str | None = None
        self.setMinimumWidth(280)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.currentIndexChanged.connect(self._tell)
        context.changes.changed.connect(self._changed)
        self.reload()

    def run_id(self) -> str:
        return str(self.currentData() or "")

    def task(self) -> str:
        """The task of the chosen run, "" without one."""
        return self._tasks.get(self.run_id(), "")

    def want(self, run_id: str) -> None:
        """Choose `run_id`, now or when the runs have been read."""
        self._wanted = run_id
        self.reload()

    def reload(self) -> None:
        self._context.ops.run(
            service("style_images", "runs_with_styles"),
            self._context.project,
            on_done=self._show,
            key=f"{self.objectName()}.runs",
        )

    def _changed(self, changes: Changes) -> None:
        if changes.runs or changes.everything:
            self.reload()

    def _show(self, found: tuple[list[Run], dict[str, str]]) -> None:
        runs, styles = found
        kept, self._wanted = self._wanted or self.run_id(), ""
        runs = [run for run in runs if self._only is None or run.task == self._only]
        self._tasks = {run.id: str(run.task) for run in runs}
        self.blockSignals(True)
        self.clear()
        for run in reversed(runs):
            if run.state is RunState.DONE:
                merit = run_merit(run)
                best = "" if merit is None else f" · {figure_name(merit[0])} {merit[1]:.3f}"
                style = f"{style_name(styles[run.id])} · " if run.id in styles else ""
                self.addItem(f"{run.id} · {style}{run.model}{best}", run.id)
        self.setCurrentIndex(max(0, self.findData(kept)))
        self.blockSignals(False)
        self._tell()

    def _tell(self) -> None:
        """Only where the choice is another one: runs come and go without touching it."""
        if self.run_id() != self._told:
            self._told = self.run_id()
            self.picked.emit(self._told)
