"""Names for restyled pictures: near those of the originals, and never over anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlstudio.domain.styling import RESULT_ENDINGS
from tlstudio.services._naming import safe_part

OTHER = ".png"
"""The format of a picture whose original has none that pictures are written in."""


class PictureNames:
    """Hands out names below `folder`, each once, letter case aside, and none that is there
    already: whatever lies in the folder stays as it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._given: set[str] = set()

    def give(self, original: str, frame: int | None) -> str:
        """A name with "/" between folders for the picture made from `original`, a path relative
        to what was asked for; `frame` where its file holds several. JPEG, PNG and TIFF keep their
        format, all others become PNG."""
        *folders, name = [safe_part(part) for part in original.split("/") if part]
        stem, ending = split_ending(name)
        if frame is not None:
            stem = f"{stem}-{frame + 1:04d}"
        head = "/".join([*folders, stem])
        wanted, count = head + ending, 1
        while wanted.casefold() in self._given or (self._folder / wanted).exists():
            count += 1
            wanted = f"{head}-{count}{ending}"
        self._given.add(wanted.casefold())
        return wanted


def split_ending(name: str) -> tuple[str, str]:
    """(stem, ending of the picture to be written) of a file's name."""
    place = Path(name)
    if place.suffix.lower() in RESULT_ENDINGS:
        return place.stem, place.suffix
    for double in (".nii.gz", ".ome.tiff", ".ome.tif"):
        if name.lower().endswith(double) and len(name) > len(double):
            return name[: -len(double)], OTHER
    return (place.stem if place.suffix else name), OTHER


def relative_to_one(path: Path, roots: Iterable[Path]) -> str:
    """`path` below the first of the folders `roots` that holds it, with "/" between; else its
    name alone."""
    for root in roots:
        if root in path.parents:
            return path.relative_to(root).as_posix()
    return path.name
