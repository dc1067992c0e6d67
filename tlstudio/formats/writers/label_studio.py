"""Label Studio: tasks.json, with places in per cent of the image, and the labelling interface.

https://labelstud.io/guide/export, https://labelstud.io/tags
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.domain.shapes import Ring
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    in_images,
)
from tlstudio.formats.writers.forms import without_holes
from tlstudio.formats.writers.geometry import brush_runs, pixels_of
from tlstudio.formats.writers.words import json_text, xml_value

NAME = "label-studio"
STEMS = False
HOLDS = frozenset({"image_label", "box", "polygon", "mask"})

place = in_images


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons with holes go out as brushes, parts apart, image labels as choices."""
    tally, folder = Tally(export, HOLDS), Folder(out)
    used: set[str] = set()
    with folder.path("tasks.json").open("w", encoding="utf-8", newline="\n") as file:
        file.write("[")
        for number, image in enumerate(tally.walk(progress, cancel), start=1):
            task = {
                "id": number,
                "data": {"image": place(image)},
                "annotations": [{"id": number, "result": _results(image, tally, used)}],
            }
            file.write(f"{',' if number > 1 else ''}\n{json_text(task)}")
        file.write("\n]\n")
    folder.text("label_config.xml", _interface(export, used))
    return tally.report()


_TAGS = {
    "rectanglelabels": ("box", "RectangleLabels", "Label"),
    "polygonlabels": ("polygon", "PolygonLabels", "Label"),
    "brushlabels": ("brush", "BrushLabels", "Label"),
    "choices": ("choice", "Choices", "Choice"),
}


def _interface(export: Export, used: set[str]) -> str:
    lines = ["<View>", '  <Image name="image" value="$image"/>']
    for kind, (name, tag, each) in _TAGS.items():
        if kind not in used:
            continue
        lines.append(f'  <{tag} name="{name}" toName="image">')
        colour = "" if each == "Choice" else " background={}"
        lines += [
            f"    <{each} value={xml_value(label.name)}{colour.format(xml_value(label.colour))}/>"
            for label in export.labels
        ]
        lines.append(f"  </{tag}>")
    return "\n".join([*lines, "</View>", ""])


def _results(image: OutImage, tally: Tally, used: set[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for shape in image.shapes:
        for kind, value in _values(shape, image, tally):
            used.add(kind)
            said: dict[str, Any] = {
                "id": f"{image.id}-{len(found) + 1}",
                "type": kind,
                "from_name": _TAGS[kind][0],
                "to_name": "image",
            }
            if kind != "choices":
                said["original_width"] = image.width
                said["original_height"] = image.height
                said["image_rotation"] = 0
            said["value"] = {**value, kind: [shape.label]}
            found.append(said)
    return found


def _values(
    shape: ReadShape, image: OutImage, tally: Tally
) -> Iterator[tuple[str, dict[str, Any]]]:
    across, down = 100 / image.width, 100 / image.height
    shape = without_holes(shape, image, tally)
    if shape.kind == "image_label":
        yield "choices", {}
    elif shape.box is not None:
        x, y, w, h = shape.box
        sides = {"x": x * across, "y": y * down, "width": w * across, "height": h * down}
        yield "rectanglelabels", {**sides, "rotation": 0}
    elif shape.parts is not None:
        if len(shape.parts) > 1:
            tally.lose("export.changed.parts_apart")
        for part in shape.parts:
            yield "polygonlabels", {"points": _points(part[0], across, down), "closed": True}
    else:
        pixels = pixels_of(shape, image.width, image.height).whole()
        yield "brushlabels", {"format": "rle", "rle": brush_runs(pixels)}


def _points(ring: Ring, across: float, down: float) -> list[list[float]]:
    return [[x * across, y * down] for x, y in ring]
