"""Plain entries: what a source says of each image, before anything is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlstudio.domain.frame_names import shown_name
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
    `said` is what an annotation file says of the image, the first one of a file that holds
    several; `frames` what it says of the others, by their number from 0.
    """

    file: Path
    name: str
    labels: tuple[str, ...] | None = None
    split: Split | None = None
    group: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    said: ReadImage | None = None
    frames: Mapping[int, ReadImage] = field(default_factory=dict)

    @property
    def spoken_of(self) -> bool:
        """Whether an annotation file says anything of the image, or of a frame of it."""
        return self.said is not None or bool(self.frames)

    def of_frame(self, frame: int, name: str) -> Entry:
        """The entry of one frame, page or slice of the file, `name` being what it is called in
        it ("" for the only one)."""
        if not name and not self.frames:
            return self
        said = self.said if frame == 0 else self.frames.get(frame)
        return replace(self, name=shown_name(self.name, name), said=said, frames={})


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
