"""A canvas with a few shapes, and a hand that works on it with real events."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from tlstudio.domain.annotations import Annotation, Box, Mask, Polygon, Provenance
from tlstudio.domain.labels import Label
from tlstudio.services.shaping import Bitmap

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
PLAIN = Qt.KeyboardModifier.NoModifier
IMAGE = 7
SIZE = (400, 300)


class Hand:
    """Moves the pointer in image pixels over a canvas of 2 screen pixels per image pixel."""

    def __init__(self, canvas: Any) -> None:
        self.canvas = canvas
        self.intents: list[Any] = []
        self.words: list[str] = []
        canvas.intent.connect(self.intents.append)
        canvas.said.connect(self.words.append)

    @property
    def tool(self) -> Any:
        return self.canvas.tool

    def take(self, name: str) -> Any:
        self.canvas.set_tool(name)
        self.words.clear()
        return self.canvas.tool

    def kinds(self, *but: str) -> list[str]:
        """The names of what was asked for, without those in `but`."""
        return [type(i).__name__ for i in self.intents if type(i).__name__ not in but]

    def press(self, x: float, y: float, held: Qt.KeyboardModifier = PLAIN) -> None:
        self._send(QEvent.Type.MouseButtonPress, x, y, LEFT, LEFT, held)

    def move(self, x: float, y: float, held: Qt.KeyboardModifier = PLAIN) -> None:
        """With the button as it is."""
        buttons = LEFT if self._down else NONE
        self._send(QEvent.Type.MouseMove, x, y, NONE, buttons, held)

    def release(self, x: float, y: float, held: Qt.KeyboardModifier = PLAIN) -> None:
        self._send(QEvent.Type.MouseButtonRelease, x, y, LEFT, NONE, held)

    def click(self, x: float, y: float, held: Qt.KeyboardModifier = PLAIN) -> None:
        self.move(x, y, held)
        self.press(x, y, held)
        self.release(x, y, held)

    def double(self, x: float, y: float) -> None:
        self.click(x, y)
        self._send(QEvent.Type.MouseButtonDblClick, x, y, LEFT, LEFT, PLAIN)
        self.release(x, y)

    def drag(self, *points: tuple[float, float], held: Qt.KeyboardModifier = PLAIN) -> None:
        """Press at the first point, move over all (with a step between), release at the last."""
        self.move(*points[0], held)
        self.press(*points[0], held)
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            self.move((x0 + x1) / 2, (y0 + y1) / 2, held)
            self.move(x1, y1, held)
        self.release(*points[-1], held)

    def wheel(self, x: float, y: float, steps: int, held: Qt.KeyboardModifier = PLAIN) -> None:
        at = self.canvas.view.to_screen(x, y)
        turn = QPoint(0, 120 * steps)
        event = QWheelEvent(
            at, self.canvas.mapToGlobal(at), QPoint(), turn, NONE, held,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def paint(self) -> None:
        """Draw the canvas as it is now."""
        self.canvas.grab()

    _down = False

    def _send(self, kind, x, y, button, buttons, held) -> None:  # type: ignore[no-untyped-def]
        at: QPointF = self.canvas.view.to_screen(x, y)
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            self._down = True
        elif kind == QEvent.Type.MouseButtonRelease:
            self._down = False
        where = QPointF(self.canvas.mapToGlobal(at))
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, at, where, button, buttons, held))


def box(key: str, x: float, y: float, w: float, h: float, **more: Any) -> Box:
    return Box(id=key, image=IMAGE, label=1, x=x, y=y, w=w, h=h, **more)


def polygon(key: str, *points: tuple[float, float], **more: Any) -> Polygon:
    return Polygon(id=key, image=IMAGE, label=1, parts=((points,),), **more)


def mask(key: str, x: int, y: int, w: int, h: int, **more: Any) -> tuple[Mask, Bitmap]:
    """A mask that is a filled rectangle."""
    import numpy as np

    bitmap = Bitmap.from_array(np.ones((h, w), np.bool_), x, y, *SIZE)
    return Mask(id=key, image=IMAGE, label=1, x=x, y=y, w=w, h=h, **more), bitmap


SUGGESTED = Provenance(suggestion=True, confidence=0.7)


@pytest.fixture
def shapes() -> Any:
    """Makers of shapes: `shapes.box(...)` and so on."""
    from types import SimpleNamespace

    return SimpleNamespace(box=box, polygon=polygon, mask=mask, suggested=SUGGESTED)


@pytest.fixture
def hand(qapp: QApplication) -> Iterator[Hand]:
    """An empty image of 400 x 300 on a canvas at twice its size, label 1 chosen."""
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tools import make_tools
    from tlstudio.ui.theme import theme

    theme().apply("dark")
    canvas = Canvas()
    canvas.resize(840, 640)
    canvas.show()
    canvas.tools = make_tools(canvas)
    canvas.scene.set_labels([Label(1, "round", "#E69F00"), Label(2, "bars", "#56B4E9")])
    canvas.label_id = 1
    canvas.set_image(IMAGE, *SIZE)
    canvas.view.scale, canvas.view.left, canvas.view.top = 2.0, 20.0, 20.0
    canvas.view.fitted = False
    yield Hand(canvas)
    canvas.close()
    canvas.deleteLater()


@pytest.fixture
def show(hand: Hand) -> Any:
    """Show pixels [300, 400] or [300, 400, 3] as the image's picture."""
    from tlstudio.services.pictures import Picture

    def put(pixels: Any, *, preview: bool = False) -> None:
        deep = pixels.dtype.itemsize * 8
        picture = Picture((pixels,), *SIZE, deep, 0.0, float(pixels.max()), preview=preview)
        hand.canvas.show_picture(picture)

    return put


@pytest.fixture
def load(hand: Hand) -> Any:
    """Put shapes on the canvas: annotations, or pairs of a mask and its pixels."""

    def put(*given: Annotation | tuple[Mask, Bitmap]) -> None:
        shapes = [each[0] if isinstance(each, tuple) else each for each in given]
        bitmaps = {each[0].id: each[1] for each in given if isinstance(each, tuple)}
        hand.canvas.scene.load(shapes, bitmaps)

    return put
