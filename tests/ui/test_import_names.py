"""Importing without the names of files: suggested where files name patients, refused in place."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

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


def test_a_wish_from_just_before_the_import_does_not_begin_it_anew(
    opened: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait: Any
) -> None:
    from threading import Event

    from tlstudio.services import datasets

    real, go_on = datasets.import_source, Event()

    def slowly(project: Any, source: Any, options: Any, **named: Any) -> Any:
        if not options.dry_run:
            go_on.wait(20)
        return real(project, source, options, **named)

    monkeypatch.setattr(datasets, "import_source", slowly)
    Image.new("RGB", (20, 20)).save(tmp_path / "one.png")
    opened.window.page("images").start_import([tmp_path / "one.png"])
    opened.settle(lambda: opened.find("importGo").text() == "Import 1 image")
    opened.settle()
    opened.click("importRename")
    opened.click("importGo")
    wait(500)
    assert not opened.find("importGo").isEnabled()
    go_on.set()
    opened.settle(lambda: opened.window.page("images").model.rowCount() == 19)
