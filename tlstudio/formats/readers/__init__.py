"""Readers of annotation files, one module for each format.

A reader names itself, recognises its format by content from the heads of a few files, and
reads a source into an AnnotationSet. What it cannot read it names there; it raises UserError
only where the source as a whole is nothing it knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol, cast

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing

SURE, LIKELY, GUESS = 3, 2, 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a source is of a format: the `files` (names of the listing) that are its annotations,
    and in English what was seen in them.

    `strength`: SURE where the content says so, LIKELY where another format could look like it,
    GUESS where only names speak for it.
    """

    files: tuple[str, ...]
    why: str
    strength: int = SURE


class Reader(Protocol):
    """A module of this package."""

    NAME: str

    def sniff(self, listing: Listing) -> Evidence | None:
        """Whether the source is of this format; quick, from the heads of a few files."""
        ...

    def read(
        self, listing: Listing, evidence: Evidence, cancel: Cancel | None = None
    ) -> AnnotationSet:
        """All that the files of `evidence` say. Raises UserError and Cancelled."""
        ...


MODULES = (
    "coco",
    "datumaro",
    "label_studio",
    "via",
    "cvat",
    "xanylabeling",
    "labelme",
    "labelme_xml",
    "voc",
    "geojson",
    "yolo",
    "csv_boxes",
    "masks",
)
"""In the order in which they are asked; the first of those that are equally sure is taken."""

NAMES = (
    "coco",
    "yolo",
    "voc",
    "labelme",
    "labelme-xml",
    "xanylabeling",
    "cvat",
    "label-studio",
    "via",
    "datumaro",
    "geojson",
    "masks",
    "csv",
)
"""What people call them, the most usual first."""


def readers() -> Iterator[Reader]:
    """The readers that there are, imported as they are asked for."""
    for name in MODULES:
        full = f"{__name__}.{name}"
        if find_spec(full) is not None:
            yield cast(Reader, import_module(full))


def candidates(listing: Listing) -> list[tuple[Reader, Evidence]]:
    """Every format that the source may be, the surest first."""
    found = [(r, e) for r in readers() if (e := r.sniff(listing)) is not None]
    return sorted(found, key=lambda pair: -pair[1].strength)


def sniff_source(listing: Listing) -> tuple[Reader, Evidence]:
    """The reader of the source and why. Raises UserError("data.format_none")."""
    found = candidates(listing)
    if not found:
        raise UserError("data.format_none", looked_for=", ".join(NAMES))
    return found[0]


def reader_named(name: str, listing: Listing) -> tuple[Reader, Evidence]:
    """The reader that a person chose by its name, and what it found.

    Raises UserError: data.format_unknown; data.format_not_this where nothing in the source is
    of that format.
    """
    chosen = [reader for reader in readers() if name == reader.NAME]
    if not chosen:
        raise UserError("data.format_unknown", format=name)
    for reader in chosen:
        evidence = reader.sniff(listing)
        if evidence is not None:
            return reader, evidence
    raise UserError("data.format_not_this", format=name)
