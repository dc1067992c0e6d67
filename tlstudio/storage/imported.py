"""Annotations of an import, many at a time: stored, found again, changed, taken away."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tlstudio.domain.texts import lawful
from tlstudio.storage.connection import Db, listed
from tlstudio.storage.tiles import Place

_IN = "(SELECT value FROM json_each(?))"


class ShapeRow(NamedTuple):
    """An annotation ready for the database, but for its image and its place in the order.

    `parts` and `attributes` are JSON; `tiles` are the pixels of a mask; `import_id` is in the
    attributes too.
    """

    kind: str
    label: int
    x: float | None = None
    y: float | None = None
    w: float | None = None
    h: float | None = None
    parts: str | None = None
    instance: int | None = None
    group: str | None = None
    crowd: bool = False
    attributes: str = "{}"
    confidence: float | None = None
    suggestion: bool = False
    author: str = ""
    tiles: Mapping[Place, bytes] | None = None
    import_id: str = ""


class Stored(NamedTuple):
    """An annotation that is there. `touched`: somebody has changed it since it was made."""

    id: int
    kind: str
    label: int
    x: float | None
    y: float | None
    w: float | None
    h: float | None
    parts: str | None
    instance: int | None
    group: str | None
    crowd: int
    attributes: str
    confidence: float | None
    suggestion: int
    source: str
    touched: int
    z: int


def of_images(db: Db, ids: Iterable[int]) -> dict[int, list[Stored]]:
    """Annotations by image, suggestions too; images without any are left out."""
    found: dict[int, list[Stored]] = {}
    for row in db.execute(
        "SELECT image_id, id, kind, label_id, x, y, w, h, parts, instance, track, crowd,"
        " attributes, confidence, suggestion, source, updated_at <> created_at, z"
        f" FROM annotations WHERE image_id IN {_IN} ORDER BY image_id, z, id",
        (listed(ids),),
    ):
        found.setdefault(row[0], []).append(Stored._make(row[1:]))
    return found


_COLUMNS = (
    "id, image_id, kind, label_id, z, instance, track, crowd, x, y, w, h, parts, attributes,"
    " source, confidence, suggestion, author, created_at, updated_at, updated_by"
)
_TILE = "annotation_id, tile_x, tile_y, data"


def add(
    db: Db, items: Iterable[tuple[int, int, ShapeRow]], labels: Sequence[int] | None = None
) -> int:
    """Store (image, z, shape); how many that were. A model's are those that are suggestions.

    With `labels` the label of a shape is a place in it.
    """
    number = first = db.last_id("annotations")
    rows: list[tuple[object, ...]] = []
    tiles: list[tuple[int, int, int, bytes]] = []
    now = db.now
    for image, z, row in items:
        number += 1
        author = row.author or db.author
        label = row.label if labels is None else labels[row.label]
        rows.append(
            (
                number, image, row.kind, label, z, row.instance, row.group, int(row.crowd),
                row.x, row.y, row.w, row.h, row.parts, row.attributes, _source(row),
                row.confidence, int(row.suggestion), author, now, now, author,
            )
        )  # fmt: skip
        if row.tiles:
            tiles += [(number, x, y, data) for (x, y), data in row.tiles.items()]
    db.insert_rows("annotations", _COLUMNS, rows)
    db.insert_rows("mask_tiles", _TILE, tiles)
    return number - first


def _source(row: ShapeRow) -> str:
    return "model" if row.suggestion else "import"


def change(db: Db, items: Sequence[tuple[int, ShapeRow]]) -> None:
    """Write (id, shape) over what is there; it counts as made anew by the import."""
    db.many(
        "UPDATE annotations SET label_id = ?, instance = ?, track = ?, crowd = ?, x = ?, y = ?,"
        " w = ?, h = ?, parts = ?, attributes = ?, confidence = ?, suggestion = ?, source = ?,"
        " created_at = ?, updated_at = ? WHERE id = ?",
        [
            (
                row.label, row.instance, row.group, int(row.crowd), row.x, row.y, row.w, row.h,
                row.parts, row.attributes, row.confidence, int(row.suggestion), _source(row),
                db.now, db.now, number,
            )
            for number, row in items
        ],
    )  # fmt: skip
    masks = [(number, row.tiles) for number, row in items if row.tiles is not None]
    db.many("DELETE FROM mask_tiles WHERE annotation_id = ?", [(number,) for number, _ in masks])
    pixels = [(n, x, y, data) for n, tiles in masks for (x, y), data in tiles.items()]
    db.insert_rows("mask_tiles", _TILE, pixels)


def remove(db: Db, ids: Iterable[int]) -> None:
    """Take annotations away by id."""
    db.execute(f"DELETE FROM annotations WHERE id IN {_IN}", (listed(ids),))


def sizes(db: Db, ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """(width, height, EXIF orientation) of these images."""
    rows = db.execute(
        f"SELECT id, width, height, orientation FROM images WHERE id IN {_IN}", (listed(ids),)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def attributes(db: Db, ids: Iterable[int]) -> dict[int, dict[str, object]]:
    """What is kept of these images beside labels and shapes; images without are left out."""
    rows = db.execute(
        f"SELECT id, attributes FROM images WHERE attributes <> '{{}}' AND id IN {_IN}",
        (listed(ids),),
    )
    return {row[0]: json.loads(row[1]) for row in rows}


def set_attributes(db: Db, items: Mapping[int, Mapping[str, object]]) -> None:
    """Keep this of these images; what they have under other names stays."""
    before = attributes(db, items)
    rows = []
    for image, more in items.items():
        text = as_json({**before.get(image, {}), **more})
        rows.append((text, db.now, db.author, image, text))
    db.many(
        "UPDATE images SET attributes = ?, changed_at = ?, changed_by = ?"
        " WHERE id = ? AND attributes IS NOT ?",
        rows,
    )


_TEXT = json.JSONEncoder(ensure_ascii=False).encode
_PLAIN = json.JSONEncoder(ensure_ascii=False, default=str, allow_nan=False)


def as_json(value: Mapping[str, object]) -> str:
    """The JSON that the database keeps; what JSON has no words for becomes text."""
    if not value:
        return "{}"
    if len(value) == 1:  # most shapes have an id and nothing else, and an encoder costs 3 µs
        ((key, only),) = value.items()
        if type(only) is str:
            return lawful(f"{{{_TEXT(str(key))}: {_TEXT(only)}}}")
    try:
        text = _PLAIN.encode(dict(value))
    except (ValueError, TypeError, RecursionError):  # NaN, a ring of references, odd keys
        text = json.dumps({str(k): str(v) for k, v in value.items()}, ensure_ascii=False)
    return lawful(text)
