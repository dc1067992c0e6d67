"""The weights on this computer: which are there, fetching them, importing a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.tasks import LABELLED, Aid, Task
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import button, column, disable, field, named, row
from tlstudio.ui.widgets.weights_fetch import WeightsFetch, ask_weights_file, source_size
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.models import ModelRow
    from tlstudio.ui.context import Context


class WeightsTable(QWidget):
    """One row per model of the catalogue; nothing is downloaded unasked."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("weightsList")
        self._context = context
        self._models: list[ModelRow] = []
        self._wanted = ""
        self._find = field("weightsFind", tr("Find a model"), hint=tr("Find a model"))
        self._find.textChanged.connect(self._narrow)
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
            tr("Import a file…"), "weightsImport", self._start_import, icon="import",
            tip=tr("Weights from a file: safetensors, or a plain state dict"),
        )  # fmt: skip
        self._progress = WeightsFetch(context, "weights")
        self._progress.changed.connect(self._show_buttons)
        self._progress.came.connect(self.reload)
        self.setLayout(
            column(self._find, self._table, row(self._fetch, self._import, None), self._progress)
        )
        self._show_buttons()

    def reload(self) -> None:
        self._context.ops.run(_models, on_done=self._show, key="settings.weights")

    def choose(self, model: str) -> None:
        """Show the model of this id as chosen, once the table is there."""
        self._wanted = model
        for index, made in enumerate(self._models):
            if made.spec.id == model:
                self._find.clear()
                self._table.selectRow(index)
                self._table.scrollToItem(self._table.item(index, 0))
                self._wanted = ""

    def _show(self, models: Sequence[ModelRow]) -> None:
        chosen = self._table.currentRow()
        self._models = list(models)
        self._table.setRowCount(len(models))
        for index, made in enumerate(models):
            cells = (
                made.spec.name,
                _state(made),
                _use(made),
                source_size(made.spec.weights) if made.spec.weights else "",
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
        self._narrow()
        self._show_buttons()

    def _narrow(self) -> None:
        """Show only the models whose name or use holds every word that is looked for."""
        words = self._find.text().lower().split()
        for index, made in enumerate(self._models):
            text = f"{made.spec.id} {made.spec.name} {_use(made)}".lower()
            self._table.setRowHidden(index, not all(word in text for word in words))
        at = self._table.currentRow()
        if at >= 0 and self._table.isRowHidden(at):
            self._table.setCurrentCell(-1, -1)
            self._table.clearSelection()

    def _chosen(self) -> ModelSpec | None:
        index = self._table.currentRow()
        return self._models[index].spec if 0 <= index < len(self._models) else None

    def _show_buttons(self) -> None:
        spec = self._chosen()
        busy = tr("Wait until this is finished, or cancel it.") if self._progress.busy else ""
        nothing = tr("Choose a model first.") if spec is None else ""
        offered = nothing or (tr("There are no pretrained weights for it.")
                              if spec is not None and spec.weights is None else "")  # fmt: skip
        disable(self._fetch, busy or offered)
        disable(self._import, busy or nothing)
        self._fetch.setText(tr("Fetch"))
        if spec is not None and spec.weights is not None:
            size = source_size(spec.weights)
            self._fetch.setText(tr("Fetch {name} ({size})", name=spec.name, size=size))

    def _start_fetch(self) -> None:
        spec = self._chosen()
        if spec is not None:
            self._progress.fetch(spec.id)

    def _start_import(self) -> None:
        spec, file = self._chosen(), ask_weights_file(self)
        if spec is not None and file:
            self._progress.take(spec.id, Path(file))


def _use(made: ModelRow) -> str:
    """What the weights are for, in a few words."""
    words = {
        Task.CLASSIFICATION: tr("classification, backbones"),
        Task.DETECTION: tr("object detection"),
        Task.SEGMENTATION: tr("segmentation"),
        Aid.ASSIST: tr("assisted outlines"),
    }
    return words[made.spec.task]


def _state(made: ModelRow) -> str:
    """Whether the weights of the whole model are here; those of its backbone have their own row."""
    own = made.weights_of in (None, made.spec.id)
    words = {"present": tr("here"), "absent": tr("not here"), "none": tr("none exist")}
    return words[made.weights if own else "absent"]


def _models() -> list[ModelRow]:
    """On a thread: all models that have weights of their own, or could have."""
    listed = service("models", "list_models")
    rows: list[ModelRow] = [row for use in (*LABELLED, Aid.ASSIST) for row in listed(use.value)]
    return [
        row
        for row in rows
        if row.spec.weights or row.spec.backbone is None or row.weights_of == row.spec.id
    ]
