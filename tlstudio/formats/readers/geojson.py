"""GeoJSON: QuPath's objects, and plain features; one file for each image.

https://datatracker.ietf.org/doc/html/rfc7946, https://qupath.readthedocs.io (Exporting
annotations). Coordinates are pixels from the top left corner of the whole image.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._geojson_features import GEOMETRIES, read_feature
from tlstudio.formats.readers._image_names import beside
from tlstudio.formats.readers._values import items, mapping, name_of, side

NAME = "geojson"
_SAMPLE = 20
_IMAGE_KEYS = ("image", "image_path", "imagePath", "image_name", "filename", "file_name", "file")

_Object = Mapping[str, object]


def sniff(listing: Listing) -> Evidence | None:
    """Files named .geojson, or JSON with features."""
    names = [name for name in listing.named(".geojson") if name]
    others = [n for n in listing.named(".json") if not n.lower().endswith(".geojson")]
    if any(_looks_right(listing.head(name)) for name in others[:_SAMPLE]):
        names += others
    if not any(_looks_right(listing.head(name)) for name in names[:_SAMPLE]):
        return None
    return Evidence(tuple(names), "JSON with features and their geometry")


def _looks_right(head: bytes) -> bool:
    close = b"".join(head.split())
    if b'"FeatureCollection"' in close or b'"type":"Feature"' in close:
        return True
    if b'"coordinates"' not in close:
        return False
    return b'"geometry"' in close or any(f'"type":"{k}"'.encode() in close for k in GEOMETRIES)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """The images that the files are of. Raises Cancelled."""
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
    value = listing.json(file)
    about = mapping(value)
    if not _is_geojson(value):
        raise UserError("reading.not_format", file=file, format=NAME)
    usual = _named(about) or _named(mapping(about.get("properties")))
    if not usual or about.get("type") == "Feature":
        usual = _own_image(listing, file)
    pictures: dict[str, Picture] = {}

    def picture_of(given: str) -> Picture:
        if given not in pictures:
            path = beside(listing, file, given) or given
            pictures[given] = gather.picture(file, path, *_size(about))
        return pictures[given]

    found = list(_features(value))
    for feature in found:
        gather.check()
        entry = mapping(feature)
        if not entry:
            gather.skip(file, "reading.entry")
            continue
        given = _named(mapping(entry.get("properties"))) or usual
        read_feature(picture_of(given), entry)
    if not found:
        picture_of(usual)
    for picture in pictures.values():
        picture.close()


def _is_geojson(value: object) -> bool:
    about = mapping(value)
    if about:
        return about.get("type") in ("FeatureCollection", "Feature", *GEOMETRIES)
    first = mapping(next(iter(items(value)), None))
    return first.get("type") in ("Feature", *GEOMETRIES)


def _features(value: object) -> Iterator[object]:
    """Features of a collection, of a list, or the only one; a bare geometry is one as well."""
    about = mapping(value)
    if about.get("type") == "FeatureCollection":
        yield from items(about.get("features"))
    elif about:
        yield about
    else:
        yield from items(value)


def _named(about: _Object) -> str:
    """The image that an object says it is of."""
    for key in _IMAGE_KEYS:
        given = about.get(key)
        if isinstance(given, dict):
            given = given.get("path", given.get("name"))
        if isinstance(given, str) and posixpath.splitext(name_of(given))[1]:
            return name_of(given)
    return ""


def _own_image(listing: Listing, file: str) -> str:
    """The image called like the file: "a.geojson" or "a.tif.geojson" is of "a.tif"; of several
    the one beside it, or beside its folder."""
    stem = posixpath.splitext(file)[0]
    while True:
        folder, name = posixpath.split(stem)
        for wanted in (stem, posixpath.join(posixpath.dirname(folder), name)):
            several = listing.finder.find(wanted)
            there = [
                name for name in several if posixpath.dirname(name) == posixpath.dirname(wanted)
            ]
            found = next((some[0] for some in (several, there) if len(some) == 1), None)
            if found is not None:
                return "/" + found if found.startswith("/") else _from(file, found)
        shorter = posixpath.splitext(stem)[0]
        if shorter == stem:
            return posixpath.basename(posixpath.splitext(file)[0])
        stem = shorter


def _from(file: str, image: str) -> str:
    """The path of the image as seen from the folder of the file."""
    return posixpath.relpath(image, posixpath.dirname(file) or ".")


def _size(about: _Object) -> tuple[int | None, int | None]:
    own = mapping(about.get("image")) or mapping(about.get("properties"))
    width, height = side(own.get("width")), side(own.get("height"))
    return (width, height) if width is not None and height is not None else (None, None)
