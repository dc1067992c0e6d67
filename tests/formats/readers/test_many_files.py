"""Sources of one annotation file for each image: all of them are read, not the first alone."""

from __future__ import annotations

import json
from typing import Any

import pytest


def datumaro(name: str) -> Any:
    labels = {"label": {"labels": [{"name": "cat"}]}}
    box = {"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]}
    item = {"id": name, "image": {"path": name}, "annotations": [box]}
    return {"dm_format_version": "1.0", "categories": labels, "items": [item]}


def label_studio(name: str) -> Any:
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rectanglelabels": ["cat"]}
    known = {"type": "rectanglelabels", "from_name": "label", "to_name": "image"}
    made = {**known, "value": value, "original_width": 10, "original_height": 10}
    return [{"id": 1, "data": {"image": name}, "annotations": [{"result": [made]}]}]


RECT = {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4}


def via(name: str) -> Any:
    region = {"shape_attributes": RECT, "region_attributes": {"label": "cat"}}
    return {name: {"filename": name, "size": 9, "regions": [region], "file_attributes": {}}}


def via_table(name: str) -> Any:
    cells = (name, json.dumps(RECT), json.dumps({"label": "cat"}))
    quoted = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    return f"filename,region_shape_attributes,region_attributes\n{quoted}\n"


def coco(name: str) -> Any:
    image = {"id": 1, "file_name": name, "width": 10, "height": 10}
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4]}
    return {"images": [image], "annotations": [box], "categories": [{"id": 1, "name": "cat"}]}


def table(name: str) -> Any:
    return f"filename,xmin,ymin,xmax,ymax,class\n{name},1,2,4,6,cat\n"


@pytest.mark.parametrize(
    ("made", "count"),
    [(datumaro, 23), (label_studio, 23), (via, 23), (via_table, 23), (coco, 203), (table, 53)],
)
def test_all_files_of_many_are_read(read: Any, made: Any, count: int) -> None:
    ending = "csv" if made in (via_table, table) else "json"
    names = [f"{at:03}" for at in range(count)]
    files = {f"{name}.{ending}": made(f"{name}.png") for name in names}
    found = read({**files, **{f"{name}.png": (10, 10) for name in names}})
    assert {image.path: len(image.shapes) for image in found.images} == {
        f"{name}.png": 1 for name in names
    }
