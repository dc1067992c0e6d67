"""How large a pixel is in the world."""

from __future__ import annotations

import math
from dataclasses import dataclass

UNITS = ("µm", "mm")


@dataclass(frozen=True, slots=True)
class Spacing:
    """Width and height of one pixel of the canonical image, in `unit`: µm or mm."""

    x: float
    y: float
    unit: str

    def __post_init__(self) -> None:
        lengths = (self.x, self.y)
        if self.unit not in UNITS or not all(math.isfinite(n) and n > 0 for n in lengths):
            raise ValueError(f"no size of a pixel: {lengths} {self.unit}")

    def turned(self) -> Spacing:
        """That of the image lying on its side."""
        return Spacing(self.y, self.x, self.unit)
