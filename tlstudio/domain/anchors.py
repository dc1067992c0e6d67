"""Box shapes that detectors with anchors begin with: the usual ones, or those of the boxes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from tlstudio.domain.fingerprint import quantile

ANCHORED = frozenset({"fasterrcnn", "retinanet"})
"""Families whose anchors are a side and a ratio for each level of their pyramid."""

USUAL_SIDES = (32.0, 64.0, 128.0, 256.0, 512.0)
USUAL_RATIOS = (0.5, 1.0, 2.0)
"""Those of Faster R-CNN with a pyramid (Lin et al. 2017): side in pixels, height by width."""

ENOUGH = 0.9
"""Share of boxes that some anchor overlaps by half, from which on the usual ones do."""
APART = 1.25
"""Each side is at least so many times the one before."""

_QUANTILES = (0.05, 0.275, 0.5, 0.725, 0.95)


def anchor_advice(
    sizes: Sequence[tuple[float, float]], image_size: int
) -> tuple[Any, str, dict[str, Any]]:
    """(value, code, params) for boxes of `sizes` (width, height as shares of the longer side of
    their image) at this image size.

    The value is "standard", or {sides: five in pixels, rising, ratios: height by width}.
    """
    scaled = [(w * image_size, h * image_size) for w, h in sizes]
    usual = covered(scaled, USUAL_SIDES, USUAL_RATIOS)
    facts = {"percent": round(100 * usual), "size": image_size}
    if usual >= ENOUGH:
        return "standard", "defaults.anchors.usual", facts
    sides, ratios = _sides(scaled), _ratios(scaled)
    own = covered(scaled, sides, ratios)
    if own <= usual:
        return "standard", "defaults.anchors.usual", facts
    facts["own"] = round(100 * own)
    return {"sides": sides, "ratios": ratios}, "defaults.anchors.boxes", facts


def covered(
    boxes: Sequence[tuple[float, float]], sides: Iterable[float], ratios: Iterable[float]
) -> float:
    """Share of the boxes that an anchor with the same middle overlaps by half or more."""
    shapes = [(side / math.sqrt(r), side * math.sqrt(r)) for side in sides for r in ratios]
    met = sum(any(_overlap(box, shape) >= 0.5 for shape in shapes) for box in boxes)
    return met / len(boxes) if boxes else 1.0


def _overlap(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Intersection over union of two boxes with the same middle."""
    shared = min(one[0], other[0]) * min(one[1], other[1])
    return shared / (one[0] * one[1] + other[0] * other[1] - shared)


def _sides(boxes: Sequence[tuple[float, float]]) -> list[float]:
    ordered = sorted(math.sqrt(w * h) for w, h in boxes)
    sides: list[float] = []
    for q in _QUANTILES:
        wanted = quantile(ordered, q)
        least = sides[-1] * APART if sides else 4.0
        sides.append(round(max(wanted, least), 1))
    return sides


def _ratios(boxes: Sequence[tuple[float, float]]) -> list[float]:
    ordered = sorted(h / w for w, h in boxes)
    low, middle, high = (quantile(ordered, q) for q in (0.15, 0.5, 0.85))
    return [round(value, 2) for value in (min(low, middle / 1.2), middle, max(high, middle * 1.2))]
