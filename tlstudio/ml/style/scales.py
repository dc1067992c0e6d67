"""From small to large: at which sizes a picture is painted, and with how many steps at each."""

from __future__ import annotations

import math
from dataclasses import dataclass

from tlstudio.domain.styling import LEAST_SIDE

LEAST_LONG = 64
"""Longest side of the smallest scale, where there is room: large forms of the style come first."""


@dataclass(frozen=True, slots=True)
class Scale:
    """`steps` evaluations of the losses at `width` x `height`; `part` of the result's length."""

    width: int
    height: int
    steps: int
    part: float


def ladder(width: int, height: int, steps: int = 0, started: int = 0) -> list[Scale]:
    """The scales of a result of `width` x `height`, the last one its own size.

    Each is larger than the one before by a half of its area's doubling, sqrt(2) a side. `steps`
    are those in all, 0: as many as settle the picture. Scales below `started`, the longest side
    of a picture to go on from, are left out.
    """
    longest = max(width, height)
    parts = [1.0]
    while True:
        part = parts[-1] / math.sqrt(2)
        long, short = longest * part, min(width, height) * part
        if long < LEAST_LONG - 1 or short < LEAST_SIDE or long < started - 1:
            break
        parts.append(part)
    sizes = [(round(width * part), round(height * part), part) for part in reversed(parts)]
    counts = [_usual(place, len(sizes), max(w, h)) for place, (w, h, _) in enumerate(sizes)]
    if steps:
        counts = _shared_out(steps, counts)
    return [
        Scale(w, h, count, part) for (w, h, part), count in zip(sizes, counts, strict=True) if count
    ]


def _usual(place: int, count: int, longest: int) -> int:
    """Steps that settle a scale: more at the first, which decides on the forms, and at the last."""
    if place == count - 1:
        return 80 if longest <= 1024 else 40
    if place == 0:
        return 60
    return 40 if longest <= 130 else 30 if longest <= 260 else 15


def _shared_out(steps: int, wanted: list[int]) -> list[int]:
    """`steps` in the proportions of `wanted`, the last place first where there are few."""
    left, rest, counts = steps, sum(wanted), []
    for want in reversed(wanted):
        given = min(left, max(1, round(left * want / rest)))
        counts.append(given)
        left, rest = left - given, rest - want
    return counts[::-1]
