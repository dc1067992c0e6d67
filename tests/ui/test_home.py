"""Home: new, open, recent, sample, dropped folders."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tlstudio.services.projects import create_project
from tlstudio.ui.pages.home.card import ProjectCard


def test_a_new_project_by_name_place_and_labels(driver, tmp_path: Path) -> None:
    driver.click("newProject")
    assert not driver.find("newAccept").isEnabled()
    driver.type("newName", "Blood")
    driver.type("newPlace", str(tmp_path))
    driver.type("newLabels", "round, flat, round")
    driver.click("newAccept")
    driver.settle(lambda: driver.context.project is not None)
    assert driver.context.project.folder == tmp_path / "Blood.tlproj"
    driver.settle(lambda: len(driver.context.labels.all()) == 2)
    assert driver.window.stack.currentWidget().objectName() == "imagesPage"


def test_a_name_that_cannot_be_a_folder_is_refused_with_a_reason(driver, tmp_path: Path) -> None:
    driver.click("newProject")
    driver.type("newPlace", str(tmp_path))
    driver.type("newName", "a/b")
    assert not driver.find("newAccept").isEnabled()
    assert "leave out" in driver.find("newWhy").text()
    driver.press(Qt.Key.Key_Escape, on=driver.find("newName"))
    assert not driver.window.page("home")._panel.isVisible()


def test_recent_projects_open_by_click_and_missing_ones_say_so(driver, tmp_path: Path) -> None:
    for name in ("here", "gone"):
        create_project(tmp_path / name).close()
    (tmp_path / "gone.tlproj" / "project.db").unlink()
    driver.window.page("home").reload()
    driver.settle(lambda: len(_cards(driver)) == 2)
    gone, _here = _cards(driver)
    assert "not there any more" in gone.accessibleName()
    QTest.mouseClick(gone, Qt.MouseButton.LeftButton)
    assert driver.context.project is None
    driver.click("forget_0")
    driver.settle(lambda: len(_cards(driver)) == 1)
    QTest.mouseClick(_cards(driver)[0], Qt.MouseButton.LeftButton)
    driver.settle(lambda: driver.context.project is not None)
    assert driver.context.project.folder == tmp_path / "here.tlproj"


def test_a_dropped_folder_becomes_a_project_and_its_import_begins(
    driver, tmp_path: Path, class_folder
) -> None:
    source = class_folder({"a": 3, "b": 3}, name="my cells")
    driver.window.page("home").dropped([source])
    assert driver.find("newName").text() == "my cells"
    driver.type("newPlace", str(tmp_path))
    driver.click("newAccept")
    driver.settle(lambda: driver.context.project is not None)
    driver.settle(lambda: "6 images" in driver.find("importFound").text())


def test_a_dropped_project_is_opened(driver, project_folder: Path) -> None:
    driver.window.page("home").dropped([project_folder])
    driver.settle(lambda: driver.context.project is not None)
    assert driver.context.project.folder == project_folder


def test_the_sample_is_made_and_opened(driver, tmp_path: Path, monkeypatch) -> None:
    from tlstudio.services import demo
    from tlstudio.ui.pages.home import page as home

    small = demo.make_sample_project

    def make(folder: Path, **named: object) -> object:
        return small(folder, count=16, **named)

    monkeypatch.setattr(demo, "make_sample_project", make)
    monkeypatch.setattr(home, "default_place", lambda: tmp_path)
    driver.click("trySample")
    driver.settle(lambda: driver.context.project is not None)
    page = driver.window.page("images")
    driver.settle(lambda: page.model.rowCount() == 16)
    assert driver.context.project.folder.parent == tmp_path
    assert driver.window.page("home")._sample.text() == "Try the sample"


def _cards(driver) -> list[ProjectCard]:
    home = driver.window.page("home")
    cards = [c for c in home.findChildren(ProjectCard) if c.isVisible()]
    return sorted(cards, key=lambda card: card.objectName())
