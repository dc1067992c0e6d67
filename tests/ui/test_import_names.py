"""Importing without the names of files: suggested where files name patients, refused in place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "services"))
from patients import dicom


@pytest.fixture
def panel(opened, tmp_path: Path):
    source = tmp_path / "Meier"
    source.mkdir()
    dicom(source / "Meier.dcm")
    page = opened.window.page("images")
    page.start_import([source])
    opened.settle(lambda: opened.find("importGo").text() == "Import 1 image")
    return page


def test_names_are_replaced_on_request(opened, panel) -> None:
    advice = opened.find("importRenameAdvice")
    opened.click("importRename")
    opened.settle(lambda: not advice.isVisibleTo(panel))
    before = panel.model.rowCount()
    opened.click("importGo")
    opened.settle(lambda: panel.model.rowCount() == before + 1)
    with opened.context.project.read() as db:
        names = db.column("SELECT name FROM images")
        assert "image-000001.dcm" in names
        assert db.column("SELECT source FROM imports ORDER BY id DESC LIMIT 1") == [""]


def test_files_that_stay_keep_their_names(opened, panel) -> None:
    opened.click("importRename")
    opened.click("importCopy_refer")
    box = opened.find("importRename")
    assert not box.isEnabled() and not box.isChecked()
    assert "keep their names" in box.toolTip()
