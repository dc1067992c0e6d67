"""Choosing the pretrained model and where its weights come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QWidget

from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import column, label, named
from tlstudio.ui.widgets.weights_picker import WeightsPicker
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.models import ModelRow
    from tlstudio.ui.context import Context

PREFERRED = {
    Task.CLASSIFICATION: "resnet18",
    Task.DETECTION: "yolo11n",
    Task.SEGMENTATION: "unet:resnet18",
    Task.STYLE: "fast-style:squeezenet1_1",
}
_MOST_FOUND = 60


class ModelPicker(QWidget):
    """A model for one task with its facts, and the weights to start from."""

    changed = Signal()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._task = Task.CLASSIFICATION
        self._rows: dict[str, ModelRow] = {}
        self._searched = ""
        self._build()

    def model_id(self) -> str:
        return str(self._models.currentData() or "")

    def weights(self) -> str:
        """The value of `--weights`: default, none, a file, or run:ID."""
        return self._weights.weights()

    def row(self) -> ModelRow | None:
        return self._rows.get(self.model_id())

    def problem(self) -> str:
        """Why a run cannot start with this choice; empty when it can."""
        if self.row() is None:
            return tr("Choose a model first")
        return self._weights.problem()

    def set_task(self, task: Task) -> None:
        """Offer the models of `task`."""
        if task is not self._task:
            self._task = task
            self._rows = {}
            self._models.clear()
            self.reload()

    def reload(self) -> None:
        """Read the catalogue and the runs to start from anew."""
        self._context.ops.run(
            service("models", "list_models"),
            self._task.value,
            on_done=self._show_models,
            key="model-picker",
        )

    def _search(self) -> None:
        """A name that is not in the list is looked up among all that have a name."""
        text = self._models.currentText().strip()
        if not text or self._models.findText(text) >= 0 or text == self._searched:
            return
        self._searched = text
        self._context.ops.run(
            service("models", "search_models"),
            self._task.value,
            text,
            on_done=self._show_found,
            key="model-search",
        )

    def _show_found(self, rows: list[ModelRow]) -> None:
        if any(each.spec.task is not self._task for each in rows):
            return  # asked before the task was changed
        new = [each for each in rows if each.spec.id not in self._rows][:_MOST_FOUND]
        if not rows:
            self._facts.setText(tr("No model of that name is known."))
            return
        for model in new:
            self._rows[model.spec.id] = model
            self._models.addItem(model.spec.name, model.spec.id)
        exact = [m for m in rows if self._searched in (m.spec.id, m.spec.name)]
        self._models.setCurrentIndex(self._models.findData((exact or rows)[0].spec.id))
        if not exact and len(rows) > 1:
            self._models.showPopup()

    def _build(self) -> None:
        self._models = named(QComboBox(), "train_model", tr("Pretrained model"))
        self._models.setEditable(True)
        self._models.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._models.setMaxVisibleItems(18)
        self._models.lineEdit().setObjectName("train_model_search")
        self._models.lineEdit().setAccessibleName(tr("Search models"))
        self._facts = label(role="dim", name="train_model_facts", wrap=True)
        self._weights = WeightsPicker(self._context)
        self._weights.changed.connect(self.changed)
        self._weights.came.connect(self.reload)
        self.setLayout(column(self._models, self._facts, self._weights))
        self._models.currentIndexChanged.connect(self._model_chosen)
        self._models.lineEdit().editingFinished.connect(self._search)

    def _show_models(self, rows: list[ModelRow]) -> None:
        if any(each.spec.task is not self._task for each in rows):
            return  # asked before the task was changed
        held = self.row()
        if held is not None and all(each.spec.id != held.spec.id for each in rows):
            rows = [*rows, held]  # found by its name, and not among those listed always
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
        return present[0] if present else PREFERRED[self._task]

    def _model_chosen(self) -> None:
        row = self.row()
        if row is None:
            return
        spec = row.spec
        facts = [
            tr("{n} million parameters", n=f"{spec.params / 1e6:.1f}") if spec.params else "",
            tr("{size} px", size=spec.input_size),
            tr("licence {licence}", licence=spec.weights_licence or spec.licence),
        ]
        self._facts.setText(f"{spec.description}\n{' · '.join(each for each in facts if each)}")
        self._weights.show_model(row)
