"""Annotation files on the command line: what is told, and the same JSON for a dry run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Three pictures; the second is listed without objects, a fourth is missing."""
    folder = tmp_path / "set"
    for index, name in enumerate("abc"):
        (folder / "images").mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(index).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{name}.png")
    said = {
        "images": [
            {"id": i, "file_name": f"{name}.png", "width": 64, "height": 48}
            for i, name in enumerate("abcd", start=1)
        ],
        "categories": [{"id": 1, "name": "cell"}, {"id": 2, "name": "dust"}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [4, 5, 20, 10], "iscrowd": 0},
            {"id": 2, "image_id": 3, "category_id": 2, "bbox": [4, 5, 20, 10], "iscrowd": 0},
            {"id": 3, "image_id": 3, "category_id": 1, "bbox": [4, 5, 0, 10], "iscrowd": 0},
        ],
    }
    (folder / "coco.json").write_text(json.dumps(said))
    return folder


def test_a_dry_run_tells_what_the_import_then_does(
    tlstudio: Callable[..., Any], source: Path
) -> None:
    tlstudio("new", "p.tlproj")
    told = tlstudio("import", "p.tlproj", source, "--dry-run", "--json").json
    assert tlstudio("info", "p.tlproj", "--json").json["images"] == 0
    done = tlstudio("import", "p.tlproj", source, "--json").json
    assert told == done
    assert done["format"] == "coco"
    assert (done["images"], done["images_added"], done["images_missing"]) == (3, 3, 1)
    assert (done["annotations"], done["labels"]) == (2, {"cell": 1, "dust": 1})
    assert {item["code"] for item in done["skipped"]} == {"data.image_missing", "data.shape_small"}
    info = tlstudio("info", "p.tlproj", "--json").json
    assert info["kinds"] == {"box": 2}
    assert info["states"] == {"labelled": 3}


def test_the_file_alone_is_attached_to_images_that_are_here(
    tlstudio: Callable[..., Any], source: Path
) -> None:
    tlstudio("new", "p.tlproj")
    tlstudio("import", "p.tlproj", source / "images", "--json")
    file = source.parent / "elsewhere" / "labels.json"
    file.parent.mkdir()
    (source / "coco.json").rename(file)
    found = tlstudio("import", "p.tlproj", file, "--label", "dust=", "--label", "cell=nucleus")
    assert "0 new, 3 known, 1 missing; 1 annotation\n" in found.out
    again = tlstudio(
        "import", "p.tlproj", file, "--label", "dust=", "--label", "cell=nucleus", "--json"
    ).json
    assert again["changes"] == {"same": 1}
    assert tlstudio("info", "p.tlproj", "--json").json["labels"] == {"nucleus": 1}


def test_what_cannot_be_read_says_what_was_looked_for(
    tlstudio: Callable[..., Any], source: Path
) -> None:
    tlstudio("new", "p.tlproj")
    (source / "notes.json").write_text("[1, 2]")
    answer = tlstudio("import", "p.tlproj", source / "notes.json", "--json", status=2)
    assert answer.json["error"]["code"] == "data.format_none"
    assert "xanylabeling" in answer.json["error"]["message"]
    answer = tlstudio("import", "p.tlproj", source, "--format", "cvat", "--json", status=2)
    assert answer.json["error"]["code"] == "data.format_not_this"
    answer = tlstudio("import", "p.tlproj", source, "--label", "cell", "--json", status=2)
    assert answer.json["error"]["code"] == "command.label_pair"
