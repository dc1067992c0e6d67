"""What the page does to the view: zoom, what is shown, panels. None of it touches the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame

from tlstudio.ui.canvas.filters import OPACITY
from tlstudio.ui.canvas.overlays import RULER
from tlstudio.ui.pages.label.display import Display
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.pages.label.look_panel import LookSection
    from tlstudio.ui.pages.label.memory import Memory
    from tlstudio.ui.pages.label.page import LabelPage

_USUAL = {"suggestions": True, "overview": True, "scale_bar": True, "names": False,
          "outline_only": False, "crosshair": False, "rulers": False}  # fmt: skip
_CORNER = 12
_LEAST, _MOST = 1.0, 500.0


class ViewActs:
    """Holds canvas and view panel to each other; what is chosen is remembered."""

    def __init__(self, page: LabelPage, look: LookSection, memory: Memory) -> None:
        self._page = page
        self._canvas = page.canvas
        self._look = look
        self._memory = memory
        look.display_changed.connect(self.show_display)
        look.opacity_changed.connect(self._opacity)
        look.switched.connect(self._switch)
        opacity = memory.get("opacity", OPACITY)
        look.opacity.set_value(opacity)
        self._canvas.scene.filters.set_opacity(opacity)
        self._canvas.brush_radius = memory.get("brush", 20.0)
        for name, usual in _USUAL.items():
            on = memory.get(f"show.{name}", usual)
            look.show_switch(name, on)
            self._switch(name, on)

    # -- the image ------------------------------------------------------------------------

    def show_display(self, display: Display) -> None:
        picture = self._canvas.picture
        if picture is not None:
            self._canvas.set_adjust(display.adjust(picture))

    def drag_levels(self, dx: float, dy: float) -> None:
        """Window and level by dragging; says the values."""
        self._look.set_display(self._look.display.dragged(dx, dy))
        picture = self._canvas.picture
        if picture is not None:
            low, high = self._look.display.window(picture)
            self._canvas.say(tr("Window {w}, level {l}", w=f"{high - low:.4g}",
                                l=f"{(high + low) / 2:.4g}"))  # fmt: skip

    # -- the view -------------------------------------------------------------------------

    def fit(self) -> None:
        self._canvas.fit()

    def fit_selected(self) -> None:
        """Zoom to the selection; to all shapes where there is none."""
        scene = self._canvas.scene
        self._canvas.fit_shapes(scene.selected or [s.id for s in scene.shapes()])

    def zoom_to(self, key: str) -> None:
        self._canvas.scene.select([key])
        self._canvas.fit_shapes([key])

    def zoom(self, factor: float) -> None:
        self._canvas.zoom_by(factor)

    # -- shapes ---------------------------------------------------------------------------

    def toggle_shapes(self) -> None:
        """Hide all shapes, or show them again."""
        filters = self._canvas.scene.filters
        filters.set_hide_all(not filters.hide_all)
        self._canvas.say(
            tr("Shapes are hidden; the same key shows them.") if filters.hide_all else
            tr("Shapes are shown.")
        )  # fmt: skip

    def show_drawn(self, ids: Sequence[str]) -> None:
        """What was just drawn does not vanish without a word."""
        scene = self._canvas.scene
        if all(map(scene.visible, ids)):
            return
        if scene.filters.hide_all:
            self.toggle_shapes()
        if not all(map(scene.visible, ids)):
            self._canvas.say(tr("It is stored. The filter of the list of shapes hides it."))

    def toggle_selected(self) -> None:
        """Hide what is selected; where nothing is, show everything that was hidden."""
        scene = self._canvas.scene
        if scene.selected:
            scene.filters.set_hidden(scene.filters.hidden ^ set(scene.selected))
        elif scene.filters.hidden:
            scene.filters.set_hidden(())
            self._canvas.say(tr("All shapes are shown again."))
        else:
            self._canvas.say(tr("Select a shape first."))

    def resize_brush(self, by: int) -> None:
        """A step larger or smaller: finer steps for small brushes."""
        canvas = self._canvas
        step = max(1.0, canvas.brush_radius // 8)
        self.set_brush(canvas.brush_radius + by * step)

    def set_brush(self, radius: float) -> None:
        self._canvas.brush_radius = min(_MOST, max(_LEAST, radius))
        self._memory.put("brush", float(self._canvas.brush_radius))
        self._canvas.refresh()
        self._canvas.say(tr("Brush radius {n} px", n=f"{self._canvas.brush_radius:.0f}"))
        self._page.options.show_brush(self._canvas.brush_radius)

    def _opacity(self, opacity: float) -> None:
        self._canvas.scene.filters.set_opacity(opacity)
        self._memory.put("opacity", opacity)

    def _switch(self, name: str, on: bool) -> None:
        canvas, filters = self._canvas, self._canvas.scene.filters
        if name == "outline_only":
            filters.set_outline_only(on)
        elif name == "names":
            filters.set_tags("always" if on else "auto")
        elif name == "suggestions":
            filters.set_show_suggestions(on)
        elif name == "rulers":
            canvas.show_rulers(on)
            self._place_panels()
        else:
            setattr(canvas, {"overview": "overview_shown"}.get(name, name), on)
            canvas.refresh()
        self._memory.put(f"show.{name}", on)

    def _place_panels(self) -> None:
        """What floats over the corner of the canvas lies beside the rulers, not over them."""
        at = _CORNER + (RULER if self._canvas.rulers else 0)
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for panel in self._canvas.findChildren(QFrame, options=direct):
            panel.move(at, at)
