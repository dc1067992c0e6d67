"""Importing annotations as a conversation: what is found, what becomes of the labels, then done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tlstudio.storage import annotations, labels


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two of three pictures annotated: four boxes of three labels, the last without any area."""
    import numpy as np
    from PIL import Image

    folder = tmp_path / "annotated"
    (folder / "images").mkdir(parents=True)
    for index, name in enumerate("abc"):
        pixels = np.random.default_rng(index + 90).integers(0, 255, (48, 64, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / f"{name}.png")
    boxes = [
        (1, 1, [4, 5, 20, 10]),
        (1, 2, [1, 1, 9, 9]),
        (2, 3, [3, 3, 8, 8]),
        (2, 1, [5, 5, 0, 9]),
    ]
    said = {
        "images": [
            {"id": i, "file_name": f"images/{name}.png", "width": 64, "height": 48}
            for i, name in enumerate(("a", "b", "gone"), start=1)
        ],
        "categories": [
            {"id": i, "name": name} for i, name in enumerate(("cell", "dust", "bars"), start=1)
        ],
        "annotations": [
            {"id": n, "image_id": image, "category_id": label, "bbox": box, "iscrowd": 0}
            for n, (image, label, box) in enumerate(boxes, start=1)
        ],
    }
    (folder / "coco.json").write_text(json.dumps(said))
    return folder


@pytest.fixture
def page(opened):
    return opened.window.page("images")


def line_of(table, name: str) -> int:
    return next(n for n in range(table.rowCount()) if table.item(n, 0).text() == name)


def test_labels_are_mapped_before_anything_is_imported(opened, page, source: Path) -> None:
    page.start_import([source])
    result = page._importing._result
    opened.settle(lambda: "missing" in result._found.text())
    assert result._found.text() == "3 images, in COCO; 1 more is annotated but missing"
    assert opened.find("importKinds").text().startswith("Boxes 3")
    table = opened.find("importLabelTable")
    told = {table.item(n, 0).text(): table.item(n, 3).text() for n in range(table.rowCount())}
    assert told == {"bars": "is here", "cell": "new", "dust": "new"}
    table.item(line_of(table, "cell"), 2).setText("nucleus")
    table.item(line_of(table, "dust"), 0).setCheckState(Qt.CheckState.Unchecked)
    assert opened.find("importLabels").text().endswith("New: nucleus")
    opened.settle()
    assert opened.find("importKinds").text().startswith("Boxes 2")
    opened.click("importSkippedToggle")
    said = opened.find("importSkipped").toPlainText()
    assert "There is no image images/gone.png" in said
    opened.click("importGo")
    opened.settle(lambda: page.model.rowCount() == 21)
    names = [label.name for label in opened.context.labels.all()]
    assert "nucleus" in names and "dust" not in names and "cell" not in names
    with opened.context.project.read() as db:
        assert annotations.counts(db)["box"] == 2
        assert labels.by_name(db, "nucleus")


def test_another_source_forgets_what_was_said_of_labels(
    opened, page, source: Path, class_folder
) -> None:
    page.start_import([source])
    opened.settle(lambda: "missing" in page._importing._result._found.text())
    table = opened.find("importLabelTable")
    table.item(line_of(table, "cell"), 2).setText("nucleus")
    opened.settle()
    page._importing._from.set_sources([class_folder({"cell": 2, "new": 2}, name="more", seed=3)])
    opened.settle(lambda: "folders" in page._importing._result._found.text())
    assert page._importing._result.table.label_map() == {}


def test_images_may_lie_in_another_folder(opened, page, source: Path, tmp_path: Path) -> None:
    place = tmp_path / "far"
    (source / "images").rename(place)
    page.start_import([source / "coco.json"])
    result = page._importing._result
    opened.settle(lambda: "3 more are annotated" in result._found.text())
    page._importing._from.set_images_dir(place)
    opened.settle(lambda: result._found.text().startswith("2 images"))
    assert str(place) in opened.find("importSource").text()
    opened.click("importGo")
    opened.settle(lambda: page.model.rowCount() == 20)
