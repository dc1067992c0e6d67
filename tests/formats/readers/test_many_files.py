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


@pytest.mark.parametrize("made", [datumaro, label_studio, via, via_table])
def test_all_files_of_many_are_read(read: Any, made: Any) -> None:
    ending = "csv" if made is via_table else "json"
    names = [f"{at:02}" for at in range(23)]
    files = {f"{name}.{ending}": made(f"{name}.png") for name in names}
    found = read({**files, **{f"{name}.png": (10, 10) for name in names}})
    assert {image.path: len(image.shapes) for image in found.images} == {
        f"{name}.png": 1 for name in names
    }
