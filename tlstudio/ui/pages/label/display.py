"""How the pixels are shown: brightness to channel. Nothing of it touches the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlstudio.services.pictures import Adjust, Picture

GAMMA = (0.2, 5.0)
_DRAG = 400.0  # screen pixels that change window or level by the whole range


@dataclass(frozen=True, slots=True)
class Display:
    """Brightness and contrast from -1 to 1, gamma; `level` and `width` of the window as parts
    of a window of the picture, so that they hold from image to image (0.5 and 1: all of it);
    `preset` is the place of that window among those of the picture, the first where it has fewer.
    """

    brightness: float = 0.0
    contrast: float = 0.0
    gamma: float = 1.0
    level: float = 0.5
    width: float = 1.0
    invert: bool = False
    channel: int | None = None
    preset: int = 0

    @property
    def usual(self) -> bool:
        """Whether the image is shown as it is."""
        return self == Display()

    def dragged(self, dx: float, dy: float) -> Display:
        """After a drag of so many screen pixels: to the right widens the window, down raises
        the level, which makes the image darker."""
        width = min(2.0, max(0.005, self.width + dx / _DRAG))
        level = min(1.0, max(0.0, self.level + dy / _DRAG))
        return replace(self, width=width, level=level)

    def window(self, picture: Picture) -> tuple[float, float]:
        """The raw values that are shown black and white."""
        low, high = self.base(picture)
        span = high - low
        middle = low + self.level * span
        half = max(self.width, 0.001) * span / 2
        return middle - half, middle + half

    def base(self, picture: Picture) -> tuple[float, float]:
        """The window that level and width are parts of."""
        if 0 < self.preset < len(picture.windows):
            chosen = picture.windows[self.preset]
            return float(chosen.low), float(chosen.high)
        return float(picture.low), float(picture.high)

    def adjust(self, picture: Picture) -> Adjust:
        """What the renderer takes."""
        from tlstudio.services.pictures import Adjust

        low, high = self.window(picture)
        return Adjust(
            brightness=self.brightness,
            contrast=self.contrast,
            gamma=self.gamma,
            low=low,
            high=high,
            invert=self.invert,
            channel=self.channel,
            window=self.preset if self.preset < len(picture.windows) else 0,
        )
