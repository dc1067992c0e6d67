"""The Labels part of the Export page."""

from __future__ import annotations

import json
from pathlib import Path

from tlstudio.services.exporting_labels import FORMATS as WRITTEN
from tlstudio.ui.pages.export_labels import FORMATS


def _choose(opened, value: str) -> None:
    box = opened.find("labels_format")
    box.setCurrentIndex(box.findData(value))


def _export_page(opened) -> None:
    opened.click("rail_export")
    opened.settle(lambda: opened.find("labels_counts").text() != "")


def test_every_format_is_offered() -> None:
    assert [value for value, _ in FORMATS] == list(WRITTEN)


def test_what_a_format_cannot_hold_is_said_before_the_export(opened) -> None:
    _export_page(opened)
    opened.settle(lambda: "Nothing" in opened.find("labels_counts").text())
    assert "labels of whole images are left out" in opened.find("labels_warnings").text()
    assert not opened.find("labels_start").isEnabled()
    _choose(opened, "cvat")
    opened.settle(lambda: "18 annotations of 18 images" in opened.find("labels_counts").text())
    assert opened.find("labels_start").isEnabled()


def test_an_export_writes_the_folder_and_says_what_came_of_it(opened, tmp_path: Path) -> None:
    _export_page(opened)
    _choose(opened, "label-studio")
    opened.settle(lambda: opened.find("labels_start").isEnabled())
    out = tmp_path / "elsewhere" / "tasks"
    opened.find("labels_folder").setText(str(out))
    opened.click("labels_start")
    opened.settle(lambda: opened.find("labels_open").isVisible())
    assert "were written" in opened.find("labels_counts").text()
    tasks = json.loads((out / "tasks.json").read_text("utf-8"))
    assert all((out / task["data"]["image"]).is_file() for task in tasks)
    assert len(tasks) == 18


def test_a_folder_that_is_taken_is_refused_in_words(opened, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    _export_page(opened)
    _choose(opened, "csv")
    opened.settle(lambda: opened.find("labels_start").isEnabled())
    opened.find("labels_folder").setText(str(tmp_path / "taken"))
    opened.click("labels_start")
    opened.settle(lambda: "holds other files" in opened.find("labels_stage").text())
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine.txt"]
