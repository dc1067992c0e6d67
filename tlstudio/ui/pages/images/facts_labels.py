"""The labels of the project as buttons: which the selection has, and giving it one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from tlstudio.domain.images import ImageRow
from tlstudio.ui.pages.images.look import chip_icon
from tlstudio.ui.widgets.basics import button, clear, column, disable, label, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.labels import Label
    from tlstudio.ui.context import Context


class LabelChoices(QWidget):
    """`wanted` is sent with the label to give, `unwanted` with the one to take off."""

    wanted = Signal(int)
    unwanted = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("labelChoices")
        self._context = context
        self._buttons: dict[int, QPushButton] = {}
        self._labels: list[Label] | None = None
        self._rows: Sequence[ImageRow] = ()
        self._nothing = label(
            tr("There are no labels yet. Add them under Labels."), "dim", wrap=True
        )
        self._lines = column(gap=0)
        self.setLayout(column(self._nothing, self._lines))
        context.labels.changed.connect(self._fill)
        self._fill()

    def show_rows(self, rows: Sequence[ImageRow]) -> None:
        """Mark the labels that all of these images have; none where `rows` is empty."""
        self._rows = rows
        reason = self._context.locked_reason()
        for label_id, made in self._buttons.items():
            made.setChecked(bool(rows) and all(label_id in r.labels for r in rows))
            disable(made, reason)

    def _fill(self) -> None:
        labels = self._context.labels.all()
        if labels == self._labels:
            return
        self._labels = labels
        clear(self._lines)
        self._buttons = {}
        for number, made in enumerate(labels, 1):
            self._lines.addLayout(self._line(made, number))
        self._nothing.setVisible(not labels)
        self.show_rows(self._rows)

    def _line(self, made: Label, number: int) -> QHBoxLayout:
        tip = tr("Give this label (key {n})", n=number) if number < 10 else tr("Give this label")
        shown = button(
            made.name.replace("&", "&&"), f"assign_{made.id}", role="row", tip=tip,
            says=tr("Label {name}", name=made.name),
        )  # fmt: skip
        shown.setIcon(chip_icon(made.colour, made.id))
        shown.setCheckable(True)
        shown.clicked.connect(lambda: self._clicked(made.id))
        self._buttons[made.id] = shown
        key = label(str(number) if number < 10 else "", "key" if number < 10 else "")
        key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        key.setFixedSize(22, 20)
        line = row(shown, key, gap=4)
        line.setStretch(0, 1)
        return line

    def _clicked(self, label_id: int) -> None:
        if self._buttons[label_id].isChecked():
            self.wanted.emit(label_id)
            return
        self.show_rows(self._rows)  # it stays ticked until the store says that it went
        self.unwanted.emit(label_id)
