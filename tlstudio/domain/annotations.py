"""The closed union of annotations; coordinates are float pixels of the canonical image.

Origin top-left, x to the right, y down, EXIF orientation applied.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class AnnotationSource(StrEnum):
    PERSON = "person"
    IMPORT = "import"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made it and how sure: `run` and `confidence` only for a model's suggestions.

    `author` made it; `updated_by` changed it last, at `updated_at`.
    """

    source: AnnotationSource = AnnotationSource.PERSON
    author: str = ""
    run: str | None = None
    confidence: float | None = None
    suggestion: bool = False
    created_at: str = ""
    updated_at: str = ""
    updated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    id: str
    image: int
    label: int
    z: int = 0
    instance: int | None = None
    group: str | None = None
    crowd: bool = False
    attributes: dict[str, object] = field(default_factory=dict)
    provenance: Provenance = Provenance()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageLabel(_Common):
    """The image as a whole carries the label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box(_Common):
    x: float
    y: float
    w: float
    h: float


type_points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Polygon(_Common):
    """Parts, each an outer ring followed by its holes."""

    parts: tuple[tuple[type_points, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask(_Common):
    """Pixels live as compressed 512-pixel tiles in the store, not in the row."""

    x: int
    y: int
    w: int
    h: int


Annotation = ImageLabel | Box | Polygon | Mask

KINDS: dict[str, type[ImageLabel] | type[Box] | type[Polygon] | type[Mask]] = {
    "image_label": ImageLabel,
    "box": Box,
    "polygon": Polygon,
    "mask": Mask,
}
