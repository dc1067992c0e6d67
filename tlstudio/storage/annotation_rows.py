"""Annotations as rows of the database, and rows as annotations."""

from __future__ import annotations

import json
from functools import lru_cache
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
from tlstudio.domain.shapes import bounds
from tlstudio.storage.connection import Db, Record

NAMES = {kind: name for name, kind in KINDS.items()}


def annotation(row: Record) -> Annotation:
    """The annotation that a whole row of the table says."""
    common: dict[str, Any] = {
        "id": str(row["id"]),
        "image": row["image_id"],
        "label": row["label_id"],
        "z": row["z"],
        "instance": row["instance"],
        "group": row["track"],
        "crowd": bool(row["crowd"]),
        "attributes": {} if row["attributes"] == "{}" else json.loads(row["attributes"]),
        "provenance": _provenance(
            row["source"],
            row["author"],
            row["run"],
            row["confidence"],
            bool(row["suggestion"]),
            row["created_at"],
            row["updated_at"],
            row["updated_by"],
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
        tuple(tuple(map(tuple, ring)) for ring in part) for part in json.loads(row["parts"])
    )
    return Polygon(**common, parts=parts)


@lru_cache(1024)
def _provenance(
    source: str,
    author: str,
    run: str | None,
    confidence: float | None,
    suggestion: bool,
    created_at: str,
    updated_at: str,
    updated_by: str,
) -> Provenance:
    """Kept, for the shapes of one image mostly have the same."""
    made = AnnotationSource(source)
    return Provenance(
        made, author, run, confidence, suggestion, created_at, updated_at, updated_by or ""
    )


def record(db: Db, item: Annotation) -> Record:
    """Every column but the id; empty authors and times are those of the transaction."""
    made = item.provenance
    author = made.author or db.author
    return {
        "image_id": item.image,
        "kind": NAMES[type(item)],
        "label_id": item.label,
        "z": item.z,
        "instance": item.instance,
        "track": item.group,
        "crowd": int(item.crowd),
        **geometry(item),
        "attributes": json.dumps(item.attributes, ensure_ascii=False),
        "source": made.source.value,
        "run": made.run,
        "confidence": made.confidence,
        "suggestion": int(made.suggestion),
        "author": author,
        "created_at": made.created_at or db.now,
        "updated_at": made.updated_at or db.now,
        "updated_by": made.updated_by or author,
    }


def geometry(item: Annotation) -> Record:
    """x, y, w, h of what the annotation covers, and a polygon's parts; None for none."""
    x, y, w, h = bounds(item) or (None, None, None, None)
    parts = json.dumps(item.parts) if isinstance(item, Polygon) else None
    return {"x": x, "y": y, "w": w, "h": h, "parts": parts}
