"""Values as COCO writes them: ids, outlines, colours, and what an annotation has beside."""

from __future__ import annotations

from collections.abc import Mapping

from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import IMPORT_ID
from tlstudio.formats.readers._gather import More, Picture
from tlstudio.formats.readers._values import (
    attributes_of,
    items,
    number,
    ring_of,
    ring_of_flat,
    whole,
    words,
)


def key_of(value: object) -> str | None:
    """An id as it may be compared: 7, 7.0 and "7" are one; None for what is no id."""
    if type(value) is int:  # of any length: some tools hash
        return str(value)
    if isinstance(value, str):
        return words(value) or None
    made = whole(value)
    return None if made is None else str(made)


def rings_of(outline: list[object]) -> list[Ring] | None:
    """The rings of at least three points; None where a coordinate is no number."""
    if outline and not any(isinstance(ring, list) for ring in outline):
        outline = [outline]
    made: list[Ring] = []
    for values in outline:
        listed = items(values)
        pairs = bool(listed) and isinstance(listed[0], list)
        ring = ring_of(listed) if pairs else ring_of_flat(listed)
        if ring is None:
            return None
        if len(ring) > 2:
            made.append(ring)
    return made


def more_of(value: Mapping[str, object], key: str | None) -> More:
    """What an annotation has beside its label and place; `key` is its id, kept with it."""
    attributes = attributes_of(value["attributes"]) if "attributes" in value else {}
    if key is not None:
        attributes[IMPORT_ID] = key
    track = attributes.get("track_id", value.get("track_id"))
    score = number(value["score"]) if "score" in value else None
    return More(
        attributes=attributes,
        group=None if track is None else key_of(track),
        crowd=value.get("iscrowd") in (1, "1", True),
        confidence=score if score is not None and 0 <= score <= 1 else None,
    )


def append(picture: Picture, kind: str, entry: object) -> None:
    """Keep with the image what cannot be learned from."""
    kept = picture.extras.setdefault(kind, [])
    if isinstance(kept, list):
        kept.append(entry)


def colour_of(value: object) -> str | None:
    """#RRGGBB of [r, g, b] or of text like it."""
    parts = [whole(part) for part in items(value)]
    if len(parts) == 3 and all(part is not None and 0 <= part <= 255 for part in parts):
        return "#" + "".join(f"{part:02X}" for part in parts if part is not None)
    if isinstance(value, str) and len(value) == 7 and value.startswith("#"):
        digits = value[1:].upper()
        return "#" + digits if all(c in "0123456789ABCDEF" for c in digits) else None
    return None
