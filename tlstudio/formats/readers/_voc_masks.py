"""Masks of Pascal VOC: one picture of classes, one of objects, 255 (or cream) for the border."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._colour_maps import (
    VOID,
    ColourNames,
    map_of,
    mask_image,
    named_colours,
    require_classes,
    voc_colour,
)
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import folder_of, stem_of
from tlstudio.formats.readers._values import words
from tlstudio.formats.readers._voc_lists import VocLists
from tlstudio.formats.rle import bitmaps_of

_CLASS, _OBJECT, _SHOWN = "segmentationclass", "segmentationobject", "shown"
_NAMES = "class_names.txt"
"""A name for each number from 0, one a line, as labelme writes them."""

_Key = tuple[str, str]
"""The folder above the one of VOC's, and the name of the file without its ending."""

VOC_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair",
    "cow", "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa",
    "train", "tvmonitor",
)  # fmt: skip


def masks_in(listing: Listing) -> list[str]:
    """Pictures in folders called SegmentationClass or SegmentationObject."""
    return [image.name for image in listing.images if _kind(image.folders) in (_CLASS, _OBJECT)]


def shown_in(listing: Listing) -> list[str]:
    """Pictures that only show the masks to a person (SegmentationClassVisualization)."""
    return [image.name for image in listing.images if _kind(image.folders) == _SHOWN]


def _kind(folders: Sequence[str]) -> str:
    """What a folder of VOC's holds, by its name; labelme adds what is in it (PNG)."""
    name = folders[-1].lower() if folders else ""
    if not name.startswith((_CLASS, _OBJECT)):
        return ""
    if name.endswith(("visualization", "viz")):
        return _SHOWN
    return name.removesuffix("png")


class VocMasks:
    """Adds the masks to the pictures that the XML files made, or makes pictures of their own."""

    def __init__(
        self,
        listing: Listing,
        gather: Gather,
        pictures: dict[str, Picture],
        splits: VocLists,
    ) -> None:
        self._listing, self._gather = listing, gather
        self._pictures, self._splits = pictures, splits
        elsewhere = {path: stem_of(path) for path in pictures if path not in listing}
        often = Counter(elsewhere.values())
        self._elsewhere = {
            stem: pictures[path] for path, stem in elsewhere.items() if often[stem] == 1
        }
        self._masks: set[str] = set()

    def read(self, masks: Iterable[str]) -> None:
        found = list(masks)
        if not found:
            return
        self._masks = {*found, *shown_in(self._listing)}
        self._gather.set.used |= self._masks
        classes, objects = _by_stem(found, _CLASS), _by_stem(found, _OBJECT)
        names = named_colours(self._listing, self._gather) or self._numbered_names()
        names = names or self._original_names()
        for label in names.in_order:
            self._gather.label(label, names.colour_of(label))
        keys = dict.fromkeys((*classes, *objects))
        near = {key: image for key in keys if (image := self._near(key)) is not None}
        taken = set(near.values())
        for key in keys:
            self._gather.check()
            image = near.get(key) or self._far(key[1], taken)
            picture = self._picture(key[1], image, classes.get(key) or objects[key])
            if picture is not None:
                self._read_one(picture, classes.get(key), objects.get(key), names)

    def _numbered_names(self) -> ColourNames:
        """Those of class_names.txt, where there is one."""
        files = [n for n in self._listing.named(".txt") if n.rsplit("/", 1)[-1].lower() == _NAMES]
        if len(files) != 1:
            return ColourNames({})
        try:
            lines = [words(line) for line in self._listing.text(files[0]).splitlines()]
        except UserError as error:
            self._gather.skip_error(files[0], error)
            return ColourNames({})
        self._gather.set.used.add(files[0])
        lines = lines[1:] if lines[:1] == ["__ignore__"] else lines
        known = {voc_colour(index): name for index, name in enumerate(lines[:256]) if name}
        return ColourNames(known)

    def _original_names(self) -> ColourNames:
        """Those of VOC 2012, where nothing in the set speaks against them."""
        known = {shape.label for picture in self._pictures.values() for shape in picture.shapes}
        fits = known <= set(VOC_CLASSES)
        names = VOC_CLASSES if fits else ()
        if not names:
            self._gather.note("objects.mask_values")
        return ColourNames({voc_colour(index): name for index, name in enumerate(names)})

    def _picture(self, stem: str, image: str | None, mask: str) -> Picture | None:
        """That of the image; else of one that the XML files name and that lies elsewhere."""
        if image is None:
            if stem not in self._elsewhere:
                self._gather.skip(mask, "objects.no_photo")
            return self._elsewhere.get(stem)
        picture = self._pictures.get(image)
        if picture is None:
            size = self._listing.size_of(image) or (None, None)
            picture = self._pictures[image] = self._gather.picture(mask, image, *size)
            picture.split = self._splits.split_of(image)
        return picture

    def _near(self, key: _Key) -> str | None:
        """The photo in a folder beside that of the mask, else below the one above both."""
        above, stem = key
        below = [name for name in self._called(stem) if not above or name.startswith(above + "/")]
        beside = [name for name in below if folder_of(folder_of(name)) == above]
        return next((some[0] for some in (beside, below) if len(some) == 1), None)

    def _far(self, stem: str, taken: Collection[str]) -> str | None:
        """The only photo of that name, unless a mask lies nearer to it."""
        found = [name for name in self._called(stem) if name not in taken]
        return found[0] if len(found) == 1 else None

    def _called(self, stem: str) -> list[str]:
        return [
            name
            for name in self._listing.finder.find(stem)
            if name not in self._masks and stem_of(name) == stem
        ]

    def _read_one(
        self, picture: Picture, classes: str | None, objects: str | None, names: ColourNames
    ) -> None:
        of_class = self._map(picture, classes, names)
        of_object = self._map(picture, objects)
        if of_object is None or of_class is None or of_object.shape != of_class.shape:
            only = of_class if of_class is not None else of_object
            if only is not None:
                self._take(picture, only, names, instances=of_class is None)
        else:
            self._take_both(picture, of_class, of_object, names)
        if _is_open(classes, of_class) or _is_open(objects, of_object):
            picture.complete = picture.complete and bool(picture.shapes)

    def _take_both(
        self,
        picture: Picture,
        of_class: NDArray[np.uint32],
        of_object: NDArray[np.uint32],
        names: ColourNames,
    ) -> None:
        """Every object with the class that most of it has; what is of none is of its class."""
        for number, (value, bitmap) in enumerate(sorted(bitmaps_of(of_object).items())):
            if value in (0, VOID):
                continue
            inside = of_class[of_object == value]
            values, counts = np.unique(inside[inside != VOID], return_counts=True)
            label = names.name(int(values[counts.argmax()])) if values.size else ""
            if label:
                picture.bitmap(label, bitmap, instance=number)
        self._take(picture, np.where(of_object == 0, of_class, 0), names, instances=False)

    def _take(
        self, picture: Picture, values: NDArray[np.uint32], names: ColourNames, instances: bool
    ) -> None:
        for number, (value, bitmap) in enumerate(sorted(bitmaps_of(values).items())):
            if value in (0, VOID):
                continue
            label = "object" if instances else names.name(value)
            if label:
                picture.bitmap(label, bitmap, instance=number if instances else None)

    def _map(
        self, picture: Picture, name: str | None, names: ColourNames | None = None
    ) -> NDArray[np.uint32] | None:
        if name is None:
            return None
        path = self._listing.path(name)
        try:
            values = map_of(mask_image(path), path, names)
            if names is not None:
                require_classes(values, name)
        except UserError as error:
            self._gather.skip_error(name, error)
            return None
        height, width = values.shape
        if (picture.width or width, picture.height or height) != (width, height):
            self._gather.skip(name, "objects.other_size", width=width, height=height)
            return None
        if (values == VOID).any():
            self._gather.note("objects.void")
        return values


def _is_open(name: str | None, values: NDArray[np.uint32] | None) -> bool:
    """Whether a mask leaves unsaid what is in its image: it cannot be read, or parts are void."""
    return name is not None and (values is None or bool((values == VOID).any()))


def _by_stem(names: Iterable[str], folder: str) -> dict[_Key, str]:
    """Masks of one of the two folders by the folder above it and their name."""
    return {
        (folder_of(folder_of(name)), stem_of(name)): name
        for name in names
        if _kind(folder_of(name).split("/")) == folder
    }
