"""Splits of a VOC set: names without endings in ImageSets/Main/train.txt and its like."""

from __future__ import annotations

import posixpath

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.notices import Notice
from tlstudio.formats.finding import tidy
from tlstudio.formats.layout import split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._image_places import folder_of, stem_of
from tlstudio.imaging.reading import SUFFIXES

_MARKS = frozenset({"-1", "0", "1"})
"""Lists of one class say after each name whether the class is in the image."""


class VocLists:
    """The lists of the listing, read once."""

    def __init__(self, listing: Listing, gather: Gather) -> None:
        self._splits: dict[str, Split] = {}
        used = []
        for name in listing.named(".txt"):
            split = split_named(stem_of(name))
            if split is None or "imagesets" not in folder_of(name).lower():
                continue
            try:
                lines = listing.text(name).splitlines()
            except UserError as error:
                gather.skip_error(name, error)
                continue
            used.append(name)
            for line in lines:
                self._splits.setdefault(_name_in(line), split)
        self._splits.pop("", None)
        gather.set.used.update(used)
        if self._splits:
            facts: dict[str, object] = {"lists": ", ".join(used), "images": len(self._splits)}
            gather.set.notices.append(Notice("data.lists_used", facts))

    def split_of(self, image: str) -> Split | None:
        """The split of an image, known by as many of its folders as the lists give."""
        parts = _bare(image).split("/")
        tails = ("/".join(parts[at:]) for at in range(len(parts)))
        return next((self._splits[tail] for tail in tails if tail in self._splits), None)


def _name_in(line: str) -> str:
    name, _, mark = line.strip().rpartition(" ")
    return _bare(name if mark in _MARKS and name else line)


def _bare(path: str) -> str:
    """Without the ending of an image; a point in a name is not always the beginning of one."""
    whole = tidy(path)
    stem, ending = posixpath.splitext(whole)
    return stem if ending.lower() in SUFFIXES else whole
