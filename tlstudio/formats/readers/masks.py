"""Folders of masks: indexed, grey or coloured pictures beside the photos.

Values are classes, named by labelmap.txt or the like; or numbers of objects; or one thing and
its background. Masks of single objects, and folders for each class, are read as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._colour_maps import (
    VOID,
    ColourNames,
    map_of,
    named_colours,
    page_of,
    require_classes,
)
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import split_in
from tlstudio.formats.readers._mask_pairs import OBJECT, Pair, pairs_in
from tlstudio.formats.readers._mask_values import (
    BINARY,
    MANY,
    OBJECTS,
    Told,
    evenly,
    facts_of,
    is_mask,
    is_volume,
    numbers_in,
    on_in,
)
from tlstudio.formats.rle import RunBitmap, bitmaps_of
from tlstudio.imaging.nifti import lie_alike
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import SUFFIXES

if TYPE_CHECKING:
    from PIL import Image

NAME = "masks"

FOREGROUND, THING = "foreground", "object"
_SAMPLE = 5
_MEANING = 20
"""Masks that are looked at to say whether they are masks, and what their values mean; of a mask
of many pages so many of these."""


def sniff(listing: Listing) -> Evidence | None:
    """Pictures of flat areas that go with photos by their folders and names."""
    pairs = pairs_in(listing)
    sample = evenly(pairs, _SAMPLE)
    if not pairs or not all(_shows_a_mask(listing, pair) for pair in sample):
        return None
    alone = {pair.photo for pair in pairs} & {pair.mask for pair in pairs}
    others = len(listing.images) - len(pairs)
    sure = not alone and len({pair.photo for pair in pairs}) * 2 >= others
    files = tuple(pair.mask for pair in pairs)
    return Evidence(files, "pictures of flat areas beside photos", SURE if sure else LIKELY)


def _shows_a_mask(listing: Listing, pair: Pair) -> bool:
    path = listing.path(pair.mask)
    try:
        with opened_pages(path) as pages:
            return is_mask(facts_of(page_of(pages, pages.count // 2, path), path))
    except UserError:
        return pair.mask.lower().endswith(tuple(SUFFIXES))


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """The masks of every photo; one of another size than its photo, or a volume that lies elsewhere
    than its photo, is skipped.

    What values mean is told by some of the masks; where another one speaks against it, by all.
    """
    wanted = set(evidence.files)
    pairs = [pair for pair in pairs_in(listing) if pair.mask in wanted]
    whole = [pair for pair in pairs if pair.way != OBJECT]
    with suppress(_OtherMeaning):
        return _read(listing, pairs, cancel, evenly(whole, _MEANING), sure=False)
    return _read(listing, pairs, cancel, whole, sure=True)


def _read(
    listing: Listing,
    pairs: Sequence[Pair],
    cancel: Cancel | None,
    telling: Sequence[Pair],
    *,
    sure: bool,
) -> AnnotationSet:
    gather = Gather(NAME, cancel)
    gather.set.used.update(pair.mask for pair in pairs)
    names = named_colours(listing, gather)
    for label in names.in_order:
        gather.label(label, names.colour_of(label))
    reader = _Masks(listing, gather, names, sure)
    reader.look(telling)
    for pair in pairs:
        reader.read(pair)
    reader.close()
    return gather.done()


class _OtherMeaning(Exception):
    """A mask that the values cannot mean in what some of the masks have told."""


class _Masks:
    def __init__(self, listing: Listing, gather: Gather, names: ColourNames, sure: bool) -> None:
        self._listing, self._gather, self._names, self._sure = listing, gather, names, sure
        self._told, self._meaning, self._border = Told(), BINARY, False
        self._count: Counter[tuple[str, int]] = Counter()
        self._pictures: dict[tuple[str, int], Picture] = {}

    def look(self, pairs: Sequence[Pair]) -> None:
        """Find out what the values mean."""
        for pair in pairs:
            self._gather.check()
            with suppress(UserError):
                self._look(self._listing.path(pair.mask))
        self._meaning, self._border = self._told.meaning(self._names), self._told.has_border()

    def _look(self, path: Path) -> None:
        """Look at all pages of a mask, or at some of them. Raises UserError."""
        with opened_pages(path) as pages:
            every = range(pages.count)
            for page in every if self._sure else evenly(every, _SAMPLE):
                self._told.add(facts_of(page_of(pages, page, path), path))

    def read(self, pair: Pair) -> None:
        """Add the shapes of one mask, each page to that of the photo."""
        path, page = self._listing.path(pair.mask), 0
        try:
            with opened_pages(path) as pages:
                sizes = self._sizes(pair, pages.count)
                self._refuse_elsewhere(pair)
                for page, size in enumerate(sizes):
                    self._gather.check()
                    picture = self._picture(pair, page, size)
                    self._add(picture, pair, page_of(pages, page, path), path)
        except UserError as error:
            self._gather.skip_error(pair.mask, error)
            self._picture(pair, page, self._listing.size_of(pair.photo)).complete = False

    def close(self) -> None:
        """All pictures are done; those with shapes have been looked at."""
        for picture in self._pictures.values():
            picture.complete = picture.complete or bool(picture.shapes)
            picture.close()

    def _sizes(self, pair: Pair, count: int) -> list[tuple[int, int] | None]:
        """Those of the pages of the photo, of which there must be as many as of the mask."""
        if count == 1:
            return [self._listing.size_of(pair.photo)]
        with opened_pages(self._listing.path(pair.photo)) as photo:
            if photo.count != count:
                raise UserError(
                    "objects.other_pages", file=pair.mask, pages=count, of_image=photo.count
                )
            return [photo.size(page) for page in range(count)]

    def _refuse_elsewhere(self, pair: Pair) -> None:
        """Raises UserError("objects.other_place") for slices of another place than the photo's."""
        mask, photo = self._listing.path(pair.mask), self._listing.path(pair.photo)
        if is_volume(mask) and is_volume(photo) and not lie_alike(mask, photo):
            raise UserError("objects.other_place", file=pair.mask)

    def _picture(self, pair: Pair, page: int, size: tuple[int, int] | None) -> Picture:
        picture = self._pictures.get((pair.photo, page))
        if picture is None:
            picture = self._gather.picture(pair.mask, pair.photo, *(size or (None, None)))
            picture.split = split_in(pair.photo) if "/" in pair.photo else None
            picture.frame = page
            self._pictures[pair.photo, page] = picture
        return picture

    def _add(self, picture: Picture, pair: Pair, image: Image.Image, path: Path) -> None:
        if pair.way == OBJECT or self._meaning == BINARY:
            self._add_thing(picture, pair, image, path)
        elif self._meaning == OBJECTS:
            numbers = numbers_in(image, path)
            if self._fits(picture, pair, numbers.shape):
                self._gather.note("objects.mask_instances")
                for value, bitmap in bitmaps_of(numbers).items():
                    if value:
                        picture.bitmap(THING, bitmap, instance=value)
        else:
            self._add_classes(picture, pair, image, path)

    def _add_thing(self, picture: Picture, pair: Pair, image: Image.Image, path: Path) -> None:
        mask, values = on_in(image, path, alone=pair.way == OBJECT, soft=self._told.soft)
        if not self._fits(picture, pair, mask.shape) or not mask.any():
            return
        if pair.way != OBJECT and self._contradicts(values):
            if not self._sure:
                raise _OtherMeaning
            raise UserError("objects.mask_several", file=pair.mask)
        if not values:
            self._gather.note("objects.mask_soft")
        self._add_one(picture, pair, RunBitmap.of_mask(mask))

    def _contradicts(self, values: frozenset[int]) -> bool:
        """Whether a mask with these values tells more than one thing from all around it."""
        return len(values) > 1 or not (self._told.soft or values <= self._told.values)

    def _add_one(self, picture: Picture, pair: Pair, bitmap: RunBitmap) -> None:
        if pair.way == OBJECT and not pair.label:
            place = picture.path, picture.frame
            self._count[place] += 1
            picture.bitmap(THING, bitmap, instance=self._count[place])
        else:
            if not pair.label:
                self._gather.note("objects.mask_foreground")
            picture.bitmap(pair.label or FOREGROUND, bitmap)

    def _add_classes(self, picture: Picture, pair: Pair, image: Image.Image, path: Path) -> None:
        values = map_of(image, path, self._names)
        if not self._fits(picture, pair, values.shape):
            return
        require_classes(values, pair.mask)
        if not self._names and not self._sure and len(np.unique(values)) > MANY:
            raise _OtherMeaning
        unnamed = False
        border = self._border or (bool(self._names) and image.mode in ("RGB", "RGBA"))
        for value, bitmap in bitmaps_of(values).items():
            if not value:
                continue
            if border and value == VOID and value not in self._names:
                self._gather.note("objects.void")
                picture.complete = False  # with nothing else in it nobody can say what is there
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
