"""The canvas: who hears the pointer, what is told, what is seen around the shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPointingDevice,
    QRegion,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from tlstudio.domain.annotations import Box
from tlstudio.domain.labels import Label
from tlstudio.services.pictures import Adjust, Picture, Spacing
from tlstudio.ui.canvas import overlays
from tlstudio.ui.canvas.canvas import Canvas
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.theme import theme

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
MIDDLE, NONE = Qt.MouseButton.MiddleButton, Qt.MouseButton.NoButton
CTRL, PLAIN = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.NoModifier
IMAGE, SIZE = 7, (400, 300)
Kind = QEvent.Type


class Listening(Tool):
    """Writes down what it hears."""

    name = "listening"

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.heard: list[tuple[Any, ...]] = []
        self.takes_double = self.takes_wheel = False

    def enter(self) -> None:
        self.heard.append(("enter",))

    def leave(self) -> None:
        self.heard.append(("leave",))

    def press(self, at: Pointer) -> None:
        self.heard.append(("press", round(at.x, 3), round(at.y, 3), at.button))

    def drag(self, at: Pointer) -> None:
        self.heard.append(("drag", round(at.x, 3), round(at.y, 3), at.button))

    def hover(self, at: Pointer) -> None:
        self.heard.append(("hover", round(at.x, 3), round(at.y, 3), at.held))

    def release(self, at: Pointer) -> None:
        self.heard.append(("release", round(at.x, 3), round(at.y, 3), at.button))

    def double(self, at: Pointer) -> bool:
        self.heard.append(("double",))
        return self.takes_double

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        self.heard.append(("wheel", steps, held))
        return self.takes_wheel

    def key(self, event: QKeyEvent) -> bool:
        self.heard.append(("key", event.key()))
        return event.key() == Qt.Key.Key_X


class Hand:
    """Sends events to a canvas, at places of the image."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    def mouse(self, kind: Kind, x: float, y: float, button: Any = NONE, held: Any = NONE) -> None:
        at = self.canvas.view.to_screen(x, y)
        where = QPointF(self.canvas.mapToGlobal(at))
        QApplication.sendEvent(self.canvas, QMouseEvent(kind, at, where, button, held, PLAIN))

    def wheel(
        self, x: float, y: float, notches: int, keys: Any = PLAIN, pixels: QPoint | None = None
    ) -> None:
        at = self.canvas.view.to_screen(x, y)
        phase = Qt.ScrollPhase.ScrollUpdate if pixels else Qt.ScrollPhase.NoScrollPhase
        event = QWheelEvent(
            at, QPointF(self.canvas.mapToGlobal(at)), pixels or QPoint(), QPoint(0, 120 * notches),
            NONE, keys, phase, False,
        )  # fmt: skip
        QApplication.sendEvent(self.canvas, event)

    def key(self, kind: Kind, key: Qt.Key) -> bool:
        event = QKeyEvent(kind, key, PLAIN)
        event.setAccepted(True)
        QApplication.sendEvent(self.canvas, event)
        return event.isAccepted()


@pytest.fixture
def canvas(qapp: QApplication) -> Iterator[Canvas]:
    theme().apply("dark")
    made = Canvas()
    made.resize(816, 616)
    made.tools = {"listening": Listening(made)}
    made.show()
    made.scene.set_labels([Label(1, "round", "#E69F00")])
    made.set_image(IMAGE, *SIZE)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def hand(canvas: Canvas) -> Hand:
    return Hand(canvas)


@pytest.fixture
def tool(canvas: Canvas) -> Listening:
    canvas.set_tool("listening")
    found = canvas.tool
    assert isinstance(found, Listening)
    found.heard.clear()
    return found


def picture(pixels: np.ndarray, **more: Any) -> Picture:
    h, w = pixels.shape[:2]
    pixels.setflags(write=False)  # as those that were loaded
    return Picture((pixels,), w, h, 8, 0.0, 255.0, **more)


def box(key: str, x: float, y: float, w: float, h: float) -> Box:
    return Box(id=key, image=IMAGE, label=1, x=x, y=y, w=w, h=h)


def seen(canvas: Canvas) -> np.ndarray:
    canvas.finish_drawing()
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8)
    return pixels.reshape(image.height(), image.width(), 4)[:, :, 2::-1].copy()


def test_a_tool_hears_presses_drags_and_releases(hand: Hand, tool: Listening) -> None:
    hand.mouse(Kind.MouseMove, 10, 20)
    hand.mouse(Kind.MouseButtonPress, 10, 20, LEFT, LEFT)
    hand.mouse(Kind.MouseMove, 500, -3, NONE, LEFT)
    hand.mouse(Kind.MouseButtonRelease, 30, 40, LEFT, NONE)
    assert tool.heard == [
        ("hover", 10, 20, PLAIN),
        ("press", 10, 20, LEFT),
        ("drag", 500, -3, LEFT),
        ("release", 30, 40, LEFT),
    ]


@pytest.mark.parametrize("how", ["middle", "space"])
def test_panning_never_reaches_the_tool(
    canvas: Canvas, hand: Hand, tool: Listening, how: str
) -> None:
    canvas.zoom_by(3)
    button = MIDDLE if how == "middle" else LEFT
    if how == "space":
        assert hand.key(Kind.KeyPress, Qt.Key.Key_Space)
        assert canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    grabbed = canvas.view.to_screen(200, 150)
    hand.mouse(Kind.MouseButtonPress, 200, 150, button, button)
    hand.mouse(Kind.MouseMove, 210, 140, NONE, button)
    now = canvas.view.to_screen(200, 150)
    step = canvas.view.scale * 10
    assert (now - grabbed).x() == pytest.approx(step, abs=1)
    assert (now - grabbed).y() == pytest.approx(-step, abs=1)
    hand.mouse(Kind.MouseButtonRelease, 210, 140, button, NONE)
    if how == "space":
        assert hand.key(Kind.KeyRelease, Qt.Key.Key_Space)
    assert tool.heard == []
    hand.mouse(Kind.MouseMove, 100, 100)
    assert [what for what, *_ in tool.heard] == ["hover"]


def test_losing_the_keyboard_ends_the_space_bar(
    canvas: Canvas, hand: Hand, tool: Listening
) -> None:
    hand.key(Kind.KeyPress, Qt.Key.Key_Space)
    QApplication.sendEvent(canvas, QFocusEvent(Kind.FocusOut))
    hand.mouse(Kind.MouseButtonPress, 10, 20, LEFT, LEFT)
    assert tool.heard == [("press", 10, 20, LEFT)]


def test_the_wheel_zooms_to_the_cursor_unless_the_tool_takes_it(
    canvas: Canvas, hand: Hand, tool: Listening
) -> None:
    before, at = canvas.view.scale, canvas.view.to_screen(300, 100)
    hand.wheel(300, 100, 2)
    assert canvas.view.scale > 1.3 * before
    assert canvas.view.to_image(at) == pytest.approx((300, 100))
    assert tool.heard == [("wheel", 2.0, PLAIN)]
    tool.takes_wheel, scale = True, canvas.view.scale
    hand.wheel(300, 100, -1)
    assert canvas.view.scale == scale


def test_a_touchpad_pans_and_zooms_with_control(
    canvas: Canvas, hand: Hand, tool: Listening
) -> None:
    canvas.zoom_by(3)
    scale, place = canvas.view.scale, canvas.view.to_screen(200, 150)
    hand.wheel(200, 150, 0, pixels=QPoint(-30, 12))
    assert canvas.view.scale == scale
    moved = canvas.view.to_screen(200, 150) - place
    assert (moved.x(), moved.y()) == pytest.approx((-30, 12))
    hand.wheel(200, 150, 0, CTRL, pixels=QPoint(0, 60))
    assert canvas.view.scale > 1.2 * scale
    assert tool.heard == []


def test_pinching_zooms(canvas: Canvas) -> None:
    scale, at = canvas.view.scale, QPointF(300, 300)
    under = canvas.view.to_image(at)
    event = QNativeGestureEvent(
        Qt.NativeGestureType.ZoomNativeGesture,
        QPointingDevice.primaryPointingDevice(),
        2, at, at, QPointF(canvas.mapToGlobal(at)), 0.5, QPointF(),
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)
    assert canvas.view.scale == pytest.approx(1.5 * scale)
    assert canvas.view.to_image(at) == pytest.approx(under)


def test_a_double_click_fits_unless_the_tool_takes_it(
    canvas: Canvas, hand: Hand, tool: Listening
) -> None:
    canvas.zoom_by(3)
    tool.takes_double = True
    hand.mouse(Kind.MouseButtonDblClick, 200, 150, LEFT, LEFT)
    assert not canvas.view.fitted
    tool.takes_double = False
    hand.mouse(Kind.MouseButtonDblClick, 200, 150, LEFT, LEFT)
    assert canvas.view.fitted


def test_the_right_button_asks_for_the_menu(canvas: Canvas, hand: Hand, tool: Listening) -> None:
    asked: list[QPoint] = []
    canvas.menu_wanted.connect(asked.append)
    menu = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, QPoint(9, 8), QPoint(9, 8))
    hand.mouse(Kind.MouseButtonPress, 10, 20, RIGHT, RIGHT)
    hand.mouse(Kind.MouseButtonRelease, 10, 20, RIGHT, NONE)
    QApplication.sendEvent(canvas, menu)
    assert asked == [QPoint(9, 8)]
    assert tool.heard == []
    tool.takes_right = True  # type: ignore[attr-defined]
    hand.mouse(Kind.MouseButtonPress, 10, 20, RIGHT, RIGHT)
    QApplication.sendEvent(canvas, menu)
    assert asked == [QPoint(9, 8)]
    assert tool.heard == [("press", 10, 20, RIGHT)]


def test_keys_a_tool_does_not_know_go_on_to_the_page(hand: Hand, tool: Listening) -> None:
    assert hand.key(Kind.KeyPress, Qt.Key.Key_X)
    assert not hand.key(Kind.KeyPress, Qt.Key.Key_Q)


def test_without_an_image_nothing_is_heard(canvas: Canvas, hand: Hand, tool: Listening) -> None:
    canvas.set_image(None)
    asked: list[object] = []
    canvas.menu_wanted.connect(asked.append)
    for kind in (Kind.MouseMove, Kind.MouseButtonPress, Kind.MouseButtonDblClick):
        hand.mouse(kind, 10, 20, LEFT, LEFT)
    hand.wheel(5, 5, 1)
    assert not hand.key(Kind.KeyPress, Qt.Key.Key_X)
    assert tool.heard == []
    assert asked == []
    assert canvas.accessibleDescription() == "No image"


def test_the_empty_canvas_says_so(canvas: Canvas) -> None:
    canvas.set_image(None)
    plain = seen(canvas)
    canvas.empty_text = "Import images first."
    assert (seen(canvas) != plain).any()


def test_changing_tools_leaves_and_enters(canvas: Canvas, tool: Listening) -> None:
    told: list[str] = []
    canvas.tool_changed.connect(told.append)
    canvas.set_tool("listening")
    canvas.set_tool("")
    canvas.set_tool("listening")
    assert tool.heard == [("leave",), ("enter",)]
    assert told == ["", "listening"]


def test_the_pointer_tells_place_and_value(canvas: Canvas, hand: Hand) -> None:
    pixels = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    pixels[20, 10] = (11, 22, 33)
    canvas.show_picture(picture(pixels))
    told: list[tuple[float, float, Any]] = []
    left: list[bool] = []
    canvas.pointer_moved.connect(lambda x, y, value: told.append((x, y, value)))
    canvas.pointer_left.connect(lambda: left.append(True))
    hand.mouse(Kind.MouseMove, 10.5, 20.5)
    hand.mouse(Kind.MouseMove, -3, 20.5)
    assert told[0][:2] == pytest.approx((10.5, 20.5))
    assert told[0][2] == (11, 22, 33)
    assert told[1][2] is None
    QApplication.sendEvent(canvas, QEvent(Kind.Leave))
    assert left


def test_a_new_picture_tells_its_value_under_the_pointer_at_rest(
    canvas: Canvas, hand: Hand
) -> None:
    hand.mouse(Kind.MouseMove, 10.5, 20.5)
    told: list[Any] = []
    canvas.pointer_moved.connect(lambda _x, _y, value: told.append(value))
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0], 3), 7, np.uint8)))
    assert told[-1] == (7, 7, 7)


def test_places_are_kept_within_the_image(canvas: Canvas) -> None:
    assert canvas.snap(-5, 1000) == (0.0, 300.0)
    assert canvas.snap(400, 20.5) == (400.0, 20.5)


def test_a_reader_hears_how_many_shapes_and_which_is_chosen(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 1, 1, 9, 9), box("b", 50, 50, 9, 9)], {})
    assert canvas.accessibleName() == "Canvas"
    assert canvas.accessibleDescription() == "2 shapes"
    canvas.scene.select(["a"])
    assert canvas.accessibleDescription() == "2 shapes. Selected: box round"
    canvas.scene.select(["a", "b"])
    assert canvas.accessibleDescription() == "2 shapes. 2 selected"
    canvas.scene.replace(["b"], [])
    assert canvas.accessibleDescription() == "1 shape. Selected: box round"


def test_pixels_are_shown_where_they_are(canvas: Canvas) -> None:
    pixels = np.full((SIZE[1], SIZE[0], 3), 40, np.uint8)
    pixels[100:110, 200:220] = (250, 10, 90)
    canvas.show_picture(picture(pixels))
    for factor in (0.5, 1, 4, None):
        canvas.fit()
        if factor is None:
            canvas.one_to_one()
        else:
            canvas.zoom_by(factor, canvas.view.to_screen(210, 105))
        found = seen(canvas)
        inside, outside = canvas.view.to_screen(210, 105), canvas.view.to_screen(230, 105)
        assert tuple(found[round(inside.y()), round(inside.x())]) == (250, 10, 90)
        assert tuple(found[round(outside.y()), round(outside.x())]) == (40, 40, 40)


def test_display_settings_change_what_is_seen_and_not_the_data(canvas: Canvas) -> None:
    pixels = np.full((SIZE[1], SIZE[0]), 100, np.uint8)
    canvas.show_picture(picture(pixels))
    before = seen(canvas)[300, 400]
    canvas.set_adjust(Adjust(invert=True))
    assert tuple(seen(canvas)[300, 400]) == tuple(255 - before)
    assert (pixels == 100).all()
    crop = canvas.pixels8((10, 10, 30, 20))
    assert crop is not None
    assert crop.shape[:2] == (20, 30)
    assert (crop == 100).all()


def test_another_image_never_shows_the_picture_before(canvas: Canvas) -> None:
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 200, np.uint8)))
    canvas.set_image(IMAGE + 1, *SIZE)
    ground = theme().colour("canvas")
    assert tuple(seen(canvas)[300, 400]) == (ground.red(), ground.green(), ground.blue())


def test_a_preview_gives_way_without_moving_the_view(canvas: Canvas) -> None:
    small = np.full((75, 100), 90, np.uint8)
    canvas.show_picture(Picture((small,), *SIZE, 8, 0.0, 255.0, preview=True))
    canvas.zoom_by(4)
    place = (canvas.view.scale, canvas.view.left, canvas.view.top)
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    assert (canvas.view.scale, canvas.view.left, canvas.view.top) == place


def test_the_map_appears_when_not_all_is_in_view_and_moves_it(
    canvas: Canvas, hand: Hand, tool: Listening
) -> None:
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    assert canvas.overview() is None
    canvas.zoom_by(4)
    thumb = canvas.overview()
    assert thumb is not None
    rect = overlays.overview_rect(canvas.view, thumb)
    corner = canvas.view.to_image(rect.topLeft() + QPointF(8, 8))
    hand.mouse(Kind.MouseButtonPress, *corner, LEFT, LEFT)
    assert canvas.view.visible()[:2] == (0.0, 0.0)
    there = canvas.view.to_image(rect.bottomRight() - QPointF(8, 8))
    hand.mouse(Kind.MouseMove, *there, NONE, LEFT)
    x, y, w, h = canvas.view.visible()
    assert (x + w, y + h) == (400.0, 300.0)
    hand.mouse(Kind.MouseButtonRelease, *there, LEFT, NONE)
    assert tool.heard == []
    canvas.overview_shown = False
    assert canvas.overview() is None


@pytest.mark.parametrize(
    ("length", "step"), [(1, 1), (1.99, 1), (2, 2), (7, 5), (0.03, 0.02), (4999, 2000), (1e4, 1e4)]
)
def test_steps_are_1_2_or_5(length: float, step: float) -> None:
    assert overlays.nice(length) == pytest.approx(step)


def test_the_scale_bar_says_how_long_it_is(canvas: Canvas) -> None:
    for spacing, um in ((Spacing(0.25, 0.25, "µm"), 0.25), (Spacing(0.5, 0.5, "mm"), 500.0)):
        for zoom in (1, 3, 7):
            canvas.fit()
            canvas.zoom_by(zoom)
            width, text = overlays.scale_bar(canvas.view, spacing)
            number, unit = text.split()
            told = float(number) * {"nm": 1e-3, "µm": 1.0, "mm": 1e3}[unit]
            assert width / canvas.view.scale * um == pytest.approx(told)
            assert 40 <= width <= 181


def test_marks_and_rulers_can_be_had(canvas: Canvas, hand: Hand) -> None:
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    hand.mouse(Kind.MouseMove, 200, 150)
    plain = seen(canvas)
    for name in ("crosshair", "rulers"):
        setattr(canvas, name, True)
        canvas.refresh()
        assert (seen(canvas) != plain).any(axis=2).sum() > 800
        setattr(canvas, name, False)
    canvas.spacing = Spacing(0.25, 0.25, "µm")
    assert (seen(canvas) != plain).any()
    canvas.scale_bar = False
    assert (seen(canvas) == plain).all()


class Painted(QObject):
    """Which part of a widget was painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.region = QRegion()
        widget.installEventFilter(self)

    def eventFilter(self, _: QObject, event: QEvent) -> bool:
        if event.type() == Kind.Paint:
            self.region += event.region()  # type: ignore[attr-defined]
        return False


def test_the_crosshair_is_wiped_where_it_was_and_little_else_is_painted(
    canvas: Canvas, hand: Hand
) -> None:
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    canvas.crosshair = True
    hand.mouse(Kind.MouseMove, 100, 100)
    seen(canvas)
    QApplication.processEvents()
    painted = Painted(canvas)
    hand.mouse(Kind.MouseMove, 300, 200)
    QApplication.processEvents()
    for x, y in ((100, 250), (350, 100), (300, 20), (20, 200)):
        assert painted.region.contains(canvas.view.to_screen(x, y).toPoint())
    assert not painted.region.contains(canvas.view.to_screen(200, 150).toPoint())


def test_hovering_paints_only_around_the_shapes(canvas: Canvas, hand: Hand) -> None:
    canvas.scene.load([box("a", 10, 10, 40, 30), box("b", 300, 200, 40, 30)], {})
    seen(canvas)
    hand.mouse(Kind.MouseMove, 20, 20)
    QApplication.processEvents()
    assert canvas.scene.hovered_id == "a"
    painted = Painted(canvas)
    hand.mouse(Kind.MouseMove, 310, 210)
    QApplication.processEvents()
    assert canvas.scene.hovered_id == "b"
    for x, y, inside in ((11, 11, True), (339, 229, True), (200, 150, False), (20, 280, False)):
        assert painted.region.contains(canvas.view.to_screen(x, y).toPoint()) == inside


def test_a_grid_appears_between_large_pixels(canvas: Canvas) -> None:
    canvas.show_picture(picture(np.full((SIZE[1], SIZE[0]), 90, np.uint8)))
    canvas.overview_shown = False
    canvas.zoom_by(7)
    assert len(np.unique(seen(canvas))) == 1
    canvas.zoom_by(2)
    assert canvas.view.scale > 16
    assert len(np.unique(seen(canvas))) > 1


def rendered(canvas: Canvas, ratio: float) -> np.ndarray:
    """What is seen on a screen of `ratio` device pixels for each pixel of a widget; RGB."""
    canvas.view.set_viewport(canvas.width(), canvas.height(), ratio)
    canvas.finish_drawing()
    image = QImage(canvas.size() * ratio, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    canvas.render(image)
    pixels = np.frombuffer(image.constBits(), np.uint8)
    return pixels.reshape(image.height(), image.width(), 4)[:, :, 2::-1].copy()


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_fractional_screens_show_every_pixel_of_the_image(canvas: Canvas, ratio: float) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
    canvas.show_picture(picture(pixels))
    canvas.overview_shown = False
    canvas.view.set_viewport(canvas.width(), canvas.height(), ratio)
    canvas.one_to_one()
    canvas.pan(3.3, -7.7)
    found = rendered(canvas, ratio)
    left, top = round(canvas.view.left * ratio), round(canvas.view.top * ratio)
    assert (found[top : top + SIZE[1], left : left + SIZE[0]] == pixels).all()


@pytest.mark.parametrize("ratio", [1.0, 1.25, 1.5, 2.0])
def test_shapes_lie_on_their_pixels_on_fractional_screens(canvas: Canvas, ratio: float) -> None:
    canvas.scene.filters.set_opacity(1.0)
    canvas.scene.load([box("a", 100, 50, 200, 100)], {})
    canvas.zoom_by(1.3)
    found = rendered(canvas, ratio)
    ground = theme().colour("canvas")
    drawn = (found != (ground.red(), ground.green(), ground.blue())).any(axis=2)
    x, y, w, h = (v * ratio for v in canvas.view.rect_to_screen((100, 50, 200, 100)))
    rows, columns = np.flatnonzero(drawn.any(axis=1)), np.flatnonzero(drawn.any(axis=0))
    reach = 2.5 * ratio + 1
    assert columns[0] == pytest.approx(x, abs=reach)
    assert columns[-1] + 1 == pytest.approx(x + w, abs=reach)
    assert rows[0] == pytest.approx(y, abs=reach)
    assert rows[-1] + 1 == pytest.approx(y + h, abs=reach)


def test_name_tags_are_written_when_wanted(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 50, 200, 100)], {})
    shown = {}
    for when in ("never", "auto", "always"):
        canvas.scene.filters.set_tags(when)
        canvas.scene.select([])
        bare = seen(canvas)
        canvas.scene.select(["a"])
        shown[when] = (bare, seen(canvas))
    above = slice(0, round(canvas.view.to_screen(0, 50).y()) - 6)
    ground = shown["never"][0][above]
    for when, chosen, written in (
        ("never", 1, False), ("auto", 0, False), ("auto", 1, True), ("always", 0, True),
    ):  # fmt: skip
        assert (shown[when][chosen][above] != ground).any() == written
