"""One image of the gallery: prediction beside the truth, with the legend that turns parts off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from tlstudio.domain.outcomes import DetectionOutcome, Verdict
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.widgets.basics import Segments, box, button, column, label, named, row, tool
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.widgets.outcome_canvas import Outcome, OutcomeCanvas
from tlstudio.ui.widgets.outcome_look import SHOWN, SWATCH, meaning_of, swatch, words_of
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlstudio.ui.context import Context


class OutcomeView(QWidget):
    """`label_wanted(image)` to mend its labels; `larger(on)` for more room."""

    label_wanted = Signal(int)
    larger = Signal(bool)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._outcome: Outcome | None = None
        named(self, "outcome_view", tr("Prediction beside the truth"))
        self.canvas = OutcomeCanvas()
        self.canvas.opened.connect(self._open)
        self._title = label(role="heading", name="outcome_title")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._side = Segments(
            "outcome_side",
            tr("Which side"),
            (("both", tr("Both")), ("true", tr("Truth")), ("found", tr("Prediction"))),
            self.canvas.set_side,
        )
        self._side.set_value("both")
        self._legend = {verdict: self._key(verdict) for verdict in SHOWN}
        self._edit = tool("edit", "outcome_label", tr("Open this image on the Label page"),
                          self._open)  # fmt: skip
        self._larger = tool(
            "fit",
            "outcome_larger",
            tr("Give the picture all the room, or take it back"),
            checkable=True,
        )
        self._larger.toggled.connect(self.larger)
        self._keys = FlowLayout(gap=4)
        for key in self._legend.values():
            self._keys.addWidget(key)
        self._legend_box = box(self._keys)
        whole = column(
            self._head(),
            self.canvas,
            self._legend_box,
            gap=4,
        )
        whole.setContentsMargins(8, 0, 0, 0)
        whole.setStretch(1, 1)
        self.setLayout(whole)
        self.show_outcome(None)

    def _head(self) -> QHBoxLayout:
        head = row(self._title, self._side, self._edit, self._larger)
        head.setStretch(0, 1)
        return head

    def show_outcome(self, outcome: Outcome | None, label_name: str | None = None) -> None:
        """Show an image, and of a segmenter's one label alone where it is named."""
        same = self._outcome is not None and outcome is not None and (
            self._outcome.image == outcome.image
        )  # fmt: skip
        self._outcome = outcome
        self._edit.setEnabled(outcome is not None)
        self.canvas.show_outcome(outcome)
        self._tell()
        if outcome is None:
            return
        if not same or self.canvas.needs_picture:
            self._context.ops.run(
                service("pictures", "load_picture"),
                self._context.project,
                outcome.image,
                on_done=self._picture_came(outcome.image),
                owner=self,
                lane=Lane.PICTURE,
                key="outcome.picture",
            )
        if not isinstance(outcome, DetectionOutcome):
            self._context.ops.run(
                service("map_answers", "verdicts"),
                outcome,
                label_name,
                on_done=self._codes_came(outcome),
                owner=self,
                key="outcome.codes",
            )

    @property
    def outcome(self) -> Outcome | None:
        return self._outcome

    def _picture_came(self, image: int):
        def show(picture: object) -> None:
            if self._outcome is not None and self._outcome.image == image:
                self.canvas.show_picture(picture)

        return show

    def _codes_came(self, outcome: Outcome):
        def show(codes: NDArray[np.uint8]) -> None:
            if self._outcome is outcome:
                self.canvas.show_outcome(outcome, codes)
                self._tell(codes)

        return show

    def _key(self, verdict: Verdict) -> QPushButton:
        made = button(
            words_of(verdict), f"outcome_{verdict.value}", role="chip", checkable=True,
            tip=meaning_of(verdict),
        )  # fmt: skip
        made.setIcon(QIcon(swatch(verdict, 2.0)))
        made.setIconSize(QSize(*SWATCH))
        made.setChecked(True)
        made.toggled.connect(self._hide)
        return made

    def _hide(self) -> None:
        self.canvas.set_hidden([v for v, key in self._legend.items() if not key.isChecked()])

    def _tell(self, codes: NDArray[np.uint8] | None = None) -> None:
        """The name of the image, and how many of each verdict stand in the legend."""
        shown = self._outcome
        self._title.setToolTip(shown.path if shown is not None else "")
        self._fit_title()
        for place, (verdict, key) in enumerate(self._legend.items(), start=1):
            words = words_of(verdict)
            if isinstance(shown, DetectionOutcome):
                words += f" {shown.count(verdict):,}"
            elif codes is not None:
                words += f" {(codes == place).mean():.1%}"
            key.setText(words)
        self._fit_legend()

    def _fit_legend(self) -> None:
        """Room for all of its rows, which a splitter would not ask for by itself."""
        margins = self.layout().contentsMargins()
        room = self.width() - margins.left() - margins.right()
        self._legend_box.setFixedHeight(max(self._keys.heightForWidth(room), 1))

    def _fit_title(self) -> None:
        """A long name gives way in the middle; its tooltip has the whole path."""
        name = self._outcome.path.rpartition("/")[2] if self._outcome is not None else ""
        room = max(self._title.width(), 40)
        metrics = self._title.fontMetrics()
        self._title.setText(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_title()
        self._fit_legend()

    def _open(self) -> None:
        if self._outcome is not None:
            self.label_wanted.emit(self._outcome.image)
