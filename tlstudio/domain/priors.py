"""Priors: the boxes a detector with anchors starts from, and how well they meet objects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

Shape = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Priors:
    """Anchor sizes of each map, from fine to coarse, and ratios height / width of each size.

    `relative` sizes are shares of the input's side (SSD), one for each map and one more; others
    are pixels of the input. A detector without anchors has no sizes.
    """

    sizes: tuple[tuple[float, ...], ...]
    ratios: tuple[float, ...]
    relative: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "sizes": [list(level) for level in self.sizes],
            "ratios": list(self.ratios),
            "relative": self.relative,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Priors:
        sizes = tuple(tuple(float(s) for s in level) for level in data["sizes"])
        return cls(sizes, tuple(float(r) for r in data["ratios"]), bool(data["relative"]))

    def shapes(self, side: int) -> list[list[Shape]]:
        """Widths and heights on each map, in pixels of an input of `side`."""
        if not self.relative:
            return [[s for size in level for s in _of_ratios(size, self.ratios)]
                    for level in self.sizes]  # fmt: skip
        flat = [side * level[0] for level in self.sizes]
        # SSD has a square between its own size and the next map's as well.
        between = [math.sqrt(one * other) for one, other in pairwise(flat)]
        return [
            [*_of_ratios(size, self.ratios), (middle, middle)]
            for size, middle in zip(flat, between, strict=False)
        ]


def _of_ratios(size: float, ratios: Sequence[float]) -> Iterator[Shape]:
    for ratio in ratios:
        root = math.sqrt(ratio)
        yield size / root, size * root


class Placed(NamedTuple):
    """A prior's shape in pixels, and how far it usually lies from an object's middle."""

    width: float
    height: float
    away: float


def placed(priors: Priors, strides: Sequence[float], side: int) -> list[Placed]:
    """The priors of an input of `side` whose maps have places `strides` pixels apart.

    Objects lie anywhere between the places of a map: on average a quarter of the distance from
    the nearest, across and down. Sizes that fit are of no use on a map whose places are far apart.
    """
    return [
        Placed(width, height, stride / 4)
        for shapes, stride in zip(priors.shapes(side), strides, strict=True)
        for width, height in shapes
    ]


def overlap(shape: Shape, priors: Sequence[Placed]) -> float:
    """The best intersection over union of an object with a prior, where that usually lies."""
    w, h = shape
    best = 0.0
    for width, height, away in priors:
        across = min(w, width, (w + width) / 2 - away)
        down = min(h, height, (h + height) / 2 - away)
        if across > 0 and down > 0:
            shared = across * down
            best = max(best, shared / (w * h + width * height - shared))
    return best
