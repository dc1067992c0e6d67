"""labelme: a JSON file beside each image, without the image's own bytes in it.

https://github.com/wkentaro/labelme
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers.exported import Export, Folder, OutImage, Tally, WriteReport, stem
from tlstudio.formats.writers.forms import count_parts, without_holes
from tlstudio.formats.writers.geometry import cropped, pixels_of
from tlstudio.formats.writers.grouping import Groups
from tlstudio.formats.writers.words import json_text
from tlstudio.imaging.bitmap import Pixels

NAME = "labelme"
STEMS = True
HOLDS = frozenset({"image_label", "box", "polygon", "mask", "groups", "attributes"})
_VERSION = "5.5.0"


def place(image: OutImage) -> str:
    return image.name


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Image labels go out as flags, polygons with holes as masks, parts apart in one group."""
    tally, folder = Tally(export, HOLDS), Folder(out)
    groups = Groups(tally)
    for image in tally.walk(progress, cancel):
        groups.start(image)
        drawn = [shape for shape in image.shapes if shape.kind != "image_label"]
        whole = [shape for shape in image.shapes if shape.kind == "image_label"]
        tally.lose("export.lost.attributes", sum(bool(shape.attributes) for shape in whole))
        tally.lose("export.lost.groups", sum(shape.group is not None for shape in whole))
        shapes = [said for shape in drawn for said in _shapes(shape, image, groups, tally)]
        page: dict[str, Any] = {
            "version": _VERSION,
            "flags": {shape.label: True for shape in whole},
            "shapes": shapes,
            "imagePath": image.name.rpartition("/")[2],
            "imageData": None,
            "imageHeight": image.height,
            "imageWidth": image.width,
        }
        folder.text(f"{stem(image.name)}.json", f"{json_text(page)}\n")
    return tally.report()


def _shapes(
    shape: ReadShape, image: OutImage, groups: Groups, tally: Tally
) -> Iterator[dict[str, Any]]:
    shape = without_holes(shape, image, tally)
    common: dict[str, Any] = {
        "label": shape.label,
        "group_id": groups.of(shape, count_parts(shape)),
        "description": "",
        "flags": {},
    }
    if shape.attributes:
        common["attributes"] = dict(shape.attributes)
    if shape.box is not None:
        x, y, w, h = shape.box
        points = [[x, y], [x + w, y + h]]
        yield {**common, "points": points, "shape_type": "rectangle", "mask": None}
    elif shape.parts is not None:
        for part in shape.parts:
            points = [[x, y] for x, y in part[0]]
            yield {**common, "points": points, "shape_type": "polygon", "mask": None}
    else:
        area, mask = cropped(pixels_of(shape, image.width, image.height))
        # The second point is the last pixel, not one past it.
        points = [[area.x, area.y], [area.x + area.w - 1, area.y + area.h - 1]]
        yield {**common, "points": points, "shape_type": "mask", "mask": _png(mask)}


def _png(mask: Pixels) -> str:
    """The pixels as a black and white PNG, in base64."""
    packed = io.BytesIO()
    Image.fromarray(mask).save(packed, "PNG")
    return base64.b64encode(packed.getvalue()).decode("ascii")
