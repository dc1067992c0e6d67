"""Choosing the feature network, and a way to its weights where they are absent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from tlstudio.domain.styling import NETWORKS
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import box, button, column, label, named, row
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.widgets.weights_fetch import (
    WeightsFetch,
    ask_weights_file,
    source_size,
    source_tip,
)
from tlstudio.ui.words import say, tr

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
        self._needed = True
        self._fetch = WeightsFetch(context, "style_network")
        self._fetch.changed.connect(self._show)
        self._fetch.came.connect(self.reload)
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
        self.offer = box(column(box(ways), self._fetch))
        self.reload()

    def network(self) -> str:
        return str(self._box.currentData())

    def set_network(self, network: str) -> None:
        self._box.setCurrentIndex(max(0, self._box.findData(network)))

    def set_needed(self, on: bool) -> None:
        """Whether anything here takes a feature network; where not, nothing is offered."""
        self._needed = on
        self.setVisible(on)
        self.reload()

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
        offered = missing and not self._fetch.busy
        found = self._rows.get(self.network())
        source = found.spec.weights if found is not None else None
        if not missing:
            self._state.setText(tr("Its weights are on this machine.") if self._rows else "")
        else:
            self._state.setText(tr("Its weights are not on this machine yet."))
        self._download.setVisible(offered and source is not None)
        self._import.setVisible(offered)
        self.offer.setVisible(self._needed and (missing or self._fetch.busy))
        if source is not None:
            self._download.setText(tr("Download ({size})", size=source_size(source)))
            self._download.setAccessibleName(self._download.text())
            self._download.setToolTip(source_tip(source))
        self.changed.emit()

    def _start_fetch(self) -> None:
        self._fetch.fetch(self.network())

    def _start_import(self) -> None:
        if file := ask_weights_file(self):
            self._fetch.take(self.network(), Path(file))


def _rows() -> dict[str, ModelRow]:
    """On a thread: what is known of each feature network."""
    found = service("models", "list_models")("classification")
    return {each.spec.id: each for each in found if each.spec.id in NETWORKS}
