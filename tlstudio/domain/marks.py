"""What a thumbnail shows of a shape: few points, no pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ShapeMark:
    """The outline of one shape as a closed ring of at most 12 points.

    Points are shares of the image's width and height, from its top left corner.
    """

    label: int
    kind: str
    suggestion: bool
    points: tuple[tuple[float, float], ...]
