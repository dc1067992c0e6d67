"""What a tool asks for. Each intent is one edit, one transaction and one step of undo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlstudio.domain.annotations import Annotation, Box, Polygon
    from tlstudio.services.shaping import Bitmap, Place


class Order(StrEnum):
    FRONT = "front"
    FORWARD = "forward"
    BACKWARD = "backward"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class AddShapes:
    """New shapes (their ids are empty); `bitmaps`: pixels of masks by place in `shapes`."""

    image: int
    shapes: tuple[Annotation, ...]
    bitmaps: Mapping[int, Bitmap] = field(default_factory=dict)
    select: bool = True


@dataclass(frozen=True, slots=True)
class ChangeShapes:
    """Boxes and polygons with the ids they have and new outlines."""

    image: int
    shapes: tuple[Box | Polygon, ...]


@dataclass(frozen=True, slots=True)
class MoveShapes:
    """Shapes of any kind, moved by image pixels (whole ones where a mask is among them)."""

    image: int
    ids: tuple[str, ...]
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class PaintMask:
    """One stroke: `bitmap` is the whole mask afterwards, `places` the tiles that changed.

    `annotation` None makes a new mask of `label`; an empty bitmap deletes the mask. `before` is
    the mask as the stroke found it, for the store to tell what the stroke itself changed.
    """

    image: int
    annotation: str | None
    label: int
    bitmap: Bitmap
    places: frozenset[Place]
    before: Bitmap | None = None


@dataclass(frozen=True, slots=True)
class PaintMasks:
    """One stroke over several masks, all of which the store has."""

    image: int
    strokes: tuple[PaintMask, ...]


@dataclass(frozen=True, slots=True)
class DeleteShapes:
    image: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Relabel:
    image: int
    ids: tuple[str, ...]
    label: int


@dataclass(frozen=True, slots=True)
class Reorder:
    image: int
    ids: tuple[str, ...]
    to: Order


@dataclass(frozen=True, slots=True)
class Convert:
    """Make shapes into `kind`: box, polygon or mask."""

    image: int
    ids: tuple[str, ...]
    kind: str


@dataclass(frozen=True, slots=True)
class Join:
    """Make the shapes one; the first gives label and kind."""

    image: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subtract:
    """Take the later shapes (which stay) away from the first."""

    image: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Split:
    """Cut shapes in two along a line; without a line, into their separate parts."""

    image: int
    ids: tuple[str, ...]
    line: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Duplicate:
    image: int
    ids: tuple[str, ...]
    dx: float
    dy: float


@dataclass(frozen=True, slots=True)
class Accept:
    """Make suggestions a person's work."""

    image: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reject:
    image: int
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeepDraft:
    """An unfinished shape to be kept over a crash; None: there is none any more."""

    image: int
    tool: str
    data: dict[str, object] | None


Intent = (
    AddShapes
    | ChangeShapes
    | MoveShapes
    | PaintMask
    | PaintMasks
    | DeleteShapes
    | Relabel
    | Reorder
    | Convert
    | Join
    | Subtract
    | Split
    | Duplicate
    | Accept
    | Reject
    | KeepDraft
)
