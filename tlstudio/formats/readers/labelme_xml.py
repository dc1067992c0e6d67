"""The XML of the LabelMe web tool (3.0), one file for each image, masks in a folder beside it.

http://labelme2.csail.mit.edu; also what datumaro and CVAT write as "LabelMe 3.0".
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from xml.etree.ElementTree import Element

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import IMPORT_ID, AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._gather import Gather, More, Picture
from tlstudio.formats.readers._image_names import beside
from tlstudio.formats.readers._outlines import is_box, turn_of
from tlstudio.formats.readers._values import name_of, number, ring_of, side, words, yes
from tlstudio.imaging.mask_images import MASK_LIMIT, mask_of_bytes

NAME = "labelme-xml"
_SAMPLE = 20
_PARTS = ("polygon", "segm")
_MARKS = (b"<imagesize", b"<nrows", b"<polygon", b"<segm>", b"<sourceAnnotation")


def sniff(listing: Listing) -> Evidence | None:
    """XML files with <annotation>, an image's size in rows, or outlines."""
    names = listing.named(".xml")
    if not any(_looks_right(listing.head(name)) for name in names[:_SAMPLE]):
        return None
    return Evidence(tuple(names), "XML files of annotation with imagesize or polygon")


def _looks_right(head: bytes) -> bool:
    voc = b"<bndbox" in head or b"<annotations" in head
    return b"<annotation>" in head and not voc and any(mark in head for mark in _MARKS)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """One image for each file. Raises Cancelled."""
    gather = Gather(NAME, cancel)
    for file in evidence.files:
        gather.check()
        try:
            _read_file(gather, listing, file)
        except UserError as error:
            gather.skip_error(file, error)
    return gather.done()


def _read_file(gather: Gather, listing: Listing, file: str) -> None:
    root = listing.xml(file)
    if root.tag != "annotation" or root.find("object/bndbox") is not None:
        raise UserError("reading.not_format", file=file, format=NAME)
    path = _image_path(listing, file, root)
    if not path:
        gather.skip(file, "reading.no_image")
        return
    size = (side(root.findtext("imagesize/ncols")), side(root.findtext("imagesize/nrows")))
    picture = gather.picture(file, path, *size)
    groups = _groups(root)
    for thing in root.iter("object"):
        if yes(_text(thing, "deleted")):
            gather.note("reading.deleted")
        else:
            _read_object(picture, listing, thing, groups)
    picture.close()


def _image_path(listing: Listing, file: str, root: Element) -> str:
    """The image beside the file, else in the folder that the file names."""
    name, folder = _text(root, "filename"), _text(root, "folder")
    path = beside(listing, file, name, own_name=True)
    if path not in listing and folder and name:
        return beside(listing, file, posixpath.join(name_of(folder), name_of(name)))
    return path


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _groups(root: Element) -> dict[str, str]:
    """For the ids of objects that have parts or are one: the id that they belong to."""
    known: dict[str, str] = {}
    for thing in root.iter("object"):
        own, whole = _text(thing, "id"), _text(thing, "parts/ispartof")
        if own and whole:
            known[own] = known[whole] = whole
    return known


def _read_object(
    picture: Picture, listing: Listing, thing: Element, groups: Mapping[str, str]
) -> None:
    own = words(_text(thing, "id"))
    attributes: dict[str, object] = {IMPORT_ID: own} if own else {}
    for entry in _text(thing, "attributes").split(",")[:50]:
        key, _, value = entry.partition("=")
        if words(key) and words(key) != "rotation":
            attributes[words(key)] = words(value) if value else True
    if yes(_text(thing, "occluded")):
        attributes["occluded"] = True
    place = next((part for tag in _PARTS if (part := thing.find(tag)) is not None), None)
    if place is None:
        picture.skip("reading.entry")
        return
    more: More = {"attributes": attributes, "group": groups.get(own)}
    more["author"] = words(_text(place, "username"))
    label = words(_text(thing, "name"))
    if place.tag == "segm":
        _mask(picture, listing, label, place, more)
        return
    _outline(picture, label, _points(place), _text(thing, "type") == "bounding_box", more)


def _points(place: Element) -> Ring | None:
    return ring_of([(pt.findtext("x"), pt.findtext("y")) for pt in place.iter("pt")])


def _outline(picture: Picture, label: str, ring: Ring | None, box: bool, more: More) -> None:
    if ring is None:
        picture.skip("reading.not_numbers")
    elif len(ring) in (1, 2):
        kind = "points" if len(ring) == 1 else "lines"
        picture.aside(kind, label, ring, more["attributes"])
    elif box and is_box(ring, near=0.011):  # what is written has two digits
        x, y = min(x for x, _ in ring), min(y for _, y in ring)
        w, h = max(x for x, _ in ring) - x, max(y for _, y in ring) - y
        picture.box(label, x, y, w, h, **more)
    else:
        if box and len(ring) == 4:
            more["attributes"] = {**more["attributes"], "angle": turn_of(ring)}
        picture.ring(label, ring, **more)


def _mask(picture: Picture, listing: Listing, label: str, place: Element, more: More) -> None:
    """The mask lies in the folder Masks beside the file and is as large as the image."""
    name = posixpath.basename(name_of(_text(place, "mask")))
    if not name:
        picture.skip("reading.mask", detail="no file")
        return
    folder = posixpath.dirname(picture.file)
    wanted = [posixpath.join(folder, "Masks", name), posixpath.join("Masks", name)]
    found = next((one for one in wanted if one in listing), None)
    if found is None:
        picture.skip("reading.mask_missing", mask=name)
        return
    picture.gather.set.used.add(found)
    try:
        pixels = mask_of_bytes(listing.read(found, MASK_LIMIT))
    except UserError as error:
        picture.skip("reading.mask", detail=error.code)
        return
    if (picture.width, picture.height) not in ((None, None), pixels.shape[::-1]):
        left, top = number(_text(place, "box/xmin")), number(_text(place, "box/ymin"))
        picture.mask(label, pixels, int(left or 0), int(top or 0), **more)
    else:
        picture.mask(label, pixels, 0, 0, **more)
