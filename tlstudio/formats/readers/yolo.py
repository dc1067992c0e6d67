"""YOLO: a text file of fractions for each image; boxes, outlines and oriented boxes.

Covers what Ultralytics, Darknet (YOLO 1.1 of CVAT) and labelImg write, with data.yaml,
obj.names or classes.txt. An empty file is an image with nothing in it; an image without a file
is one that nobody has looked at.
"""

from __future__ import annotations

from itertools import islice

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.layout import split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import GUESS, LIKELY, SURE, Evidence
from tlstudio.formats.readers._gather import Gather, Picture
from tlstudio.formats.readers._image_places import stem_of
from tlstudio.formats.readers._yolo_layout import (
    YoloLayout,
    description_files,
    is_list,
    label_files,
)
from tlstudio.formats.readers._yolo_lines import looks_like_labels, read_line

NAME = "yolo"

_SAMPLE = 300
_MOST_LINES = 100_000
"""Lines of one image; more are no labels."""


def sniff(listing: Listing) -> Evidence | None:
    """Text files of a class and fractions, or empty ones beside a list of classes."""
    described = description_files(listing)
    sample = list(islice(label_files(listing), _SAMPLE))
    heads = {name: listing.head(name).decode("utf-8", errors="replace") for name in sample}
    lines = [name for name, head in heads.items() if looks_like_labels(head)]
    files = (*described, *_labels(listing)) if lines or described else ()
    if lines:
        return Evidence(files, "text files of a class and fractions of the image", SURE)
    if described and any(not head.strip() for head in heads.values()):
        return Evidence(files, "empty label files and a list of classes", LIKELY)
    if any(name.lower().endswith((".yaml", ".yml")) for name in described) and listing.images:
        return Evidence(files, "a description with names of classes", GUESS)
    return None


def _labels(listing: Listing) -> list[str]:
    """The label files; a list of images is none."""
    return [
        name
        for name in label_files(listing)
        if split_named(stem_of(name)) is None or not is_list(listing, name)
    ]


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """The labels of every image; a file whose image is missing is skipped, for its numbers are
    fractions of the image."""
    gather = Gather(NAME, cancel)
    layout = YoloLayout(listing, gather)
    for label in layout.labels:
        gather.label(label)
    described = set(description_files(listing))
    done: set[str] = set()
    unnamed = False
    for name in evidence.files:
        if name in described:
            continue
        gather.check()
        images = [image for image in layout.images_for(name) if image not in done]
        done.update(images)
        unnamed = not layout.classes_for(name).known or unnamed
        _read_file(gather, listing, layout, name, images)
    if unnamed:
        gather.note("objects.names_missing")
    _list_unlabelled(gather, listing, layout, done)
    return gather.done()


def _read_file(
    gather: Gather, listing: Listing, layout: YoloLayout, name: str, images: list[str]
) -> None:
    try:
        text = listing.text(name)
    except UserError as error:
        gather.skip_error(name, error)
        return
    lines = [line for line in text.splitlines() if line.strip()]
    if not images:
        if not lines or looks_like_labels(text):
            gather.skip(name, "objects.no_size")
        return
    if len(lines) > _MOST_LINES or (lines and "\0" in text):
        gather.skip(name, "reading.not_format", format=NAME)
        return
    for image in images:
        size = listing.size_of(image)
        if size is None:
            gather.skip(name, "objects.no_size")
            continue
        picture = gather.picture(name, image, *size)
        picture.split = layout.split_of(image)
        _read_lines(picture, lines, layout, size)
        picture.close()


def _read_lines(
    picture: Picture, lines: list[str], layout: YoloLayout, size: tuple[int, int]
) -> None:
    classes = layout.classes_for(picture.file)
    for line in lines:
        read_line(picture, line, classes, size)
    # A file of which nothing could be read is no proof that nothing is there.
    picture.complete = bool(picture.shapes) or not lines


def _list_unlabelled(gather: Gather, listing: Listing, layout: YoloLayout, done: set[str]) -> None:
    for image in listing.images:
        if image.name in done:
            continue
        picture = gather.picture(image.name, image.name)
        picture.split = layout.split_of(image.name)
        picture.complete = False
        picture.close()
        gather.note("objects.image_without_labels")
