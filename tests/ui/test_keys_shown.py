"""What F1, tooltips and docs/keys.md say of the keys is what the keys do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tlstudio.ui.commands import COMMANDS
from tlstudio.ui.key_table import lines
from tlstudio.ui.keymap import keymap, preset
from tlstudio.ui.shell.keys_overlay import KeysOverlay

ROOT = Path(__file__).resolve().parents[2]
CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture(autouse=True)
def usual_keys(qapp):
    yield
    keymap().load(None)


def texts(overlay: KeysOverlay) -> list[str]:
    return [shown.text() for shown in overlay.findChildren(QLabel)]


def test_every_command_is_in_some_table(qapp) -> None:
    keys = preset("ours")
    told = {i for scope in ("everywhere", "images", "label", "train", "tryout", "style")
            for line in lines(scope, keys) for i in line.ids}  # fmt: skip
    assert told == {made.id for made in COMMANDS}


def test_nine_labels_are_one_line_until_one_of_them_differs(qapp) -> None:
    keys = dict(preset("ours"))
    assert [x.keys for x in lines("label", keys) if x.ids[:1] == ("label.pick.1",)] == [("1 … 9",)]
    keys["label.pick.4"] = ("Alt+4",)
    apart = [x for x in lines("label", keys) if x.ids and x.ids[0].startswith("label.pick.")]
    assert len(apart) == 9
    arrows = [x.keys for x in lines("label", keys) if "label.nudge_far.left" in x.ids]
    assert arrows == [("Shift+Arrows",)]


def test_f1_shows_the_keys_in_force_of_the_page_in_front(opened) -> None:
    keymap().set_keys("images.review", ["F9"])
    opened.press(Qt.Key.Key_F1)
    overlay = opened.window.findChild(KeysOverlay)
    shown = texts(overlay)
    assert {"F9", "Mark as reviewed, or back", "Shift+1 … 9", "Ctrl+wheel"} <= set(shown)
    assert "Ctrl+Enter" not in shown
    assert "Smart outline" not in shown
    opened.press(Qt.Key.Key_F1, on=overlay)
    assert not overlay.isVisible()
    opened.context.go_to("train")
    opened.settle()
    opened.press(Qt.Key.Key_F1)
    assert "Start the run" in texts(overlay)
    opened.click("keysChange")
    opened.settle()
    assert opened.window.stack.currentWidget().objectName() == "settingsPage"


@pytest.mark.parametrize("way", ["key", "click", "button"])
def test_closing_f1_gives_the_keys_back_to_whoever_had_them(opened, way) -> None:
    grid = opened.window.page("images").grid
    grid.setFocus()
    opened.press(Qt.Key.Key_F1)
    overlay = opened.window.findChild(KeysOverlay)
    assert overlay.hasFocus()
    if way == "key":
        opened.press(Qt.Key.Key_Escape, on=overlay)
    elif way == "click":
        QTest.mouseClick(overlay, Qt.MouseButton.LeftButton, pos=QPoint(3, 3))
    else:
        opened.click("keysClose")
    assert not overlay.isVisible()
    assert opened.window.focusWidget() is grid


def test_other_keys_work_at_once_in_the_window_and_on_the_page(opened) -> None:
    page = opened.window.page("images")
    page.grid.setFocus()
    page.step(1)
    keymap().set_keys("app.page.home", ["Ctrl+Shift+H"])
    keymap().set_keys("images.list", ["F7"])
    opened.press(Qt.Key.Key_F7, on=page.grid)
    assert page.tools.view() == "list"
    opened.press(Qt.Key.Key_1, CONTROL)
    assert opened.window.stack.currentWidget() is page
    opened.press(Qt.Key.Key_H, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert opened.window.stack.currentWidget().objectName() == "homePage"


def test_tooltips_follow_the_keys(opened) -> None:
    undo = opened.find("undoButton")
    assert undo.toolTip() == "Undo (Ctrl+Z)"
    keymap().set_keys("app.undo", ["F8"])
    assert undo.toolTip() == "Undo (F8)"
    keymap().set_keys("app.undo", [])
    assert undo.toolTip() == "Undo"


def test_enter_in_a_field_is_no_key_of_the_page(opened) -> None:
    page = opened.window.page("images")
    page.grid.selectAll()
    opened.settle()
    called: list[str] = []
    page._keys._acts = {"images.open": lambda: called.append("open")}
    opened.type("tagField", "odd")
    opened.press(Qt.Key.Key_Return, on=opened.find("tagField"))
    assert called == []
    page.grid.setFocus()
    opened.press(Qt.Key.Key_Return, on=page.grid)
    assert called == ["open"]


def test_esc_leaves_a_field_to_where_the_keys_work(opened) -> None:
    page = opened.window.page("images")
    page.grid.selectAll()
    page.grid.setFocus()
    for name in ("searchField", "tagField"):
        opened.settle()
        opened.find(name).setFocus()
        opened.press(Qt.Key.Key_Escape, on=opened.find(name))
        assert page.grid.hasFocus()
    assert len(page.model.selected_ids()) == 18
    opened.press(Qt.Key.Key_Escape, on=page.grid)
    assert page.model.selected_ids() == []


def test_the_cheat_sheet_is_up_to_date() -> None:
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_keys.py", "--check"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
