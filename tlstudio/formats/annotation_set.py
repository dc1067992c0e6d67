"""The one form between all annotation formats: what a reader makes and an import takes.

Coordinates are float pixels of the canonical image (EXIF applied); the origin is the top left
corner of the top left pixel. A box from 0 to 10 covers ten pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.notices import Notice
from tlstudio.domain.shapes import Bounds, Parts
from tlstudio.imaging.bitmap import Bitmap

_NOTHING: Mapping[str, object] = MappingProxyType({})


def nothing() -> Mapping[str, object]:
    """One empty mapping for all that have none: a source may hold a million shapes."""
    return _NOTHING


IMPORT_ID = "import_id"
"""The attribute of a shape that keeps the id which its file gives it. A reader puts the plain
id there; an import makes it unlike those of other files. It says nothing to a person and does
not go out again."""


@dataclass(frozen=True, slots=True)
class ReadShape:
    """One annotation of a file, as the file has it: it may reach out of the image or be nothing.

    `kind` is one of domain.annotations.KINDS and says which one of `box` (x, y, w, h), `parts`
    and `bitmap` is given; an image label has none. `label` is "" where the file names none.
    `group` is a group or track. `suggestion`: a model said it and nobody has accepted it.
    """

    kind: str
    label: str
    box: Bounds | None = None
    parts: Parts | None = None
    bitmap: Bitmap | None = None
    instance: int | None = None
    group: str | None = None
    crowd: bool = False
    attributes: Mapping[str, object] = field(default_factory=nothing)
    author: str = ""
    confidence: float | None = None
    suggestion: bool = False


@dataclass(frozen=True, slots=True)
class ReadImage:
    """What a file says of one image.

    `path` is as the file has it, with "/" between folders; it may name a folder of another
    machine. `width` and `height` are None where the file does not tell. `complete`: a person
    has looked at it, so that without shapes it is an image with nothing in it. `extras` (points,
    lines and whatever else cannot be learned from) are kept as attributes of the image, lists
    by what they are called. `frame` counts from 0 within a file of several; `line` is where in
    the file it was said, 0 for unknown.
    """

    path: str
    shapes: tuple[ReadShape, ...] = ()
    width: int | None = None
    height: int | None = None
    split: Split | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    complete: bool = True
    extras: Mapping[str, object] = field(default_factory=nothing)
    frame: int = 0
    line: int = 0


@dataclass(slots=True)
class AnnotationSet:
    """All that a source says: `labels` in the file's order, also those of no shape; `colours`
    (#RRGGBB) of some of them.

    `skipped` are files and objects that could not be read, each with its reason. `embedded`
    are the bytes of images that the annotations carry themselves, by their path. `used` are
    names of listed files that are part of the annotations, beside those of the evidence: a
    mask among them is not imported as an image.
    """

    format: str
    images: list[ReadImage] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    colours: dict[str, str] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    embedded: dict[str, bytes] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
