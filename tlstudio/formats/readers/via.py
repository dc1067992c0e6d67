"""VIA, the VGG Image Annotator, versions 1 and 2: its project, its JSON and its CSV.

https://www.robots.ox.ac.uk/~vgg/software/via/ Places are pixels from the top left corner.
Version 1 keeps the regions of an image as an object, version 2 as a list.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._heads import that_fit
from tlstudio.formats.readers._image_names import beside, path_of_url
from tlstudio.formats.readers._values import attributes_of, items, mapping, words
from tlstudio.formats.readers._via_regions import class_attribute, labels_in, read_region

NAME = "via"
_KEYS = (b'"shape_attributes"', b'"region_attributes"', b'"_via_img_metadata"')
_COLUMNS = ("filename", "region_shape_attributes", "region_attributes")

_Object = Mapping[str, object]
_Entry = tuple[str, _Object, list[_Object]]
"""File name, attributes of the file, regions."""


def sniff(listing: Listing) -> Evidence | None:
    """JSON with regions and their shape_attributes, or the CSV that says the same."""
    names = that_fit(listing, listing.named(".json"), _looks_right)
    if names:
        return Evidence(names, "JSON with regions and shape_attributes")
    tables = _tables(listing)
    if tables:
        return Evidence(tables, "CSV with region_shape_attributes")
    return None


def _looks_right(head: bytes) -> bool:
    if any(key in head for key in _KEYS):
        return True
    return b'"file_attributes"' in head and b'"regions"' in head and b'"filename"' in head


def _tables(listing: Listing) -> tuple[str, ...]:
    def is_one(head: bytes) -> bool:
        return b"region_shape_attributes" in head.partition(b"\n")[0]

    return that_fit(listing, listing.named(".csv"), is_one)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """Every image of the files. Raises Cancelled."""
    gather = Gather(NAME, cancel)
    gather.set.used |= set(_tables(listing))  # VIA writes the same in both ways
    for file in evidence.files:
        try:
            _read_file(gather, listing, file)
        except UserError as error:
            gather.skip_error(file, error)
    listing.forget()
    return gather.done()


def _read_file(gather: Gather, listing: Listing, file: str) -> None:
    definitions: _Object = {}
    if file.lower().endswith(".csv"):
        entries = list(_from_table(gather, file, listing.text(file)))
    else:
        value = mapping(listing.json(file))
        definitions = mapping(value.get("_via_attributes"))
        images = value.get("_via_img_metadata", value.get("_via_image_metadata", value))
        entries = list(_from_json(gather, file, mapping(images).values()))
    if not entries:
        raise UserError("reading.not_format", file=file, format=NAME)
    said = (mapping(region.get("region_attributes")) for _, _, some in entries for region in some)
    name = class_attribute(mapping(definitions.get("region")), said)
    if name:
        gather.set.notices.append(Notice("reading.class_attribute", {"name": name}))
    of_file = class_attribute(mapping(definitions.get("file")), (own for _, own, _ in entries))
    for given, own, regions in entries:
        gather.check()
        path = beside(listing, file, path_of_url(given) or given)
        if not path:
            gather.skip(file, "reading.no_image")
            continue
        picture = gather.picture(file, path)
        for label in labels_in(own.get(of_file)):
            picture.image_label(label)
        if kept := attributes_of({key: one for key, one in own.items() if key != of_file}):
            picture.extras["file_attributes"] = kept
        for region in regions:
            read_region(picture, region, name)
        picture.close()


def _from_json(gather: Gather, file: str, images: Iterable[object]) -> Iterator[_Entry]:
    for image in images:
        entry = mapping(image)
        if "regions" not in entry and "filename" not in entry:
            if entry:
                gather.skip(file, "reading.entry")
            continue
        regions = entry.get("regions")
        some = list(regions.values()) if isinstance(regions, dict) else list(items(regions))
        right = [mapping(one) for one in some if mapping(one)]
        for _ in range(len(some) - len(right)):
            gather.skip(file, "reading.entry")
        given = entry.get("filename")
        yield given if isinstance(given, str) else "", mapping(entry.get("file_attributes")), right


def _from_table(gather: Gather, file: str, text: str) -> Iterator[_Entry]:
    """The rows of an image together; a row without a shape says that the image is listed."""
    entries: dict[str, _Entry] = {}
    rows = csv.DictReader(io.StringIO(text.replace("\0", "")))
    try:
        if not set(_COLUMNS) <= {name.lstrip("#") for name in rows.fieldnames or ()}:
            return
        for row in rows:
            name = words(row.get("filename") or row.get("#filename"), 4096)
            shape = _value(row.get("region_shape_attributes"))
            entry = entries.setdefault(name, (name, _value(row.get("file_attributes")), []))
            about = _value(row.get("region_attributes"))
            if shape:
                entry[2].append({"shape_attributes": shape, "region_attributes": about})
    except csv.Error:
        gather.skip(file, "reading.entry")
    yield from entries.values()


def _value(text: object) -> _Object:
    """The JSON object in a cell; an empty one where there is none."""
    try:
        return mapping(json.loads(text)) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
