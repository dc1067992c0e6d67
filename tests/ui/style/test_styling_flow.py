"""From two pictures to one in the project: previews, restarts, the end, the history."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QPushButton

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed

CONTROL = Qt.KeyboardModifier.ControlModifier
BLUE, GREEN = QColor(0, 0, 200), QColor(0, 200, 0)


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights of the networks are here."""
    from tlstudio.ui.pages.style.network import NetworkPicker

    monkeypatch.setattr(NetworkPicker, "problem", lambda _picker: "")


@pytest.fixture
def ready(styling, pictures):
    """Content and one style are chosen."""
    styling.window.page("style").dropped([pictures["content"], pictures["night"]])
    styling.settle()
    return styling


def after(driver) -> QColor | None:
    """The colour of the picture after."""
    picture = driver.find("style_compare").after
    return None if picture is None else picture.pixelColor(5, 5)


def begin(driver, pressed: str = "style_start") -> None:
    asked = len(driver.desk.asked)
    driver.click(pressed)
    driver.settle_asked(asked + 1)


def made(driver, colour: tuple[int, int, int] = (0, 200, 0)) -> None:
    """A picture from Start to its end."""
    begin(driver)
    driver.desk.finish(colour=colour)
    driver.settle(lambda: driver.find("style_start").isVisible())


def slide(
    driver, name: str = "style_weight", keys: tuple[Qt.Key, ...] = (Qt.Key.Key_PageUp,)
) -> None:
    """Press keys on a slider, one right after the other."""
    slider = driver.find(f"styling_{name}_slider")
    for key in keys:
        QTest.keyClick(slider, key)


def test_the_worker_is_woken_by_the_first_picture(styling, pictures) -> None:
    assert styling.desk.calls == []
    styling.window.page("style").dropped([pictures["content"]])
    styling.settle()
    assert styling.desk.calls == [("wake",)]


def test_previews_come_and_the_picture_is_kept(ready) -> None:
    desk = ready.desk
    begin(ready)
    styling = desk.asked[0].styling
    assert Path(styling.content_path).name == "town.png"
    assert [Path(each.path).name for each in styling.sources] == ["night.png"]
    assert styling.settings.size == 512 and desk.asked[0].start_from is None
    desk.asked[0].tell(Progressed("styling.stage.looking", 0))
    ready.until(lambda: "Looking at the style" in ready.find("style_progress_words").text())
    desk.preview(40)
    ready.until(lambda: after(ready) == BLUE)
    assert "Step 40 of 100, 12 s left" in ready.find("style_progress_words").text()
    assert ready.find("style_progress").value() == 40
    assert ready.find("style_compare").before.pixelColor(5, 5) == QColor(200, 0, 0)
    desk.finish()
    ready.settle(lambda: after(ready) == GREEN)
    assert len(desk.entries) == 1
    assert ready.find("style_history_list").model().rowCount() == 1
    assert "synthetic" in ready.find("style_synthetic_note").text()


def test_a_slider_goes_on_from_where_the_picture_stands(ready) -> None:
    desk = ready.desk
    begin(ready)
    desk.preview(10)
    slide(ready, keys=(Qt.Key.Key_PageUp,) * 2)
    ready.settle_asked(2)
    assert desk.asked[1].start_from == "here"
    assert desk.asked[1].styling.settings.style_weight > 2
    desk.finish()
    ready.settle(lambda: len(desk.entries) == 1)
    slide(ready, "smoothness")
    ready.settle_asked(3)
    assert desk.asked[2].start_from == "here"
    desk.finish()
    ready.settle(lambda: len(desk.entries) == 2)


def test_the_same_setting_again_starts_nothing(ready) -> None:
    made(ready)
    slide(ready, keys=(Qt.Key.Key_PageUp, Qt.Key.Key_PageDown))
    ready.settle()
    assert len(ready.desk.asked) == 1


def test_stop_keeps_the_picture_and_waits_for_a_word(ready) -> None:
    begin(ready)
    ready.desk.preview(30)
    ready.until(lambda: after(ready) == BLUE)
    ready.click("style_stop")
    ready.until(lambda: ("stop",) in ready.desk.calls)
    assert not ready.find("style_stop").isEnabled()
    ready.desk.finish("user")
    ready.settle(lambda: len(ready.desk.entries) == 1)
    slide(ready)
    ready.settle()
    assert len(ready.desk.asked) == 1
    begin(ready, "style_go_on")
    assert ready.desk.asked[1].start_from == "here"
    ready.desk.finish()
    ready.settle(lambda: len(ready.desk.entries) == 2)


def test_cancel_keeps_nothing(ready) -> None:
    begin(ready)
    ready.desk.preview(30)
    ready.until(lambda: after(ready) == BLUE)
    ready.click("style_cancel")
    ready.desk.finish("user")
    ready.settle(lambda: ready.find("style_start").isVisible())
    assert ready.desk.entries == []
    assert after(ready) is None
    assert ready.find("style_start").text() == "Start"


def test_keys_start_and_stop(ready) -> None:
    ready.press(Qt.Key.Key_Return, CONTROL, on=ready.window)
    ready.settle_asked(1)
    ready.press(Qt.Key.Key_Period, CONTROL, on=ready.window)
    ready.until(lambda: ("stop",) in ready.desk.calls)
    ready.desk.finish("user")
    ready.settle(lambda: len(ready.desk.entries) == 1)


def test_a_fault_is_said_and_it_can_be_started_again(ready) -> None:
    begin(ready)
    ready.desk.fail(UserError("styling.memory"))
    ready.settle(lambda: ready.find("style_start").isVisible())
    assert any("memory" in text for text in ready.messages())
    made(ready)
    assert len(ready.desk.entries) == 1


def test_another_content_ends_what_is_under_way(ready, pictures) -> None:
    begin(ready)
    ready.desk.preview(30)
    ready.until(lambda: after(ready) == BLUE)
    from tlstudio.ui.pages.style.picked import Picked

    ready.tab._sources.content.take([Picked(pictures["wave"])])
    ready.until(lambda: ready.find("style_start").isVisible())
    ready.desk.finish("user")
    ready.settle()
    assert ready.desk.entries == [] and after(ready) is None


def test_a_size_that_is_too_large_is_refused_before_anything_is_read(ready) -> None:
    ready.find("styling_size").setValue(4096)
    assert not ready.find("style_start").isEnabled()
    assert "too large" in ready.find("style_reason").text()


def test_the_picture_becomes_a_file_or_an_image(ready, tmp_path, monkeypatch) -> None:
    made(ready)
    file = tmp_path / "out.jpg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    ready.click("style_save")
    ready.settle()
    assert ("save", 1, file) in ready.desk.calls
    labels = ready.find("style_with_labels", QCheckBox)
    assert not labels.isEnabled() and "image of the project" in labels.toolTip()
    ready.click("style_add_to_project")
    ready.settle(lambda: ready.find("style_add_to_project").text() == "Show it in the project")
    assert ("add", 1, False) in ready.desk.calls
    ready.click("style_add_to_project")
    ready.settle(lambda: ready.window.stack.current == "images")
    assert ready.window.page("images").filters.query.synthetic is True


def test_labels_go_along_where_the_content_is_an_image(styling_images, pictures) -> None:
    driver = styling_images
    driver.context.go_to("style", content=driver.window.page("images").model.ids[0])
    driver.settle(lambda: driver.tab._sources.content.picked is not None)
    driver.window.page("style").dropped([pictures["night"]])
    driver.settle()
    made(driver)
    box = driver.find("style_with_labels")
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    driver.click("style_add_to_project")
    driver.settle(lambda: ("add", 1, True) in driver.desk.calls)


def choose(driver, row: int) -> None:
    strip = driver.find("style_history_list")
    at = strip.visualRect(strip.model().index(row, 0)).center()
    QTest.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_the_history_shows_uses_and_deletes(ready, pictures) -> None:
    slide(ready)
    made(ready)
    ready.find("styling_style_weight").setValue(7)
    ready.settle_asked(2)
    ready.desk.finish(colour=(200, 200, 0))
    ready.settle(lambda: len(ready.desk.entries) == 2)
    ready.window.page("style").dropped([pictures["wave"]])
    ready.settle_asked(3)
    ready.desk.finish(colour=(10, 10, 10))
    ready.settle(lambda: ready.find("style_history_list").model().rowCount() == 3)
    choose(ready, 2)
    ready.settle(lambda: after(ready) == GREEN)
    tip = ready.find("style_history_facts").toolTip()
    assert "town.png" in tip and "night.png" in tip and "Strength of the style: 1.9" in tip
    ready.click("style_history_use")
    ready.settle()
    assert 1.5 < ready.tab._form.values()["style_weight"] < 2.5
    assert len(ready.tab._sources.styles.choices()) == 1
    assert len(ready.desk.asked) == 3

    choose(ready, 0)
    ready.press(Qt.Key.Key_Delete, on=ready.find("style_history_list"))
    assert ready.find("style_history_list").model().rowCount() == 2
    assert len(ready.desk.entries) == 3
    (back,) = [
        made
        for banner in ready.window.messages.banners()
        for made in banner.findChildren(QPushButton)
        if made.text() == "Bring it back"
    ]
    QTest.mouseClick(back, Qt.MouseButton.LeftButton)
    assert ready.find("style_history_list").model().rowCount() == 3
    choose(ready, 0)
    ready.click("style_history_delete")
    ready.click("rail_images")
    ready.settle(lambda: ("delete", [3]) in ready.desk.calls)


def test_leaving_the_project_ends_the_worker(ready) -> None:
    begin(ready)
    ready.context.set_project(None)
    ready.settle(lambda: ("rest",) in ready.desk.calls)


def test_a_picture_of_the_history_is_gone_on_from(ready) -> None:
    made(ready)
    choose(ready, 0)
    ready.settle(lambda: after(ready) == GREEN)
    ready.click("style_history_use")
    ready.settle(lambda: after(ready) == GREEN)
    slide(ready)
    ready.settle()
    assert len(ready.desk.asked) == 1
    begin(ready, "style_go_on")
    assert Path(ready.desk.asked[1].start_from).name == "0001.png"
    ready.desk.finish()
    ready.settle(lambda: len(ready.desk.entries) == 2)


def test_a_preview_that_comes_late_is_not_shown(ready) -> None:
    begin(ready)
    ready.desk.preview(30)
    ready.until(lambda: after(ready) == BLUE)
    ready.tab.stage.show_file(Path(ready.desk.asked[0].styling.sources[0].path), small=True)
    ready.click("style_cancel")
    ready.desk.finish("user")
    ready.settle()
    assert after(ready) is None


def test_in_a_project_that_is_only_read_a_picture_can_be_saved(
    driver, desk, pictures, tmp_path, monkeypatch
) -> None:
    from tests.ui.style.conftest import at_style
    from tlstudio.services.projects import create_project, open_project

    folder = create_project(tmp_path / "work.tlproj")
    folder.close()
    driver.context.set_project(open_project(folder.folder, read_only=True))
    ready = at_style(driver, desk)
    ready.window.page("style").dropped([pictures["content"], pictures["night"]])
    ready.settle()
    begin(ready)
    desk.finish()
    ready.settle(lambda: after(ready) == GREEN)
    assert desk.entries == []
    assert not ready.find("style_add_to_project").isEnabled()
    file = tmp_path / "saved.jpg"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    ready.click("style_save")
    ready.settle(file.is_file)
