"""What a project holds already, by path, name and content."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from tlstudio.domain.frame_names import picture_name
from tlstudio.formats.entries import Entry
from tlstudio.services._copying import origin_of
from tlstudio.storage import images
from tlstudio.storage.connection import Db
from tlstudio.storage.images import Source


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of the source and the image it was recognised as; `by` path, name or hash."""

    entry: Entry
    image: int
    by: str = "path"


def known_files(db: Db) -> Known:
    """All files of the project."""
    frames = images.frames_of_sources(db)
    several = [image for found in frames.values() for image in found.values()]
    return Known(images.sources(db), frames, images.frame_names(db, several))


class Known:
    """The project's files, to recognise those that come again. `frames` are the images of files
    that hold several, by source and frame, as storage.images.frames_of_sources gives them;
    `names` what these frames are called in their file. `renamed` are files whose names were
    replaced, by the hash of what they were called."""

    def __init__(
        self,
        sources: Sequence[Source],
        frames: Mapping[int, Mapping[int, int]] = MappingProxyType({}),
        names: Mapping[int, str] = MappingProxyType({}),
    ) -> None:
        self._frames, self._frame_names = frames, names
        self.paths = {source.path: source for source in sources}
        self._names: dict[str, list[Source]] = {}
        self._contents: dict[str, list[Source]] = {}
        self._origins: dict[str, list[Source]] = {}
        self.renamed: dict[str, Source] = {}
        self._stems: dict[str, list[Source]] = {}
        for source in sources:
            if source.original:
                self._names.setdefault(source.original, []).append(source)
            self._contents.setdefault(source.sha256, []).append(source)
            if source.origin:
                self._origins.setdefault(source.origin, []).append(source)
            if source.named:
                self.renamed[source.named] = source
                self._stems.setdefault(source.stem, []).append(source)

    def like(self, entry: Entry, absolute: str) -> list[Source]:
        """Files that may be this one: the same place, or the same name below their source."""
        same = [self.paths[absolute]] if absolute in self.paths else []
        return same + [s for s in self._names.get(entry.name, []) if s not in same]

    def is_new(self, name: str, file: Path) -> bool:
        """Whether no file of the project may be this one."""
        if not self.paths:
            return True
        return name not in self._names and os.path.abspath(file) not in self.paths  # noqa: PTH100

    def same_content(self, entry: Entry, sha256: str) -> Source | None:
        """The one file with these bytes, or made from them, under another name: what an
        annotation file says of an image is for that image, whatever it is called here."""
        if not entry.spoken_of:
            return None
        found = self._contents.get(sha256, [])
        if not found and self._origins:
            found = self._origins.get(origin_of(sha256), [])
        return found[0] if len(found) == 1 else None

    def original_is_new(self, name: str) -> bool:
        return name not in self._names

    def originals(self) -> Collection[str]:
        """The names that files came under, or were given then."""
        return self._names.keys()

    def renamed_stem(self, stem: str) -> Source | None:
        """The one file whose name had a stem with this hash before it was replaced."""
        found = self._stems.get(stem, [])
        return found[0] if len(found) == 1 else None

    def matches(self, entry: Entry, source: Source) -> list[Match]:
        """The images of a file that has come again, each with what is said of it."""
        frames = self._frames.get(source.id)
        if frames is None:
            return [Match(entry.of_frame(0, ""), source.image)]
        return [
            Match(entry.of_frame(frame, self._frame_names[image]), image)
            for frame, image in frames.items()
        ]

    def images_by_name(self) -> dict[str, int]:
        """The first image of each file by the name it came under, and further frames by what
        they are called as pictures of their own."""
        found: dict[str, int] = {}
        for source in self.paths.values():
            name = source.original or source.path
            for image in self._frames.get(source.id, {}).values():
                found.setdefault(picture_name(name, self._frame_names[image]), image)
            found[name] = source.image
        return found
