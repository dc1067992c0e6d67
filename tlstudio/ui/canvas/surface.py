"""What is seen of the canvas: the layers over each other, and what has to be painted again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QRegion
from PySide6.QtWidgets import QWidget

from tlstudio.ui.canvas import overlays
from tlstudio.ui.canvas.live_layer import LiveLayer
from tlstudio.ui.canvas.overlays import RULER
from tlstudio.ui.canvas.picture_layer import PictureLayer, draw_grid
from tlstudio.ui.canvas.scene import Scene
from tlstudio.ui.canvas.shape_layer import ShapeLayer
from tlstudio.ui.canvas.sheet import few
from tlstudio.ui.canvas.tool import Tool
from tlstudio.ui.canvas.view import Rect, View
from tlstudio.ui.label_look import patterns
from tlstudio.ui.speech import speak
from tlstudio.ui.theme import theme
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from PySide6.QtGui import QImage, QPaintEvent

    from tlstudio.services.pictures import Spacing

_PAD = 34
_REST = 120
_TAG_ROOM = 220
_HUGE = QRectF(-1e6, -1e6, 2e6, 2e6)


class Surface(QWidget):
    """Paints `scene` and the picture where `view` has them. Call `refresh` after changing one of
    `crosshair`, `rulers`, `overview_shown`, `scale_bar`, `spacing` or `empty_text`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = View()
        self.scene = Scene(self)
        self.tool: Tool | None = None
        self.crosshair = False
        self.rulers = False
        self.overview_shown = True
        self.scale_bar = True
        self.spacing: Spacing | None = None
        self.empty_text = ""
        self.pointer: QPointF | None = None
        self.by_keys = False
        self._pictures = PictureLayer(self.view)
        self._shapes = ShapeLayer(self.scene, self.view, self)
        self._live = LiveLayer(self.scene, self.view)
        self._hovered: str | None = None
        self._selected: tuple[str, ...] = ()
        self._marks: QPointF | None = None
        self._rest = QTimer(self, singleShot=True, interval=_REST)
        self._rest.timeout.connect(self._at_rest)
        self._prepare()
        self._listen()

    @property
    def settled(self) -> bool:
        """All shapes at rest are drawn as they are now."""
        return not self._shapes.busy

    def finish_drawing(self) -> None:
        """Draw all shapes at rest now, however long it takes."""
        self._shapes.finish()

    def refresh(self, rect: Rect | None = None) -> None:
        """Paint again: all, or what lies in `rect` (x, y, w, h in image pixels)."""
        if rect is None:
            self.update()
        else:
            self._update_rects([rect])

    def overview(self) -> QImage | None:
        """The small map, where it is to be shown: not while all is in view anyway."""
        if not self.overview_shown or self.view.empty or self.view.shows_all():
            return None
        return self._pictures.thumb()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme().colour("canvas"))
        if self.view.empty:
            self._draw_empty(painter)
            return
        self._pictures.draw(painter)
        draw_grid(painter, self.view)
        self._shapes.draw(painter)
        self._live.draw(painter, self._shapes)
        if self.tool is not None:
            painter.save()
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            self.tool.paint(painter, self.view)
            painter.restore()
        self._draw_overlays(painter)

    def in_motion(self) -> None:
        """The view moves: for a moment, large screens are drawn roughly."""
        self._pictures.set_rough(True)
        self._rest.start()

    def _at_rest(self) -> None:
        if self._pictures.set_rough(False):
            self.update()

    def describe(self) -> None:
        """Make what a screen reader says of the canvas true again."""
        text = tr("No image") if self.view.empty else self._inventory()
        if text != self.accessibleDescription():
            self.setAccessibleDescription(text)
            if self.hasFocus():
                speak(self, text)

    def show_by_keys(self, on: bool) -> None:
        """While keys move the pointer, the crosshair shows where it is."""
        if on != self.by_keys:
            self.by_keys = on
            self.update()

    def show_marks(self) -> None:
        """Crosshair and rulers follow the pointer."""
        before, self._marks = self._marks, self.pointer
        crosshair = self.crosshair or self.by_keys
        if not (crosshair or self.rulers) or before == self._marks:
            return
        region = QRegion()
        w, h = self.width(), self.height()
        for at in (before, self._marks):
            if at is not None:
                x, y = math.floor(at.x()), math.floor(at.y())
                region += QRect(x - 3, 0, 7, h if crosshair else RULER)
                region += QRect(0, y - 3, w if crosshair else RULER, 7)
        self.update(region)

    def _prepare(self) -> None:
        self.setObjectName("canvas")
        self.setAccessibleName(tr("Canvas"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setMinimumSize(120, 90)
        self.describe()

    def _listen(self) -> None:
        scene, layer = self.scene, self._shapes
        scene.loaded.connect(layer.forget)
        scene.loaded.connect(self.update)
        scene.restyled.connect(layer.redraw)
        scene.restyled.connect(self.update)
        scene.stored.connect(self._stored)
        scene.previewed.connect(self._update_rects)
        scene.hovered.connect(self._hover_changed)
        scene.selection_changed.connect(self._selection_changed)
        scene.changed.connect(self.describe)
        layer.updated.connect(self.update)
        patterns().changed.connect(scene.restyle)
        theme().changed.connect(self.update)

    def _stored(self, ids: Sequence[str], rects: Sequence[Rect]) -> None:
        self._shapes.touch(ids, rects)
        self._update_rects(rects)

    def _hover_changed(self) -> None:
        self._update_shapes([self._hovered, self.scene.hovered_id])
        self._hovered = self.scene.hovered_id

    def _selection_changed(self) -> None:
        self._update_shapes([*self._selected, *self.scene.selected])
        self._selected = self.scene.selected
        self.describe()

    def _update_shapes(self, ids: Iterable[str | None]) -> None:
        shapes = [s for s in (self.scene.shown(k) for k in ids if k is not None) if s is not None]
        self._update_rects([self.scene.rect_of(shape) for shape in shapes])

    def _update_rects(self, rects: Sequence[Rect]) -> None:
        """Paint rects of the image again, with room for handles and name tags around them."""
        region = QRegion()
        for rect in few(rects):
            screen = QRectF(*self.view.rect_to_screen(rect)).intersected(_HUGE)
            grown = screen.toAlignedRect().adjusted(-_PAD, -_PAD, _PAD, _PAD)
            if grown.width() < _TAG_ROOM:
                grown.setWidth(_TAG_ROOM)
            region += grown
        self.update(region)

    def _draw_overlays(self, painter: QPainter) -> None:
        view, at = self.view, self.pointer
        if (self.crosshair or self.by_keys) and at is not None:
            overlays.draw_crosshair(painter, view, at)
        if self.scale_bar and self.spacing is not None:
            left = RULER if self.rulers else 0
            overlays.draw_scale_bar(painter, view, self.spacing, left)
        thumb = self.overview()
        if thumb is not None:
            overlays.draw_overview(painter, view, thumb)
        if self.rulers:
            overlays.draw_rulers(painter, view, self.spacing, at)

    def _draw_empty(self, painter: QPainter) -> None:
        painter.setPen(theme().colour("dim"))
        text = self.empty_text or tr("No image is open. Choose one on the Images page.")
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(24, 24, -24, -24), int(flags), text)

    def _inventory(self) -> str:
        text = count(len(self.scene.packed.slots), "{n} shape", "{n} shapes")
        chosen = self.scene.selected
        if len(chosen) == 1:
            shape = self.scene.get(chosen[0])
            label = self.scene.labels.get(shape.label) if shape is not None else None
            kind = tr(type(shape).__name__.lower())
            name = label.name if label is not None else ""
            text += ". " + tr("Selected: {kind} {label}", kind=kind, label=name)
        elif chosen:
            text += ". " + count(len(chosen), "{n} selected", "{n} selected")
        return text
