"""Folders of masks: indexed, grey or coloured pictures beside the photos.

Values are classes, named by labelmap.txt or the like; or numbers of objects; or one thing and
its background. Masks of single objects, and folders for each class, are read as well.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._colour_maps import ColourNames, map_of, named_colours, voc_colour
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import split_in
from tlstudio.formats.readers._mask_pairs import OBJECT, Pair, pairs_in
from tlstudio.formats.readers._mask_values import (
    BINARY,
    OBJECTS,
    Facts,
    facts_of,
    is_mask,
    meaning_of,
    numbers_in,
    on_in,
)
from tlstudio.formats.rle import RunBitmap, bitmaps_of
from tlstudio.imaging.reading import SUFFIXES

NAME = "masks"

FOREGROUND, THING = "foreground", "object"
_SAMPLE = 5
_MEANING = 20
"""Masks that are looked at to say whether they are masks, and what their values mean."""
_BORDER = 64
"""Where no class has a number above this, 255 is the border around objects."""


def sniff(listing: Listing) -> Evidence | None:
    """Pictures of flat areas that go with photos by their folders and names."""
    pairs = pairs_in(listing)
    sample = pairs[:: max(1, len(pairs) // _SAMPLE)][:_SAMPLE]
    if not pairs or not all(_shows_a_mask(listing, pair) for pair in sample):
        return None
    alone = {pair.photo for pair in pairs} & {pair.mask for pair in pairs}
    others = len(listing.images) - len(pairs)
    sure = not alone and len({pair.photo for pair in pairs}) * 2 >= others
    files = tuple(pair.mask for pair in pairs)
    return Evidence(files, "pictures of flat areas beside photos", SURE if sure else LIKELY)


def _shows_a_mask(listing: Listing, pair: Pair) -> bool:
    try:
        return is_mask(facts_of(listing.path(pair.mask)))
    except UserError:
        return pair.mask.lower().endswith(tuple(SUFFIXES))


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """The masks of every photo; one of another size than its photo is skipped."""
    gather = Gather(NAME, cancel)
    wanted = set(evidence.files)
    pairs = [pair for pair in pairs_in(listing) if pair.mask in wanted]
    gather.set.used.update(wanted)
    names = named_colours(listing, gather)
    for label in names.in_order:
        gather.label(label, names.colour_of(label))
    reader = _Masks(listing, gather, names)
    reader.look([pair for pair in pairs if pair.way != OBJECT][:_MEANING])
    pictures: dict[str, Picture] = {}
    for pair in pairs:
        gather.check()
        if pair.photo not in pictures:
            pictures[pair.photo] = _picture(listing, gather, pair)
        try:
            reader.read(pictures[pair.photo], pair)
        except UserError as error:
            gather.skip_error(pair.mask, error)
            pictures[pair.photo].complete = False
    for picture in pictures.values():
        picture.complete = picture.complete or bool(picture.shapes)
        picture.close()
    return gather.done()


def _picture(listing: Listing, gather: Gather, pair: Pair) -> Picture:
    size = listing.size_of(pair.photo) or (None, None)
    picture = gather.picture(pair.mask, pair.photo, *size)
    picture.split = split_in(pair.photo) if "/" in pair.photo else None
    return picture


class _Masks:
    def __init__(self, listing: Listing, gather: Gather, names: ColourNames) -> None:
        self._listing, self._gather, self._names = listing, gather, names
        self._meaning, self._border = BINARY, False
        self._count: Counter[str] = Counter()

    def look(self, pairs: list[Pair]) -> None:
        """Find out what the values mean."""
        facts: list[Facts] = []
        for pair in pairs:
            try:
                facts.append(facts_of(self._listing.path(pair.mask)))
            except UserError:
                continue
        if not facts:
            return
        self._meaning = meaning_of(facts, self._names)
        every = frozenset().union(*(one.values for one in facts)) - {0, 255}
        self._border = bool(every) and max(every) <= _BORDER
        if self._meaning == BINARY and any(one.soft for one in facts):
            self._gather.note("objects.mask_soft", len(pairs))

    def read(self, picture: Picture, pair: Pair) -> None:
        """Add the shapes of one mask. Raises UserError."""
        path = self._listing.path(pair.mask)
        if pair.way == OBJECT or self._meaning == BINARY:
            mask = on_in(path)
            if self._fits(picture, pair, mask.shape) and mask.any():
                self._add_one(picture, pair, RunBitmap.of_mask(mask))
            return
        if self._meaning == OBJECTS:
            numbers = numbers_in(path)
            if self._fits(picture, pair, numbers.shape):
                self._gather.note("objects.mask_instances")
                for value, bitmap in bitmaps_of(numbers).items():
                    if value:
                        picture.bitmap(THING, bitmap, instance=value)
            return
        self._add_classes(picture, pair)

    def _add_one(self, picture: Picture, pair: Pair, bitmap: RunBitmap) -> None:
        if pair.way == OBJECT and not pair.label:
            self._count[picture.path] += 1
            picture.bitmap(THING, bitmap, instance=self._count[picture.path])
        else:
            if not pair.label:
                self._gather.note("objects.mask_foreground")
            picture.bitmap(pair.label or FOREGROUND, bitmap)

    def _add_classes(self, picture: Picture, pair: Pair) -> None:
        values = map_of(self._listing.path(pair.mask), self._names)
        if not self._fits(picture, pair, values.shape):
            return
        if len(np.unique(values)) > 1000:
            raise UserError("objects.many_values", file=pair.mask, values=len(np.unique(values)))
        unnamed = False
        for value, bitmap in bitmaps_of(values).items():
            if not value:
                continue
            if self._border and value == voc_colour(255) and value not in self._names:
                self._gather.note("objects.void")
                continue
            label = self._names.name(value)
            unnamed = unnamed or value not in self._names
            if label:
                picture.bitmap(label, bitmap)
        if unnamed:
            self._gather.note("objects.mask_values")

    def _fits(self, picture: Picture, pair: Pair, shape: tuple[int, ...]) -> bool:
        height, width = shape[:2]
        if (picture.width or width, picture.height or height) == (width, height):
            return True
        if (picture.width, picture.height) == (height, width) and not picture.shapes:
            # Drawn on the photo as it lies in its file, before it is turned upright.
            picture.width, picture.height = width, height
            return True
        self._gather.skip(pair.mask, "objects.other_size", width=width, height=height)
        picture.complete = False
        return False
