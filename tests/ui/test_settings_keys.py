"""Settings, Keys: sets, search, recording a key, whose a key is; all of it without a mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from tlstudio.services.projects import setting
from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.keymap import keymap

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def section(opened):
    opened.context.go_to("settings", keys=True)
    opened.settle()
    yield opened.window.page("settings").keys
    keymap().load(None)


def choose(opened, section, command: str) -> None:
    """Find a command by its title, with the keyboard."""
    made = next(each for each in COMMANDS if each.id == command)
    opened.type("keysFind", f"{made.title} {made.scope}")
    row = [each.id for each in COMMANDS].index(command)
    assert not section.table.isRowHidden(row)
    section.table.setFocus()
    section.table.selectRow(row)


def chips(section) -> list[str]:
    QApplication.processEvents()
    found = section.editor.findChildren(QPushButton)
    return [b.text() for b in found if b.objectName().startswith("keysRemove_") and b.isVisible()]


def test_f1_leads_to_the_keys_with_the_search_ready(opened, section) -> None:
    assert QApplication.focusWidget().objectName() == "keysFind"
    area = opened.window.page("settings")._scroll.viewport()
    assert area.rect().contains(section.find.mapTo(area, section.find.rect().center()))


def test_a_set_is_taken_at_once_and_kept(opened, section) -> None:
    opened.click("keysSet_cvat")
    opened.settle()
    assert keymap().keys("label.next") == ("F", "Right")
    assert setting("keys") == {"preset": "cvat", "overrides": {}}
    assert not opened.messages()


def test_the_search_finds_titles_and_keys(opened, section) -> None:
    opened.type("keysFind", "polygon")
    shown = [section.table.item(n, 0).text() for n in range(section.table.rowCount())
             if not section.table.isRowHidden(n)]  # fmt: skip
    assert "Polygon" in shown and "Box" not in shown
    assert opened.find("keysFound").text() == f"{len(shown)} commands"
    opened.type("keysFind", "ctrl+shift+v")
    assert opened.find("keysFound").text() == "1 command"
    assert section.table.currentItem().text() == "Copy the shapes to the next image"


def test_a_key_is_recorded_and_works(opened, section) -> None:
    choose(opened, section, "app.page.home")
    opened.press(Qt.Key.Key_Return, on=section.table)
    recorder = opened.find("keysRecorder")
    assert recorder.hasFocus()
    opened.press(Qt.Key.Key_H, CONTROL, SHIFT, on=recorder)
    opened.settle()
    assert chips(section) == ["Ctrl+1", "Ctrl+Shift+H"]
    assert setting("keys")["overrides"] == {"app.page.home": ["Ctrl+1", "Ctrl+Shift+H"]}
    assert section.table.hasFocus()
    opened.press(Qt.Key.Key_H, CONTROL, SHIFT, on=section.table)
    assert opened.window.stack.currentWidget().objectName() == "homePage"


def test_keys_that_act_elsewhere_are_recorded_too(opened, section) -> None:
    choose(opened, section, "label.panels")
    opened.click("keysRemove_0")
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_F1):
        opened.press(Qt.Key.Key_Return, on=section.table)
        opened.press(key, on=opened.find("keysRecorder"))
    assert keymap().keys("label.panels") == ("Tab",)
    assert "Show or hide the keys (Everywhere)" in opened.find("keysQuestion").text()
    opened.click("keysKeep")


def test_esc_leaves_the_recorder_as_if_nothing_was_pressed(opened, section) -> None:
    choose(opened, section, "label.join")
    opened.click("keysAdd")
    opened.press(Qt.Key.Key_Escape, on=opened.find("keysRecorder"))
    assert chips(section) == ["J"]
    assert section.table.hasFocus()
    opened.find("keysAdd")


def test_a_key_in_use_is_asked_about_and_cancel_is_the_safe_answer(opened, section) -> None:
    choose(opened, section, "label.tool.box")
    opened.press(Qt.Key.Key_Return, on=section.table)
    opened.press(Qt.Key.Key_D, on=opened.find("keysRecorder"))
    assert opened.find("keysQuestion").text() == "D is already the key of: Next image (Label)."
    assert opened.find("keysKeep").hasFocus()
    opened.press(Qt.Key.Key_Space, on=opened.find("keysKeep"))
    assert keymap().keys("label.next") == ("D", "Right")
    opened.press(Qt.Key.Key_Return, on=section.table)
    opened.press(Qt.Key.Key_D, on=opened.find("keysRecorder"))
    opened.click("keysMove")
    opened.settle()
    assert keymap().keys("label.next") == ("Right",)
    assert chips(section) == ["R", "W", "D"]
    assert setting("keys")["overrides"]["label.next"] == ["Right"]


def test_one_command_and_all_go_back_to_the_set(opened, section) -> None:
    choose(opened, section, "label.join")
    opened.press(Qt.Key.Key_Delete, on=section.table)
    assert chips(section) == []
    assert section.table.item(section.table.currentRow(), 3).text() == "changed"
    opened.click("keysReset")
    assert chips(section) == ["J"]
    assert not opened.find("keysReset").isEnabled()
    opened.press(Qt.Key.Key_Delete, on=section.table)
    opened.click("keysResetAll")
    assert keymap().keys("label.join") == ("J",)
    opened.click("bannerAction")
    opened.settle()
    assert keymap().keys("label.join") == ()
    assert setting("keys")["overrides"] == {"label.join": []}


def test_a_clash_in_the_settings_file_is_said(opened, section) -> None:
    keymap().load({"overrides": {"label.join": ["D"]}})
    assert opened.find("keysConflicts").text() == (
        "D stands for two commands: Next image and Join the shapes."
    )


def test_every_control_has_a_name_and_can_be_reached_by_tab(opened, section) -> None:
    choose(opened, section, "label.tool.box")
    wanted = {"keysSet_ours", "keysFind", "keysTable", "keysRemove_0", "keysAdd"}
    seen: set[str] = set()
    at = section.find.nextInFocusChain()
    while at is not section.find:
        at = at.nextInFocusChain()
        if isinstance(at, QWidget) and at.focusPolicy() & Qt.FocusPolicy.TabFocus:
            seen.add(at.objectName())
            if section.isAncestorOf(at) and at.isVisible():
                assert at.objectName() and at.accessibleName(), at
    assert wanted <= seen
