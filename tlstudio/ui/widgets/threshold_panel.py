"""Precision against recall, with the threshold as a slider and as a point on the curve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QSlider, QWidget

from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import count, tr

_STEPS = 1000
_PAUSE_MS = 40
_ALL = ("#56B4E9", Qt.PenStyle.SolidLine)
_POINT = "#E69F00"
_MOST_POINTS = 2000


class ThresholdPanel(QWidget):
    """`changed(threshold)` a moment after the slider has moved.

    A click on the curve, or dragging along it, moves the threshold as well.
    """

    changed = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        self._kept = 0.5
        self._at_kept = True
        self._curve: Any = None
        named(self, "threshold_panel", tr("Precision and recall by threshold"))
        self._plot = self._made_plot()
        pen = pg.mkPen(_ALL[0], width=2, style=_ALL[1])
        self._line = self._plot.plot([], [], pen=pen)
        self._point = pg.ScatterPlotItem(size=13, symbol="d", brush=_POINT, pen=pg.mkPen("k"))
        self._plot.addItem(self._point)
        self._slider = named(
            QSlider(Qt.Orientation.Horizontal), "threshold_slider", tr("Threshold of confidence")
        )
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(_STEPS // 20)
        self._slider.setSingleStep(_STEPS // 100)
        self._slider.valueChanged.connect(self._slid)
        self._words = label(role="dim", name="threshold_words", wrap=True)
        self._value = label(role="heading", name="threshold_value")
        self._back = button(
            tr("Back to the kept one"), "threshold_back", self._go_back, role="link",
            tip=tr("The threshold kept with the run: F1 was best with it on validation"),
        )  # fmt: skip
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(lambda: self.changed.emit(self.threshold))
        whole = column(
            self._plot,
            row(self._value, self._slider, self._back),
            self._words,
            gap=4,
        )
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setStretch(0, 1)
        self.setLayout(whole)
        self._paint_frame()

    @property
    def threshold(self) -> float:
        return self._kept if self._at_kept else self._slider.value() / _STEPS

    def show_curve(self, curve: Any, threshold: float) -> None:
        """A curve {thresholds, precision, recall, f1}, and the threshold kept with the run."""
        self._curve, self._kept = curve, threshold
        few = slice(None, None, max(1, len(curve.recall) // _MOST_POINTS))
        self._line.setData(curve.recall[few], curve.precision[few])
        self._go_back()
        self._pause.stop()

    def show_figures(self, metrics: Mapping[str, float | None], found: int, true: int) -> None:
        """What the threshold comes to."""
        told = [
            f"{title} {'–' if metrics.get(name) is None else f'{metrics[name]:.2f}'}"
            for name, title in (("precision", tr("Precision")), ("recall", tr("recall")),
                                ("f1", tr("F1")))
        ]  # fmt: skip
        boxes = count(found, "{n} box found", "{n} boxes found")
        self._words.setText(
            tr("{figures}\n{boxes}, {true} are there", figures=", ".join(told), boxes=boxes,
               true=f"{true:,}")
        )  # fmt: skip
        self.setAccessibleDescription(self._words.text())

    def _slid(self) -> None:
        self._at_kept = False
        self._mark()
        self._pause.start()

    def _go_back(self) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(round(self._kept * _STEPS))
        self._slider.blockSignals(False)
        self._at_kept = True
        self._mark()
        self._pause.start()

    def _mark(self) -> None:
        """Put the point where the threshold lies on the curve."""
        self._value.setText(f"{self.threshold:.2f}")
        self._value.setToolTip(tr("Boxes with less confidence than this are not counted"))
        self._back.setEnabled(not self._at_kept)
        curve = self._curve
        if curve is None:
            return
        counted = int(np.count_nonzero(curve.thresholds >= self.threshold))
        if counted:
            self._point.setData([curve.recall[counted - 1]], [curve.precision[counted - 1]])
        else:
            self._point.setData([], [])

    def _clicked(self, scene: QPointF) -> None:
        """Go to the point of the curve that lies nearest."""
        curve = self._curve
        if curve is None or not len(curve.recall):
            return
        at = self._plot.getPlotItem().getViewBox().mapSceneToView(scene)
        gap = (curve.recall - at.x()) ** 2 + (curve.precision - at.y()) ** 2
        # Down to a step of the slider, so that the box at this point is still counted.
        value = float(curve.thresholds[int(gap.argmin())])
        self._slider.setValue(int(value * _STEPS))

    def _made_plot(self) -> pg.PlotWidget:
        plot = _ClickablePlot(self._clicked)
        named(plot, "threshold_plot", tr("Precision by recall"))
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setXRange(0, 1)
        plot.setYRange(0, 1.03)
        plot.setMinimumHeight(100)
        item = plot.getPlotItem()
        item.setLabel("left", tr("Precision"))
        item.setLabel("bottom", tr("Recall"))
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.showGrid(x=False, y=True, alpha=0.15)
        return plot

    def _paint_frame(self) -> None:
        palette = self.palette()
        self._plot.setBackground(palette.color(QPalette.ColorRole.Base))
        for side in ("left", "bottom"):
            axis = self._plot.getPlotItem().getAxis(side)
            axis.setPen(palette.color(QPalette.ColorRole.Mid))
            axis.setTextPen(palette.color(QPalette.ColorRole.WindowText))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_back"):
            self._paint_frame()


class _ClickablePlot(pg.PlotWidget):
    """Tells where in the scene the pointer is pressed and dragged."""

    def __init__(self, pressed: Any) -> None:
        super().__init__()
        self._pressed = pressed

    def mousePressEvent(self, event: Any) -> None:
        self._pressed(QPointF(self.mapToScene(event.position().toPoint())))
        event.accept()

    def mouseMoveEvent(self, event: Any) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._pressed(QPointF(self.mapToScene(event.position().toPoint())))
        event.accept()

    def mouseReleaseEvent(self, event: Any) -> None:
        event.accept()
