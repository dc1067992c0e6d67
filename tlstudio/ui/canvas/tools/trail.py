"""The points of an outline that is not finished, and the steps in which they came."""

from __future__ import annotations

from typing import Any

Point = tuple[float, float]


class Trail:
    """Points in image pixels. A click is one step, and so is a line drawn in one go."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._steps: list[int] = []

    def __len__(self) -> int:
        return len(self.points)

    def add(self, point: Point) -> None:
        """A step of one point."""
        self.points.append(point)
        self._steps.append(1)

    def go_on(self, point: Point) -> None:
        """One more point of the last step."""
        self.points.append(point)
        self._steps[-1] += 1

    def take_back(self) -> None:
        """Forget the last step."""
        if self._steps:
            del self.points[len(self.points) - self._steps.pop() :]

    def clear(self) -> None:
        self.points, self._steps = [], []

    def ring(self) -> tuple[Point, ...]:
        """The points without those that equal the one before them."""
        kept = [p for k, p in enumerate(self.points) if k == 0 or p != self.points[k - 1]]
        if len(kept) > 1 and kept[0] == kept[-1]:
            kept.pop()
        return tuple(kept)

    def as_json(self) -> list[list[float]]:
        return [[x, y] for x, y in self.points]

    def from_json(self, points: Any) -> None:
        """The points of `as_json`, each a step of its own; anything else is no points."""
        try:
            self.points = [(float(x), float(y)) for x, y in points]
        except (TypeError, ValueError):
            self.points = []
        self._steps = [1] * len(self.points)
