"""Choosing the backbone and where its weights come from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QFileDialog,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from tlstudio.domain.progress import Cancel, Step
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import button, label, named, row
from tlstudio.ui.words import bytes_text, tr

if TYPE_CHECKING:
    from tlstudio.services.models import ModelRow
    from tlstudio.ui.context import Context

PREFERRED = "resnet18"
_MOST_FOUND = 60


class ModelPicker(QWidget):
    """A backbone with its facts, and weights: pretrained, none, a file, or an earlier run."""

    changed = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._rows: dict[str, ModelRow] = {}
        self._file = ""
        self._searched = ""
        self._fetch: Job | None = None
        self._build()

    def model_id(self) -> str:
        return str(self._models.currentData() or "")

    def weights(self) -> str:
        """The value of `--weights`: default, none, a file, or run:ID."""
        chosen = str(self._weights.currentData() or "default")
        return self._file if chosen == "file" else chosen

    def row(self) -> ModelRow | None:
        return self._rows.get(self.model_id())

    def problem(self) -> str:
        """Why a run cannot start with this choice; empty when it can."""
        row = self.row()
        if row is None:
            return tr("Choose a model first")
        if self.weights() == "default" and row.weights != "present":
            return tr(
                "The pretrained weights of {name} are not on this machine: download them, import"
                " them from a file, or start from scratch",
                name=row.spec.name,
            )
        return ""

    def _search(self) -> None:
        """A name that is not in the list is looked up among timm's models."""
        text = self._models.currentText().strip()
        if not text or self._models.findText(text) >= 0 or text == self._searched:
            return
        self._searched = text
        self._context.ops.run(
            service("models", "list_models"),
            "classification",
            text.removeprefix("timm:"),
            include_timm=True,
            on_done=self._show_found,
            key="model-search",
        )

    def _show_found(self, rows: list[ModelRow]) -> None:
        new = [each for each in rows if each.spec.id not in self._rows][:_MOST_FOUND]
        if not rows:
            self._state.setText(tr("No model of that name is known."))
            return
        for model in new:
            self._rows[model.spec.id] = model
            self._models.addItem(model.spec.name, model.spec.id)
        exact = [m for m in rows if self._searched in (m.spec.id, m.spec.name)]
        self._models.setCurrentIndex(self._models.findData((exact or rows)[0].spec.id))
        if not exact and len(rows) > 1:
            self._models.showPopup()

    def reload(self, runs: list[tuple[str, str]]) -> None:
        """Read the catalogue anew; `runs` are (id, model) of finished runs to start from."""
        self._runs = runs
        self._context.ops.run(
            service("models", "list_models"),
            "classification",
            on_done=self._show_models,
            key="model-picker",
        )

    def _build(self) -> None:
        self._runs: list[tuple[str, str]] = []
        self._models = named(QComboBox(), "train_model", tr("Pretrained model"))
        self._models.setEditable(True)
        self._models.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._models.setMaxVisibleItems(18)
        self._models.lineEdit().setObjectName("train_model_search")
        self._models.lineEdit().setAccessibleName(tr("Search models"))
        self._facts = label(role="dim", name="train_model_facts", wrap=True)
        self._weights = named(QComboBox(), "train_weights", tr("Weights to start from"))
        self._state = label(name="train_weights_state", wrap=True)
        self._fetch_button = button(
            tr("Download"), "train_weights_fetch", self._start_fetch, icon="download"
        )
        self._import_button = button(
            tr("Import a file…"),
            "train_weights_import",
            self._start_import,
            tip=tr("Take weights that you downloaded elsewhere: .safetensors, .pth or .pt"),
        )
        self._bar = named(QProgressBar(), "train_weights_progress", tr("Progress of the weights"))
        self._bar.hide()
        self._cancel = button(tr("Cancel"), "train_weights_cancel", self._call_off)
        self._cancel.hide()
        buttons = row(self._fetch_button, self._import_button, self._bar, self._cancel, None)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for each in (self._models, self._facts, self._weights, self._state):
            column.addWidget(each)
        column.addLayout(buttons)
        self._models.currentIndexChanged.connect(self._model_chosen)
        self._models.lineEdit().editingFinished.connect(self._search)
        self._weights.activated.connect(self._weights_chosen)

    def _show_models(self, rows: list[ModelRow]) -> None:
        self._rows = {each.spec.id: each for each in rows}
        kept = self.model_id() or self._remembered()
        self._models.blockSignals(True)
        self._models.clear()
        for model in rows:
            here = "" if model.weights != "present" else "  ✓"
            self._models.addItem(f"{model.spec.name}{here}", model.spec.id)
            present = tr("Its pretrained weights are on this machine")
            tip = present if here else model.spec.description
            self._models.setItemData(self._models.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        completer = QCompleter(self._models.model(), self._models)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._models.setCompleter(completer)
        self._models.setCurrentIndex(max(0, self._models.findData(kept)))
        self._models.blockSignals(False)
        self._model_chosen()

    def _remembered(self) -> str:
        present = [i for i, each in self._rows.items() if each.weights == "present"]
        return present[0] if present else PREFERRED

    def _model_chosen(self) -> None:
        row = self.row()
        if row is None:
            return
        spec = row.spec
        self._facts.setText(
            tr(
                "{description}\n{params} million parameters · {size} px · licence {licence}",
                description=spec.description,
                params=f"{spec.params / 1e6:.1f}",
                size=spec.input_size,
                licence=spec.weights_licence or spec.licence,
            )
        )
        chosen = self._weights.currentData()
        self._weights.clear()
        self._weights.addItem(tr("Pretrained weights"), "default")
        self._weights.addItem(tr("From scratch (nothing pretrained)"), "none")
        self._weights.addItem(tr("Weights from a file…"), "file")
        for run_id, model in self._runs:
            if model == spec.id:
                self._weights.addItem(tr("What run {run} learned", run=run_id), f"run:{run_id}")
        if chosen in ("none",):
            self._weights.setCurrentIndex(self._weights.findData(chosen))
        self._show_state()

    def _weights_chosen(self) -> None:
        if self._weights.currentData() == "file":
            self._file = self._ask_file()
            if not self._file:
                self._weights.setCurrentIndex(0)
        self._show_state()

    def _show_state(self) -> None:
        row = self.row()
        if row is None:
            return
        chosen = str(self._weights.currentData() or "default")
        missing = chosen == "default" and row.weights != "present"
        source = row.spec.weights
        self._fetch_button.setVisible(missing and source is not None and self._fetch is None)
        self._import_button.setVisible(missing and self._fetch is None)
        if source is not None:
            size = bytes_text(source.size) if source.size else tr("unknown size")
            self._fetch_button.setText(tr("Download ({size})", size=size))
            self._fetch_button.setAccessibleName(self._fetch_button.text())
            self._fetch_button.setToolTip(
                tr("From {host}. Nothing about your images is sent.", host=_host(source.url))
            )
        self._state.setText(self._state_words(chosen, row))
        self.changed.emit()

    def _state_words(self, chosen: str, row: ModelRow) -> str:
        if chosen == "none":
            return tr(
                "Starts from random numbers: needs many more images and epochs than a"
                " pretrained model."
            )
        if chosen == "file":
            return tr("Weights from {file}", file=self._file)
        if chosen.startswith("run:"):
            return tr("Goes on from what this run learned.")
        if row.weights == "present":
            return tr("Pretrained weights are on this machine.")
        return tr("Pretrained weights are not on this machine yet.")

    def _ask_file(self) -> str:
        return QFileDialog.getOpenFileName(
            self,
            tr("Weights file"),
            "",
            tr("Weights (*.safetensors *.pth *.pt *.bin);;All files (*)"),
        )[0]

    def _start_fetch(self) -> None:
        self._run(service("models", "fetch_weights"), self.model_id())

    def _start_import(self) -> None:
        file = self._ask_file()
        if file:
            self._run(service("models", "import_weights"), self.model_id(), Path(file))

    def _run(self, function: Callable[..., Any], *arguments: object) -> None:
        self._bar.setRange(0, 0)
        self._fetch = self._context.ops.run(
            function,
            *arguments,
            on_done=lambda _report: self._fetched(),
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._progressed,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._bar.show()
        self._cancel.show()
        self._show_state()

    def _progressed(self, step: Step) -> None:
        self._bar.setRange(0, 1000 if step.total else 0)
        if step.total:
            self._bar.setValue(round(1000 * step.done / step.total))

    def _call_off(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()

    def _fetched(self) -> None:
        self._ended()
        self.reload(self._runs)

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._context.show_error(error)

    def _ended(self) -> None:
        self._fetch = None
        self._bar.hide()
        self._cancel.hide()
        self._show_state()


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
