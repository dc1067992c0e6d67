"""COCO panoptic: a PNG for each image whose colours number the segments."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.formats.annotation_set import IMPORT_ID
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers._colour_maps import mask_image
from tlstudio.formats.readers._gather import Picture
from tlstudio.formats.readers._image_places import folder_of, joined, place_of, stem_of
from tlstudio.formats.readers._values import items, mapping, name_of, whole
from tlstudio.formats.rle import bitmaps_of


def read_panoptic(
    listing: Listing,
    file: str,
    picture: Picture,
    annotation: Mapping[str, object],
    categories: Mapping[str, str],
    things: Collection[str],
) -> None:
    """Masks of the segments; those of things are numbered as objects, those of stuff are not."""
    name = name_of(annotation.get("file_name"))
    place = _mask_place(listing, file, name, picture.path)
    if place is None:
        picture.skip("objects.no_mask_file", mask=name)
        return
    picture.gather.set.used.add(place)
    try:
        ids = _ids(listing, place)
    except UserError as error:
        picture.skip("objects.no_mask_file", mask=name, detail=str(error))
        return
    height, width = ids.shape
    if (picture.width or width, picture.height or height) != (width, height):
        picture.skip("objects.other_size", width=width, height=height)
        return
    bitmaps = bitmaps_of(ids)
    count = 0
    for value in items(annotation["segments_info"]):
        segment = mapping(value)
        key, category = whole(segment.get("id")), whole(segment.get("category_id"))
        label = categories.get(str(category))
        bitmap = bitmaps.pop(key, None) if key else None
        if label is None:
            picture.skip("reading.no_category")
        elif bitmap is None:
            picture.skip("objects.no_segment")
        else:
            thing = str(category) in things
            count += thing
            picture.bitmap(
                label,
                bitmap,
                instance=count if thing else None,
                crowd=segment.get("iscrowd") in (1, True),
                attributes={IMPORT_ID: f"{key}"},
            )


def _mask_place(listing: Listing, file: str, name: str, photo: str) -> str | None:
    """The PNG: in a folder called like the file, beside it, or wherever its name is unique."""
    stem = stem_of(file)
    folders = (stem, f"{stem}_masks", stem.replace("_annotations", ""), "")
    for folder in folders:
        place = joined(folder_of(file), folder, name)
        if name and place in listing and place != photo:
            return place
    for folder in folders:
        found = place_of(listing, joined(folder, name), file) if name else photo
        if found in listing and found != photo:
            return found
    return None


def _ids(listing: Listing, place: str) -> NDArray[np.uint32]:
    """R + 256 G + 256^2 B of each pixel, [h, w]."""
    image = mask_image(listing.path(place))
    colours = np.asarray(image.convert("RGB")).astype(np.uint32)
    return np.asarray(colours[..., 0] | colours[..., 1] << 8 | colours[..., 2] << 16)
