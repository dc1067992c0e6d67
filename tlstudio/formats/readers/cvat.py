"""CVAT's XML 1.0 and 1.1, for images and for video, of one task or of a project.

https://docs.cvat.ai/docs/dataset_management/formats/format-cvat
Coordinates are float pixels from the top left corner.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.layout import split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence
from tlstudio.formats.readers._cvat_images import FileImages, Subsets
from tlstudio.formats.readers._cvat_shapes import read_shape
from tlstudio.formats.readers._cvat_tracks import read_tracks
from tlstudio.formats.readers._gather import Gather
from tlstudio.formats.readers._heads import that_fit
from tlstudio.formats.readers._values import number, side, words

NAME = "cvat"


def sniff(listing: Listing) -> Evidence | None:
    """XML files whose first element is <annotations>: all of them, where the first few hold one."""
    names = that_fit(listing, listing.named(".xml"), _looks_right)
    return Evidence(names, "XML of annotations with task, image or track") if names else None


def _looks_right(head: bytes) -> bool:
    marks = (b"<version", b"<meta", b"<image ", b"<track ", b"<job>", b"<task>")
    return b"<annotations" in head and any(mark in head for mark in marks)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """Every image and every frame with a track. Raises Cancelled."""
    gather = Gather(NAME, cancel)
    images = FileImages(listing, evidence.files)
    for file in evidence.files:
        gather.check()
        try:
            _read_file(gather, images, file)
        except UserError as error:
            gather.skip_error(file, error)
    return gather.done()


def _read_file(gather: Gather, images: FileImages, file: str) -> None:
    root = images.listing.xml(file)
    if root.tag != "annotations":
        raise UserError("reading.not_format", file=file, format=NAME)
    for label in root.iterfind("meta//labels/label"):
        gather.label(words(label.findtext("name")), _colour(label.findtext("color")))
    splits = {
        words(task.findtext("id")): split_named(words(task.findtext("subset")))
        for task in root.iterfind("meta//task")
    }
    subsets = Subsets(images, file, root)
    for image in root.iterfind("image"):
        gather.check()
        only = next(iter(splits.values())) if len(splits) == 1 else None
        known = splits.get(words(image.get("task_id")), only)
        _read_image(gather, file, subsets.path(image), image, known)
    tracks = root.findall("track")
    if tracks:
        read_tracks(gather, images, file, root, tracks)


def _colour(text: str | None) -> str | None:
    found = (text or "").strip().lower()
    right = len(found) == 7 and found[0] == "#" and set(found[1:]) <= set("0123456789abcdef")
    return found if right else None


def _read_image(gather: Gather, file: str, path: str, image: Element, split: Split | None) -> None:
    if not path:
        gather.skip(file, "reading.no_image")
        return
    picture = gather.picture(file, path, side(image.get("width")), side(image.get("height")))
    picture.split = split_named(words(image.get("subset"))) or split
    for shape in sorted(image, key=lambda one: number(one.get("z_order")) or 0.0):
        read_shape(picture, shape, shape.get("label"))
    picture.close()
