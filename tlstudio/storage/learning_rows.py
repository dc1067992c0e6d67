"""What a run can learn from, as rows: quickly, in order, without the pixels of masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tlstudio.storage.connection import Db, listed


class ImageFacts(NamedTuple):
    """One image and its file; `mode` is Pillow's, `bit_depth` that of a channel; `origin` a keyed
    hash of the bytes that a copy was made from, "" where it has the same; `content_hash` the
    pixel hash of what a synthetic image was made from."""

    id: int
    path: str
    frame: int
    sha256: str
    pixel_hash: str
    near_hash: str
    width: int
    height: int
    mode: str
    bit_depth: int
    state: str
    split: str | None
    group: str | None
    missing: bool
    origin: str = ""
    synthetic: int = 0
    content_hash: str = ""


class ShapeFacts(NamedTuple):
    """One accepted annotation; an image label has no place."""

    id: int
    image: int
    kind: str
    label: int
    x: float | None
    y: float | None
    w: float | None
    h: float | None
    crowd: int


def all_images(db: Db) -> list[ImageFacts]:
    """Every image, in the order they were added."""
    rows = db.execute(
        "SELECT i.id, s.path, i.frame, s.sha256, i.pixel_hash, i.near_hash, i.width, i.height,"
        " i.mode, i.bit_depth, i.state, i.split, g.name, m.source_id IS NOT NULL,"
        " s.origin, i.synthetic, i.content_hash FROM images i JOIN sources s ON s.id = i.source_id"
        " LEFT JOIN groups g ON g.id = i.group_id"
        " LEFT JOIN missing_sources m ON m.source_id = s.id ORDER BY i.id"
    )
    return [ImageFacts._make(row) for row in rows]


def accepted(db: Db, kinds: Iterable[str]) -> Iterator[ShapeFacts]:
    """Every annotation of these kinds that is no suggestion, by image, lowest z first."""
    rows = db.execute(
        "SELECT id, image_id, kind, label_id, x, y, w, h, crowd FROM annotations"
        " WHERE suggestion = 0 AND kind IN (SELECT value FROM json_each(?))"
        " ORDER BY image_id, z, id",
        (listed(kinds),),
    )
    return map(ShapeFacts._make, rows)


def parts(db: Db, ids: Iterable[int]) -> dict[int, str]:
    """The outlines of these polygons as JSON text, by id."""
    return dict(
        db.execute(
            "SELECT id, parts FROM annotations"
            " WHERE parts IS NOT NULL AND id IN (SELECT value FROM json_each(?))",
            (listed(ids),),
        )
    )
