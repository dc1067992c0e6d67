"""Sources (files) and the images they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Split(StrEnum):
    TRAIN = "train"
    VAL = "val"
    TEST = "test"


class ImageState(StrEnum):
    UNLABELLED = "unlabelled"
    DRAFT = "draft"
    LABELLED = "labelled"
    REVIEWED = "reviewed"
    DISPUTED = "disputed"


@dataclass(frozen=True, slots=True)
class FrameFacts:
    """What reading one frame, page or slice told; see SourceFacts.

    `frame` counts from 0 in the file; `name` is what it is called there ("12", "z 12"), "" for
    the only one. `position` says where it lies in its series, None where nobody knows.
    """

    width: int
    height: int
    mode: str
    bit_depth: int
    pixel_hash: str
    near_hash: str
    orientation: int = 1
    frame: int = 0
    name: str = ""
    position: float | None = None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What reading one file told: sizes in bytes and pixels, hashes in hexadecimal.

    `width` and `height` are those of the canonical image (EXIF orientation applied).
    `sha256` is of the file's bytes, `pixel_hash` of the canonical pixels, `near_hash` a 64-bit
    perceptual hash (16 hexadecimal digits). `frames` counts pages or frames in the file; the
    facts are those of the first, `further` are of those that follow it and can be decoded.
    `group` and `series` are keyed hashes of whose picture it is and which series it belongs to.
    `notes` are facts of the file that name nobody. `origin` is set where the project holds a
    copy without the patient's tags: a keyed hash of the bytes it was made from.
    """

    size: int
    mtime_ns: int
    sha256: str
    width: int
    height: int
    mode: str
    bit_depth: int
    pixel_hash: str
    near_hash: str
    orientation: int = 1
    format: str = ""
    frames: int = 1
    further: tuple[FrameFacts, ...] = ()
    name: str = ""
    position: float | None = None
    group: str | None = None
    series: str | None = None
    notes: Mapping[str, object] = field(default_factory=dict)
    origin: str = ""

    @property
    def every(self) -> tuple[FrameFacts, ...]:
        """All frames, the first among them."""
        first = FrameFacts(
            self.width, self.height, self.mode, self.bit_depth, self.pixel_hash, self.near_hash,
            self.orientation, 0, self.name, self.position,
        )  # fmt: skip
        return (first, *self.further)


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image as a list or a grid shows it; `frame` counts from 0 within its file.
    `burned_in`: the file says that its pixels name somebody. `synthetic`: this program made it."""

    id: int
    name: str
    path: str
    width: int
    height: int
    pixel_hash: str
    state: ImageState
    split: Split | None
    group: str | None
    labels: tuple[int, ...] = ()
    tags: tuple[str, ...] = ()
    missing: bool = False
    suggested: tuple[int, ...] = ()
    shapes: int = 0
    assignee: str | None = None
    frame: int = 0
    burned_in: bool = False
    synthetic: bool = False


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Which images, in which order. Empty fields do not restrict.

    `labels` holds label ids; 0 in it means "no label". `splits`, `groups` and `assignees` take
    "" for none. `text` is searched in the file name and group. `sort` is one of SORTS.

    `kinds` are those of domain.annotations.KINDS. `makers` says who made the annotations:
    person, import, model (accepted from one), suggestion (waiting), or "by:NAME". Labels, kinds
    and makers are asked of one annotation: a box, of this label, by that person. `origins` says
    where the image came from: "import:ID" or "folder:PATH/" below what was imported ("folder:"
    its top). `synthetic` images are those that this program made. Sizes are pixels, 0 for no
    limit; `smaller` bounds the shorter side, exclusively.
    """

    labels: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    splits: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    ids: frozenset[int] | None = None
    text: str = ""
    missing: bool | None = None
    sort: str = "added"
    descending: bool = False
    kinds: frozenset[str] = frozenset()
    makers: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    assignees: frozenset[str] = frozenset()
    commented: bool | None = None
    burned_in: bool | None = None
    synthetic: bool | None = None
    min_width: int = 0
    max_width: int = 0
    min_height: int = 0
    max_height: int = 0
    min_pixels: int = 0
    max_pixels: int = 0
    smaller: int = 0


SORTS = (
    "added",
    "name",
    "label",
    "split",
    "group",
    "state",
    "size",
    "changed",
    "shapes",
    "unsure",
)
"""What images can be put in order by: `shapes` is their number, `unsure` the least confidence
of a suggestion, images without one last."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file left out, and why: `reason` is a code of domain.messages."""

    file: str
    reason: str
    params: dict[str, object] = field(default_factory=dict)
