"""What is seen: shapes at rest on their sheet, and those drawn live over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QImage, QMouseEvent
from PySide6.QtWidgets import QApplication

from tlstudio.domain.annotations import Annotation, AnnotationSource, Box, Mask, Polygon, Provenance
from tlstudio.domain.labels import COLOURS, Label
from tlstudio.services.shaping import Bitmap
from tlstudio.ui.canvas import shape_layer
from tlstudio.ui.canvas.canvas import Canvas
from tlstudio.ui.theme import theme

IMAGE = 7
SIZE = (400, 300)
LABELS = [Label(i + 1, f"label {i + 1}", COLOURS[i], i) for i in range(7)]
GUESS = Provenance(AnnotationSource.MODEL, confidence=0.73, suggestion=True)


def box(key: str, x: float, y: float, w: float, h: float, **more: Any) -> Box:
    return Box(id=key, image=IMAGE, label=more.pop("label", 1), x=x, y=y, w=w, h=h, **more)


@pytest.fixture
def canvas(qapp: object) -> Iterator[Canvas]:
    theme().apply("dark")
    made = Canvas()
    made.resize(840, 640)
    made.show()
    made.set_image(IMAGE, *SIZE)
    made.scene.set_labels(LABELS)
    made.scene.filters.set_tags("never")
    yield made
    made.close()
    made.deleteLater()


def seen(canvas: Canvas, drawn: bool = True) -> np.ndarray:
    """What the canvas shows, uint8 [h, w, 3]; `drawn`: after everything at rest was drawn."""
    if drawn:
        canvas.finish_drawing()
    image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), np.uint8)
    return pixels.reshape(image.height(), image.width(), 4)[:, :, :3].copy()


def ground(pixels: np.ndarray) -> np.ndarray:
    """Where nothing but the empty canvas is seen, bool [h, w]."""
    colour = theme().colour("canvas")
    return (pixels == (colour.blue(), colour.green(), colour.red())).all(axis=2)


def at(canvas: Canvas, pixels: np.ndarray, x: float, y: float) -> tuple[int, ...]:
    place = canvas.view.to_screen(x, y)
    return tuple(pixels[round(place.y()), round(place.x())].tolist())


def some(n: int, seed: int = 0, side: float = 40) -> list[Annotation]:
    rng = np.random.default_rng(seed)
    shapes: list[Annotation] = []
    for i in range(n):
        x, y = rng.uniform(0, 400 - side), rng.uniform(0, 300 - side)
        turns = np.linspace(0, 2 * np.pi, 12, endpoint=False)
        reach = rng.uniform(side / 4, side / 2, 12)
        ring = [
            (float(x + side / 2 + r * np.cos(t)), float(y + side / 2 + r * np.sin(t)))
            for t, r in zip(turns, reach, strict=True)
        ]
        shapes.append(
            Polygon(id=f"p{i}", image=IMAGE, label=i % 2 * 5 + 1, parts=((tuple(ring),),))
        )
    return shapes


def test_a_shape_is_filled_outlined_and_nothing_else_is(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 100, 100, 60)], {})
    bare = ground(seen(canvas))
    left, top, w, h = (round(v) for v in canvas.view.rect_to_screen((100, 100, 100, 60)))
    assert not bare[top + 10 : top + h - 10, left + 10 : left + w - 10].any()
    bare[top - 4 : top + h + 4, left - 4 : left + w + 4] = True
    assert bare.all()


def test_the_first_paint_already_shows_the_shapes(
    canvas: Canvas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shape_layer, "_FIRST", 5.0)  # however slow this machine is now
    canvas.scene.load(some(30), {})
    early = seen(canvas, drawn=False)
    assert (early == seen(canvas)).all()


def test_holes_are_open_and_parts_are_filled(canvas: Canvas) -> None:
    outer = ((100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0))
    hole = ((120.0, 120.0), (180.0, 120.0), (180.0, 180.0), (120.0, 180.0))
    other = ((250.0, 100.0), (300.0, 100.0), (300.0, 150.0))
    for turned in (hole, hole[::-1]):
        shape = Polygon(id="a", image=IMAGE, label=1, parts=((outer, turned), (other,)))
        canvas.scene.load([shape], {})
        bare, view = ground(seen(canvas)), canvas.view
        for x, y, empty in ((110, 150, False), (150, 150, True), (290, 110, False)):
            place = view.to_screen(x, y)
            assert bare[round(place.y()), round(place.x())] == empty


@pytest.mark.parametrize("side", [0.2, 1, 3, 8])
def test_no_shape_is_too_small_to_be_seen(canvas: Canvas, side: float, shapes: Any) -> None:
    canvas.resize(220, 160)
    pixel, bitmap = shapes.mask("m", 30, 30, 1, 1)
    tiny = Polygon(
        id="p", image=IMAGE, label=1, parts=((((300.0, 80.0), (300 + side, 80.0), (300.0, 81.0)),),)
    )
    canvas.scene.load([box("b", 100, 100, side, side), tiny, pixel], {"m": bitmap})
    bare = ground(seen(canvas))
    for x, y in ((100, 100), (300, 80), (30, 30)):
        place = canvas.view.to_screen(x, y)
        px, py = round(place.x()), round(place.y())
        assert not bare[py - 2 : py + 3, px - 2 : px + 3].all()


def test_what_is_hidden_or_filtered_is_not_drawn(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 100, 50, 50, label=2)], {})
    filters = canvas.scene.filters
    for hide, show in (
        (lambda: filters.set_hidden(["a"]), lambda: filters.set_hidden([])),
        (lambda: filters.set_labels([1]), lambda: filters.set_labels(None)),
        (lambda: filters.set_sources(["model"]), lambda: filters.set_sources(None)),
        (lambda: filters.set_hide_all(True), lambda: filters.set_hide_all(False)),
    ):
        assert not ground(seen(canvas)).all()
        hide()
        assert ground(seen(canvas)).all()
        show()


def test_outline_only_leaves_the_inside_bare(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 100, 100, 60)], {})
    canvas.scene.filters.set_outline_only(True)
    pixels = seen(canvas)
    bare = ground(pixels)
    left, top, w, h = (round(v) for v in canvas.view.rect_to_screen((100, 100, 100, 60)))
    assert bare[top + 5 : top + h - 5, left + 5 : left + w - 5].all()
    assert not bare[top : top + h, left].any()


def test_opacity_is_how_strongly_shapes_are_filled(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 100, 100, 60)], {})
    found = []
    for opacity in (0.1, 0.5, 1.0):
        canvas.scene.filters.set_opacity(opacity)
        found.append(at(canvas, seen(canvas), 150, 130))
    assert found[0][2] < found[1][2] < found[2][2]
    assert found[2] == (0x00, 0x9F, 0xE6)


def test_by_itself_a_box_hides_little_of_the_picture_and_a_mask_is_plain(canvas: Canvas) -> None:
    canvas.scene.load([], {})
    bare = np.array(at(canvas, seen(canvas), 150, 130), float)
    colour = np.array((0x00, 0x9F, 0xE6), float)
    shares = []
    pixels = Bitmap.from_array(np.ones((60, 100), np.bool_), 100, 100, *SIZE)
    shape = Mask(id="m", image=IMAGE, label=1, x=100, y=100, w=100, h=60)
    for shapes, bitmaps in (([box("a", 100, 100, 100, 60)], {}), ([shape], {"m": pixels})):
        canvas.scene.load(shapes, bitmaps)
        found = np.array(at(canvas, seen(canvas), 150, 130), float)
        shares.append(float(np.abs(found - bare).sum() / np.abs(colour - bare).sum()))
    assert 0.08 <= shares[0] <= 0.15
    assert 0.3 <= shares[1] <= 0.4


def test_suggestions_look_different(canvas: Canvas) -> None:
    looks = []
    for made in (Provenance(), GUESS, replace(GUESS, confidence=0.21)):
        canvas.scene.load([box("a", 100, 100, 100, 60, provenance=made)], {})
        looks.append(seen(canvas))
    assert (looks[0] != looks[1]).any(axis=2).sum() > 500
    # Two guesses differ only in the number that is written at them.
    assert 0 < (looks[1] != looks[2]).any(axis=2).sum() < 400


def test_the_outline_of_a_suggested_mask_is_dashed(canvas: Canvas) -> None:
    pixels = Bitmap.from_array(np.ones((60, 100), np.bool_), 100, 100, *SIZE)
    canvas.scene.filters.set_outline_only(True)
    empty = []
    for made in (Provenance(), replace(GUESS, confidence=None)):
        shape = Mask(id="m", image=IMAGE, label=1, x=100, y=100, w=100, h=60, provenance=made)
        canvas.scene.load([shape], {"m": pixels})
        left, top, w, _h = (round(v) for v in canvas.view.rect_to_screen((100, 100, 100, 60)))
        edge = ground(seen(canvas))[top, left + 2 : left + w - 2]
        empty.append(float(edge.mean()))
    assert empty[0] == 0
    assert 0.3 < empty[1] < 0.7


def test_locked_shapes_bear_a_mark(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 100, 100, 100, 60)], {})
    free = seen(canvas)
    canvas.scene.replace(["a"], [box("a", 100, 100, 100, 60, attributes={"locked": True})])
    assert (seen(canvas) != free).any()


def test_the_outline_shows_on_light_and_on_dark(canvas: Canvas) -> None:
    """Along each outline there is a pixel that is far from white and one far from black."""
    for label in LABELS:
        canvas.scene.load([box("a", 100, 100, 100, 60, label=label.id)], {})
        pixels = seen(canvas).astype(int)
        place = canvas.view.to_screen(150, 100)
        line = pixels[round(place.y()) - 3 : round(place.y()) + 4, round(place.x()) - 20 :][:, :40]
        brightness = line.mean(axis=2)
        assert brightness.max() - brightness.min() > 60


def moves(canvas: Canvas) -> list[Callable[[], None]]:
    view = canvas.view
    shapes = {shape.id: shape for shape in some(60)}

    def changed(key: str) -> Annotation:
        return replace(shapes[key], label=6 if shapes[key].label == 1 else 1)

    return [
        lambda: canvas.scene.replace(["p3"], [changed("p3")]),
        lambda: canvas.scene.replace(["p7", "p8"], []),
        lambda: canvas.pan(35, -21),
        lambda: canvas.scene.replace([], [box("new", 5, 5, 60, 30)]),
        lambda: canvas.zoom_by(1.7, QPointF(300, 200)),
        lambda: canvas.pan(-140, 90),
        lambda: canvas.pan(-140, 90),
        lambda: canvas.scene.replace(["p5"], [replace(shapes["p5"], z=9)]),
        lambda: canvas.zoom_by(1 / 3, view.middle()),
        lambda: canvas.scene.preview("p11", changed("p11")),
        lambda: canvas.scene.preview("p11", None),
        lambda: canvas.scene.preview_move(["p12", "p13"], 9, 9),
        lambda: canvas.scene.preview_move((), 0, 0),
        lambda: canvas.scene.filters.set_hidden(["p20"]),
        lambda: canvas.fit(),
    ]


@pytest.mark.parametrize("settled", [True, False])
def test_a_patched_sheet_is_the_same_as_one_drawn_anew(canvas: Canvas, settled: bool) -> None:
    canvas.scene.load(some(60), {})
    for number, move in enumerate(moves(canvas)):
        move()
        patched = seen(canvas, drawn=True) if settled or number % 3 == 2 else None
        if patched is None:
            canvas.repaint()
            continue
        canvas.scene.restyle()
        fresh = seen(canvas)
        assert (patched == fresh).all(), f"after move {number}"


def test_a_previewed_shape_is_seen_only_where_it_is_dragged_to(canvas: Canvas) -> None:
    canvas.scene.load([box("a", 20, 20, 60, 40)], {})
    seen(canvas)
    canvas.scene.preview("a", box("a", 250, 200, 60, 40))
    for pixels in (seen(canvas, drawn=False), seen(canvas)):
        assert ground(pixels)[: round(canvas.view.to_screen(0, 150).y())].all()
        assert at(canvas, pixels, 280, 220) != at(canvas, pixels, 50, 40)


def test_moved_shapes_are_seen_where_they_are_moved_to(canvas: Canvas, shapes: Any) -> None:
    mask, bitmap = shapes.mask("m", 20, 20, 60, 40)
    canvas.scene.load([mask, box("a", 100, 20, 60, 40)], {"m": bitmap})
    seen(canvas)
    canvas.scene.preview_move(["m", "a"], 0, 200)
    pixels = seen(canvas, drawn=False)
    assert ground(pixels)[: round(canvas.view.to_screen(0, 150).y())].all()
    bare = ground(pixels)
    for x in (50, 130):
        place = canvas.view.to_screen(x, 240)
        assert not bare[round(place.y()), round(place.x())]


def test_a_stored_edit_never_leaves_a_gap(canvas: Canvas) -> None:
    """Between the answer of the store and the new sheet, the shape is seen all the time."""
    crowd = some(900, side=20)
    big = box("big", 10, 10, 380, 280)
    canvas.scene.load([*crowd, big], {})
    seen(canvas)
    moved = box("big", 14, 14, 380, 280)
    canvas.scene.preview("big", moved)
    place = canvas.view.to_screen(14, 150)
    row, column = round(place.y()), round(place.x())
    dragged = seen(canvas)[row, column - 3 : column + 4].astype(int)
    canvas.scene.replace(["big"], [moved])
    assert not canvas.settled
    between = seen(canvas, drawn=False)[row, column - 3 : column + 4].astype(int)
    assert np.abs(between - dragged).max() < 40


def test_zooming_far_out_shows_shapes_beyond_the_sheet(canvas: Canvas) -> None:
    canvas.scene.load(some(900, side=20), {})
    seen(canvas)
    canvas.zoom_by(6, QPointF(5, 5))
    seen(canvas)
    canvas.fit()
    far = canvas.view.rect_to_screen((200, 150, 200, 150))
    part = ground(seen(canvas, drawn=False))[round(far[1]) :, round(far[0]) :]
    assert part[:200, :300].mean() < 0.5


def test_a_painted_mask_is_patched_as_if_drawn_anew(canvas: Canvas, shapes: Any) -> None:
    mask, bitmap = shapes.mask("m", 40, 40, 100, 80)
    canvas.scene.load([mask], {"m": bitmap})
    painted = bitmap.copy()
    canvas.scene.preview("m", mask, painted)
    seen(canvas)
    for x, on in ((150, True), (60, False), (200, True)):
        rect, _ = painted.stamp(x, 90, x + 20, 120, 15, on)
        canvas.scene.previews.pixels_changed("m", mask, rect)
        patched = seen(canvas, drawn=False)
        canvas._live.masks._kept.clear()
        assert (seen(canvas) == patched).all()


def test_a_mask_follows_its_pixels_at_every_zoom(canvas: Canvas, shapes: Any) -> None:
    mask, bitmap = shapes.mask("m", 100, 100, 40, 40)
    canvas.scene.load([mask], {"m": bitmap})
    for factor in (0.4, 1, 5):
        canvas.fit()
        canvas.zoom_by(factor, canvas.view.to_screen(120, 120))
        bare, view = ground(seen(canvas)), canvas.view
        for x, y, empty in ((120, 120, False), (92, 120, True), (148, 120, True)):
            place = view.to_screen(x, y)
            assert bare[round(place.y()), round(place.x())] == empty


@pytest.mark.parametrize("how", ["pan", "zoom in", "zoom out", "edit", "restyle", "preview"])
def test_nothing_flickers(canvas: Canvas, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """With slices so short that a sheet takes dozens of them, shapes never vanish meanwhile."""
    monkeypatch.setattr(shape_layer, "SLICE", 0.0005)
    shapes = some(900, side=20)
    canvas.scene.load(shapes, {})
    canvas.zoom_by(3 if how == "pan" else 1.5)
    canvas.finish_drawing()
    first = shapes[0]
    act: Callable[[int], None] = {
        "pan": lambda i: canvas.pan(60 * (-1) ** (i // 6), 19),
        "zoom in": lambda i: canvas.zoom_by(1.15, QPointF(300, 200)),
        "zoom out": lambda i: canvas.zoom_by(1 / 1.15, QPointF(300, 200)),
        "edit": lambda i: canvas.scene.replace(
            ["big"], [box("big", 30 + i, 30, 330, 230)] if i % 2 else []
        ),
        "restyle": lambda i: canvas.scene.filters.set_opacity(0.2 + 0.02 * i),
        "preview": lambda i: canvas.scene.preview("p0", replace(first, label=i % 4 + 1)),
    }[how]
    shares, busy = [], 0
    for number in range(12):
        act(number)
        for _ in range(3):
            QApplication.processEvents()
            busy += not canvas.settled
            bare = ground(seen(canvas, drawn=False))
            x, y, w, h = (round(v) for v in canvas.view.rect_to_screen(canvas.view.visible()))
            shares.append(1 - bare[max(0, y) : y + h, max(0, x) : x + w].mean())
    assert busy > 5 or how == "preview"
    full = 1 - ground(seen(canvas))[max(0, y) : y + h, max(0, x) : x + w].mean()
    assert min(shares) > 0.8 * min(full, shares[0])
    assert max(shares) < 1.25 * max(full, shares[0])


@pytest.mark.parametrize("marks", [False, True])
def test_partial_paints_leave_nothing_behind(canvas: Canvas, marks: bool) -> None:
    """What stands on the screen after many small paints is what one whole paint shows."""
    canvas.scene.filters.set_tags("auto")
    shapes = some(150)
    canvas.scene.load(shapes, {})
    canvas.crosshair = canvas.rulers = marks
    seen(canvas)
    QApplication.processEvents()
    rng = np.random.default_rng(0)
    acts: list[Callable[[int], None]] = [
        lambda i: canvas.scene.hover(f"p{i}"),
        lambda i: canvas.scene.select([f"p{i}", f"p{i + 7}"]),
        lambda i: canvas.scene.preview("p30", replace(shapes[30 + i], id="p30")),
        lambda _: canvas.scene.preview("p30", None),
        lambda i: canvas.scene.preview_move(["p30", "p31"], 9 * i, 5 * i),
        lambda _: canvas.scene.preview_move((), 0, 0),
        lambda i: canvas.scene.replace([f"p{5 * i}"], [replace(shapes[9 + i], id=f"p{5 * i}")]),
    ]
    for act in acts:
        for number in range(12):
            act(number)
            x, y = rng.uniform(30, 600, 2)
            move(canvas, x, y)
            QApplication.processEvents()
        canvas.finish_drawing()
        QApplication.processEvents()
        screen = canvas.screen().grabWindow(canvas.winId()).toImage()
        assert screen.convertToFormat(QImage.Format.Format_RGB32) == canvas.grab().toImage()


def move(canvas: Canvas, x: float, y: float) -> None:
    at = QPointF(x, y)
    none = Qt.MouseButton.NoButton
    kind, where = QEvent.Type.MouseMove, QPointF(canvas.mapToGlobal(at))
    plain = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(canvas, QMouseEvent(kind, at, where, none, none, plain))
