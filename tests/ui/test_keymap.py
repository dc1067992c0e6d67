"""Which key gives which command, on every layout, in every preset."""

from __future__ import annotations

import itertools
import sys

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QLineEdit, QSpinBox, QWidget

from tlstudio.ui.commands import COMMANDS, SCOPES
from tlstudio.ui.key_names import canonical, digit, is_bare, pressed, sequences
from tlstudio.ui.keymap import PRESETS, Keymap, preset, together
from tlstudio.ui.pages import PAGES

NONE = Qt.KeyboardModifier.NoModifier
CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KEYPAD = Qt.KeyboardModifier.KeypadModifier
ON_LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="codes of X11")


def key(code: int, held: Qt.KeyboardModifier = NONE, text: str = "", scan: int = 0) -> QKeyEvent:
    return QKeyEvent(QEvent.Type.KeyPress, int(code), held, scan, 0, 0, text)


@pytest.fixture
def keys(qapp: QApplication) -> Keymap:
    return Keymap()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_names_every_command_and_none_is_in_anothers_way(keys, name) -> None:
    keys.use(name)
    assert set(preset(name)) == {made.id for made in COMMANDS}
    assert keys.conflicts() == []
    assert all(canonical(k) == k for found in preset(name).values() for k in found)


def test_ids_are_unique_and_scopes_known() -> None:
    ids = [made.id for made in COMMANDS]
    assert len(ids) == len(set(ids))
    assert {made.scope for made in COMMANDS} == set(SCOPES)
    assert all(other in ids for made in COMMANDS for other in made.before)


def test_every_page_of_the_rail_has_a_key_in_the_order_of_the_rail() -> None:
    rail = [f"app.page.{spec.key}" for spec in PAGES if spec.place == "rail"]
    known = [made.id for made in COMMANDS if made.id.startswith("app.page.")]
    assert [name for name in known if name in rail] == rail


@pytest.mark.parametrize(
    ("event", "now", "wanted"),
    [
        (key(Qt.Key.Key_D, text="d"), (), "label.next"),
        (key(Qt.Key.Key_Right), (), "label.next"),
        (key(Qt.Key.Key_Right), ("selected",), "label.nudge.right"),
        (key(Qt.Key.Key_Return), ("drawing",), "label.finish"),
        (key(Qt.Key.Key_Enter, KEYPAD), ("suggestion",), "label.accept"),
        (key(Qt.Key.Key_Return), (), None),
        (key(Qt.Key.Key_Escape), (), "label.cancel"),
        (key(Qt.Key.Key_Escape), ("suggestion", "suggestions"), "label.reject"),
        (key(Qt.Key.Key_Escape), ("suggestion",), "label.cancel"),
        (key(Qt.Key.Key_Delete), ("selected", "suggestion"), "label.delete"),
        (key(Qt.Key.Key_Escape), ("drawing", "suggestion", "suggestions"), "label.cancel"),
        (key(Qt.Key.Key_Delete), ("drawing", "selected"), None),
        (key(Qt.Key.Key_Backspace), ("drawing", "selected"), "label.step_back"),
        (key(Qt.Key.Key_Backspace), ("selected",), "label.delete"),
        (key(Qt.Key.Key_Z, CONTROL), ("drawing",), "label.step_back"),
        (key(Qt.Key.Key_Z, CONTROL), (), "app.undo"),
        (key(Qt.Key.Key_D, CONTROL | SHIFT), (), "label.next_unlabelled"),
        (key(Qt.Key.Key_Return, CONTROL), (), "label.review"),
        (key(Qt.Key.Key_Plus, SHIFT, "+"), (), "label.zoom_in"),
        (key(Qt.Key.Key_Plus, CONTROL | SHIFT), (), "label.zoom_in"),
        (key(Qt.Key.Key_Backtab, SHIFT), (), None),
        (key(Qt.Key.Key_Shift, SHIFT), (), None),
    ],
)  # fmt: skip
def test_a_key_of_the_label_page(keys, event, now, wanted) -> None:
    assert keys.command("label", event, now) == wanted


def test_without_states_the_most_special_command_comes_first(keys) -> None:
    found = [made.id for made in keys.commands("label", key(Qt.Key.Key_Return))]
    assert found == ["label.finish", "label.accept", "label.place"]
    assert keys.command("label", key(Qt.Key.Key_Left)) == "label.nudge.left"


@ON_LINUX
@pytest.mark.parametrize(
    ("event", "wanted"),
    [
        (key(0x42D, scan=48, text="э"), ()),
        (key(0x412, scan=40, text="в"), ("D",)),  # Cyrillic where D is
        (key(0x3A6, scan=41, text="φ"), ("F",)),  # Greek where F is
        (key(Qt.Key.Key_Exclam, SHIFT, "!", 10), ("Shift+1",)),
        (key(Qt.Key.Key_Ampersand, NONE, "&", 10), ("1",)),  # French row of digits
        (key(0xE9, NONE, "é", 11), ("2",)),
        (key(Qt.Key.Key_1, SHIFT, "1", 10), ("Shift+1",)),
        (key(Qt.Key.Key_BracketLeft, NONE, "[", 17), ("[",)),  # German, with AltGr
        (key(Qt.Key.Key_BracketLeft, NONE, "[", 34), ("[",)),
        (key(Qt.Key.Key_Plus, NONE, "+", 35), ("+",)),
    ],
)
def test_letters_and_digits_are_known_by_their_place(event, wanted) -> None:
    assert tuple(n for n in pressed(event) if n.isascii())[: len(wanted)] == wanted


def test_altgr_on_windows_is_no_control(qapp) -> None:
    event = key(Qt.Key.Key_BracketLeft, CONTROL | ALT, "[")
    assert pressed(event)[0] == "["
    assert digit(event) is None


def test_bare_keys_are_text_while_a_field_has_the_focus(keys, qtbot) -> None:
    for field in (QLineEdit(), QSpinBox()):
        qtbot.addWidget(field)
        field.show()
        field.activateWindow()
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        for event in (key(Qt.Key.Key_D, text="d"), key(Qt.Key.Key_3, text="3"),
                      key(Qt.Key.Key_Return), key(Qt.Key.Key_Delete)):  # fmt: skip
            assert keys.command("label", event) is None
            assert keys.command("images", event) is None
        assert keys.command("label", key(Qt.Key.Key_Return, CONTROL)) == "label.review"
        field.clearFocus()


def test_other_keys_are_kept_and_come_back(keys) -> None:
    keys.use("cvat")
    keys.set_keys("label.tool.box", ["Q", "ctrl+shift+return"])
    assert keys.keys("label.tool.box") == ("Q", "Ctrl+Shift+Enter")
    fresh = Keymap()
    fresh.load(keys.stored())
    assert fresh.preset == "cvat"
    assert fresh.keys("label.tool.box") == keys.keys("label.tool.box")
    assert fresh.keys("label.next") == ("F", "Right")
    fresh.reset_all()
    assert fresh.keys("label.tool.box") == ("R", "W")
    assert fresh.preset == "cvat"


@pytest.mark.parametrize(
    "data",
    [None, 3, {"preset": "vim"}, {"overrides": [1]},
     {"preset": "ours", "overrides": {"label.gone": ["A"], "label.next": "D", "app.undo": [7]}}],
)  # fmt: skip
def test_settings_of_another_version_do_no_harm(keys, data) -> None:
    keys.load(data)
    assert keys.preset == "ours"
    assert keys.keys("label.next") == ("D", "Right")


def test_a_key_in_use_is_told_and_moved(keys) -> None:
    assert [made.id for made in keys.taken("label.tool.box", "D")] == ["label.next"]
    assert [made.id for made in keys.taken("label.tool.box", "Ctrl+Z")] == [
        "app.undo", "label.step_back",
    ]  # fmt: skip
    assert [made.id for made in keys.taken("app.search", "G")] == ["images.grid", "label.gallery"]
    assert keys.taken("images.grid", "R") == []
    keys.move_key("label.tool.box", "D")
    assert keys.keys("label.tool.box") == ("R", "W", "D")
    assert keys.keys("label.next") == ("Right",)
    assert keys.conflicts() == []
    keys.reset("label.next")
    assert keys.keys("label.next") == ("D", "Right")
    assert keys.keys("label.tool.box") == ("R", "W")
    assert not keys.is_own("label.tool.box")


def test_two_commands_with_one_key_are_a_conflict(keys) -> None:
    keys.set_keys("label.join", ["D"])
    found = keys.conflicts("label")
    assert [(c.key, {c.first.id, c.second.id}) for c in found] == [
        ("D", {"label.next", "label.join"})
    ]
    assert keys.conflicts("images") == []


def test_commands_share_keys_only_where_one_goes_before_the_other() -> None:
    for one, other in itertools.combinations(COMMANDS, 2):
        if together(one, other):
            assert COMMANDS.index(one) < COMMANDS.index(other) or other.scope == "everywhere"
            assert one.when or other.when


def test_enter_is_both_keys_of_that_name(qapp) -> None:
    assert [s.toString() for s in sequences("Ctrl+Enter")] == ["Ctrl+Enter", "Ctrl+Return"]
    assert is_bare("Enter") and is_bare("Shift+1") and not is_bare("F1") and not is_bare("Ctrl++")


def test_esc_on_a_control_leads_back_to_where_the_keys_of_the_page_work(opened) -> None:
    page = opened.window.page("images")
    page.grid.selectAll()
    chip = page.findChild(QWidget, "filter_labels")
    chip.setFocus()
    opened.press(Qt.Key.Key_Escape, on=chip)
    assert page.grid.hasFocus()
    assert page.grid.selectionModel().hasSelection()
    opened.context.go_to("label")
    label = opened.window.page("label")
    opened.settle(lambda: label.canvas.image_id is not None)
    button = label.findChild(QWidget, "fitImage")
    button.setFocus()
    opened.press(Qt.Key.Key_Escape, on=button)
    assert label.canvas.hasFocus()
