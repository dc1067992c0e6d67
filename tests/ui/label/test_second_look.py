"""What a person meets who changes project, leaves a sentence half written, or presses too early."""

from __future__ import annotations

import threading
from pathlib import Path

from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from tlstudio.domain.annotations import Box
from tlstudio.domain.tasks import Task
from tlstudio.services import shaping, workbench
from tlstudio.services.images import image_path, image_rows

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def test_the_tool_of_another_project_does_not_take_the_keys_of_a_classification_project(
    hand, make_folder, open_label
) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.page.memory.flush()
    project = hand.driver.context.project
    project.set_task(Task.CLASSIFICATION)
    folder = project.folder
    hand.driver.context.set_project(None)
    hand.driver.settle()
    again = open_label(folder)
    assert again.canvas.tool.name == "select"
    first = again.canvas.image_id
    again.press(KEY.Key_2)
    again.settle(lambda: again.canvas.image_id != first)
    (row,) = image_rows(again.driver.context.project, [first])
    assert again.driver.context.labels.get(2).id in row.labels


def test_a_comment_half_written_is_there_again_on_coming_back(hand) -> None:
    hand.press(KEY.Key_M, CONTROL)
    field = hand.driver.find("commentField")
    QTest.keyClicks(field, "Is this")
    first = hand.canvas.image_id
    hand.driver.click("nextImage")
    hand.settle(lambda: hand.canvas.image_id != first)
    assert field.toPlainText() == ""
    hand.driver.click("previousImage")
    hand.settle(lambda: hand.canvas.image_id == first)
    assert field.toPlainText() == "Is this"


def test_a_label_key_after_a_stroke_leaves_the_box_drawn_before_alone(hand) -> None:
    hand.draw_box(20, 20, 50, 50)
    hand.press(KEY.Key_B)
    hand.drag(80, 80, 110, 80)
    hand.settle(lambda: len(hand.stored()) == 2)
    hand.press(KEY.Key_2)
    hand.settle()
    assert [shape.label for shape in hand.stored()] == [1, 1]
    assert hand.canvas.label_id == 2
    hand.drag(80, 20, 110, 20)
    hand.settle(lambda: len(hand.stored()) == 3)
    assert [shape.label for shape in hand.stored()] == [1, 1, 2]


def test_a_project_that_was_locked_can_be_opened_again_to_change_it(
    make_folder, open_label
) -> None:
    from tlstudio.services.projects import open_project

    folder = make_folder()
    with open_project(folder):
        hand = open_label(folder)
        panel = hand.driver.window.messages
        assert len([text for text in texts_of(panel) if "open it here again" in text]) == 1
        assert not any("2×" in text for text in texts_of(panel))
        panel.clear()
        for keys in ((KEY.Key_M, CONTROL), (KEY.Key_Return, CONTROL, SHIFT)):
            hand.press(*keys)
            hand.settle()
            assert any("open it here again" in text for text in texts_of(panel))
            panel.clear()
    again = open_label(folder)
    assert not again.driver.context.locked_reason()
    again.draw_box(20, 30, 60, 70)


def test_a_file_of_another_size_is_not_drawn_on(hand) -> None:
    project, ids = hand.driver.context.project, hand.page.navigator.ids
    hand.press(KEY.Key_D)
    hand.settle()
    hand.draw_box(100, 80, 150, 110)
    hand.press(KEY.Key_A)
    hand.settle()
    path = Path(image_path(project, ids[1]))
    Image.open(path).resize((80, 60)).save(path)
    hand.page.pictures.forget([ids[1]])
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.page.middle.currentWidget() is hand.page.empties)
    said = texts_of(hand.page.empties)
    assert any("80 × 60" in text and "160 × 120" in text for text in said)
    words = next(made for made in hand.page.empties.findChildren(QLabel) if "80 ×" in made.text())
    hand.settle(lambda: words.height() >= words.heightForWidth(words.width()))
    hand.settle(lambda: "kept" in hand.driver.find("noShapes").text())


def test_the_history_comes_into_sight_when_it_is_unfolded(hand) -> None:
    hand.driver.window.resize(1366, 768)
    hand.draw_box(20, 20, 60, 60)
    hand.page.open_section("review")
    hand.settle()
    hand.driver.click("historyToggle")
    history = hand.driver.find("historyList")
    hand.settle(lambda: history.count() == 1)
    hand.settle(lambda: history.visibleRegion().boundingRect().height() == history.height())


def test_an_edit_that_ends_while_its_image_is_being_read_is_seen(hand, monkeypatch) -> None:
    ids = hand.page.navigator.ids
    read_on, has_read = threading.Event(), threading.Event()
    whole = workbench.open_image

    def slowly(project: object, image: int) -> object:
        found = whole(project, image)
        if image == ids[1]:
            has_read.set()
            assert read_on.wait(60)
        return found

    monkeypatch.setattr(workbench, "open_image", slowly)
    hand.press(KEY.Key_D)
    assert has_read.wait(60)
    told: list[object] = []
    hand.driver.context.changes.changed.connect(told.append)
    box = Box(id="", image=ids[1], label=1, x=10, y=10, w=20, h=20)
    hand.driver.context.edit(shaping.add_shapes, ids[1], [box])
    hand.driver.until(lambda: bool(told))
    read_on.set()
    hand.settle(lambda: hand.canvas.image_id == ids[1])
    hand.driver.settle()
    assert same(hand.scene.shapes(), hand.stored()) and len(hand.scene.shapes()) == 1


def test_a_full_disk_is_said_and_shows_nothing_that_is_not_stored(hand) -> None:
    hand.draw_box(20, 20, 60, 60)
    hand.driver.settle()
    writer = hand.driver.context.project._writer
    pages = writer.execute("PRAGMA page_count").fetchone()[0]
    writer.execute(f"PRAGMA max_page_count={pages}")
    for start in range(0, 120, 2):  # until the room in the pages there are is used up
        hand.drag(90, 70, 20 + start, 110)
        hand.settle(lambda: not hand.scene.previews.ids)
        if hand.driver.messages():
            break
    said = hand.driver.messages()
    assert len(said) == 1 and "no room left" in said[0]
    hand.settle(lambda: same(hand.scene.shapes(), hand.stored()))
    hand.press(KEY.Key_V)
    hand.press(KEY.Key_A, CONTROL)
    hand.press(KEY.Key_2)
    hand.press(KEY.Key_Delete)
    hand.settle(lambda: same(hand.scene.shapes(), hand.stored()))
    hand.press(KEY.Key_M, CONTROL)
    field = hand.driver.find("commentField")
    QTest.keyClicks(field, "x" * 5000)
    hand.driver.press(KEY.Key_Return, CONTROL, on=field)
    hand.settle(lambda: field.toPlainText() == "x" * 5000)
    writer.execute("PRAGMA max_page_count=1000000")
    hand.driver.press(KEY.Key_Return, CONTROL, on=field)
    hand.settle(lambda: field.toPlainText() == "")
    assert all("no room left" in text for text in hand.driver.messages())


def same(shown, stored) -> bool:
    return [(s.id, s.label) for s in shown] == [(s.id, s.label) for s in stored]


def texts_of(panel) -> list[str]:
    return [made.text() for made in panel.findChildren(QLabel) if made.isVisible()]
