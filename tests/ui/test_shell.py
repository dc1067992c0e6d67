"""The frame of the window, used by clicks and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from tlstudio.domain.errors import UserError
from tlstudio.ui.pages import PAGES, built
from tlstudio.ui.shell.keys_overlay import KeysOverlay

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def test_the_rail_shows_the_pages_that_are_built(driver) -> None:
    shown = {b.objectName() for b in driver.window.rail.findChildren(QToolButton)}
    wanted = {f"rail_{spec.key}" for spec in built() if spec.place != "none"}
    assert shown == wanted | {"rail_help"}
    assert [spec.key for spec in PAGES if spec.place == "rail"][:2] == ["home", "images"]


def test_a_page_without_a_project_says_what_comes_first(driver) -> None:
    driver.click("rail_images")
    driver.click("emptyHome")
    assert driver.window.stack.currentWidget().objectName() == "homePage"


def test_control_and_a_digit_turn_to_a_page(opened) -> None:
    opened.press(Qt.Key.Key_1, CONTROL)
    assert opened.window.stack.currentWidget().objectName() == "homePage"
    opened.press(Qt.Key.Key_2, CONTROL)
    assert opened.window.stack.currentWidget().objectName() == "imagesPage"


def test_f1_shows_the_keys_of_the_page_and_hides_them(opened) -> None:
    opened.press(Qt.Key.Key_F1)
    overlay = opened.window.findChild(KeysOverlay)
    assert overlay.isVisible()
    opened.press(Qt.Key.Key_Escape, on=overlay)
    assert not overlay.isVisible()


def test_an_error_is_told_with_what_to_do(driver) -> None:
    driver.context.show_error(UserError("project.missing", file="/no/where"))
    assert "choose a folder that ends in .tlproj" in driver.messages()[0]
    driver.click("bannerClose")
    assert not driver.messages()


def test_a_fault_of_ours_has_details_to_copy_and_is_logged(driver, qapp, tl_home: Path) -> None:
    try:
        raise ZeroDivisionError("deep inside")
    except ZeroDivisionError as error:
        driver.context.show_error(error)
    driver.click("bannerToggle")
    driver.click("bannerCopy")
    assert "deep inside" in qapp.clipboard().text()
    assert "deep inside" in (tl_home / "logs" / "tlstudio.log").read_text("utf-8")


def test_the_same_message_again_is_counted_not_stacked(driver) -> None:
    for _ in range(3):
        driver.context.show_message("The disk is nearly full.", "warning")
    assert driver.messages() == ["The disk is nearly full."]
    assert driver.window.messages.banners()[0].times == 3


def test_undo_and_redo_by_key_and_by_the_status_line(opened) -> None:
    page = opened.window.page("images")
    opened.press(Qt.Key.Key_A, CONTROL, on=page.grid)
    opened.press(Qt.Key.Key_1, on=page.grid)
    opened.settle(lambda: _used(opened) == [18, 0, 0])
    opened.press(Qt.Key.Key_Z, CONTROL, on=page.grid)
    opened.settle(lambda: _used(opened) == [6, 6, 6])
    opened.press(Qt.Key.Key_Z, CONTROL | SHIFT, on=page.grid)
    opened.settle(lambda: _used(opened) == [18, 0, 0])
    opened.settle(lambda: opened.window.status.undo.isVisible())
    opened.click("statusUndo")
    opened.settle(lambda: _used(opened) == [6, 6, 6])
    opened.press(Qt.Key.Key_Y, CONTROL, on=page.grid)
    opened.settle(lambda: _used(opened) == [18, 0, 0])


def test_renaming_the_project(opened) -> None:
    opened.window.bar.rename_wanted.emit()
    opened.type("renameField", "Smears of May")
    opened.click("renameAccept")
    opened.settle(lambda: "Smears of May" in opened.window.windowTitle())
    assert opened.window.bar.project.text() == "Smears of May"


def test_a_project_open_elsewhere_opens_read_only_and_says_why(
    driver, project_folder: Path
) -> None:
    from tlstudio.services.projects import open_project

    with open_project(project_folder):
        driver.context.open_project(project_folder)
        driver.settle(lambda: driver.context.project is not None)
        assert driver.context.project.read_only
        assert "for writing" in driver.messages()[0]
        page = driver.window.page("images")
        driver.settle(lambda: page.model.rowCount() == 18)
        driver.press(Qt.Key.Key_A, CONTROL, on=page.grid)
        driver.settle()
        assert not page.facts.findChild(type(page.facts._remove), "removeImages").isEnabled()
        assert "for writing" in page.facts._remove.toolTip()


def test_a_project_that_is_not_there_is_told(driver, tmp_path: Path) -> None:
    driver.context.open_project(tmp_path / "gone.tlproj")
    driver.settle(lambda: bool(driver.messages()))
    assert "there is no project" in driver.messages()[0].lower()
    assert driver.context.project is None


@pytest.mark.parametrize("size", [(900, 540), (1024, 640), (1366, 768), (1920, 1080), (3840, 2160)])
def test_nothing_is_wider_than_the_window(opened, size: tuple[int, int]) -> None:
    opened.window.resize(*size)
    opened.settle()
    assert (opened.window.width(), opened.window.height()) == size
    page = opened.window.page("images")
    assert page.width() <= size[0] - 72


def test_the_run_pill_says_what_runs(driver) -> None:
    pill = driver.context.run_pill
    pill.set_run("resnet18, epoch 4 of 10, 2 min left", 0.4)
    assert "epoch 4 of 10" in pill.accessibleName()
    clicks: list[bool] = []
    pill.clicked.connect(lambda: clicks.append(True))
    driver.click("runPill")
    assert clicks
    pill.set_idle()
    assert "No run" in pill.accessibleName()


def _used(driver) -> list[int]:
    labels = driver.context.labels
    return [labels.used(label.id) for label in labels.all()]
