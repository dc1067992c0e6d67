"""The weights on this computer: which are there, fetching them, importing a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QHeaderView,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QWidget,
)

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.progress import Cancel, Step
from tlstudio.domain.tasks import Aid, Task
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import box, button, column, disable, label, named, row
from tlstudio.ui.words import bytes_text, say, tr

if TYPE_CHECKING:
    from tlstudio.services.models import ModelRow, WeightsReport
    from tlstudio.ui.context import Context


class WeightsTable(QWidget):
    """One row per model of the catalogue; nothing is downloaded unasked."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("weightsList")
        self._context = context
        self._models: list[ModelRow] = []
        self._job: Job | None = None
        self._wanted = ""
        self._table = named(QTableWidget(0, 6), "weightsTable", tr("Pretrained weights"))
        self._table.setProperty("role", "framed")
        self._table.setHorizontalHeaderLabels(
            [
                tr("Model"),
                tr("Weights"),
                tr("For"),
                tr("Size"),
                tr("Parameters"),
                tr("Licence"),
            ]
        )
        self._table.verticalHeader().hide()
        self._table.verticalHeader().setDefaultSectionSize(28)
        self._table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        self._table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self._table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self._table.setShowGrid(False)
        self._table.setTabKeyNavigation(False)
        self._table.setFixedHeight(300)
        header = named(self._table.horizontalHeader(), "weightsHeader", tr("Columns"))
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self._table.itemSelectionChanged.connect(self._show_buttons)
        self._fetch = button(tr("Fetch"), "weightsFetch", self._start_fetch, icon="download")
        self._import = button(
            tr("Import a file…"), "weightsImport", self._choose_file, icon="import",
            tip=tr("Weights from a file: safetensors, or a plain state dict"),
        )  # fmt: skip
        self._bar = named(QProgressBar(), "weightsProgress", tr("Progress of the download"))
        self._bar.setTextVisible(False)
        self._stage = label(role="dim", name="weightsStage")
        self._cancel = button(tr("Cancel"), "weightsCancel", self._stop)
        line = row(self._stage, self._bar, self._cancel)
        line.setStretch(1, 1)
        self._progress = box(line)
        self._progress.hide()
        self.setLayout(
            column(self._table, row(self._fetch, self._import, None), self._progress, gap=8)
        )
        self._show_buttons()

    def reload(self) -> None:
        self._context.ops.run(_models, on_done=self._show, key="settings.weights")

    def choose(self, model: str) -> None:
        """Show the model of this id as chosen, once the table is there."""
        self._wanted = model
        for index, made in enumerate(self._models):
            if made.spec.id == model:
                self._table.selectRow(index)
                self._table.scrollToItem(self._table.item(index, 0))
                self._wanted = ""

    def _show(self, models: Sequence[ModelRow]) -> None:
        chosen = self._table.currentRow()
        self._models = list(models)
        self._table.setRowCount(len(models))
        words = {"present": tr("here"), "absent": tr("not here"), "none": tr("none exist")}
        for index, made in enumerate(models):
            size = made.spec.weights.size if made.spec.weights else None
            cells = (
                made.spec.name,
                words.get(made.weights, made.weights),
                _use(made),
                bytes_text(size) if size else "",
                f"{made.spec.params / 1e6:.1f} M",
                made.spec.weights_licence or made.spec.licence,
            )
            for column_, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(made.spec.description)
                self._table.setItem(index, column_, item)
        if models:
            self._table.selectRow(max(0, min(chosen, len(models) - 1)))
            self.choose(self._wanted)
        self._show_buttons()

    def _chosen(self) -> ModelSpec | None:
        index = self._table.currentRow()
        return self._models[index].spec if 0 <= index < len(self._models) else None

    def _show_buttons(self) -> None:
        spec = self._chosen()
        busy = tr("Wait until this is finished, or cancel it.") if self._job else ""
        nothing = tr("Choose a model first.") if spec is None else ""
        offered = nothing or (tr("There are no pretrained weights for it.")
                              if spec is not None and spec.weights is None else "")  # fmt: skip
        disable(self._fetch, busy or offered)
        disable(self._import, busy or nothing)
        if spec is not None and spec.weights is not None:
            size = bytes_text(spec.weights.size) if spec.weights.size else tr("size unknown")
            self._fetch.setText(tr("Fetch {name} ({size})", name=spec.name, size=size))

    # -- work -----------------------------------------------------------------------------

    def _start_fetch(self) -> None:
        spec = self._chosen()
        if spec is not None:
            self._run("fetch_weights", spec.id)

    def _choose_file(self) -> None:
        spec = self._chosen()
        chosen, _kind = QFileDialog.getOpenFileName(
            self, tr("A file of weights"), "", tr("Weights (*.safetensors *.pth *.pt *.bin)")
        )
        if spec is not None and chosen:
            self._run("import_weights", spec.id, Path(chosen))

    def _run(self, name: str, *args: object) -> None:
        self._job = self._context.ops.run(
            service("models", name),
            *args,
            on_done=self._done,
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._show_step,
            cancel=Cancel(),
            lane=Lane.LONG,
        )
        self._stage.setText("")
        self._bar.setRange(0, 0)
        self._cancel.setEnabled(True)
        self._progress.show()
        self._show_buttons()

    def _show_step(self, step: Step) -> None:
        total = step.total or 0
        text = say(step.stage, {})
        if total:
            text += f" {bytes_text(step.done)} / {bytes_text(total)}"
        self._stage.setText(text)
        # Downloads are counted in bytes, which can be more than a bar can hold.
        self._bar.setRange(0, 1000 if total else 0)
        self._bar.setValue(round(1000 * step.done / total) if total else 0)

    def _done(self, report: WeightsReport) -> None:
        self._ended()
        text = tr("Weights of {model} are here", model=report.model)
        if not report.verified:
            text += tr("; no published checksum exists, so they are unverified")
        self._context.show_message(text + ".", "success" if report.verified else "info")
        self.reload()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._context.show_error(error)

    def _ended(self) -> None:
        self._job = None
        self._progress.hide()
        self._show_buttons()

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._cancel.setEnabled(False)


def _use(made: ModelRow) -> str:
    """What the model is for, in a word."""
    if made.spec.task == Aid.ASSIST:
        return tr("assisted outlines")
    return tr("classification")


def _models() -> list[ModelRow]:
    listed = service("models", "list_models")
    found: list[ModelRow] = [*listed(Task.CLASSIFICATION.value), *listed(Aid.ASSIST.value)]
    return found
