"""COCO instances: annotations/instances_SPLIT.json, images below images/.

Ids are counted from 1. Polygons of one part or more are lists of rings; holes and masks are
compressed run lengths, whatever the crowd flag says. https://cocodataset.org/#format-data
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from tlstudio.domain.images import Split
from tlstudio.domain.progress import Cancel, Progress
from tlstudio.domain.shapes import parts_area, parts_bounds
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    in_images,
    split_name,
)
from tlstudio.formats.writers.forms import without_holes
from tlstudio.formats.writers.geometry import bounds_of, coco_rle, flat, pixels_of
from tlstudio.formats.writers.words import json_text, rgb

NAME = "coco"
STEMS = False
HOLDS = frozenset(
    {"box", "polygon", "mask", "crowd", "attributes", "splits", "groups", "confidence"}
)

place = in_images


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """One file for each split that has images."""
    tally = Tally(export, HOLDS)
    numbers = export.numbers(1)
    categories = [
        {
            "id": numbers[label.name],
            "name": label.name,
            "supercategory": label.parent or "",
            "color": rgb(label.colour),
        }
        for label in export.labels
    ]
    with ExitStack() as stack:
        files: dict[Split | None, _File] = {}
        for image in tally.walk(progress, cancel):
            file = files.get(image.split)
            if file is None:
                file = files[image.split] = stack.enter_context(_File(out, image.split))
            file.add(image, numbers, tally)
        if not files:
            files[None] = stack.enter_context(_File(out, None))
        for file in files.values():
            file.finish(categories)
    return tally.report()


class _File:
    """One file under way: annotations go straight to it, lines of images wait for the end."""

    def __init__(self, out: Path, split: Split | None) -> None:
        name = f"annotations/instances_{split_name(split, 'default')}.json"
        self._path = Folder(out).path(name)
        self._images: list[str] = []
        self._count = 0

    def __enter__(self) -> _File:
        self._file: TextIO = self._path.open("w", encoding="utf-8", newline="\n")
        self._file.write('{"info":{"description":"TL Studio"},"licenses":[],"annotations":[')
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def add(self, image: OutImage, numbers: dict[str, int], tally: Tally) -> None:
        number = len(self._images) + 1
        line = {
            "id": number,
            "file_name": image.name,
            "width": image.width,
            "height": image.height,
        }
        self._images.append(json_text(line))
        lines = []
        for shape in image.shapes:
            self._count += 1
            said: dict[str, Any] = {
                "id": self._count,
                "image_id": number,
                "category_id": numbers[shape.label],
                **_geometry(shape, image, tally),
                "iscrowd": int(shape.crowd),
            }
            if shape.attributes:
                said["attributes"] = dict(shape.attributes)
            if shape.group is not None:
                said["track_id"] = shape.group
            if shape.confidence is not None:
                said["score"] = shape.confidence
            comma = "," if self._count > 1 else ""
            lines.append(f"{comma}\n{json_text(said)}")
        self._file.write("".join(lines))

    def finish(self, categories: list[dict[str, object]]) -> None:
        self._file.write('\n],"images":[\n')
        self._file.write(",\n".join(self._images))
        self._file.write(f'\n],"categories":{json_text(categories)}}}\n')


def _geometry(shape: ReadShape, image: OutImage, tally: Tally) -> dict[str, Any]:
    shape = without_holes(shape, image, tally)
    if shape.box is not None:
        box = shape.box
        return {"bbox": list(box), "area": box[2] * box[3], "segmentation": []}
    if shape.parts is not None:
        return {
            "bbox": list(parts_bounds(shape.parts)),
            "area": parts_area(shape.parts),
            "segmentation": [flat(part[0]) for part in shape.parts],
        }
    pixels = pixels_of(shape, image.width, image.height)
    around = list(bounds_of(shape))
    return {"bbox": around, "area": pixels.area(), "segmentation": coco_rle(pixels)}
