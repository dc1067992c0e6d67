"""Annotations of all four kinds; suggestions are marked and never mixed with accepted ones."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tlstudio.domain.annotations import (
    KINDS,
    Annotation,
    AnnotationSource,
    Box,
    ImageLabel,
    Mask,
    Polygon,
    Provenance,
)
from tlstudio.storage.connection import Db, Record, listed

_IN = "(SELECT value FROM json_each(?))"
_NAMES = {kind: name for name, kind in KINDS.items()}


def of_images(
    db: Db, ids: Iterable[int] | None = None, *, suggestions: bool | None = False
) -> dict[int, list[Annotation]]:
    """Annotations by image, lowest z first; images without any are left out.

    `ids` None means all images. `suggestions`: False accepted only, True suggestions only,
    None both.
    """
    where, parameters = [], list[object]()
    if ids is not None:
        where.append(f"image_id IN {_IN}")
        parameters.append(listed(ids))
    if suggestions is not None:
        where.append("suggestion = ?")
        parameters.append(int(suggestions))
    found: dict[int, list[Annotation]] = {}
    clause = " AND ".join(where) or None
    for row in db.rows("annotations", clause, parameters, order_by="image_id, z, id"):
        found.setdefault(row["image_id"], []).append(_annotation(row))
    return found


def image_labels(db: Db) -> list[tuple[int, int]]:
    """(image id, label id) of every accepted image label; the quick way for training."""
    return [
        (row[0], row[1])
        for row in db.execute(
            "SELECT image_id, label_id FROM annotations"
            " WHERE kind = 'image_label' AND suggestion = 0 ORDER BY image_id, label_id"
        )
    ]


def _annotation(row: Record) -> Annotation:
    common: dict[str, Any] = {
        "id": str(row["id"]),
        "image": row["image_id"],
        "label": row["label_id"],
        "z": row["z"],
        "instance": row["instance"],
        "group": row["track"],
        "crowd": bool(row["crowd"]),
        "attributes": json.loads(row["attributes"]),
        "provenance": Provenance(
            source=AnnotationSource(row["source"]),
            author=row["author"],
            run=row["run"],
            confidence=row["confidence"],
            suggestion=bool(row["suggestion"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        ),
    }
    kind = row["kind"]
    if kind == "image_label":
        return ImageLabel(**common)
    if kind == "box":
        return Box(**common, x=row["x"], y=row["y"], w=row["w"], h=row["h"])
    if kind == "mask":
        common |= {side: int(row[side]) for side in ("x", "y", "w", "h")}
        return Mask(**common)
    parts = tuple(
        tuple(tuple((x, y) for x, y in ring) for ring in part) for part in json.loads(row["parts"])
    )
    return Polygon(**common, parts=parts)


def add(db: Db, annotations: Iterable[Annotation]) -> list[str]:
    """Store annotations (their ids are ignored); the new ids, in order.

    An empty author or time in the provenance is filled from the transaction. An image label
    that is there already is not stored twice; its id is returned.
    """
    ids: list[int] = []
    records: list[Record] = []
    fresh: dict[tuple[object, ...], int] = {}
    number = db.last_id("annotations")
    for item in annotations:
        key = (item.image, item.label, item.provenance.suggestion and (item.provenance.run,))
        is_label = isinstance(item, ImageLabel)
        known = (fresh.get(key) or _same_image_label(db, item)) if is_label else None
        if known is None:
            number += 1
            known = number
            records.append({"id": known, **_record(db, item)})
            if is_label:
                fresh[key] = known
        ids.append(known)
    db.insert_all("annotations", records)
    return [str(number) for number in ids]


def _same_image_label(db: Db, item: Annotation) -> int | None:
    suggestion = item.provenance.suggestion
    found: int | None = db.value(
        "SELECT id FROM annotations WHERE image_id = ? AND label_id = ? AND suggestion = ?"
        " AND kind = 'image_label' AND (suggestion = 0 OR run IS ?)",
        (item.image, item.label, int(suggestion), item.provenance.run),
    )
    return found


def _record(db: Db, item: Annotation) -> Record:
    made = item.provenance
    author = made.author or db.author
    return {
        "image_id": item.image,
        "kind": _NAMES[type(item)],
        "label_id": item.label,
        "z": item.z,
        "instance": item.instance,
        "track": item.group,
        "crowd": int(item.crowd),
        **_geometry(item),
        "attributes": json.dumps(item.attributes, ensure_ascii=False),
        "source": made.source.value,
        "run": made.run,
        "confidence": made.confidence,
        "suggestion": int(made.suggestion),
        "author": author,
        "created_at": made.created_at or db.now,
        "updated_at": made.updated_at or db.now,
        "updated_by": author,
    }


def _geometry(item: Annotation) -> dict[str, object]:
    """x, y, w, h of what the annotation covers; a polygon's parts beside them."""
    if isinstance(item, ImageLabel):
        return {}
    if isinstance(item, Polygon):
        x, y, w, h = _bounds(item)
        return {"x": x, "y": y, "w": w, "h": h, "parts": json.dumps(item.parts)}
    return {"x": item.x, "y": item.y, "w": item.w, "h": item.h}


def _bounds(item: Polygon) -> tuple[float, float, float, float]:
    xs = [x for part in item.parts for ring in part for x, _ in ring]
    ys = [y for part in item.parts for ring in part for _, y in ring]
    return (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))


def delete(db: Db, ids: Iterable[str]) -> None:
    """Delete annotations by id."""
    db.execute(f"DELETE FROM annotations WHERE id IN {_IN}", (listed(int(i) for i in ids),))


def set_image_label(
    db: Db,
    ids: Iterable[int],
    label_id: int | None,
    provenance: Provenance | None = None,
    exclusive: bool = True,
) -> None:
    """Give these images the label; None takes all their image labels away.

    `exclusive` replaces the labels of the same exclusive set. Accepted labels and suggestions
    never touch each other here: the provenance says which of the two is set. The images'
    state is the caller's business. Ids of no image are passed over.
    """
    made = provenance or Provenance()
    wanted, kind = listed(ids), int(made.suggestion)
    where = f"image_id IN {_IN} AND kind = 'image_label' AND suggestion = ?"
    if label_id is None:
        db.execute(f"DELETE FROM annotations WHERE {where}", (wanted, kind))
        return
    if exclusive:
        db.execute(
            f"DELETE FROM annotations WHERE {where} AND label_id <> ? AND label_id IN"
            " (SELECT id FROM labels WHERE exclusive_set ="
            " (SELECT exclusive_set FROM labels WHERE id = ?))",
            (wanted, kind, label_id, label_id),
        )
    if made.suggestion:
        db.execute(
            f"DELETE FROM annotations WHERE {where} AND label_id = ?", (wanted, kind, label_id)
        )
    author = made.author or db.author
    db.execute(
        "INSERT INTO annotations (image_id, kind, label_id, source, run, confidence, suggestion,"
        " author, created_at, updated_at, updated_by)"
        " SELECT i.id, 'image_label', :label, :source, :run, :confidence, :suggestion,"
        " :author, :created, :updated, :author FROM images i"
        " WHERE i.id IN (SELECT value FROM json_each(:wanted)) AND NOT EXISTS"
        " (SELECT 1 FROM annotations a WHERE a.image_id = i.id AND a.label_id = :label"
        " AND a.kind = 'image_label' AND a.suggestion = :suggestion)",
        {
            "wanted": wanted,
            "label": label_id,
            "source": made.source.value,
            "run": made.run,
            "confidence": made.confidence,
            "suggestion": kind,
            "author": author,
            "created": made.created_at or db.now,
            "updated": made.updated_at or db.now,
        },
    )


def remove_image_label(db: Db, ids: Iterable[int], label_id: int) -> None:
    """Take this accepted image label away from these images."""
    db.execute(
        f"DELETE FROM annotations WHERE image_id IN {_IN} AND label_id = ?"
        " AND kind = 'image_label' AND suggestion = 0",
        (listed(ids), label_id),
    )


def delete_suggestions(
    db: Db, ids: Iterable[int], *, label_id: int | None = None, kind: str | None = None
) -> None:
    """Drop the suggestions on these images: all, or those of one label or kind."""
    db.execute(
        "DELETE FROM annotations WHERE image_id IN (SELECT value FROM json_each(:ids))"
        " AND suggestion = 1 AND (:label IS NULL OR label_id = :label)"
        " AND (:kind IS NULL OR kind = :kind)",
        {"ids": listed(ids), "label": label_id, "kind": kind},
    )


def suggested_labels(db: Db, ids: Iterable[int]) -> list[tuple[int, int, str | None, float | None]]:
    """(image, label, run, confidence) of suggested image labels, surest first per image."""
    return [
        (row[0], row[1], row[2], row[3])
        for row in db.execute(
            "SELECT image_id, label_id, run, confidence FROM annotations"
            f" WHERE image_id IN {_IN} AND suggestion = 1 AND kind = 'image_label'"
            " ORDER BY image_id, confidence DESC, id",
            (listed(ids),),
        )
    ]


def counts(db: Db) -> dict[str, int]:
    """Accepted annotations by kind; "suggestions" is in it when there are any."""
    return {
        row[0]: row[1]
        for row in db.execute(
            "SELECT CASE suggestion WHEN 1 THEN 'suggestions' ELSE kind END AS what, count(*)"
            " FROM annotations GROUP BY what"
        )
    }


def all_have_image_label(db: Db, ids: Iterable[int], label_id: int) -> bool:
    """Whether every one of these images carries this accepted image label."""
    return not db.value(
        "SELECT EXISTS (SELECT 1 FROM json_each(?) WHERE value NOT IN (SELECT image_id"
        " FROM annotations WHERE label_id = ? AND kind = 'image_label' AND suggestion = 0))",
        (listed(ids), label_id),
    )
