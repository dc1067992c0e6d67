"""Where images are that a look is learned from or given to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class PlaceKind(StrEnum):
    ALL = "all"
    SITE = "site"
    FILTER = "filter"
    IMAGES = "images"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class LookPlace:
    """All images of the project, a site ("tag:NAME"), a saved filter by its id, images by their
    ids, or files and folders outside. `name` is what a person calls it, `images` how many there
    are, where that is known."""

    kind: PlaceKind
    name: str = ""
    site: str = ""
    filter_id: int = 0
    ids: tuple[int, ...] = ()
    files: tuple[Path, ...] = ()
    images: int | None = None
