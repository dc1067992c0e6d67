"""Going through images: order, states on going on, keys of labels, undo of it all."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tlstudio.domain.tasks import Task
from tlstudio.services.images import image_rows
from tlstudio.services.labelling import list_labels

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
KEY = Qt.Key


def labels_of(hand, image: int) -> set[str]:
    (row,) = image_rows(hand.driver.context.project, [image])
    names = {made.id: made.name for made in list_labels(hand.driver.context.project)}
    return {names[n] for n in row.labels}


def test_going_on_marks_a_draft_as_labelled_and_undo_takes_both_back(hand) -> None:
    first = hand.canvas.image_id
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.state(first) == "labelled")
    assert "labelled" in hand.driver.window.status.action.text()
    assert hand.driver.window.status.undo.isVisible()
    position = hand.driver.window.status.position
    hand.settle(lambda: "1 of 5 labelled" in position.text())
    hand.driver.click("statusUndo")
    hand.settle(lambda: hand.canvas.image_id == first)
    assert hand.state(first) == "unlabelled"


def test_going_back_leaves_a_draft_a_draft(hand) -> None:
    hand.press(KEY.Key_End)
    hand.settle()
    last = hand.canvas.image_id
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id != last)
    assert hand.state(last) == "draft"


def test_going_on_can_leave_drafts_alone(hand) -> None:
    hand.driver.click("goingOnLabels")
    first = hand.canvas.image_id
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    assert hand.state(first) == "draft"
    hand.driver.context.go_to("settings")
    hand.driver.settle()
    assert not hand.driver.find("goingOnCheck").isChecked()


def test_next_unlabelled_passes_over_what_is_done(hand) -> None:
    ids = hand.page.navigator.ids
    hand.press(KEY.Key_D)
    hand.settle()
    hand.press(KEY.Key_Return, CONTROL)
    hand.settle(lambda: hand.state(ids[1]) == "labelled")
    hand.press(KEY.Key_Home)
    hand.settle(lambda: hand.canvas.image_id == ids[0])
    hand.press(KEY.Key_D, CONTROL, SHIFT)
    hand.settle(lambda: hand.canvas.image_id == ids[2])
    hand.press(KEY.Key_A, CONTROL, SHIFT)
    hand.settle(lambda: hand.canvas.image_id == ids[0])
    hand.press(KEY.Key_A, CONTROL, SHIFT)
    hand.settle()
    assert "before this one" in hand.driver.window.status.action.text()


def test_an_image_with_nothing_in_it_is_labelled_in_words(hand) -> None:
    hand.press(KEY.Key_Return, CONTROL)
    hand.settle(lambda: hand.state() == "labelled")
    hand.settle(lambda: "nothing in this image" in hand.driver.find("noShapes").text())
    assert "nothing in this image" in hand.driver.window.status.action.text()
    hand.press(KEY.Key_Return, CONTROL)
    hand.settle(lambda: hand.state() == "reviewed")
    hand.settle(lambda: "reviewed now" in hand.driver.window.status.action.text())


def test_tool_label_and_display_stay_from_image_to_image(hand) -> None:
    first = hand.canvas.image_id
    hand.press(KEY.Key_B)
    hand.press(KEY.Key_3)
    hand.press(KEY.Key_I)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    assert hand.canvas.tool.name == "brush"
    assert hand.driver.context.labels.get(hand.canvas.label_id).name == "dirt"
    assert hand.canvas.adjust.invert


def test_zoom_and_place_stay_on_images_of_one_size(hand) -> None:
    first = hand.canvas.image_id
    hand.canvas.zoom_by(4.0)
    before = hand.canvas.view.visible()
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    assert hand.canvas.view.visible() == before


def test_the_page_opens_where_one_was(hand) -> None:
    hand.press(KEY.Key_D)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.page.navigator.place == 2)
    image, folder = hand.canvas.image_id, hand.driver.context.project.folder
    hand.driver.context.set_project(None)
    hand.driver.settle()
    hand.driver.context.open_project(folder)
    hand.driver.settle(lambda: hand.driver.window.page("images") is not None)
    hand.driver.context.go_to("label")
    page = hand.driver.window.page("label")
    hand.driver.settle(lambda: page.canvas.image_id == image)


def test_a_click_on_the_strip_goes_there_and_the_keys_stay_with_the_canvas(hand) -> None:
    film = hand.page.film
    place = film.visualRect(film.table.index(3)).center()
    QTest.mouseClick(film.viewport(), Qt.MouseButton.LeftButton, pos=place)
    hand.settle(lambda: hand.canvas.image_id == hand.page.navigator.ids[3])
    assert hand.canvas.hasFocus()
    assert hand.driver.find("filmPlace").text() == "4 of 5"


def test_images_of_the_gallery_only_are_gone_through(hand) -> None:
    ids = hand.page.navigator.ids
    hand.driver.context.go_to("label", image=ids[4], ids=[ids[4], ids[1]])
    hand.settle(lambda: hand.canvas.image_id == ids[4])
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id == ids[1])
    hand.driver.click("filmAll")
    hand.settle(lambda: hand.page.navigator.ids == ids)
    assert hand.canvas.image_id == ids[1]


def test_a_classification_project_labels_with_a_key_and_moves_on(make_folder, open_label) -> None:
    hand = open_label(make_folder(task=Task.CLASSIFICATION))
    ids = hand.page.navigator.ids
    for key in (KEY.Key_2, KEY.Key_1, KEY.Key_3):  # quicker than images come
        hand.press(key)
    hand.settle(lambda: hand.canvas.image_id == ids[3])
    assert [labels_of(hand, image) for image in ids[:3]] == [{"platelet"}, {"cell"}, {"dirt"}]
    hand.press(KEY.Key_1, SHIFT)
    hand.press(KEY.Key_2, SHIFT)
    hand.settle(lambda: len(labels_of(hand, ids[3])) == 2)
    assert hand.canvas.image_id == ids[3]
    chip = next(n for n in (1, 2, 3) if hand.driver.context.labels.get(n).name == "cell")
    hand.settle(lambda: hand.page.findChild(object, f"chip_{chip}") is not None)
    hand.driver.click(f"chip_{chip}")
    hand.settle(lambda: labels_of(hand, ids[3]) == {"platelet"})
    hand.press(KEY.Key_0)
    hand.settle(lambda: labels_of(hand, ids[3]) == set())


def test_a_label_that_is_new_is_given_like_any_other(make_folder, open_label) -> None:
    hand = open_label(make_folder(task=Task.CLASSIFICATION))
    first, second = hand.page.navigator.ids[:2]
    hand.page.labelling.add_label("mitosis")
    hand.settle(lambda: labels_of(hand, first) == {"mitosis"})
    hand.settle(lambda: hand.canvas.image_id == second)
    hand.page.labelling.add_label("debris")
    hand.page.navigator.step(1)  # before the label is made
    hand.settle(lambda: labels_of(hand, second) == {"debris"})


def test_a_label_that_is_new_goes_to_the_selection(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_V)
    hand.page.labelling.add_label("mitosis")
    hand.settle(lambda: hand.stored()[0].label == 4)
    hand.page.labelling.add_label("debris")
    hand.scene.select([])  # before the label is made
    hand.settle(lambda: hand.stored()[0].label == 5)


def test_a_disputed_image_needs_a_word(hand) -> None:
    hand.press(KEY.Key_Return, CONTROL, SHIFT)
    hand.settle()
    assert hand.state() == "unlabelled"
    comment = hand.driver.find("commentField")
    assert comment.hasFocus()
    QTest.keyClicks(comment, "Two cells or one?")
    hand.driver.press(KEY.Key_Return, CONTROL, on=comment)
    hand.settle(lambda: hand.state() == "disputed")
    assert hand.canvas.hasFocus()
    hand.driver.click("historyToggle")
    hand.settle(lambda: hand.driver.find("historyList").count() == 1)
    hand.press(KEY.Key_Z, CONTROL)
    hand.settle(lambda: hand.state() == "unlabelled")


def test_a_read_only_project_says_why_nothing_can_be_drawn(make_folder, open_label) -> None:
    from tlstudio.services.projects import open_project

    folder = make_folder()
    with open_project(folder):
        hand = open_label(folder)
        assert hand.driver.context.project.read_only
        hand.driver.window.messages.clear()
        hand.press(KEY.Key_R)
        assert hand.canvas.tool.name == "select"
        assert hand.driver.messages()
        hand.press(KEY.Key_D)
        hand.settle(lambda: hand.page.navigator.place == 1)


def test_a_suggested_label_of_the_image_is_accepted_by_enter(make_folder, open_label) -> None:
    from tlstudio.domain.annotations import AnnotationSource, ImageLabel, Provenance
    from tlstudio.storage import annotations

    hand = open_label(make_folder(task=Task.CLASSIFICATION))
    first = hand.canvas.image_id
    dirt = next(a for a in hand.driver.context.labels.all() if a.name == "dirt")
    made = Provenance(source=AnnotationSource.MODEL, confidence=0.71, suggestion=True)
    shape = ImageLabel(id="", image=first, label=dirt.id, provenance=made)
    changes = hand.driver.context.project.transact(
        "undo.assign_label", lambda db: annotations.add(db, [shape]), undoable=False
    )
    hand.driver.context.changes.tell(changes)
    hand.settle(lambda: hand.page.findChild(object, "chipSuggestion") is not None)
    assert hand.driver.find("chipSuggestion").text() == "dirt? 0.71"
    hand.press(KEY.Key_Return)
    hand.settle(lambda: hand.canvas.image_id != first)
    assert labels_of(hand, first) == {"dirt"}


def test_nothing_that_waits_is_lost_when_the_project_or_the_window_goes(hand) -> None:
    from tlstudio.services.projects import open_project
    from tlstudio.services.workbench import open_image

    hand.draw_box(20, 30, 60, 70)
    first, folder = hand.canvas.image_id, hand.driver.context.project.folder
    hand.press(KEY.Key_Down)
    hand.driver.context.set_project(None)
    hand.driver.settle()
    hand.driver.context.open_project(folder)
    hand.driver.settle(lambda: hand.driver.window.page("images") is not None)
    hand.driver.context.go_to("label")
    page = hand.driver.window.page("label")
    hand.driver.settle(lambda: page.canvas.image_id == first)
    (box,) = page.canvas.scene.all()
    assert round(box.y) == 31
    page.canvas.scene.select([box.id])
    for _ in range(3):
        hand.driver.press(KEY.Key_Down, on=page.canvas)
    page.closing()
    hand.driver.context.ops.shutdown()  # as the window does at its end
    with open_project(folder, read_only=True) as project:
        assert round(open_image(project, first).annotations[0].y) == 34
