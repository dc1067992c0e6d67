"""The Export page with models that find boxes or paint regions."""

from __future__ import annotations

from pathlib import Path

from tlstudio.domain.runs import Run, RunState
from tlstudio.services.exporting import ExportReport
from tlstudio.ui.pages.export import ExportPage

BOXES = {"n": 9, "max_diff": 1e-6, "max_pixels": 0.001, "matched": 812, "lonely": 0}
REGIONS = {"n": 6, "max_diff": 1e-6, "dice": 0.99998, "differ": 0.00001}


def _page(opened, task: str) -> ExportPage:
    opened.click("rail_export")
    opened.settle(lambda: opened.find("labels_counts").text() != "")
    page = opened.find("export_page")
    run = Run("r0009", task, "some", RunState.DONE, "2026-01-02T03:04:05+00:00")
    page._runs._show(([run], {}))
    return page


def _done(page: ExportPage, parity: dict[str, object], passed: bool = True) -> str:
    files = ["model.onnx", "predict.py"]
    page._exported(ExportReport(Path("/b"), files, {"onnx": {**parity, "passed": passed}}))
    return str(page._checks.item(0).text())


def test_a_detectors_bundle_is_told_by_its_boxes(opened) -> None:
    page = _page(opened, "detection")
    assert "find_boxes.py" in page._part_name.text() and page._parts.isVisibleTo(page)
    assert "812 boxes matched, 0 without a partner" in _done(page, BOXES)
    assert "--draw" in opened.find("export_command").text()
    failed = _done(page, {**BOXES, "lonely": 40}, passed=False)
    assert "40 without a partner" in failed and "do not use" in failed


def test_a_segmenters_bundle_is_told_by_dice(opened) -> None:
    page = _page(opened, "segmentation")
    assert "paint_regions.py" in page._part_name.text()
    assert "Dice 0.99998, 0.001 % of the pixels differ" in _done(page, REGIONS)
    assert "--masks" in opened.find("export_command").text()


def test_a_classifiers_bundle_holds_neither(opened) -> None:
    page = _page(opened, "classification")
    assert not page._parts.isVisibleTo(page)
    assert "difference 1.0e-06" in _done(page, {"n": 3, "max_diff": 1e-6})
    assert "--" not in opened.find("export_command").text()
