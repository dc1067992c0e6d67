"""Settings: kept at once, applied live; backups; weights."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QTableWidget

from tlstudio.services.identity_key import identity_key, key_file
from tlstudio.services.patient_key import patient_key
from tlstudio.services.projects import back_up_now, setting
from tlstudio.ui.theme import theme


@pytest.fixture
def page(opened):
    opened.click("rail_settings")
    opened.settle()
    return opened.window.page("settings")


def test_the_theme_changes_at_once_and_is_kept(opened, page) -> None:
    opened.click("themeChoice_light")
    assert theme().tokens.name == "light"
    opened.settle()
    assert setting("theme") == "light"
    opened.click("themeChoice_dark")
    assert theme().tokens.name == "dark"


def test_name_and_proxy_are_kept_when_the_field_is_left(opened, page) -> None:
    opened.type("settingAuthor", "Dr. Rossi")
    opened.press(Qt.Key.Key_Return, on=opened.find("settingAuthor"))
    opened.type("settingProxy", "http://proxy:3128")
    opened.press(Qt.Key.Key_Return, on=opened.find("settingProxy"))
    opened.settle()
    assert setting("author") == "Dr. Rossi"
    assert setting("network.proxy") == "http://proxy:3128"
    assert opened.context.project.author == "Dr. Rossi"


def test_the_licence_and_the_version_are_said(opened, page) -> None:
    import tlstudio

    assert "AGPL-3.0-or-later" in page.findChild(object, "aboutLicence").text()
    assert tlstudio.__version__ in page.findChild(object, "aboutVersion").text()


def test_the_catalogue_is_listed_and_says_what_is_here(opened, page) -> None:
    table = page.findChild(QTableWidget, "weightsTable")
    assert table.rowCount() > 20
    assert {table.item(row, 1).text() for row in range(table.rowCount())} == {"not here"}
    assert "Fetch" in page.findChild(object, "weightsFetch").text()
    uses = {table.item(row, 2).text() for row in range(table.rowCount())}
    assert {"object detection", "segmentation", "assisted outlines"} < uses


def test_the_catalogue_is_narrowed_by_words(opened, page) -> None:
    table = page.findChild(QTableWidget, "weightsTable")
    opened.type("weightsFind", "yolo11 detection")
    shown = [row for row in range(table.rowCount()) if not table.isRowHidden(row)]
    assert len(shown) == 5
    assert table.item(shown[0], 3).text() == "about 5.2 MB"
    assert all(table.item(row, 0).text().startswith("YOLO11") for row in shown)
    fetch = opened.find("weightsFetch")
    assert fetch.text() == "Fetch" and not fetch.isEnabled(), "nothing unseen is fetched"
    page.weights.choose("resnet18")
    assert not table.isRowHidden(table.currentRow())


def test_a_file_that_is_no_weights_is_refused(opened, page, tmp_path: Path, monkeypatch) -> None:
    bad = tmp_path / "weights.pth"
    bad.write_bytes(b"nothing like it")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(bad), ""))
    opened.click("weightsImport")
    opened.settle(lambda: bool(opened.messages()), seconds=200)
    assert "weights.pth" in opened.messages()[0]


def test_a_backup_is_made_listed_and_restored(opened, page, monkeypatch) -> None:
    project = opened.context.project
    back_up_now(project)
    page.backups.reload()
    opened.settle()
    opened.context.edit(
        lambda p: __import__("tlstudio.services.labelling", fromlist=["x"]).add_labels(p, ["late"])
    )
    opened.settle(lambda: len(opened.context.labels.all()) == 4)

    def refuse(box: QMessageBox) -> None:
        assert box.defaultButton().objectName() == "restoreCancel"
        box.defaultButton().click()

    monkeypatch.setattr(QMessageBox, "exec", refuse)
    page.findChild(object, "restore_0").click()
    assert opened.context.project is project

    def accept(box: QMessageBox) -> None:
        next(b for b in box.buttons() if b.objectName() == "restoreAccept").click()

    monkeypatch.setattr(QMessageBox, "exec", accept)
    page.findChild(object, "restore_0").click()
    opened.settle(lambda: opened.context.project not in (None, project))
    opened.settle(lambda: len(opened.context.labels.all()) == 3)
    assert not opened.messages()


def test_a_restore_that_fails_leaves_the_project_open(opened, page) -> None:
    project = opened.context.project
    made = back_up_now(project)
    made.path.write_bytes(b"nothing")
    page.backups.restore(made)
    opened.settle(lambda: opened.context.project not in (None, project))
    assert any("not a whole copy" in text for text in opened.messages())
    assert not opened.context.project.read_only


def test_the_patient_key_is_exported_and_another_is_asked_about(
    opened, page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    section = page.patient_key
    section.export(tmp_path / "key.json")
    opened.settle()
    made = patient_key().fingerprint
    assert made in opened.find("patientKeyMark").text()
    key_file().unlink()
    identity_key()
    asked: list[str] = []

    def answer(question: QMessageBox) -> None:
        asked.append(question.informativeText())
        name = "patientKeyAccept" if len(asked) > 1 else "patientKeyCancel"
        next(b for b in question.buttons() if b.objectName() == name).click()

    monkeypatch.setattr(QMessageBox, "exec", answer)
    section.bring(tmp_path / "key.json")
    opened.settle(lambda: bool(asked))
    assert made in asked[0]
    assert patient_key().fingerprint != made
    section.bring(tmp_path / "key.json")
    opened.settle(lambda: patient_key().fingerprint == made)
    assert len(asked) == 2
