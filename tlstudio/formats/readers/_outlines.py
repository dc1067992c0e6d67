"""Outlines of what other tools call ellipses and turned rectangles."""

from __future__ import annotations

import math

from tlstudio.domain.shapes import Point, Ring

_NEAR = 0.05
"""How far, in pixels, the outline may lie from the true curve."""
_LEAST, _MOST = 24, 720


def ellipse(cx: float, cy: float, rx: float, ry: float, degrees: float = 0.0) -> Ring:
    """Points on the ellipse about (cx, cy), turned clockwise; enough for `_NEAR`."""
    radius = max(abs(rx), abs(ry))
    bend = math.acos(max(-1.0, 1 - _NEAR / radius)) if radius > _NEAR else math.pi
    count = min(max(math.ceil(math.pi / bend), _LEAST), _MOST)
    steps = (2 * math.pi * index / count for index in range(count))
    return turned([(cx + rx * math.cos(a), cy + ry * math.sin(a)) for a in steps], cx, cy, degrees)


def turned(points: list[Point], cx: float, cy: float, degrees: float) -> Ring:
    """The points turned clockwise (as seen on the screen) about (cx, cy)."""
    if not degrees % 360:
        return tuple(points)
    sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
    return tuple(
        (cx + (x - cx) * cosine - (y - cy) * sine, cy + (x - cx) * sine + (y - cy) * cosine)
        for x, y in points
    )


def corners(x: float, y: float, w: float, h: float) -> list[Point]:
    """Those of a box, clockwise from the top left."""
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def turned_box(x: float, y: float, w: float, h: float, degrees: float) -> Ring:
    """The corners of a box turned clockwise about its middle."""
    return turned(corners(x, y, w, h), x + w / 2, y + h / 2, degrees)


def turn_of(ring: Ring) -> float:
    """Degrees, 0 to 360, by which the first side of a rectangle is turned clockwise."""
    (ax, ay), (bx, by) = ring[0], ring[1]
    return round(math.degrees(math.atan2(by - ay, bx - ax)) % 360, 4)


def is_box(ring: Ring, near: float = 1e-6) -> bool:
    """Whether four points are the corners of an upright box, whichever comes first."""
    if len(ring) == 5 and ring[0] == ring[4]:
        ring = ring[:4]
    if len(ring) != 4:
        return False
    xs, ys = sorted(x for x, _ in ring), sorted(y for _, y in ring)
    edges = zip(ring, (*ring[1:], ring[0]), strict=True)
    return (
        max(xs[1] - xs[0], xs[3] - xs[2], ys[1] - ys[0], ys[3] - ys[2]) <= near
        and xs[2] > xs[1]
        and ys[2] > ys[1]
        and all(abs(a[0] - b[0]) <= near or abs(a[1] - b[1]) <= near for a, b in edges)
    )
