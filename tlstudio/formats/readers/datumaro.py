"""Datumaro's own JSON, one file for each subset.

https://open-edge-platform.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html
Coordinates are float pixels from the top left corner.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.layout import split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._datumaro_shapes import read_annotation
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._heads import that_fit
from tlstudio.formats.readers._image_names import is_image
from tlstudio.formats.readers._values import (
    attributes_of,
    items,
    mapping,
    name_of,
    number,
    side,
    whole,
    words,
)

NAME = "datumaro"

_Object = Mapping[str, object]


def sniff(listing: Listing) -> Evidence | None:
    """JSON with categories by kind and items, as only datumaro writes it."""
    names = that_fit(listing, listing.named(".json"), _looks_right)
    if not names:
        return None
    return Evidence(names, "JSON with categories of labels, and items")


def _looks_right(head: bytes) -> bool:
    if b'"dm_format_version"' in head:
        return True
    close = b"".join(head.split())
    if b'"categories":{' not in close or b'"images":[' in close:
        return False
    return any(key in close for key in (b'"label":{', b'"mask":{', b'"points":{', b'"items":['))


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """Every item of the files. Raises Cancelled."""
    gather = Gather(NAME, cancel)
    for file in evidence.files:
        gather.check()
        try:
            _read_file(gather, listing, file)
        except UserError as error:
            gather.skip_error(file, error)
    listing.forget()
    return gather.done()


def _read_file(gather: Gather, listing: Listing, file: str) -> None:
    value = mapping(listing.json(file))
    if not isinstance(value.get("items"), list) or not isinstance(value.get("categories"), dict):
        raise UserError("reading.not_format", file=file, format=NAME)
    labels = _labels(gather, mapping(value["categories"]))
    subset = posixpath.splitext(posixpath.basename(file))[0]
    for item in items(value["items"]):
        gather.check()
        if mapping(item):
            _read_item(gather, listing, file, subset, labels, mapping(item))
        else:
            gather.skip(file, "reading.entry")


def _labels(gather: Gather, categories: _Object) -> list[str]:
    """The labels by their numbers, with the colours that the file gives them."""
    given = items(mapping(categories.get("label")).get("labels"))
    labels = [words(mapping(one).get("name") or one) for one in given]
    colours: dict[int | None, str] = {}
    for entry in items(mapping(categories.get("mask")).get("colormap")):
        colour = mapping(entry)
        rgb = [number(colour.get(key)) for key in "rgb"]
        if all(part is not None and 0 <= part <= 255 for part in rgb):
            text = "".join(f"{int(part or 0):02x}" for part in rgb)
            colours[whole(colour.get("label_id"))] = f"#{text}"
    for index, label in enumerate(labels):
        gather.label(label, colours.get(index))
    return labels


def _read_item(
    gather: Gather, listing: Listing, file: str, subset: str, labels: list[str], item: _Object
) -> None:
    image = mapping(item.get("image")) or mapping(item.get("media"))
    path = _image_path(listing, file, subset, item, image)
    if not path:
        gather.skip(file, "reading.no_image")
        return
    size = [side(one) for one in items(image.get("size"))]
    height, width = (size[0], size[1]) if len(size) == 2 else (None, None)
    picture = gather.picture(file, path, width, height)
    picture.split = split_named(words(subset))
    if kept := attributes_of(item.get("attr")):
        picture.extras["item"] = kept
    entries = [mapping(one) for one in items(item.get("annotations"))]
    for entry in sorted(entries, key=lambda one: number(one.get("z_order")) or 0.0):
        read_annotation(picture, entry, labels)
    picture.close()


def _image_path(listing: Listing, file: str, subset: str, item: _Object, image: _Object) -> str:
    """Images lie in images/SUBSET beside the folder of the file, called like the item."""
    own, given = words(item.get("id"), 4096), name_of(image.get("path"))
    base = posixpath.dirname(posixpath.dirname(file))
    names = [name for name in (given, posixpath.basename(given)) if name]
    if own and given:
        names.insert(0, own + posixpath.splitext(given)[1])
    for name in names:
        for folder in (posixpath.join("images", subset), "images", ""):
            place = posixpath.normpath(posixpath.join(base, folder, name))
            if is_image(listing, place):
                return place
    found = next((one for name in (*names, own) if (one := listing.find_image(name))), None)
    return found or given or own
