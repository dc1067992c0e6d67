"""Choosing the feature network, and a way to its weights where they are absent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QProgressBar, QWidget

from tlstudio.domain.progress import Cancel, Step
from tlstudio.domain.styling import NETWORKS
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import box, button, column, label, named, row
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import bytes_text, say, tr

if TYPE_CHECKING:
    from tlstudio.services.models import ModelRow
    from tlstudio.ui.context import Context


class NetworkPicker(QWidget):
    """`changed` with each choice and when weights came. `offer` is a widget of its own, to be put
    beside what cannot be started: the ways to weights that are absent."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_network_picker")
        self._context = context
        self._rows: dict[str, ModelRow] = {}
        self._fetch: Job | None = None
        words = say("styling.network", {})
        self._box = named(
            QComboBox(), "styling_network", words, say("styling.network.help", {}) + "\n(network)"
        )
        for network in NETWORKS:
            self._box.addItem(say(f"styling.network.{network}", {}), network)
        self._box.currentIndexChanged.connect(self._show)
        self._state = label(role="dim", name="style_network_state", wrap=True)
        self._download = button(
            tr("Download"), "style_network_fetch", self._start_fetch, icon="download"
        )
        self._import = button(
            tr("Import a file…"),
            "style_network_import",
            self._start_import,
            tip=tr("Take weights that you downloaded elsewhere: .safetensors, .pth or .pt"),
        )
        self._bar = named(QProgressBar(), "style_network_progress", tr("Progress of the weights"))
        self._bar.setTextVisible(False)
        self._cancel = button(tr("Cancel"), "style_network_cancel", self._call_off)
        name = label(words)
        name.setBuddy(self._box)
        self._box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        head = row(name, self._box)
        head.setStretch(1, 1)
        self.setLayout(column(head, self._state))
        ways = FlowLayout()
        for each in (self._download, self._import):
            ways.addWidget(each)
        self.offer = box(column(box(ways), row(self._bar, self._cancel)))
        self._bar.hide()
        self._cancel.hide()
        self.reload()

    def network(self) -> str:
        return str(self._box.currentData())

    def set_network(self, network: str) -> None:
        self._box.setCurrentIndex(max(0, self._box.findData(network)))

    def problem(self) -> str:
        """Why nothing can be started with this network; empty where it can."""
        if not self._rows:
            return tr("Looking for the network's weights")
        if self._missing():
            return tr(
                "The weights of {name} are not on this machine: download them, or import them"
                " from a file",
                name=self._box.currentText(),
            )
        return ""

    def reload(self) -> None:
        """Look anew which weights are there."""
        self._context.ops.run(_rows, on_done=self._found, key="style.networks", owner=self)

    def _found(self, rows: dict[str, ModelRow]) -> None:
        self._rows = rows
        self._show()

    def _missing(self) -> bool:
        row_ = self._rows.get(self.network())
        return row_ is not None and row_.weights != "present"

    def _show(self) -> None:
        missing = self._missing()
        offered = missing and self._fetch is None
        found = self._rows.get(self.network())
        source = found.spec.weights if found is not None else None
        if not missing:
            self._state.setText(tr("Its weights are on this machine.") if self._rows else "")
        else:
            self._state.setText(tr("Its weights are not on this machine yet."))
        self._download.setVisible(offered and source is not None)
        self._import.setVisible(offered)
        self.offer.setVisible(missing or self._fetch is not None)
        if source is not None:
            size = bytes_text(source.size) if source.size else tr("unknown size")
            self._download.setText(tr("Download ({size})", size=size))
            self._download.setAccessibleName(self._download.text())
            host = urlsplit(source.url).hostname or source.url
            self._download.setToolTip(
                tr("From {host}. Nothing about your images is sent.", host=host)
            )
        self.changed.emit()

    def _start_fetch(self) -> None:
        self._run(service("models", "fetch_weights"), self.network())

    def _start_import(self) -> None:
        file = QFileDialog.getOpenFileName(
            self,
            tr("Weights file"),
            "",
            tr("Weights (*.safetensors *.pth *.pt *.bin);;All files (*)"),
        )[0]
        if file:
            self._run(service("models", "import_weights"), self.network(), Path(file))

    def _run(self, function: Callable[..., object], *arguments: object) -> None:
        self._bar.setRange(0, 0)
        self._fetch = self._context.ops.run(
            function,
            *arguments,
            on_done=lambda _report: self._ended(),
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._progressed,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._bar.show()
        self._cancel.show()
        self._show()

    def _progressed(self, step: Step) -> None:
        self._bar.setRange(0, 1000 if step.total else 0)
        if step.total:
            self._bar.setValue(round(1000 * step.done / step.total))

    def _call_off(self) -> None:
        if self._fetch is not None:
            self._fetch.cancel()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._context.show_error(error)

    def _ended(self) -> None:
        self._fetch = None
        self._bar.hide()
        self._cancel.hide()
        self._show()
        self.reload()


def _rows() -> dict[str, ModelRow]:
    """On a thread: what is known of each feature network."""
    found = service("models", "list_models")("classification")
    return {each.spec.id: each for each in found if each.spec.id in NETWORKS}
