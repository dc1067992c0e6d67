"""The panels of the Label page: labels, shapes, view, review, folding, what is remembered."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget

from tlstudio.domain.annotations import Box, Provenance
from tlstudio.services.labelling import list_labels
from tlstudio.ui.pages.label.display import Display
from tlstudio.ui.pages.label.shape_row import facts_room, part_at

CONTROL = Qt.KeyboardModifier.ControlModifier
KEY = Qt.Key
LEFT = Qt.MouseButton.LeftButton
RIGHT = Qt.MouseButton.RightButton


def row_of(view, index: int) -> QPoint:
    """The middle of a row, left of its signs."""
    rect = view.visualRect(view.model().index(index, 0))
    return QPoint(rect.left() + 60, rect.center().y())


def said(hand, name: str) -> str:
    """What a label of the page says while it is shown; empty else."""
    found = hand.page.findChild(QLabel, name)
    return found.text() if found is not None and found.isVisible() else ""


def suggest(hand, count: int = 2) -> None:
    """Suggestions of a model on the image that is shown."""
    from tlstudio.domain.annotations import AnnotationSource
    from tlstudio.storage import annotations

    project, image = hand.driver.context.project, hand.canvas.image_id
    label = list_labels(project)[0].id
    made = Provenance(source=AnnotationSource.MODEL, confidence=0.87, suggestion=True)
    shapes = [
        Box(id="", image=image, label=label, x=10 + 50 * n, y=10, w=30, h=30, provenance=made)
        for n in range(count)
    ]
    changes = project.transact(
        "undo.add_shapes", lambda db: annotations.add(db, shapes), undoable=False
    )
    hand.driver.context.changes.tell(changes)


def test_a_new_label_is_typed_and_chosen(hand) -> None:
    hand.press(KEY.Key_L, CONTROL)
    field = hand.driver.find("findLabel")
    assert field.hasFocus()
    QTest.keyClicks(field, "mitosis")
    hand.driver.press(KEY.Key_Return, on=field)
    hand.settle(lambda: len(list_labels(hand.driver.context.project)) == 4)
    hand.settle(lambda: hand.driver.context.labels.get(hand.canvas.label_id) is not None)
    assert hand.driver.context.labels.get(hand.canvas.label_id).name == "mitosis"
    assert field.text() == ""
    assert hand.canvas.hasFocus()


def test_typing_finds_a_label_and_letters_are_no_keys_then(hand) -> None:
    field = hand.driver.find("findLabel")
    hand.driver.type("findLabel", "dir")
    assert hand.canvas.tool.name == "select"
    assert [e.name for e in hand.page.labels.table.entries] == ["dirt", "dir"]
    hand.driver.press(KEY.Key_Return, on=field)
    assert hand.driver.context.labels.get(hand.canvas.label_id).name == "dirt"


def test_a_click_on_a_label_relabels_the_selection_and_counts_follow(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_V)
    view = hand.page.labels.list
    QTest.mouseClick(view.viewport(), LEFT, pos=row_of(view, 2))
    hand.settle(lambda: hand.driver.context.labels.get(hand.stored()[0].label).name == "dirt")
    hand.settle(lambda: [e.here for e in hand.page.labels.table.entries] == [0, 0, 1])
    hand.settle(lambda: [e.used for e in hand.page.labels.table.entries] == [0, 0, 1])
    assert hand.canvas.hasFocus()


def test_list_and_canvas_select_the_same(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.draw_box(80, 30, 120, 70)
    lower, upper = [s.id for s in hand.scene.shapes()]
    view = hand.page.shapes.list
    hand.settle(lambda: view.model().rowCount() == 2)
    QTest.mouseClick(view.viewport(), LEFT, pos=row_of(view, 1))
    assert hand.scene.selected == (lower,)
    hand.press(KEY.Key_V)
    hand.click(100, 50)
    hand.settle()
    assert hand.scene.selected == (upper,)
    assert [index.row() for index in view.selectionModel().selectedIndexes()] == [0]
    assert "box, 40 × 40" in hand.driver.find("shapeFactsText").text()
    QTest.mouseDClick(view.viewport(), LEFT, pos=row_of(view, 1))
    x, y, w, h = hand.canvas.view.visible()
    assert w < 160
    assert x < 40 < x + w
    assert y < 50 < y + h


def test_eye_and_lock_of_a_row(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    key = hand.scene.shapes()[0].id
    view = hand.page.shapes.list
    hand.settle(lambda: view.model().rowCount() == 1)
    rect = view.visualRect(view.model().index(0, 0))
    lock = QPoint(rect.right() - 8, rect.center().y())
    eye = QPoint(rect.right() - 30, rect.center().y())
    assert (part_at(rect, lock), part_at(rect, eye)) == ("lock", "hide")
    QTest.mouseClick(view.viewport(), LEFT, pos=lock)
    hand.settle(lambda: hand.scene.locked(key))
    assert hand.stored()[0].attributes["locked"]
    QTest.mouseClick(view.viewport(), LEFT, pos=eye)
    assert not hand.scene.visible(key)
    assert view.model().rowCount() == 1
    assert len(hand.stored()) == 1


def test_filters_narrow_list_and_canvas_and_touch_no_data(hand) -> None:
    hand.press(KEY.Key_1)
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_2)
    hand.draw_box(80, 30, 120, 70)
    box = hand.driver.find("shapeLabelFilter")
    box.setCurrentIndex(box.findText("platelet"))
    hand.settle()
    assert hand.page.shapes.list.model().rowCount() == 1
    assert [hand.scene.visible(s.id) for s in hand.scene.shapes()] == [False, True]
    assert len(hand.stored()) == 2


def test_a_filter_on_a_label_that_goes_goes_with_it(hand) -> None:
    from tlstudio.services.labelling import merge_labels

    hand.press(KEY.Key_1)
    hand.draw_box(20, 30, 60, 70)
    box = hand.driver.find("shapeLabelFilter")
    box.setCurrentIndex(box.findText("cell"))
    cell, platelet, _ = list_labels(hand.driver.context.project)
    hand.driver.context.edit(merge_labels, [cell.id], platelet.id)
    hand.settle(lambda: box.findText("cell") < 0)
    assert box.currentText() == "Any label"
    hand.settle(lambda: hand.scene.visible(hand.scene.shapes()[0].id))


def test_order_by_button(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.draw_box(40, 30, 80, 70)
    first = hand.stored()[0].id
    hand.scene.select([first])
    hand.settle()
    hand.driver.click("order_front")
    hand.settle(lambda: hand.stored()[-1].id == first)
    assert hand.scene.shapes()[-1].id == first


def test_suggestions_are_counted_accepted_and_rejected(hand) -> None:
    suggest(hand, 3)
    hand.settle(lambda: said(hand, "suggestionCount") == "3 suggestions")
    hand.press(KEY.Key_V)
    hand.click(25, 25)
    hand.press(KEY.Key_Return)
    hand.settle(lambda: said(hand, "suggestionCount") == "2 suggestions")
    assert [s.provenance.suggestion for s in hand.stored()].count(False) == 1
    hand.driver.click("rejectAll")
    hand.settle(lambda: len(hand.stored()) == 1)
    assert hand.scene.all()[0].provenance.confidence == pytest.approx(0.87)


def test_all_suggestions_are_those_that_are_seen(hand) -> None:
    suggest(hand, 3)
    hand.settle(lambda: said(hand, "suggestionCount") == "3 suggestions")
    hidden = hand.scene.shapes()[0].id
    hand.scene.filters.set_hidden([hidden])
    hand.settle(lambda: said(hand, "suggestionCount") == "2 suggestions")
    hand.driver.click("acceptAll")
    hand.settle(lambda: [s.provenance.suggestion for s in hand.stored()].count(True) == 1)
    assert [s.id for s in hand.stored() if s.provenance.suggestion] == [hidden]


def test_escape_lets_go_of_a_mixed_selection_and_delete_takes_all_of_it(hand) -> None:
    hand.draw_box(100, 80, 140, 110)
    suggest(hand, 2)
    hand.settle(lambda: len(hand.scene.all()) == 3)
    hand.press(KEY.Key_V)
    for key, left in ((KEY.Key_Escape, 3), (KEY.Key_Delete, 0)):
        hand.press(KEY.Key_A, Qt.KeyboardModifier.ControlModifier)
        assert len(hand.scene.selected) == 3
        hand.press(key)
        hand.settle(lambda n=left: len(hand.stored()) == n and not hand.scene.selected)


def test_what_is_drawn_while_shapes_are_hidden_does_not_vanish_without_a_word(hand) -> None:
    hand.press(KEY.Key_H)
    hand.draw_box(20, 30, 60, 70)
    assert not hand.scene.filters.hide_all
    assert hand.scene.visible(hand.scene.all()[0].id)
    hand.scene.filters.set_sources(["import"])
    hand.draw_box(100, 30, 140, 70)
    assert "filter" in hand.driver.window.status.action.text()


def test_a_short_name_leaves_its_room_to_the_facts_of_a_shape() -> None:
    assert facts_room(200, 30) == 162
    assert facts_room(200, 400) == 120


def test_sliders_and_dragging_change_the_display_and_never_the_data(hand) -> None:
    before = hand.canvas.picture.levels[0].copy()
    hand.page.open_section("look")
    hand.settle()
    hand.driver.find("brightness").setValue(900)
    assert hand.canvas.adjust.brightness == pytest.approx(0.8)
    QTest.mousePress(hand.canvas, RIGHT, pos=QPoint(200, 200))
    QTest.mouseMove(hand.canvas, QPoint(240, 200))
    QTest.mouseMove(hand.canvas, QPoint(100, 240))
    QTest.mouseRelease(hand.canvas, RIGHT, pos=QPoint(100, 240))
    assert hand.canvas.adjust.high - hand.canvas.adjust.low < 255
    assert "level" in hand.driver.window.status.action.text()
    assert (hand.canvas.picture.levels[0] == before).all()
    hand.driver.click("resetView")
    assert hand.page.look.display == Display()


def test_tab_leaves_the_bare_image_and_brings_the_panels_back(hand) -> None:
    wide = hand.canvas.width()
    hand.press(KEY.Key_Tab)
    hand.settle()
    assert not hand.page.side.isVisible()
    assert not hand.page.strip.isVisible()
    assert hand.canvas.width() > wide + 200
    hand.press(KEY.Key_Tab)
    hand.settle()
    assert hand.page.side.isVisible()
    assert hand.canvas.hasFocus()


def test_a_small_window_holds_everything(hand) -> None:
    for name in hand.page.side.sections:
        hand.page.open_section(name)
    hand.settle()
    window = hand.driver.window
    assert (window.width(), window.height()) == (1366, 768)
    page = hand.page
    assert page.width() <= window.width()
    area = page.side.area
    assert area.widget().minimumSizeHint().width() <= area.viewport().width()
    for made in page.strip.findChildren(QWidget):
        if made.isVisible():
            assert page.strip.rect().contains(made.geometry())


def test_pixel_size_by_hand_shows_a_scale_bar(hand) -> None:
    hand.page.open_section("look")
    hand.settle()
    hand.driver.click("setSpacing")
    hand.driver.type("spacingSize", "nonsense")
    hand.driver.click("spacingOne")
    hand.driver.type("spacingSize", "0.5")
    hand.driver.click("spacingOne")
    hand.settle(lambda: hand.canvas.spacing is not None)
    assert (hand.canvas.spacing.x, hand.canvas.spacing.unit) == (0.5, "µm")
    assert "0.5 µm/px" in hand.driver.find("spacingText").text()
    ids = hand.page.navigator.ids
    hand.driver.context.go_to("label", image=ids[1], ids=ids[:2])
    hand.settle(lambda: hand.page.navigator.narrowed and not hand.page.stage.busy)
    hand.driver.click("setSpacing")
    assert hand.driver.find("spacingAll").text() == "These 2 images"
    hand.driver.click("filmAll")
    hand.settle(lambda: hand.driver.find("spacingAll").text() == "All images")


def test_labels_are_edited_in_place(hand) -> None:
    hand.driver.click("editLabels")
    hand.settle()
    assert hand.driver.find("labelsPanel").isVisible()
    assert not hand.page.labels.list.isVisible()
    hand.driver.click("editLabels")
    hand.settle()
    assert hand.page.labels.list.isVisible()


def test_what_is_folded_and_how_wide_is_remembered(hand) -> None:
    hand.driver.click("lookFold")
    hand.driver.click("labelsFold")
    hand.press(KEY.Key_X)
    folder = hand.driver.context.project.folder
    hand.driver.context.set_project(None)
    hand.driver.settle()
    hand.driver.context.open_project(folder)
    hand.driver.settle(lambda: hand.driver.window.page("images") is not None)
    hand.driver.context.go_to("label")
    hand.driver.settle()
    page = hand.driver.window.page("label")
    assert page.side.sections["look"].is_open
    assert not page.side.sections["labels"].is_open
    assert page.canvas.crosshair


def test_comments_are_written_and_read(hand) -> None:
    hand.press(KEY.Key_M, CONTROL)
    field = hand.driver.find("commentField")
    assert field.hasFocus()
    QTest.keyClicks(field, "Blurred at the edge")
    hand.driver.click("addComment")
    hand.settle(lambda: field.toPlainText() == "")
    hand.settle(
        lambda: "Blurred at the edge" in [w.text() for w in hand.page.review.findChildren(QLabel)]
    )


def test_a_part_that_is_opened_comes_into_sight_whole_or_with_what_is_typed_in(hand) -> None:
    hand.driver.window.resize(1280, 560)
    hand.driver.settle()
    area = hand.page.side.area
    hand.page.side.sections["review"].set_open(False)
    area.verticalScrollBar().setValue(0)
    hand.press(KEY.Key_M, CONTROL)
    field = hand.page.window().focusWidget()
    assert hand.page.review.isAncestorOf(field)
    hand.driver.settle(
        lambda: (
            area.viewport().rect().contains(field.mapTo(area.viewport(), field.rect().bottomLeft()))
        )
    )


def test_the_facts_say_who_made_a_shape_and_who_changed_it(hand) -> None:
    hand.driver.context.project.author = "Anna"
    hand.draw_box(20, 30, 60, 70)
    assert "Made by Anna" in hand.driver.find("shapeFactsText").text()
    hand.driver.context.project.author = "Ben"
    hand.press(KEY.Key_V)
    hand.drag(40, 50, 50, 55)
    hand.settle(lambda: hand.stored()[0].provenance.updated_by == "Ben")
    hand.settle(lambda: hand.scene.all()[0].provenance.updated_by == "Ben")
    assert hand.stored()[0].provenance.author == "Anna"


def test_windows_of_the_file_can_be_chosen_and_values_have_a_unit(hand) -> None:
    from dataclasses import replace

    import numpy as np

    from tlstudio.services.pictures import FileWindow

    before = hand.canvas.picture
    values = np.full(before.levels[0].shape[:2], 40.0, np.float32)
    picture = replace(
        before, levels=(values,), bit_depth=32, low=-160.0, high=240.0, unit="HU",
        windows=(FileWindow(-160, 240, "BRAIN"), FileWindow(-450, 1050, "BONE")),
    )  # fmt: skip
    hand.page.open_section("look")
    hand.canvas.show_picture(picture)
    hand.page.look.show_picture(picture)
    hand.settle()
    choice = hand.driver.find("windowPreset")
    assert choice.isVisible()
    assert [choice.itemText(n) for n in range(choice.count())] == [
        "BRAIN: 40 HU, 400 wide",
        "BONE: 300 HU, 1500 wide",
    ]
    choice.setCurrentIndex(1)
    choice.activated.emit(1)
    assert (hand.canvas.adjust.low, hand.canvas.adjust.high) == (-450, 1050)
    hand.driver.click("resetView")
    assert choice.currentIndex() == 0
    QTest.mouseMove(hand.canvas, hand.at(5, 5))
    hand.settle()
    assert "40 HU" in hand.driver.window.status.position.text()
