"""Where the images lie that an annotation file names, and which split it stands for."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from tlstudio.domain.images import Split
from tlstudio.formats.finding import tidy
from tlstudio.formats.layout import split_above, split_named
from tlstudio.formats.listing import Listing

_DRIVE = re.compile(r"^[A-Za-z]:")


def folder_of(name: str) -> str:
    """The folder of a file of the listing, "" for the top."""
    return posixpath.dirname(name)


def stem_of(name: str) -> str:
    """The file name without folders and ending."""
    return posixpath.splitext(posixpath.basename(name))[0]


def joined(*parts: str) -> str:
    """Folders and a name below the source, without empty ones."""
    return "/".join(part for part in parts if part)


def is_foreign(path: str) -> bool:
    """Whether the path begins at a root or climbs: of another machine, or of no good will."""
    return path.startswith(("/", "\\")) or bool(_DRIVE.match(path)) or ".." in path.split("/")


def place_of(listing: Listing, path: str, file: str) -> str:
    """The image of the listing that `file` means by `path`; `path` itself where none is sure.

    Looked for from the folder of the file, beside it, and from the top; else by its name.
    """
    if is_foreign(path):
        return listing.find_image(path) or path
    wanted = tidy(path)
    exact = exact_place(listing, path, file)
    return exact or listing.find_image(joined(folder_of(file), wanted)) or wanted


def exact_place(listing: Listing, path: str, file: str) -> str | None:
    """The image that lies where `file` says; None where at most its name can tell it."""
    if is_foreign(path):
        return None
    for base in _bases(file):
        place = joined(base, tidy(path))
        if place in listing and listing.find_image(place) == place:
            return place
    return None


@lru_cache(maxsize=64)
def _bases(file: str) -> tuple[str, ...]:
    """Folders in which the images of a file may lie, the nearest first."""
    here = folder_of(file)
    above = posixpath.dirname(here)
    words = re.findall(r"[A-Za-z]+\d*", stem_of(file))
    named = [word for word in words if split_named(word.rstrip("0123456789")) is not None]
    return tuple(
        dict.fromkeys(
            joined(base, inner, folder)
            for base in (here, above, "")
            for folder in ("", *named)
            for inner in ("", "images", "JPEGImages")
        )
    )


def split_in(name: str) -> Split | None:
    """The split that a file name speaks of (instances_train2017.json), else the nearest folder."""
    words = (split_named(word) for word in re.split(r"[^a-z]+", stem_of(name).lower()))
    said = {word for word in words if word is not None}
    if len(said) == 1:
        return said.pop()
    return split_above(name)
