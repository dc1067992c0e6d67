"""Plain entries: what a source says of each image, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.notices import Notice
from tlstudio.formats.annotation_set import ReadImage

FORMATS = ("auto", "images", "class-folders", "split-folders", "csv")
"""What is told from names and tables alone; `readers.NAMES` are the annotation formats."""

NOWHERE = Path()
"""The file of an entry whose image lies in no file of the source."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One image of a source.

    `name` is its path below the source, with "/" between folders: the identity by which the
    same source is known again. `labels` is None where the source says nothing about labels;
    `said` is what an annotation file says of the image.
    """

    file: Path
    name: str
    labels: tuple[str, ...] | None = None
    split: Split | None = None
    group: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    said: ReadImage | None = None


@dataclass(slots=True)
class Found:
    """What was recognised in a source.

    `absent` are rows of a table, or entries of an annotation file, whose image lies nowhere in
    the source; the project may hold it. `ignored` counts images left out on purpose (a combined
    trainval set). `labels` are those that an annotation file lists, in its order, `colours` of
    some of them. `embedded` are images that came inside of it, by the name of their entry.
    """

    format: str
    entries: list[Entry] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    absent: list[Entry] = field(default_factory=list)
    ignored: int = 0
    labels: list[str] = field(default_factory=list)
    colours: dict[str, str] = field(default_factory=dict)
    embedded: dict[str, bytes] = field(default_factory=dict)
