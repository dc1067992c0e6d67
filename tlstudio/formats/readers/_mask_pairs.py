"""Which pictures of a source are masks, and of which photo: told by folders and file names.

Masks lie in a folder of their own beside the photos (images/a.jpg, masks/a.png), beside the
photo with a word added (a_mask.png), one for each object (masks/a/1.png, a/masks/1.png beside
a/images/a.png, masks/a_1.png) or one for each class (masks/CLASS/a.png).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._image_places import folder_of, joined, stem_of

_WORDS = (
    "masks?", "labels?", "seg", "segs", "segmentations?", "annotations?", "gt", "ground_?truths?",
    "targets?", "labelcol", "labels?_?images?", "segmentation_?masks?", "mask_?images?",
)  # fmt: skip
_MASKS = re.compile(r"^(?:.+[_\- ])?(?:" + "|".join(_WORDS) + r")(?:[_\- ]?png)?$|^.+masks?$", re.I)
_PHOTOS = re.compile(r"^(?:images?|imgs?|jpegimages|photos?|pictures|raw|inputs?|data|x)$", re.I)
_SUFFIX = re.compile(
    r"[_\-. ](?:cp_masks?|masks?|labels?|segs?|segmentation|gt|groundtruth|l|labelids|annotation)$",
    re.I,
)
_PREFIX = re.compile(r"^(?:masks?|seg|label|gt)[_\-]", re.I)
_NUMBER = re.compile(r"[_\-. ](?:mask[_\-]?|obj[_\-]?|instance[_\-]?)?\d+$", re.I)

WHOLE, OBJECT = "whole", "object"


@dataclass(frozen=True, slots=True)
class Pair:
    """A mask and its photo. `way` is WHOLE, where its values say what is where, or OBJECT, where
    all of it is one object; `label` is the folder that names its class, "" for none."""

    mask: str
    photo: str
    way: str = WHOLE
    label: str = ""


def pairs_in(listing: Listing) -> list[Pair]:
    """Every mask of which the photo is known."""
    places = _Places(listing)
    return [pair for image in listing.images if (pair := places.pair(image.name)) is not None]


class _Places:
    def __init__(self, listing: Listing) -> None:
        self._photos: dict[str, list[str]] = {}
        for image in listing.images:
            self._photos.setdefault(stem_of(image.name).casefold(), []).append(image.name)

    def pair(self, mask: str) -> Pair | None:
        folders, stem = folder_of(mask).split("/"), stem_of(mask)
        at = next((i for i in range(len(folders) - 1, -1, -1) if _MASKS.match(folders[i])), None)
        if at is None:
            bare = _SUFFIX.sub("", stem)
            photo = self._photo(bare, folders, mask) if bare != stem else None
            same = photo is not None and folder_of(photo) == folder_of(mask)
            return Pair(mask, photo) if photo is not None and same else None
        return self._in_folder(mask, folders, at, stem)

    def _in_folder(self, mask: str, folders: list[str], at: int, stem: str) -> Pair | None:
        above, below = folders[:at], folders[at + 1 :]
        for name in _names(stem):
            photo = self._photo(name, above, mask, below)
            if photo is not None:
                return Pair(mask, photo)
        if below:
            owner = self._photo(below[-1], above, mask)
            if owner is not None:
                return Pair(mask, owner, OBJECT)
            for name in _names(stem):
                photo = self._photo(name, above, mask)
                if photo is not None:
                    return Pair(mask, photo, OBJECT, below[-1])
        bare = _NUMBER.sub("", stem)
        owner = self._photo(bare, above, mask, below) if bare != stem else None
        if owner is None and above and above[-1]:
            owner = self._photo(above[-1], above, mask)
        return None if owner is None else Pair(mask, owner, OBJECT)

    def _photo(
        self, stem: str, above: Sequence[str], mask: str, below: Sequence[str] = ()
    ) -> str | None:
        """The picture of that name in a folder of photos beside the mask's, or above it; one with
        the same deeper folders before others."""
        before = joined(*above)
        found: list[str] = []
        alike: list[str] = []
        for photo in self._photos.get(stem.casefold(), ()):
            inner = _inner(folder_of(photo), before)
            if photo == mask or inner is None:
                continue
            found.append(photo)
            if inner[1:] == list(below) or inner == list(below):
                alike.append(photo)
        if len(alike) == 1:
            return alike[0]
        return found[0] if len(found) == 1 and not below else None


def _inner(folder: str, above: str) -> list[str] | None:
    """The folders from `above` to a photo's; None where no photo lies: elsewhere, or in a folder
    of masks."""
    if above and folder != above and not folder.startswith(above + "/"):
        return None
    inner = [part for part in folder[len(above) :].split("/") if part]
    masks = any(_MASKS.match(part) and not _PHOTOS.match(part) for part in inner)
    return None if masks else inner


def _names(stem: str) -> Iterator[str]:
    yield from dict.fromkeys((stem, _SUFFIX.sub("", stem), _PREFIX.sub("", stem)))
