"""All runs of the project, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tlstudio.domain.runs import FINISHED, Run
from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.task_words import figure_name, is_loss, run_merit, style_name, task_tip
from tlstudio.ui.widgets.basics import button, column, disable, label, named, row
from tlstudio.ui.widgets.question import agreed
from tlstudio.ui.widgets.run_view import state_words
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class RunsTable(QWidget):
    """`chosen(Run)` when a row is picked; a run can be deleted here."""

    chosen = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._runs: list[Run] = []
        self._table = named(QTableWidget(0, 3), "runs_table", tr("Runs"))
        self._table.setProperty("role", "framed")
        self._table.setHorizontalHeaderLabels([tr("Run"), tr("Model"), tr("Best")])
        self._table.verticalHeader().hide()
        self._table.setShowGrid(False)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self._table.itemSelectionChanged.connect(self._selected)
        self._follow = button(tr("Show the curves"), "runs_follow", self._go_train)
        self._delete = button(tr("Delete"), "runs_delete", self._ask_delete, role="danger")
        self.setLayout(
            column(label(tr("Runs"), "heading"), self._table, row(self._follow, self._delete, None))
        )
        self.setMinimumWidth(240)
        self._show_buttons()

    def show_runs(self, runs: list[Run], styles: Mapping[str, str]) -> None:
        """List `runs`, newest first, and keep the row that was chosen; `styles` names the style
        images of those that learned one, by which they are told apart."""
        kept = self.current()
        self._runs = list(reversed(runs))
        self._table.blockSignals(True)
        self._table.setRowCount(len(self._runs))
        for line, run in enumerate(self._runs):
            merit = run_merit(run)
            value = "" if merit is None else _value(*merit)
            best = value if run.state in FINISHED and value else state_words(run.state)
            model = style_name(styles[run.id]) if run.id in styles else run.model
            for place, text in enumerate((run.id, model, best)):
                item = QTableWidgetItem(text)
                item.setToolTip(_tip(run))
                self._table.setItem(line, place, item)
        self._table.blockSignals(False)
        if kept is not None:
            self.choose(kept.id)
        self._show_buttons()

    def choose(self, run_id: str) -> None:
        """Mark the row of `run_id` without telling anybody."""
        for line, run in enumerate(self._runs):
            if run.id == run_id:
                self._table.blockSignals(True)
                self._table.selectRow(line)
                self._table.blockSignals(False)
        self._show_buttons()

    def current(self) -> Run | None:
        line = self._table.currentRow()
        return self._runs[line] if 0 <= line < len(self._runs) else None

    def _selected(self) -> None:
        self._show_buttons()
        run = self.current()
        if run is not None:
            self.chosen.emit(run)

    def _show_buttons(self) -> None:
        run = self.current()
        none = tr("Choose a run first") if run is None else ""
        disable(self._follow, none)
        going = run is not None and run.state not in FINISHED
        busy = tr("Stop or cancel the run before deleting it") if going else ""
        disable(self._delete, none or busy or self._context.locked_reason())

    def _go_train(self) -> None:
        run = self.current()
        if run is not None:
            self._context.go_to("train", run=run.id)

    def _ask_delete(self) -> None:
        run = self.current()
        if run is None:
            return
        if agreed(
            self,
            "runDelete",
            tr("Delete a run"),
            question=tr("Delete run {run} and its trained model?", run=run.id),
            consequence=tr("The images and labels stay. This cannot be undone."),
            go=tr("Delete"),
        ):
            self._context.edit(service("training", "delete_run"), run.id)


def _value(metric: str, value: float) -> str:
    """A figure, or a loss that says it is one: less of it is better."""
    return tr("loss {n}", n=f"{value:.3f}") if is_loss(metric) else f"{value:.3f}"


def _tip(run: Run) -> str:
    parts = [f"{run.id}: {run.model} {state_words(run.state)}", run.created_at]
    parts.append(task_tip(Task(run.task)))
    merit = run_merit(run)
    if merit is not None:
        parts.append(f"{figure_name(merit[0])} = {merit[1]:.3f}")
    parts += [f"{name} = {value}" for name, value in run.recipe.items()]
    return "\n".join(parts)
