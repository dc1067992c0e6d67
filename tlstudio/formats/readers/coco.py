"""COCO: detection, instances (polygons and both run-length encodings), stuff, panoptic.

https://cocodataset.org/#format-data. Labels go by name: ids may begin at 0 and have gaps.
Several polygons of one annotation are parts of it; a run length is a mask whatever `iscrowd`
says, and the flag is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.json_keys import keys_in
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import SURE, Evidence
from tlstudio.formats.readers._coco_images import Pictures
from tlstudio.formats.readers._coco_panoptic import read_panoptic
from tlstudio.formats.readers._coco_values import append, colour_of, key_of, more_of, rings_of
from tlstudio.formats.readers._gather import Gather, More, Picture
from tlstudio.formats.readers._heads import those
from tlstudio.formats.readers._image_places import split_in
from tlstudio.formats.readers._values import (
    items,
    mapping,
    name_of,
    numbers,
    side,
    words,
)
from tlstudio.formats.rle import RunBitmap
from tlstudio.formats.walk import Listed
from tlstudio.imaging.rle import counts_of

NAME = "coco"

_HEAD = 65536
_SAMPLE = 200
_SIGNS = frozenset(
    {
        "images[].file_name",
        "annotations[].image_id",
        "annotations[].category_id",
        "annotations[].segments_info",
        "annotations[].iscrowd",
        "annotations[].segmentation",
        "categories[].supercategory",
    }
)
_EVERY = 4096
"""Annotations between two looks at whether the work was called off."""


def sniff(listing: Listing) -> Evidence | None:
    """JSON files with lists of images, annotations and categories that refer to each other."""
    found = those(listing.named(".json"), lambda name: _is_coco(listing, name), _SAMPLE)
    if not found:
        return None
    return Evidence(found, "lists of images, annotations and categories", SURE)


def _is_coco(listing: Listing, name: str) -> bool:
    keys = keys_in(listing.head(name, _HEAD))
    lists = {"images", "annotations", "categories"} & keys
    return len(lists) == 3 or bool(lists and _SIGNS & keys)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """All files of the evidence; an image that several of them list is one image."""
    gather = Gather(NAME, cancel)
    whole_set = _Set(listing, gather)
    for name in evidence.files:
        gather.check()
        try:
            data = listing.json(name)
        except UserError as error:
            gather.skip_error(name, error)
            continue
        listing.forget()  # what is read from it is let go of piece by piece
        if isinstance(data, dict):
            _File(whole_set, name, data).read()
        else:
            gather.skip(name, "reading.not_format", format="COCO")
        del data
    whole_set.pictures.close()
    gather.set.used |= {image.name for image in listing.images if _is_pixel_map(image)}
    return gather.done()


def _is_pixel_map(image: Listed) -> bool:
    """COCO's stuff comes as pictures too, which say what its JSON says (stuff_*_pixelmaps)."""
    return any(folder.lower().endswith("_pixelmaps") for folder in image.folders)


class _Set:
    """The images of all files by their place, so that two files about one image meet."""

    def __init__(self, listing: Listing, gather: Gather) -> None:
        self.listing, self.gather = listing, gather
        self.pictures = Pictures(listing, gather)


class _File:
    def __init__(self, whole_set: _Set, name: str, data: Mapping[str, object]) -> None:
        self._set, self._name, self._data = whole_set, name, data
        self._gather = whole_set.gather
        self._images: dict[str, Picture] = {}
        self._categories: dict[str, str] = {}
        self._things: set[str] = set()
        self._split = split_in(name)
        self._seen: set[str] = set()

    def read(self) -> None:
        self._read_categories()
        self._read_images()
        annotations = self._data.get("annotations")
        listed = annotations if isinstance(annotations, list) else []
        for index, value in enumerate(listed):
            listed[index] = None
            if index % _EVERY == 0:
                self._gather.check()
            if isinstance(value, dict):
                self._read_annotation(value)
            else:
                self._gather.skip(self._name, "reading.entry")

    def _read_categories(self) -> None:
        """Ids to names. A first category that only names the others (an export of Roboflow) is
        no label."""
        listed = [c for c in items(self._data.get("categories")) if isinstance(c, dict)]
        above = {words(c.get("supercategory")) for c in listed}
        annotations = items(self._data.get("annotations"))
        used: set[str | None] | None = None
        for category in listed:
            key, name = key_of(category.get("id")), words(category.get("name"))
            if key is None or key in self._categories:
                self._gather.skip(self._name, "objects.double_category")
                continue
            name = name or key
            self._categories[key] = name
            if category.get("isthing", 1) not in (0, "0", False):
                self._things.add(key)
            if key == "0" and name in above:
                if used is None:
                    used = {key_of(mapping(a).get("category_id")) for a in annotations}
                if key not in used:
                    self._gather.note("objects.unused_label")
                    continue
            self._gather.label(name, colour_of(category.get("color")))

    def _read_images(self) -> None:
        for value in items(self._data.get("images")):
            image = mapping(value)
            key, path = key_of(image.get("id")), name_of(image.get("file_name"))
            if not path and isinstance(image.get("coco_url"), str):
                path = name_of(image.get("coco_url")).rsplit("/", 1)[-1]
            if not path:
                self._gather.skip(self._name, "reading.no_image")
            elif key is None or key in self._images:
                self._gather.skip(self._name, "objects.double_image")
            else:
                self._images[key] = self._picture(path, image)

    def _picture(self, path: str, image: Mapping[str, object]) -> Picture:
        split = self._split or (split_in(path) if "/" in path else None)
        size = side(image.get("width")), side(image.get("height"))
        picture = self._set.pictures.of(self._name, split, path, *size)
        picture.split = picture.split or split
        return picture

    def _read_annotation(self, value: Mapping[str, object]) -> None:
        picture = self._images.get(key_of(value.get("image_id")) or "")
        if picture is None:
            self._gather.skip(self._name, "objects.no_image")
            return
        if isinstance(value.get("segments_info"), list):
            labels = self._categories, self._things
            read_panoptic(self._set.listing, self._name, picture, value, *labels)
            return
        if isinstance(value.get("caption"), str) and "category_id" not in value:
            append(picture, "captions", words(value["caption"], 2000))
            self._gather.note("objects.captions")
            return
        label = self._categories.get(key_of(value.get("category_id")) or "")
        if label is None:
            self._gather.skip(self._name, "reading.no_category")
            return
        key = key_of(value.get("id"))
        if key is not None and self._repeated(key):
            self._gather.note("objects.double_ids")
            key = None
        if "keypoints" in value:
            self._read_keypoints(picture, label, value)
        self._read_shape(picture, label, value, more_of(value, key))

    def _repeated(self, key: str) -> bool:
        again = key in self._seen
        self._seen.add(key)
        return again

    def _read_shape(
        self, picture: Picture, label: str, value: Mapping[str, object], more: More
    ) -> None:
        """The segmentation where there is one, else the box."""
        outline = value.get("segmentation")
        if isinstance(outline, dict) and outline.get("counts"):
            self._read_runs(picture, label, outline, more)
        elif isinstance(outline, list) and (rings := rings_of(outline)) is not None and rings:
            picture.polygon(label, tuple((ring,) for ring in rings), **more)
        elif isinstance(outline, list) and outline and rings is None:
            picture.skip("reading.not_numbers")
        elif value.get("bbox") is not None:
            box = numbers(value["bbox"], 4) or (None, None, None, None)
            picture.box(label, *box, **more)
        elif outline is not None and outline != []:
            picture.skip("reading.few_points")
        else:
            picture.image_label(label, **more)

    def _read_runs(
        self, picture: Picture, label: str, outline: Mapping[str, object], more: More
    ) -> None:
        sides = [side(value) for value in items(outline.get("size"))]
        height, width = sides if len(sides) == 2 else (picture.height, picture.width)
        if width is None or height is None:
            picture.skip("reading.mask", detail="no size")
        elif (picture.width or width, picture.height or height) != (width, height):
            picture.skip("objects.other_size", width=width, height=height)
        else:
            try:
                counts = counts_of(outline["counts"], width, height)
            except UserError as error:
                picture.skip("reading.mask", **error.params)
                return
            picture.bitmap(label, RunBitmap.of_counts(counts, width, height), **more)

    def _read_keypoints(self, picture: Picture, label: str, value: Mapping[str, object]) -> None:
        found = numbers(value.get("keypoints"))
        if not found or len(found) % 3:
            return
        points = [found[at : at + 3] for at in range(0, len(found), 3)]
        append(picture, "points", {"label": label, "points": points})
        self._gather.note("objects.points")
