"""What a promptable model proposes for the prompts so far. Made off the UI thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tlstudio.domain.annotations import Mask, Polygon

if TYPE_CHECKING:
    from tlstudio.services.assisting import Suggestion
    from tlstudio.ui.canvas.tools.regions import Found

Point = tuple[float, float]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Prompts:
    """What was pointed at: points of the image with whether they belong to it, and a box."""

    points: tuple[tuple[Point, bool], ...] = ()
    box: Rect | None = None

    def __bool__(self) -> bool:
        return bool(self.points) or self.box is not None

    def with_point(self, x: float, y: float, belongs: bool) -> Prompts:
        return Prompts((*self.points, ((x, y), belongs)), self.box)

    def with_box(self, box: Rect) -> Prompts:
        return Prompts(self.points, box)


@dataclass(frozen=True, slots=True)
class Proposal:
    """The outlines offered for `prompts`; `found` is the one at place `choice`, smoothed."""

    prompts: Prompts
    suggestion: Suggestion
    choice: int
    found: Found

    @property
    def confidence(self) -> float:
        return self.suggestion.outlines[self.choice].confidence


class Asker(Protocol):
    """Who knows whether a model is there, and asks it. `propose` and `chosen` are called off the
    UI thread."""

    @property
    def able(self) -> bool:
        """Whether a model is there."""

    def explain(self) -> None:
        """Say why no model is there, and how to get one."""

    def propose(
        self, image: int, prompts: Prompts, before: Proposal | None, tolerance: float
    ) -> Proposal:
        """What the model outlines; `before` is what it goes on from."""


def chosen(proposal: Proposal, choice: int, tolerance: float) -> Proposal:
    """The proposal with another of its outlines, smoothed anew."""
    from tlstudio.ui.canvas.tools.regions import smoothed

    found = smoothed(proposal.suggestion.outlines[choice].bitmap, tolerance)
    return Proposal(proposal.prompts, proposal.suggestion, choice, found)


def shape_of(found: Found, image: int, label: int, *, as_mask: bool) -> Mask | Polygon:
    """What was found as a new shape; of a mask, its place and size."""
    from tlstudio.ui.canvas.tools.regions import with_bounds

    if not as_mask:
        return Polygon(id="", image=image, label=label, parts=found.parts)
    return with_bounds(Mask(id="", image=image, label=label, x=0, y=0, w=0, h=0), found.bitmap)
