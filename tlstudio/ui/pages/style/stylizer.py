"""A stylizer of this project in place of style images: what one run has learned, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame

from tlstudio.domain.tasks import Task
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.widgets.run_picker import RunPicker
from tlstudio.ui.widgets.style_mark import StyleMark, read_look
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class StylizerBox(QFrame):
    """`changed` with each choice of a stylizer; `many_wanted` to apply it to many pictures."""

    changed = Signal()
    many_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "style_stylizer", tr("Stylizer"))
        self.setProperty("role", "panel")
        self._context = context
        self._runs = RunPicker(context, "style_stylizer_run", Task.STYLE)
        self._runs.setMinimumWidth(0)
        self._runs.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._runs.picked.connect(self._picked)
        self._mark = StyleMark()
        self._none = label(
            tr(
                "No stylizer has been trained in this project yet. It learns one style from the"
                " images here, and is applied at once."
            ),
            "dim",
            "style_stylizer_none",
            wrap=True,
        )
        self._train = button(tr("Train one"), "style_stylizer_train", self._go_train, icon="train")
        self._many = button(
            tr("Apply to many…"),
            "style_stylizer_many",
            self.many_wanted.emit,
            icon="images",
            tip=tr("To images of the project or to a folder of pictures"),
        )
        inside = column(self._runs, self._mark, self._none, row(self._train, self._many, None))
        inside.setContentsMargins(8, 8, 8, 8)
        self.setLayout(inside)
        self._picked("")

    def _go_train(self) -> None:
        self._context.go_to("train", task=Task.STYLE.value)

    def run_id(self) -> str:
        return self._runs.run_id()

    def want(self, run_id: str) -> None:
        """Choose this one, now or when the runs have been read."""
        self._runs.want(run_id)

    def _picked(self, run_id: str) -> None:
        self._runs.setVisible(bool(run_id))
        self._none.setVisible(not run_id)
        self._train.setVisible(not run_id)
        self._many.setVisible(bool(run_id))
        if run_id:
            self._context.ops.run(
                read_look,
                self._context.project,
                run_id,
                on_done=self._mark.show_look,
                owner=self,
                key="style.stylizer",
            )
        else:
            self._mark.hide()
        self.changed.emit()
