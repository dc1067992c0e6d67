"""Fetching or importing weights: how far it is, and calling it off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import column
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import bytes_text, tr

if TYPE_CHECKING:
    from tlstudio.domain.models import WeightsSource
    from tlstudio.services.models import WeightsReport
    from tlstudio.ui.context import Context


class WeightsFetch(QWidget):
    """Shown only while weights come. `changed` when it begins and ends, `came` when weights are
    here that were not before; its controls are named after `prefix`."""

    changed = Signal()
    came = Signal()

    def __init__(self, context: Context, prefix: str) -> None:
        super().__init__()
        self._context = context
        self._job: Job | None = None
        self._bar = StepBar(prefix, tr("Progress of the weights"))
        self._bar.cancelled.connect(self._call_off)
        self.setLayout(column(self._bar))
        self.hide()

    @property
    def busy(self) -> bool:
        return self._job is not None

    def fetch(self, model: str) -> None:
        """Download the published weights of the model with this id."""
        self._run("fetch_weights", model)

    def take(self, model: str, file: Path) -> None:
        """Import weights for the model with this id from a file."""
        self._run("import_weights", model, file)

    def _run(self, name: str, *arguments: object) -> None:
        self._job = self._context.ops.run(
            service("models", name),
            *arguments,
            on_done=self._done,
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._bar.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._bar.begin()
        self.show()
        self.changed.emit()

    def _call_off(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _done(self, report: WeightsReport) -> None:
        self._ended()
        text = tr("Weights of {model} are here", model=report.model)
        if not report.verified:
            text += tr("; no published checksum exists, so they are unverified")
        self._context.show_message(text + ".", "success" if report.verified else "info")
        self.came.emit()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._context.show_error(error)

    def _ended(self) -> None:
        self._job = None
        self._bar.rest()
        self.hide()
        self.changed.emit()


def ask_weights_file(parent: QWidget) -> str:
    """The file that a person chooses; empty where none is chosen."""
    kinds = tr("Weights (*.safetensors *.pth *.pt *.bin);;All files (*)")
    return QFileDialog.getOpenFileName(parent, tr("Weights file"), "", kinds)[0]


def source_size(source: WeightsSource) -> str:
    """How much a download is, in words."""
    if source.size:
        return bytes_text(source.size)
    return tr("about {size}", size=bytes_text(source.about)) if source.about else tr("unknown size")


def source_tip(source: WeightsSource) -> str:
    """From where it would come."""
    host = urlsplit(source.url).hostname or source.url
    return tr("From {host}. Nothing about your images is sent.", host=host)
