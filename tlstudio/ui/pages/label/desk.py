"""The parts of the Label page and where they lie; nothing here knows what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from tlstudio.ui.canvas.canvas import Canvas
from tlstudio.ui.canvas.tools import make_tools
from tlstudio.ui.pages.label.empties import Empties
from tlstudio.ui.pages.label.film_bar import FilmBar
from tlstudio.ui.pages.label.filmstrip import Filmstrip
from tlstudio.ui.pages.label.labels import LabelsSection
from tlstudio.ui.pages.label.look_panel import LookSection
from tlstudio.ui.pages.label.memory import Memory
from tlstudio.ui.pages.label.options import ToolOptions
from tlstudio.ui.pages.label.review import ReviewSection
from tlstudio.ui.pages.label.shapes import ShapesSection
from tlstudio.ui.pages.label.side import LEAST, MOST, USUAL, SidePanel
from tlstudio.ui.pages.label.strip import ToolStrip
from tlstudio.ui.widgets.basics import column, line, named, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class Desk(QWidget):
    """Tools at the left, the canvas, panels at the right, the strip of images below."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context
        self.memory = Memory(context, self)
        self.canvas = Canvas()
        self.canvas.tools = make_tools(self.canvas)
        self.options = ToolOptions(self.canvas)
        self.look = LookSection(context)
        self.labels = LabelsSection(context)
        self.shapes = ShapesSection(context, self.canvas.scene)
        self.review = ReviewSection(context)
        self.strip = ToolStrip(tuple(self.canvas.tools))
        self.film = Filmstrip(context)
        self.bar = FilmBar()
        self.empties = Empties(context)
        self._lay_out()

    def _lay_out(self) -> None:
        self.middle = named(QStackedWidget(), "labelMiddle", tr("Image"))
        self.middle.addWidget(self.canvas)
        self.middle.addWidget(self.empties)
        self.side = SidePanel(self.memory, {
            "labels": self.labels, "shapes": self.shapes, "look": self.look, "review": self.review,
        })  # fmt: skip
        self.splitter = named(QSplitter(Qt.Orientation.Horizontal), "labelSplitter", tr("Panels"))
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(3)
        self.splitter.addWidget(self.middle)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        wide = max(LEAST, min(MOST, self.memory.get("side", USUAL)))
        self.splitter.setSizes([4000, wide])
        self.splitter.splitterMoved.connect(
            lambda _at, _n: self.memory.put("side", self.side.width())
        )
        self.below = named(QWidget(), "filmBox", tr("Images"))
        self.below.setProperty("role", "side")
        self.below.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        films = row(self.bar, line(upright=True), self.film, gap=0)
        films.setStretch(2, 1)
        self.below.setLayout(column(line(), films, gap=0))
        self._edge = line(upright=True)
        top = row(self.strip, self._edge, self.splitter, gap=0)
        top.setStretch(2, 1)
        whole = column(top, self.below, gap=0)
        whole.setStretch(0, 1)
        self.setLayout(whole)

    @property
    def panels_shown(self) -> bool:
        return not self.side.isHidden()

    def show_panels(self, on: bool) -> None:
        """All panels, or the bare image."""
        for part in (self.side, self.strip, self._edge, self.below):
            part.setVisible(on)
        self.memory.put("panels", on)

    def toggle_panels(self) -> None:
        self.show_panels(not self.panels_shown)
        self.to_canvas()

    def open_section(self, name: str) -> None:
        """Unfold a section of the panel at the right, which may have been hidden."""
        self.show_panels(True)
        self.side.open(name)

    def find_label(self) -> None:
        self.open_section("labels")
        self.labels.find.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.labels.find.selectAll()

    def to_gallery(self) -> None:
        self.context.go_to("images")

    def to_canvas(self) -> None:
        """The keys go to the image again."""
        at = self.canvas if self.middle.currentWidget() is self.canvas else self.empties
        at.setFocus(Qt.FocusReason.OtherFocusReason)
