"""Labels: what a person calls the things in an image."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Okabe and Ito's colour-blind-safe set, then lightness steps of the same hues.
COLOURS = (
    "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
    "#8A5F00", "#1F7FB8", "#00593F", "#9C9300", "#66B8E8", "#8F3F00", "#E3B4CF",
)  # fmt: skip

BACKGROUND_NAMES = frozenset({"background", "_background_", "__background__", "bg", "unlabeled"})
"""What other tools call the label of whatever is nothing, in small letters."""


class LabelRole(StrEnum):
    NORMAL = "normal"
    BACKGROUND = "background"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Label:
    id: int
    name: str
    colour: str
    position: int = 0
    parent: int | None = None
    role: LabelRole = LabelRole.NORMAL
    exclusive_set: str = "default"


def colour_for(position: int) -> str:
    """Colour of the label at `position` (from 0); repeats after the palette's end."""
    return COLOURS[position % len(COLOURS)]
