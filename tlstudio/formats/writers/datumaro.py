"""Datumaro: annotations/SUBSET.json, pictures in images/SUBSET.

https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from tlstudio.domain.images import Split
from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    split_name,
    stem,
)
from tlstudio.formats.writers.forms import count_parts, without_holes
from tlstudio.formats.writers.geometry import coco_rle, flat, pixels_of
from tlstudio.formats.writers.grouping import Groups
from tlstudio.formats.writers.words import json_text

NAME = "datumaro"
STEMS = True
HOLDS = frozenset(
    {"image_label", "box", "polygon", "mask", "splits", "groups", "crowd", "attributes"}
)
_NONE = "default"


def place(image: OutImage) -> str:
    return f"images/{split_name(image.split, _NONE)}/{image.name}"


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons with holes go out as masks; parts go out apart, in one group."""
    tally = Tally(export, HOLDS)
    groups, numbers, folder = Groups(tally), export.numbers(0), Folder(out)
    head = f'{{"info":{{}},"categories":{json_text(_categories(export))},"items":['
    with ExitStack() as stack:
        files: dict[Split | None, TextIO] = {}

        def opened(split: Split | None) -> TextIO:
            path = folder.path(f"annotations/{split_name(split, _NONE)}.json")
            file = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            file.write(head)
            files[split] = file
            return file

        for image in tally.walk(progress, cancel):
            known = files.get(image.split)
            file = known or opened(image.split)
            groups.start(image)
            file.write(f"{',' if known else ''}\n{json_text(_item(image, numbers, groups, tally))}")
        if not files:
            opened(None)
        for file in files.values():
            file.write("\n]}\n")
    return tally.report()


def _categories(export: Export) -> dict[str, Any]:
    labels = [
        {"name": label.name, "parent": label.parent or "", "attributes": []}
        for label in export.labels
    ]
    return {"label": {"labels": labels, "label_groups": [], "attributes": []}}


def _item(image: OutImage, numbers: dict[str, int], groups: Groups, tally: Tally) -> dict[str, Any]:
    said: list[dict[str, Any]] = []
    for z, shape in enumerate(image.shapes):
        # False is how Datumaro says that an attribute is not there.
        attributes = {key: one for key, one in shape.attributes.items() if one is not False}
        tally.lose("export.lost.attributes", len(attributes) < len(shape.attributes))
        if shape.crowd:
            attributes["is_crowd"] = True
        form = without_holes(shape, image, tally)
        group = groups.of(form, count_parts(form)) or 0
        for geometry in _geometries(form, image):
            said.append(
                {
                    "id": len(said),
                    "attributes": attributes,
                    "group": group,
                    "label_id": numbers[shape.label],
                    "z_order": z,
                    **geometry,
                }
            )
    return {
        "id": stem(image.name),
        "annotations": said,
        "attr": {},
        "image": {"path": image.name, "size": [image.height, image.width]},
    }


def _geometries(shape: ReadShape, image: OutImage) -> Iterator[dict[str, Any]]:
    if shape.kind == "image_label":
        yield {"type": "label"}
    elif shape.box is not None:
        yield {"type": "bbox", "bbox": list(shape.box)}
    elif shape.parts is not None:
        for part in shape.parts:
            yield {"type": "polygon", "points": flat(part[0])}
    else:
        yield {"type": "mask", "rle": coco_rle(pixels_of(shape, image.width, image.height))}
