"""Sources (files) and the images they hold."""

from __future__ import annotations

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
class SourceFacts:
    """What reading one file told: sizes in bytes and pixels, hashes in hexadecimal.

    `width` and `height` are those of the canonical image (EXIF orientation applied).
    `sha256` is of the file's bytes, `pixel_hash` of the canonical pixels, `near_hash` a 64-bit
    perceptual hash (16 hexadecimal digits). `frames` counts pages or frames in the file; all
    facts are those of the first.
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


@dataclass(frozen=True, slots=True)
class ImageRow:
    """One image as a list or a grid shows it."""

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


@dataclass(frozen=True, slots=True)
class ImageQuery:
    """Which images, in which order. Empty fields do not restrict.

    `labels` holds label ids; 0 in it means "no label". `splits` and `groups` take "" for none.
    `text` is searched in the file name and group. `sort` is one of SORTS.
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


SORTS = ("added", "name", "label", "split", "group", "state", "size")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file left out, and why: `reason` is a code of domain.messages."""

    file: str
    reason: str
    params: dict[str, object] = field(default_factory=dict)
