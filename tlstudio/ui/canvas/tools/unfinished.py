"""An outline that is not finished: where its next point goes, and how it looks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlstudio.ui.canvas.hits import vertex_near
from tlstudio.ui.canvas.tools.base import REACH, dots, path_of, stroke, tag
from tlstudio.ui.canvas.tools.reshape import FEWEST, area_of, length_of, snapped_angle
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QColor, QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.scene import Scene
    from tlstudio.ui.canvas.tool import Pointer
    from tlstudio.ui.canvas.view import View

Point = tuple[float, float]
_MANY = 200


def draw_unfinished(
    painter: QPainter,
    view: View,
    points: Sequence[Point],
    end: Point | None,
    colour: QColor | None,
    *,
    closes: bool,
) -> None:
    """The `points` so far, the line on to `end` under the pointer, and the one back to the first.

    `closes` marks the first point as the one that a click would close on.
    """
    done = [view.to_screen(*point) for point in points]
    live = [*done, view.to_screen(*end)] if end is not None else done
    stroke(painter, path_of(live), colour)
    if len(live) > 2:
        stroke(painter, path_of([live[-1], live[0]]), colour, dashed=True)
    dots(painter, done if len(done) < _MANY else [done[0], done[-1]])
    if closes:
        painter.drawEllipse(done[0], REACH, REACH)
    if end is not None:
        tag(painter, figures([*points, end]), live[-1], view)


def placed(canvas: Canvas, at: Pointer, points: Sequence[Point]) -> Point:
    """Where a point under the pointer goes after `points`: by Ctrl on a vertex that is near, by
    Shift at 45 degrees from the last one; always in the image."""
    x, y = at.x, at.y
    if at.control:
        found = vertex_near_any(canvas.scene, x, y, REACH / canvas.view.scale)
        if found is not None:
            return found
    if at.shift and points:
        x, y = snapped_angle(points[-1], x, y)
    return canvas.snap(x, y)


def vertex_near_any(scene: Scene, x: float, y: float, reach: float) -> tuple[float, float] | None:
    """The vertex nearest to (x, y) of any visible shape within `reach` image pixels."""
    shapes = [shape for key in scene.at(x, y, reach) if (shape := scene.get(key)) is not None]
    found = [h for shape in shapes if (h := vertex_near(shape, x, y, reach)) is not None]
    if not found:
        return None
    nearest = min(found, key=lambda handle: math.hypot(handle.x - x, handle.y - y))
    return nearest.x, nearest.y


def figures(points: Sequence[Point]) -> str:
    """The last line's length; of three points and more also the whole line and the area."""
    last = math.dist(points[-1], points[-2]) if len(points) > 1 else 0.0
    if len(points) < FEWEST:
        return tr("{last} px", last=f"{last:.0f}")
    return tr(
        "{last} px, line {line} px, area {area} px²",
        last=f"{last:.0f}",
        line=f"{length_of(points):,.0f}",
        area=f"{area_of(points):,.0f}",
    )
