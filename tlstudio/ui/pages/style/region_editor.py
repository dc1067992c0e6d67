"""Painting a region: the canvas with its brush, eraser and what ends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSlider, QWidget

from tlstudio.ui.pages.style.region_canvas import LEAST_BRUSH, MOST_BRUSH, Region, RegionCanvas
from tlstudio.ui.theme import theme
from tlstudio.ui.widgets.basics import (
    Segments,
    box,
    button,
    column,
    disable,
    label,
    named,
    row,
    tool,
)
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import tr


class RegionEditor(QWidget):
    """`done(region, share)` with what was painted; `given_up` where nothing shall change."""

    done = Signal(object, float)
    given_up = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("style_region")
        self.canvas = RegionCanvas()
        self._title = Elided("style_region_title", "heading")
        self._tools = Segments(
            "style_region_tool",
            tr("Tool"),
            [("brush", tr("Brush")), ("eraser", tr("Eraser"))],
            self._choose,
        )
        self._tools.set_value("brush")
        self._size = named(
            QSlider(Qt.Orientation.Horizontal),
            "style_region_brush",
            tr("Width of the brush"),
            tr("Width of the brush; [ and ] change it as well"),
        )
        self._size.setRange(LEAST_BRUSH, MOST_BRUSH)
        self._size.setValue(self.canvas.brush)
        self._size.setFixedWidth(120)
        self._size.valueChanged.connect(self.canvas.set_brush)
        self.canvas.brush_changed.connect(self._size.setValue)
        self._invert = button(
            tr("Invert"),
            "style_region_invert",
            self.canvas.invert,
            tip=tr("Paint what is bare, and bare what is painted"),
        )
        self._clear = button(tr("Clear"), "style_region_clear", self.canvas.clear)
        self._back = tool("undo", "style_region_undo", tr("Take the last stroke back"))
        self._back.clicked.connect(self.canvas.undo)
        self._use = button(tr("Use this region"), "style_region_use", self._finish, role="primary")
        self._cancel = button(tr("Cancel"), "style_region_cancel", self.given_up.emit)
        self._share = Elided("style_region_share", "dim")
        self.canvas.changed.connect(self._show)
        self.canvas.finished.connect(self._finish)
        self.canvas.given_up.connect(self.given_up)
        width = box(row(label(tr("Width"), "dim"), self._size))
        width.setFixedHeight(theme().tokens.sizes["control"])
        flow = FlowLayout()
        for each in (self._tools, width, self._back, self._invert, self._clear):
            flow.addWidget(each)
        wrapped = QWidget()
        wrapped.setLayout(flow)
        tools = row(wrapped)
        tools.setContentsMargins(12, 8, 12, 8)
        ends = row(self._share, self._cancel, self._use)
        ends.setContentsMargins(12, 8, 12, 8)
        head = row(self._title)
        head.setContentsMargins(12, 12, 12, 0)
        inside = column(head, tools, self.canvas, ends, gap=0)
        inside.setStretch(2, 1)
        self.setLayout(inside)

    def start(
        self, style: str, picture: QImage, frame: tuple[int, int], region: Region | None
    ) -> None:
        """Paint where the style called `style` goes, going on from `region`."""
        self._title.say(tr("Paint where {style} goes", style=style))
        self._tools.set_value("brush")
        self._choose("brush")
        self.canvas.start(picture, frame, region)
        self._show()
        self.canvas.setFocus()

    def undo(self) -> bool:
        return self.canvas.undo()

    def _choose(self, name: str) -> None:
        self.canvas.erasing = name == "eraser"

    def _show(self) -> None:
        share = self.canvas.share()
        self._share.say(tr("{share} of the picture", share=f"{share:.0%}"))
        nothing = tr("Paint on the picture first") if share == 0 else ""
        disable(self._use, nothing)
        disable(self._clear, nothing)

    def _finish(self) -> None:
        share = self.canvas.share()
        if share > 0:
            self.done.emit(self.canvas.region(), share)
