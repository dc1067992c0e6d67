"""Splits of a VOC set: names without endings in ImageSets/Main/train.txt and its like."""

from __future__ import annotations

import posixpath

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.notices import Notice
from tlstudio.formats.finding import tidy
from tlstudio.formats.layout import COMBINED, split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._image_places import folder_of, stem_of
from tlstudio.imaging.reading import SUFFIXES

_MARKS = frozenset({"-1", "0", "1"})
"""Lists of one class say after each name whether the class is in the image."""


class VocLists:
    """The lists of the listing, read once."""

    def __init__(self, listing: Listing, gather: Gather) -> None:
        """A list of train and val together stands for train where there is no list of train;
        beside one it repeats what that says."""
        self._splits: dict[str, Split] = {}
        lists = [n for n in listing.named(".txt") if "imagesets" in folder_of(n).lower()]
        gather.set.used.update(lists)
        words = {name: stem_of(name).lower() for name in lists}
        apart = Split.TRAIN in {split_named(word) for word in words.values()}
        used = []
        for name, word in words.items():
            split = split_named(word)
            if split is None and word in COMBINED and not apart:
                split = Split.TRAIN
            elif split is None and word in COMBINED:
                gather.set.notices.append(Notice("data.combined_ignored", {"name": word}))
            if split is not None:
                used.append(name)
                self._read(listing, gather, name, split)
        self._splits.pop("", None)
        if self._splits:
            facts: dict[str, object] = {"lists": ", ".join(used), "images": len(self._splits)}
            gather.set.notices.append(Notice("data.lists_used", facts))

    def _read(self, listing: Listing, gather: Gather, name: str, split: Split) -> None:
        try:
            for line in listing.text(name).splitlines():
                self._splits.setdefault(_name_in(line), split)
        except UserError as error:
            gather.skip_error(name, error)

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
