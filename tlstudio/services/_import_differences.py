"""What an import changes on an image that was imported before: nothing comes twice.

A shape is known again by the id that its file gives it or, without one, by what it is; else by
being exactly like one that is there, whoever made that. What a person has changed since stays.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tlstudio.formats.annotation_set import IMPORT_ID
from tlstudio.storage.imported import ShapeRow, Stored
from tlstudio.storage.tiles import Place

Tiles = Mapping[int, Mapping[Place, bytes]]


@dataclass(slots=True)
class Difference:
    """`same` and `kept` count shapes that are there as the file has them, and those that a
    person changed and that stay so; `labels_kept` image labels that a person set otherwise."""

    add: list[ShapeRow] = field(default_factory=list)
    change: list[tuple[int, ShapeRow]] = field(default_factory=list)
    remove: list[int] = field(default_factory=list)
    same: int = 0
    kept: int = 0
    labels_kept: int = 0


def compare(
    stored: Sequence[Stored], rows: Sequence[ShapeRow], origin: str, tiles: Tiles
) -> Difference:
    """How to get from what is `stored` on an image to what the file of `origin` says of it.

    The labels of both are ids; `tiles` are the pixels of stored masks by id.
    """
    result = Difference()
    mine: dict[str, Stored] = {}
    like: dict[tuple[object, ...], list[Stored]] = defaultdict(list)
    for item in stored:
        known = _import_id(item.attributes)
        if known.startswith(f"{origin}#"):
            mine[known] = item
        else:
            like[_looks(item, tiles.get(item.id))].append(item)
    for row in rows:
        before = mine.pop(row.import_id, None)
        if before is not None:
            _again(before, row, tiles, result)
            continue
        twins = like.get(_looks(row, row.tiles))
        if twins:
            twins.pop()
            result.same += 1
        else:
            result.add.append(row)
    result.remove = [item.id for item in mine.values() if not item.touched]
    result.kept += sum(item.touched for item in mine.values())
    _respect_labels(stored, result)
    return result


def _again(before: Stored, row: ShapeRow, tiles: Tiles, result: Difference) -> None:
    if before.touched:
        result.kept += 1
    elif _whole(before, tiles.get(before.id)) == _whole(row, row.tiles):
        result.same += 1
    else:
        result.change.append((before.id, row))


def _respect_labels(stored: Sequence[Stored], result: Difference) -> None:
    """A label of the whole image that a person set is not set aside by a file; one that an
    earlier import set gives way."""
    new = [row for row in result.add if row.kind == "image_label" and not row.suggestion]
    there = [item for item in stored if item.kind == "image_label" and not item.suggestion]
    if not new or not there:
        return
    if any(item.source != "import" or item.touched for item in there):
        result.labels_kept = 1
        result.add = [row for row in result.add if row not in new]
    else:
        gone = (item.id for item in there if item.id not in result.remove)
        result.remove += gone


def _import_id(attributes: str) -> str:
    if f'"{IMPORT_ID}"' not in attributes:
        return ""
    return str(json.loads(attributes).get(IMPORT_ID, ""))


def _looks(item: Stored | ShapeRow, tiles: Mapping[Place, bytes] | None) -> tuple[object, ...]:
    """Equal for shapes that cover the same and mean the same."""
    if item.kind == "image_label":
        return item.kind, item.label, bool(item.suggestion)
    pixels = tuple(sorted(tiles.items())) if item.kind == "mask" and tiles else ()
    place = (item.x, item.y, item.w, item.h, item.parts)
    return item.kind, item.label, bool(item.suggestion), *place, pixels


def _whole(item: Stored | ShapeRow, tiles: Mapping[Place, bytes] | None) -> tuple[object, ...]:
    """All that a file says of a shape."""
    said = (item.instance, item.group, bool(item.crowd), item.attributes, item.confidence)
    return *_looks(item, tiles), *said
