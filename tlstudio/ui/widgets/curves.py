"""Learning curves: one plot for losses, one for the figure of merit; epochs along x."""

from __future__ import annotations

from collections.abc import Iterable

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tlstudio.domain.events import EpochEnded
from tlstudio.domain.tasks import Task
from tlstudio.ui.task_words import DRAWN, figure_name, is_loss
from tlstudio.ui.words import tr

# Blue and orange stay apart for every common colour vision; dashes tell them apart in print.
_TRAIN = ("#56B4E9", Qt.PenStyle.DashLine)
_VALID = ("#E69F00", Qt.PenStyle.SolidLine)
_SECOND = ("#CC79A7", Qt.PenStyle.DotLine)


class Curves(QWidget):
    """Losses above, validation figure below; epoch 0 is the probe."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("learning_curves")
        self._loss = self._plot(tr("Loss"), "plot_loss")
        self._loss.getPlotItem().addLegend(offset=(-8, 8), labelTextSize="9pt")
        self._merit = self._plot("", "plot_merit")
        self._merit.getPlotItem().addLegend(labelTextSize="9pt")
        self._names = DRAWN[Task.CLASSIFICATION]
        self._train = _line(self._loss, _TRAIN, tr("training"))
        self._valid = _line(self._loss, _VALID, tr("validation"))
        self._figure = _line(self._merit, _VALID, tr("validation"))
        self._second = _line(self._merit, _SECOND, "")
        self._best = pg.ScatterPlotItem(size=11, symbol="star", brush=_VALID[0], pen=None)
        self._merit.addItem(self._best)
        self._merit.setYRange(0, 1)
        self._merit.setXLink(self._loss)
        self._epochs: list[EpochEnded] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._loss)
        column.addWidget(self._merit)
        self._paint_frame()
        self.set_task(Task.CLASSIFICATION)

    def set_task(self, task: Task) -> None:
        """Draw the figures of `task`, from nothing."""
        self._names = DRAWN[task]
        losses = is_loss(self._names[0])
        title = tr("Parts") if losses else figure_name(self._names[0])
        if losses:
            self._merit.enableAutoRange(axis="y")
        else:
            self._merit.setYRange(0, 1)
        self._merit.getPlotItem().setLabel("left", title)
        self._merit.setAccessibleName(title)
        legend = self._merit.getPlotItem().legend
        legend.clear()
        legend.setColumnCount(2)
        legend.setOffset((-8, 8) if losses else (8, 2))  # where the lines come last
        if len(self._names) > 1:
            for line, name in zip((self._figure, self._second), self._names, strict=True):
                legend.addItem(line, figure_name(name))
        self._paint_frame()
        self.clear()

    def clear(self) -> None:
        self._epochs = []
        self._redraw()

    def show_events(self, events: Iterable[object]) -> None:
        """Draw the history of a run anew."""
        self._epochs = [e for e in events if isinstance(e, EpochEnded)]
        self._redraw()

    def add(self, event: EpochEnded) -> None:
        """One more epoch; an epoch repeated after a resume replaces its first try."""
        kept = [e for e in self._epochs if (e.stage, e.epoch) != (event.stage, event.epoch)]
        self._epochs = [*kept, event]
        self._redraw()

    def _redraw(self) -> None:
        self._train.setData(*self._series("train_loss"))
        self._valid.setData(*self._series("val_loss"))
        self._name_losses(validated=bool(self._series("val_loss")[0]))
        epochs, values = self._series(self._names[0])
        self._mark_epochs()
        self._figure.setData(epochs, values)
        self._second.setData(*(self._series(self._names[1]) if self._names[1:] else ([], [])))
        best = [
            (e.epoch, e.values[self._names[0]])
            for e in self._epochs
            if e.best and self._names[0] in e.values and not is_loss(self._names[0])
        ][-1:]
        self._best.setData([x for x, _ in best], [y for _, y in best])
        told = self._spoken(epochs, values)
        self.setAccessibleName(tr("Learning curves"))
        self.setAccessibleDescription(told)

    def _name_losses(self, *, validated: bool) -> None:
        """Detectors have no loss on validation, and no line is named that is not drawn."""
        legend = self._loss.getPlotItem().legend
        named = [(self._train, tr("training"))]
        if validated:
            named.append((self._valid, tr("validation")))
        if [words.text for _sample, words in legend.items] != [name for _line, name in named]:
            legend.clear()
            for line, name in named:
                legend.addItem(line, name)

    def _mark_epochs(self) -> None:
        """Ticks at whole epochs only, at most ten of them."""
        last = max((e.epoch for e in self._epochs), default=1)
        step = max(1, -(-last // 10))
        ticks = [(n, str(n) if n else tr("probe")) for n in range(0, last + 1, step)]
        for plot in (self._loss, self._merit):
            plot.getPlotItem().getAxis("bottom").setTicks([ticks])

    def _spoken(self, epochs: list[int], values: list[float]) -> str:
        if not values:
            return tr("No epoch has ended yet")
        return tr(
            "Epoch {epoch}: {figure} {value}",
            epoch=epochs[-1],
            figure=figure_name(self._names[0]),
            value=f"{values[-1]:.2f}",
        )

    def _series(self, name: str) -> tuple[list[int], list[float]]:
        points = {e.epoch: e.values[name] for e in self._epochs if name in e.values}
        return list(points), list(points.values())

    def _plot(self, title: str, name: str) -> pg.PlotWidget:
        plot = pg.PlotWidget()
        plot.setObjectName(name)
        plot.setAccessibleName(title)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        item = plot.getPlotItem()
        item.setLabel("left", title)
        item.setLabel("bottom", tr("epoch"))
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.getAxis("left").setWidth(56)
        item.showGrid(x=False, y=True, alpha=0.15)
        return plot

    def _paint_frame(self) -> None:
        palette = self.palette()
        text = palette.color(QPalette.ColorRole.WindowText)
        for plot in (self._loss, self._merit):
            plot.setBackground(palette.color(QPalette.ColorRole.Base))
            legend = plot.getPlotItem().legend
            legend.setLabelTextColor(text)
            for _line_sample, words in legend.items:  # those there already are not drawn anew
                words.setText(words.text, color=text.name())
            for side in ("left", "bottom"):
                axis = plot.getPlotItem().getAxis(side)
                axis.setPen(palette.color(QPalette.ColorRole.Mid))
                axis.setTextPen(text)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_merit"):
            self._paint_frame()


def _line(plot: pg.PlotWidget, style: tuple[str, Qt.PenStyle], name: str) -> pg.PlotDataItem:
    pen = pg.mkPen(style[0], width=2, style=style[1])
    return plot.plot([], [], pen=pen, symbol="o", symbolSize=5, symbolBrush=style[0],
                     symbolPen=None, name=name)  # fmt: skip
