"""The list of labels: numbers, search, order, roles, patterns; what merging will change."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tlstudio.domain.annotations import Box
from tlstudio.domain.changes import Changes
from tlstudio.domain.labels import Label, LabelRole
from tlstudio.services.labelling import add_labels
from tlstudio.services.shaping import add_shapes
from tlstudio.ui.keymap import keymap
from tlstudio.ui.label_look import patterns
from tlstudio.ui.pages.images.label_words import delete_words, merge_words
from tlstudio.ui.pages.images.look import chip

ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(opened):
    opened.click("sideTabs_labels")
    opened.settle()
    return opened.window.page("images").side.labels


def names(opened) -> list[str]:
    return [made.name for made in opened.context.labels.all()]


def more_labels(opened, *wanted: str) -> None:
    opened.context.edit(lambda project: add_labels(project, wanted))
    opened.settle(lambda: wanted[-1] in names(opened))


def numbers(panel, label_id: int) -> tuple[str, str]:
    shown = panel._lines[label_id]
    return shown._images.text(), shown._shapes.text()


def choose(opened, panel, made: Label, *path: str) -> None:
    """Take an entry of the label's menu by the objectNames on the way."""
    menu = panel._lines[made.id].more.menu()
    menu.aboutToShow.emit()
    action = next(a for a in menu.findChildren(QAction) if a.objectName().endswith("_".join(path)))
    action.trigger()
    opened.settle()


def test_images_and_shapes_are_counted_apart(opened, panel) -> None:
    bars = opened.context.labels.all()[0]
    opened.settle(lambda: numbers(panel, bars.id) == ("6", "–"))
    image = opened.window.page("images").model.ids[0]
    boxes = [Box(id="", image=image, label=bars.id, x=n, y=n, w=5, h=5) for n in (1, 9)]
    opened.context.edit(lambda project: add_shapes(project, image, boxes).changes)
    opened.settle(lambda: numbers(panel, bars.id) == ("6", "2"))
    assert panel._lines[bars.id].name.accessibleDescription() == "6 images, 2 shapes"


def test_from_ten_labels_on_they_can_be_searched(opened, panel) -> None:
    assert not panel._find.isVisible()
    more_labels(opened, *(f"kind {n}" for n in range(1, 8)))
    opened.type("findLabels", "KIND 7")
    seen = [shown.name.text() for shown in panel._lines.values() if shown.isVisible()]
    assert seen == ["kind 7"]
    opened.type("findLabels", "nothing like it")
    assert panel._none.isVisible()


def test_the_keys_are_shown_as_they_are_now(opened, panel) -> None:
    def keys() -> list[str]:
        return [w.text() for w in panel.findChildren(QLabel) if w.property("role") == "key"]

    assert keys() == ["1", "2", "3"]
    keymap().set_keys("images.pick.2", ["Q"])
    opened.settle()
    assert keys() == ["1", "Q", "3"]
    keymap().load(None)


def test_a_label_is_moved_by_key_and_keeps_the_focus(opened, panel) -> None:
    bars = opened.context.labels.all()[0]
    panel._lines[bars.id].name.setFocus()
    opened.press(Qt.Key.Key_Down, ALT, on=panel._lines[bars.id].name)
    opened.settle(lambda: names(opened) == ["round", "bars", "stripes"])
    opened.settle(lambda: panel._lines[bars.id].name.hasFocus())
    opened.press(Qt.Key.Key_Down, ALT, on=panel._lines[bars.id].name)
    opened.settle(lambda: names(opened) == ["round", "stripes", "bars"])
    opened.context.undo()
    opened.settle(lambda: names(opened) == ["round", "bars", "stripes"])


def test_a_label_is_dragged_to_another_place(opened, panel) -> None:
    bars, _round, stripes = opened.context.labels.all()
    grip = opened.find(f"labelGrip_{stripes.id}")
    target = panel._lines[bars.id]
    up = grip.mapFromGlobal(target.mapToGlobal(QPoint(4, 2)))
    QTest.mousePress(grip, LEFT, pos=QPoint(5, 14))
    QTest.mouseMove(grip, up)
    assert panel._mark.isVisible()
    QTest.mouseRelease(grip, LEFT, pos=up)
    assert not panel._mark.isVisible()
    opened.settle(lambda: names(opened) == ["stripes", "bars", "round"])


def test_a_role_is_set_shown_and_undone(opened, panel) -> None:
    stripes = opened.context.labels.all()[2]
    choose(opened, panel, stripes, "ignore")
    opened.settle(lambda: opened.context.labels.get(stripes.id).role is LabelRole.IGNORE)
    assert "ignore" in [w.text() for w in panel._lines[stripes.id].findChildren(QLabel)]
    menu = panel._lines[stripes.id].more.menu()
    menu.aboutToShow.emit()
    ticked = [a.objectName() for a in menu.findChildren(QAction) if a.isChecked()]
    assert ticked == [f"labelRoles_{stripes.id}_ignore"]
    opened.context.undo()
    opened.settle(lambda: opened.context.labels.get(stripes.id).role is LabelRole.NORMAL)


def test_merging_says_the_numbers_first_and_cancel_has_the_focus(opened, panel) -> None:
    bars, round_, _stripes = opened.context.labels.all()
    choose(opened, panel, round_, "into", str(bars.id))
    assert "On 6 images 6 image labels of round become bars." in (
        opened.find("mergeLabelText").text()
    )
    assert opened.find("mergeLabelCancel").hasFocus()
    opened.press(Qt.Key.Key_Escape, on=opened.find("mergeLabelCancel"))
    assert names(opened) == ["bars", "round", "stripes"]
    choose(opened, panel, round_, "into", str(bars.id))
    opened.click("mergeLabelAccept")
    opened.settle(lambda: names(opened) == ["bars", "stripes"])
    opened.settle(lambda: numbers(panel, bars.id)[0] == "12")
    opened.context.undo()
    opened.settle(lambda: names(opened) == ["bars", "round", "stripes"])


def test_a_question_under_a_long_list_comes_into_sight(opened, panel) -> None:
    more_labels(opened, *(f"kind {n}" for n in range(40)))
    panel.ask_delete(opened.context.labels.all()[0])
    opened.settle()
    text = opened.find("deleteLabelText")
    assert opened.window.rect().contains(text.mapTo(opened.window, text.rect().center()))
    assert not text.visibleRegion().isEmpty()


def test_the_words_name_what_there_is_and_leave_out_what_there_is_not() -> None:
    found = {"images": 3, "image_labels": 0, "boxes": 1, "polygons": 2, "masks": 0,
             "suggestions": 4, "doubled": 1, "unlabelled": 2}  # fmt: skip
    old, new = Label(1, "old", "#000000"), Label(2, "new", "#FFFFFF")
    assert merge_words(found, old, new) == (
        "On 3 images 1 box, 2 polygons, 4 suggestions of old become new. 1 image has both labels"
        " and keeps one. The label old goes. Undo brings it back."
    )
    assert delete_words(found, old) == (
        "3 images lose the label old: 1 box, 2 polygons, 4 suggestions. 2 images are left with"
        " nothing and become unlabelled. Undo brings it back."
    )
    none = dict.fromkeys(found, 0)
    assert delete_words(none, old) == "Nothing is labelled old. Undo brings it back."


def test_chips_differ_by_pattern_too(qapp) -> None:
    same = {chip("#E69F00", 12, 0, n).toImage().cacheKey() for n in range(1, 8)}
    assert len(same) == 7
    images = [chip("#E69F00", 12, 0, n).toImage() for n in range(1, 8)]
    assert all(a != b for i, a in enumerate(images) for b in images[:i])
    patterns().set_on(False)
    assert chip("#E69F00", 12, 0, 1).toImage() == chip("#E69F00", 12, 0, 2).toImage()
    patterns().set_on(True)


def test_numbers_follow_while_edit_comes_upon_edit(opened, monkeypatch) -> None:
    store, read = opened.context.labels, []
    monkeypatch.setattr(store, "reload", lambda: read.append(1))
    store._timer.timeout.disconnect()
    store._timer.timeout.connect(lambda: store.reload())
    for _ in range(15):
        opened.context.changes.changed.emit(Changes(images=frozenset({1})))
        QTest.qWait(20)
    assert read
