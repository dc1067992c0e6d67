"""Painting with a brush of radius 50 over an 8000 x 8000 image, beside a plain baseline.

The real canvas and its brush get real mouse events: strokes of 50 moves on random walks. A move
is timed from sending the event to the end of the painting it caused; pressing and releasing (with
the store's answer, given on the spot) are timed apart. The baseline is a widget that paints into
a full-size QImage with QPainter and then repaints its whole viewport, picture and mask; both take
turns, so that each round is a pair. Measured with the whole image in view and at 1:1. Prints JSON.

    python tests/bench/brush_8k.py [--size 8000] [--radius 50] [--rounds 12] [--moves 50] [--seed 0]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import checkout  # noqa: F401
import numpy as np
from intervals import median_interval

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication, QWidget

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
SCREEN = (1366, 768)
BUDGET_MS = 16.6


class Baseline(QWidget):
    """Keeps a mask as large as the image and repaints everything after each move."""

    def __init__(self, picture: QImage, radius: float) -> None:
        super().__init__()
        self.picture = picture
        self.mask = QImage(picture.size(), QImage.Format.Format_ARGB32_Premultiplied)
        self.mask.fill(0)
        self.pen = QPen(QColor(230, 159, 0, 90), 2 * radius)
        self.pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self.last: QPointF | None = None
        self.scale, self.left, self.top = 1.0, 0.0, 0.0
        self.setMouseTracking(True)

    def place(self, scale: float, left: float, top: float) -> None:
        self.scale, self.left, self.top = scale, left, top
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.last = self._image_point(event)
        self._line_to(self.last)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.last is not None:
            self._line_to(self._image_point(event))

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        self.last = None

    def paintEvent(self, _event: object) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor("#141517"))
        seen = QRectF(-self.left, -self.top, self.width(), self.height())
        source = QRectF(seen.x() / self.scale, seen.y() / self.scale,
                        seen.width() / self.scale, seen.height() / self.scale)  # fmt: skip
        painter.drawImage(QRectF(self.rect()), self.picture, source)
        painter.drawImage(QRectF(self.rect()), self.mask, source)

    def _image_point(self, event: QMouseEvent) -> QPointF:
        at = event.position()
        return QPointF((at.x() - self.left) / self.scale, (at.y() - self.top) / self.scale)

    def _line_to(self, point: QPointF) -> None:
        assert self.last is not None
        painter = QPainter(self.mask)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        painter.setPen(self.pen)
        painter.drawLine(self.last, point)
        painter.end()
        self.last = point
        self.update()


def send(widget: QWidget, kind: QEvent.Type, at: QPointF, button: Any, buttons: Any) -> float:
    """Seconds until the event is handled and what it changed is painted."""
    where = QPointF(widget.mapToGlobal(at))
    event = QMouseEvent(kind, at, where, button, buttons, Qt.KeyboardModifier.NoModifier)
    begun = time.perf_counter()
    QApplication.sendEvent(widget, event)
    QApplication.processEvents()
    return time.perf_counter() - begun


def stroke(widget: QWidget, path: list[QPointF]) -> tuple[list[float], float, float]:
    """Seconds of each move, of the press and of the release."""
    first, *others = path
    send(widget, QEvent.Type.MouseMove, first, NONE, NONE)
    pressed = send(widget, QEvent.Type.MouseButtonPress, first, LEFT, LEFT)
    moves = []
    for at in others:
        moves.append(send(widget, QEvent.Type.MouseMove, at, NONE, LEFT))
        time.sleep(0.001)
    released = send(widget, QEvent.Type.MouseButtonRelease, path[-1], LEFT, NONE)
    return moves, pressed, released


def walk(rng: random.Random, moves: int) -> list[QPointF]:
    """A hand's path over the screen: it turns slowly and stays inside."""
    width, height = SCREEN
    x, y = rng.uniform(150, width - 150), rng.uniform(120, height - 120)
    dx, dy = rng.gauss(0, 10), rng.gauss(0, 10)
    path = [QPointF(x, y)]
    for _ in range(moves):
        dx, dy = 0.85 * dx + rng.gauss(0, 6), 0.85 * dy + rng.gauss(0, 6)
        if not 40 < x + dx < width - 40:
            dx = -dx
        if not 40 < y + dy < height - 40:
            dy = -dy
        x, y = x + dx, y + dy
        path.append(QPointF(x, y))
    return path


def make_canvas(pixels: np.ndarray, radius: float) -> Any:
    """The canvas with the brush in hand, and a store that answers on the spot."""
    from tlstudio.domain.annotations import Mask
    from tlstudio.domain.labels import Label
    from tlstudio.imaging.levels import halved_until_small
    from tlstudio.services.pictures import Picture
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tools import make_tools

    canvas = Canvas()
    canvas.tools = make_tools(canvas)
    canvas.scene.set_labels([Label(1, "tumour", "#E69F00")])
    canvas.label_id, canvas.brush_radius = 1, radius
    height, width = pixels.shape[:2]
    made = [0]

    def store(intent: Any) -> None:
        made[0] += 1
        key = intent.annotation or f"m{made[0]}"
        x, y, w, h = intent.bitmap.bounds()
        shape = Mask(id=key, image=1, label=1, x=x, y=y, w=w, h=h)
        canvas.scene.replace([key], [shape], {key: intent.bitmap})
        for tool in canvas.tools.values():
            tool.answered(intent, (key,))

    canvas.intent.connect(store)
    canvas.set_image(1, width, height)
    canvas.show_picture(Picture(halved_until_small(pixels), width, height, 8, 0.0, 255.0))
    canvas.set_tool("brush")
    return canvas


def percentiles(seconds: list[float]) -> dict[str, float]:
    at = np.percentile(1000 * np.asarray(seconds), [50, 95, 99, 100])
    names = ("median", "p95", "p99", "most")
    return {name: round(float(value), 2) for name, value in zip(names, at, strict=True)}


def measure(name: str, canvas: Any, plain: Baseline, options: argparse.Namespace) -> dict[str, Any]:
    """Rounds in turn: one stroke on the canvas, the same on the baseline."""
    view = canvas.view
    plain.place(view.scale, view.left, view.top)
    settle(lambda: canvas.settled)
    rng = random.Random(f"{options.seed} {name}")
    ours: list[float] = []
    theirs: list[float] = []
    presses, releases, ratios = [], [], []
    for _ in range(options.rounds):
        path = walk(rng, options.moves)
        moves, pressed, released = stroke(canvas, path)
        settle(lambda: canvas.settled)
        base, _pressed, _released = stroke(plain, path)
        ours += moves
        theirs += base
        presses.append(pressed)
        releases.append(released)
        ratios.append(float(np.median(moves) / np.median(base)))
    return {
        "moves": len(ours),
        "move_ms": percentiles(ours),
        "press_ms": percentiles(presses),
        "release_ms": percentiles(releases),
        "baseline_move_ms": percentiles(theirs),
        "ratio_to_baseline": median_interval(ratios),
        "within_budget": percentiles(ours)["p95"] <= BUDGET_MS,
    }


def settle(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Let the program work until nothing is left to draw."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        QApplication.processEvents()
        if condition():
            break
        time.sleep(0.002)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=8000)
    parser.add_argument("--radius", type=float, default=50.0)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    import psutil
    import PySide6

    from tlstudio.ui.theme import theme

    sys.setswitchinterval(0.001)  # as the program does
    app = QApplication([])
    theme().apply("dark")
    rng = np.random.default_rng(options.seed)
    coarse = rng.integers(40, 230, (options.size // 40, options.size // 40, 3), np.uint8)
    pixels = np.repeat(np.repeat(coarse, 40, axis=0), 40, axis=1)
    memory = psutil.Process().memory_info
    before = memory().rss
    canvas = make_canvas(pixels, options.radius)
    canvas.resize(*SCREEN)
    canvas.show()
    settle(lambda: canvas.settled)
    shown = memory().rss
    side = pixels.shape[0]
    picture = QImage(pixels.data, side, side, 3 * side, QImage.Format.Format_RGB888)
    plain = Baseline(picture.convertToFormat(QImage.Format.Format_RGB32), options.radius)
    plain.resize(*SCREEN)
    plain.show()
    settle(lambda: True)
    ready = memory().rss
    answer = {
        "bench": "brush_8k",
        "image": [side, side],
        "radius": options.radius,
        "rounds": options.rounds,
        "seed": options.seed,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "versions": {"python": platform.python_version(), "pyside6": PySide6.__version__},
        "screen": app.platformName(),
        "budget_ms": BUDGET_MS,
        "fit": measure("fit", canvas, plain, options),
    }
    canvas.view.one_to_one(canvas.view.middle())
    canvas.view.centre_on(side / 2, side / 2)
    canvas.view_moved()
    answer["one_to_one"] = measure("one_to_one", canvas, plain, options)
    gc.collect()
    answer["memory_mb"] = {
        "canvas_with_picture": round((shown - before) / 1e6, 1),
        "baseline": round((ready - shown) / 1e6, 1),
        "painting": round((memory().rss - ready) / 1e6, 1),
        "mask_tiles": sum(len(b.tiles) for b in bitmaps(canvas)),
    }
    print(json.dumps(answer, indent=1))
    canvas.close()
    plain.close()


def bitmaps(canvas: Any) -> list[Any]:
    shapes = canvas.scene.shapes()
    return [b for b in (canvas.scene.bitmap(shape.id) for shape in shapes) if b is not None]


if __name__ == "__main__":
    main()
