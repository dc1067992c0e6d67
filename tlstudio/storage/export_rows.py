"""Whole projects as rows, quickly and in order: what an export of annotations reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from tlstudio.storage.connection import Db, listed

Row = tuple[Any, ...]


class ImageFacts(NamedTuple):
    """One image and its file: `original` is its name below what was imported, "" for unknown;
    `path` as recorded; `orientation` is the turn that the file states (EXIF, 1 for none);
    `frame_name` is what it is called in a file of several, "" for the only one;
    `burned_in`: the file says that its pixels name somebody."""

    id: int
    name: str
    original: str
    path: str
    sha256: str
    size: int
    frame: int
    width: int
    height: int
    orientation: int
    state: str
    split: str | None
    group: str | None
    missing: bool
    format: str = ""
    frame_name: str = ""
    burned_in: int = 0


class ShapeFacts(NamedTuple):
    """One annotation; `parts` and `attributes` are JSON text."""

    id: int
    image: int
    kind: str
    label: int
    x: float
    y: float
    w: float
    h: float
    parts: str | None
    instance: int | None
    track: str | None
    crowd: int
    attributes: str
    author: str
    confidence: float | None
    suggestion: int


def all_images(db: Db) -> list[ImageFacts]:
    """Every image, in the order they were added."""
    rows = db.execute(
        "SELECT i.id, i.name, s.original, s.path, s.sha256, s.size, i.frame, i.width, i.height,"
        " i.orientation, i.state, i.split, g.name, m.source_id IS NOT NULL, s.format,"
        " i.frame_name, coalesce(json_extract(s.notes, '$.burned_in'), 0)"
        " FROM images i JOIN sources s ON s.id = i.source_id"
        " LEFT JOIN groups g ON g.id = i.group_id"
        " LEFT JOIN missing_sources m ON m.source_id = s.id ORDER BY i.id"
    )
    return [ImageFacts._make(row) for row in rows]


def tags(db: Db) -> dict[int, tuple[str, ...]]:
    """The tags of the images that have any."""
    found: dict[int, list[str]] = {}
    for image, tag in db.execute(
        "SELECT t.image_id, tags.name FROM image_tags t JOIN tags ON tags.id = t.tag_id"
        " ORDER BY t.image_id, tags.name"
    ):
        found.setdefault(image, []).append(tag)
    return {image: tuple(names) for image, names in found.items()}


def shapes(db: Db, images: Sequence[int], *, suggestions: bool) -> Iterator[ShapeFacts]:
    """The annotations of these images, lowest z first; `suggestions` takes those along."""
    rows = db.execute(
        "SELECT id, image_id, kind, label_id, x, y, w, h, parts, instance, track, crowd,"
        " attributes, author, confidence, suggestion FROM annotations"
        " WHERE image_id IN (SELECT value FROM json_each(?)) AND suggestion <= ?"
        " ORDER BY image_id, z, id",
        (listed(images), int(suggestions)),
    )
    return map(ShapeFacts._make, rows)


def count_suggestions(db: Db) -> int:
    """How many suggestions wait to be accepted."""
    return int(db.value("SELECT count(*) FROM annotations WHERE suggestion = 1"))


def count_annotations(db: Db) -> int:
    """How many annotations there are, suggestions too."""
    return int(db.value("SELECT count(*) FROM annotations"))


def count_extras(db: Db) -> int:
    """On how many images another tool left what cannot be learned from: points, lines…"""
    sql = "SELECT count(*) FROM images WHERE json_remove(attributes, '$.spacing') <> '{}'"
    return int(db.value(sql))


def count_commented(db: Db) -> int:
    """How many images have been commented on."""
    return int(db.value("SELECT count(DISTINCT image_id) FROM comments"))
