"""Pascal VOC: boxes in XML files, masks in SegmentationClass and SegmentationObject.

The original counts corners from 1 with the last pixel inside, many tools from 0: which it is
is told by the whole set and said. (Everingham et al., development kit 2012, section 5.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import AnnotationSet, nothing
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._gather import Gather, More, Picture
from tlstudio.formats.readers._image_places import folder_of, joined, place_of, stem_of
from tlstudio.formats.readers._values import name_of, number, side, words, yes
from tlstudio.formats.readers._voc_corners import Corners, RawCorners, raw_corners
from tlstudio.formats.readers._voc_lists import VocLists
from tlstudio.formats.readers._voc_masks import VocMasks, masks_in

NAME = "voc"

_SAMPLE = 200
_HEAD = 8192
_FLAGS = ("difficult", "truncated", "occluded")


def sniff(listing: Listing) -> Evidence | None:
    """XML files about one image with its size and boxes, or folders of VOC masks."""
    files = listing.named(".xml")
    heads = [listing.head(name, _HEAD) for name in files[:_SAMPLE]]
    boxes = [b"<bndbox" in head or b"<robndbox" in head for head in heads]
    plain = [_is_voc(head) for head in heads]
    masks = tuple(masks_in(listing))
    if any(plain):
        strength = SURE if any(boxes) or masks else LIKELY
        return Evidence((*files, *masks), "XML files of one image each, with boxes", strength)
    if masks:
        return Evidence(masks, "a folder called SegmentationClass or SegmentationObject", SURE)
    return None


def _is_voc(head: bytes) -> bool:
    """One image, its size in <size>; without the signs of labelme 3 and CVAT."""
    return (
        b"<annotation" in head
        and b"<annotations" not in head
        and (b"<bndbox" in head or b"<robndbox" in head or b"<size>" in head)
        and b"<imagesize" not in head
    )


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """Boxes (and polygons that some tools add) of the XML files, and masks beside them."""
    gather = Gather(NAME, cancel)
    corners = Corners()
    splits = VocLists(listing, gather)
    pictures: dict[str, Picture] = {}
    found: dict[str, list[_Object]] = {}
    for name in evidence.files:
        if name.lower().endswith(".xml"):
            gather.check()
            root = _root(listing, gather, name)
            picture = None if root is None else _picture(listing, gather, name, root)
            if root is None or picture is None:
                continue
            if picture.path in pictures:
                gather.skip(name, "objects.double_image")
                continue
            picture.split = splits.split_of(picture.path)
            pictures[picture.path] = picture
            corners.look(root)
            found[picture.path] = [_object(item) for item in root.iter("object")]
    for path, objects in found.items():
        for item in objects:
            item.add_to(pictures[path], corners)
    found.clear()
    VocMasks(listing, gather, pictures, splits).read(masks_in(listing))
    for picture in pictures.values():
        picture.close()
    made = gather.done()
    made.notices += corners.notices()
    return made


def _root(listing: Listing, gather: Gather, name: str) -> Element | None:
    try:
        root = listing.xml(name)
    except UserError as error:
        gather.skip_error(name, error)
        return None
    if root.tag != "annotation":
        gather.skip(name, "reading.not_format", format="VOC")
        return None
    return root


def _picture(listing: Listing, gather: Gather, name: str, root: Element) -> Picture:
    width, height = root.findtext("size/width"), root.findtext("size/height")
    return gather.picture(name, _image_of(listing, name, root), side(width), side(height))


def _image_of(listing: Listing, name: str, root: Element) -> str:
    """The image that the file names; else, or where that is not there, the one of its own name.

    Tools differ in whether the name has an ending, and files are renamed after they are made.
    """
    said = name_of(root.findtext("filename")) or name_of(root.findtext("path"))
    if said:
        place = _beside(listing, name, said) or place_of(listing, said, name)
        if place in listing:
            return place
    own = _beside(listing, name, stem_of(name))
    own = own or listing.find_image(joined(folder_of(name), stem_of(name)))
    return own or said or joined(folder_of(name), stem_of(name))


def _beside(listing: Listing, file: str, said: str) -> str | None:
    """The image of that name in the folder that VOC has for them, beside that of the file."""
    folder = joined(folder_of(folder_of(file)), "JPEGImages")
    found = listing.find_image(joined(folder, said)) if said else None
    return found if found is not None and folder_of(found) == folder else None


@dataclass(frozen=True, slots=True)
class _Object:
    """An object until it is known what the corners of the set count from; the file itself is
    let go of. Either `ring` or `corners` is given; none where the file has neither."""

    label: str
    attributes: Mapping[str, object]
    outlined: bool
    ring: Ring | None
    corners: RawCorners | None

    def add_to(self, picture: Picture, corners: Corners) -> None:
        more = More(attributes=self.attributes)
        if self.outlined:
            picture.ring(self.label, self.ring, **more)
        elif self.corners is not None:
            picture.box(self.label, *corners.box(self.corners), **more)
        else:
            picture.skip("reading.entry")


def _object(item: Element) -> _Object:
    label, attributes = words(item.findtext("name")), _attributes(item) or nothing()
    polygon, turned, box = item.find("polygon"), item.find("robndbox"), item.find("bndbox")
    ring = None if polygon is None else _ring(polygon)
    if ring is None and turned is not None:
        return _Object(label, attributes, True, _turned(turned), None)
    corners = raw_corners(box) if box is not None else None
    return _Object(label, attributes, ring is not None, ring, corners)


def _attributes(item: Element) -> dict[str, object]:
    made: dict[str, object] = {}
    for name in _FLAGS:
        if yes(item.findtext(name)):
            made[name] = True
    pose = words(item.findtext("pose"))
    if pose and pose.lower() != "unspecified":
        made["pose"] = pose
    for attribute in item.iterfind("attributes/attribute"):
        name, value = words(attribute.findtext("name")), words(attribute.findtext("value"))
        if name and value:
            made[name] = value
    return made


def _ring(polygon: Element) -> Ring | None:
    """<x1/><y1/><x2/><y2/>… or <pt><x/><y/></pt>…; None where there are no points."""
    points = [(pt.findtext("x"), pt.findtext("y")) for pt in polygon.iterfind("pt")]
    at = 1
    while not points or at > 1:
        x, y = polygon.findtext(f"x{at}"), polygon.findtext(f"y{at}")
        if x is None or y is None:
            break
        points.append((x, y))
        at += 1
    made = [(number(x), number(y)) for x, y in points]
    whole = [(x, y) for x, y in made if x is not None and y is not None]
    return tuple(whole) if len(whole) == len(made) and len(made) > 2 else None


def _turned(box: Element) -> Ring | None:
    """The corners of a box about its middle, turned clockwise by radians (roLabelImg)."""
    found = [number(box.findtext(name)) for name in ("cx", "cy", "w", "h", "angle")]
    values = [value for value in found if value is not None]
    if len(values) < 5:
        return None
    cx, cy, w, h, angle = values
    sine, cosine = math.sin(angle), math.cos(angle)
    offsets = ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2))
    return tuple((cx + x * cosine - y * sine, cy + x * sine + y * cosine) for x, y in offsets)
