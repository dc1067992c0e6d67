"""Choosing the weights a model starts from: pretrained, none, a file, or an earlier run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.widgets.weights_fetch import (
    WeightsFetch,
    ask_weights_file,
    source_size,
    source_tip,
)
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.models import ModelSpec, WeightsSource
    from tlstudio.domain.runs import Run
    from tlstudio.services.models import ModelRow
    from tlstudio.ui.context import Context


class WeightsPicker(QWidget):
    """`changed` with each choice; `came` when weights were fetched or imported."""

    changed = Signal()
    came = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._row: ModelRow | None = None
        self._file = ""
        self._fetch = WeightsFetch(context, "train_weights")
        self._fetch.changed.connect(self._show_state)
        self._fetch.came.connect(self.came)
        self._build()

    def weights(self) -> str:
        """The value of `--weights`: default, none, a file, or run:ID."""
        chosen = self._chosen()
        return self._file if chosen == "file" else chosen

    def problem(self) -> str:
        """Why a run cannot start with this choice; empty when it can."""
        if self._row is None or not self._missing():
            return ""
        if self._teaches:
            return tr(
                "The weights of the feature network are not on this machine: download them, or"
                " import them from a file"
            )
        return tr(
            "The pretrained weights of {name} are not on this machine: download them, import"
            " them from a file, or start from scratch",
            name=self._row.spec.name,
        )

    def show_model(self, model: ModelRow) -> None:
        """Offer what `model` can start from; the kind of choice stays where it can."""
        chosen = self._chosen()
        same = self._row is not None and self._row.spec.id == model.spec.id
        self._row = model
        self._weights.clear()
        if self._teaches:
            self._weights.addItem(tr("Weights of its feature network"), "default")
        else:
            self._weights.addItem(tr("Pretrained weights"), "default")
            self._weights.addItem(tr("From scratch (nothing pretrained)"), "none")
        self._weights.addItem(tr("Weights from a file…"), "file")
        if chosen == "none" or (chosen == "file" and same):
            self._weights.setCurrentIndex(max(0, self._weights.findData(chosen)))
        self._context.ops.run(
            service("training", "runs_to_start_from"),
            self._context.project,
            model.spec.id,
            on_done=lambda runs: self._show_runs(model, chosen, runs),
            owner=self,
            key="weights-picker.runs",
        )
        self._show_state()

    def _build(self) -> None:
        self._weights = named(QComboBox(), "train_weights", tr("Weights to start from"))
        self._state = label(name="train_weights_state", wrap=True)
        whole = button(tr("Download"), "train_weights_fetch", self._fetch_own, icon="download")
        part = button(
            tr("Download its backbone"),
            "train_weights_fetch_backbone",
            self._fetch_other,
            icon="download",
        )
        self._sources = (whole, part)
        self._import_button = button(
            tr("Import a file…"),
            "train_weights_import",
            self._start_import,
            tip=tr("Take weights that you downloaded elsewhere: .safetensors, .pth or .pt"),
        )
        self.setLayout(
            column(
                self._weights,
                self._state,
                row(whole, None),
                row(part, None),
                row(self._import_button, None),
                self._fetch,
            )
        )
        self._weights.activated.connect(self._weights_chosen)

    @property
    def _teaches(self) -> bool:
        """Whether the weights are those of a network that teaches, without which nothing goes."""
        return self._row is not None and self._row.spec.task is Task.STYLE

    def _chosen(self) -> str:
        return str(self._weights.currentData() or "default")

    def _missing(self) -> bool:
        here = self._row is not None and self._row.weights == "present"
        return self._chosen() == "default" and not here

    def _show_runs(self, model: ModelRow, chosen: str, runs: list[Run]) -> None:
        """Offer what runs of the same backbone have learned."""
        if model is not self._row:
            return
        for run in reversed(runs):
            if run.model == model.spec.id and run.task == model.spec.task:
                words = tr("What run {run} learned", run=run.id)
            else:
                words = tr("The backbone of run {run} ({model})", run=run.id, model=run.model)
            self._weights.addItem(words, f"run:{run.id}")
        if chosen.startswith("run:") and self._weights.findData(chosen) >= 0:
            self._weights.setCurrentIndex(self._weights.findData(chosen))
            self._show_state()

    def _weights_chosen(self) -> None:
        if self._chosen() == "file":
            self._file = ask_weights_file(self)
            if not self._file:
                self._weights.setCurrentIndex(0)
        self._show_state()

    def _show_state(self) -> None:
        if self._row is None:
            return
        offered = self._missing() and not self._fetch.busy
        for place, fetch in enumerate(self._sources):
            origin = self._origin(place)
            source = origin.weights if origin is not None else None
            fetch.setVisible(offered and source is not None)
            if origin is not None and source is not None:
                self._word_fetch(fetch, origin, source)
        self._import_button.setVisible(offered)
        self._state.setText(self._state_words())
        self.changed.emit()

    def _origin(self, place: int) -> ModelSpec | None:
        """Whose published weights can be fetched: the model's own, then its backbone's."""
        origins = self._row.origins if self._row is not None else ()
        return origins[place] if place < len(origins) else None

    def _word_fetch(self, fetch: QPushButton, origin: ModelSpec, source: WeightsSource) -> None:
        assert self._row is not None
        size = source_size(source)
        if self._teaches:
            text = tr("Download {name} ({size})", name=origin.name, size=size)
        elif origin.id != self._row.spec.id:
            text = tr("Download its backbone {name} ({size})", name=origin.name, size=size)
        elif origin.task is Task.CLASSIFICATION:
            text = tr("Download ({size})", size=size)
        else:
            text = tr("Download the whole model ({size})", size=size)
        fetch.setText(text)
        fetch.setAccessibleName(text)
        fetch.setToolTip(source_tip(source))

    def _state_words(self) -> str:
        chosen = self._chosen()
        if chosen == "none":
            return tr(
                "Starts from random numbers: needs many more images and epochs than a"
                " pretrained model."
            )
        if chosen == "file":
            return tr("Weights from {file}", file=self._file)
        if chosen.startswith("run:"):
            return tr("Goes on from what this run learned; layers that do not fit start anew.")
        if self._teaches:
            return (
                tr("The feature network that teaches it is not on this machine yet.")
                if self._missing()
                else tr("The feature network that teaches it is on this machine.")
            )
        if not self._missing():
            return tr("Pretrained weights are on this machine.")
        return tr("Pretrained weights are not on this machine yet.")

    def _fetch_own(self) -> None:
        self._start_fetch(self._origin(0))

    def _fetch_other(self) -> None:
        self._start_fetch(self._origin(1))

    def _start_fetch(self, origin: ModelSpec | None) -> None:
        if origin is not None:
            self._fetch.fetch(origin.id)

    def _start_import(self) -> None:
        """A file is kept for the model itself, or, where nothing is published for the whole of
        it, for its backbone, so that every model with that backbone can start from it."""
        file = ask_weights_file(self)
        if file and self._row is not None:
            spec = self._row.spec
            own = spec.weights is not None or spec.backbone is None
            model = spec.id if own else spec.backbone
            self._fetch.take(model, Path(file))
