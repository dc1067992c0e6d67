"""Drawing on the Label page: what is seen is what is stored, at once and after a refusal."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.errors import UserError
from tlstudio.services import shaping

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
KEY = Qt.Key


def test_a_box_is_seen_at_once_and_stored(hand) -> None:
    hand.press(KEY.Key_2)
    hand.press(KEY.Key_R)
    hand.drag(20, 30, 60, 70)
    assert hand.scene.previews.ids or hand.scene.all()
    hand.settle(lambda: len(hand.scene.all()) == 1)
    (stored,) = hand.stored()
    assert isinstance(stored, Box)
    assert (round(stored.x), round(stored.y)) == (20, 30)
    assert hand.driver.context.labels.get(stored.label).name == "platelet"
    assert hand.scene.selected == (stored.id,)
    assert not hand.scene.previews.ids
    assert hand.state() == "draft"


def test_a_polygon_by_clicks_and_a_point_taken_back_by_undo(hand) -> None:
    hand.press(KEY.Key_P)
    for x, y in ((20, 20), (80, 20), (80, 80), (140, 100)):
        hand.click(x, y)
    hand.driver.press(KEY.Key_Z, CONTROL, on=hand.canvas)
    assert hand.canvas.tool.drawing
    hand.click(20, 80)
    hand.press(KEY.Key_Return)
    hand.settle(lambda: len(hand.scene.all()) == 1)
    (stored,) = hand.stored()
    assert isinstance(stored, Polygon)
    assert [tuple(map(round, p)) for p in stored.parts[0][0]] == [
        (20, 20), (80, 20), (80, 80), (20, 80),
    ]  # fmt: skip


def test_undo_and_redo_show_the_image_they_change(hand) -> None:
    first = hand.canvas.image_id
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    hand.press(KEY.Key_Z, CONTROL)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert hand.stored() == []
    assert hand.scene.all() == []
    assert hand.state(first) == "unlabelled"
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    hand.press(KEY.Key_Y, CONTROL)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert len(hand.scene.all()) == len(hand.stored()) == 1


def test_moving_relabelling_duplicating_and_deleting_go_to_the_store(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_V)
    hand.drag(40, 50, 50, 55)
    hand.settle()
    assert (round(hand.stored()[0].x), round(hand.stored()[0].y)) == (30, 35)
    hand.press(KEY.Key_3)
    hand.settle()
    assert hand.driver.context.labels.get(hand.stored()[0].label).name == "dirt"
    hand.press(KEY.Key_D, CONTROL)
    hand.settle(lambda: len(hand.scene.all()) == 2)
    hand.press(KEY.Key_Delete)
    hand.settle(lambda: len(hand.scene.all()) == 1)
    assert len(hand.stored()) == 1


def test_arrows_nudge_the_selection_as_one_step_and_else_turn_to_the_next_image(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    first = hand.canvas.image_id
    hand.press(KEY.Key_Right)
    hand.press(KEY.Key_Right)
    hand.press(KEY.Key_Down)
    hand.settle(lambda: round(hand.stored()[0].x) == 22)
    assert round(hand.stored()[0].y) == 31
    hand.press(KEY.Key_Z, CONTROL)
    hand.settle(lambda: round(hand.stored()[0].x) == 20)
    hand.press(KEY.Key_Escape)
    hand.press(KEY.Key_Escape)
    hand.press(KEY.Key_Right)
    hand.settle(lambda: hand.canvas.image_id != first)


def test_a_box_is_drawn_moved_and_sized_by_keys_alone(hand) -> None:
    for key in (KEY.Key_R, KEY.Key_3, KEY.Key_Return):
        hand.press(key)
    hand.settle(lambda: bool(hand.scene.selected))
    before = hand.stored()[0]
    assert hand.driver.context.labels.get(before.label).name == "dirt"
    assert (round(before.x + before.w / 2), round(before.y + before.h / 2)) == (80, 60)
    hand.press(KEY.Key_Right, SHIFT)
    hand.press(KEY.Key_Down, CONTROL | SHIFT)
    hand.press(KEY.Key_Right, ALT | SHIFT)
    hand.settle(lambda: hand.stored()[0].w == before.w + 10)
    after = hand.stored()[0]
    assert (after.x, after.y, after.h) == (before.x + 10, before.y, before.h + 1)


def test_a_nudge_still_under_way_is_stored_before_the_image_goes(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    first = hand.canvas.image_id
    hand.press(KEY.Key_Down)
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert round(hand.stored()[0].y) == 31
    assert round(hand.scene.all()[0].y) == 31


def test_a_refused_edit_is_put_back_and_says_why(hand, monkeypatch) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_V)

    def refuse(*_args: object) -> object:
        raise UserError("shape.locked")

    monkeypatch.setattr(shaping, "delete_shapes", refuse)
    monkeypatch.setattr(shaping, "move_shapes", refuse)
    hand.press(KEY.Key_Delete)
    assert hand.scene.all() == []
    hand.settle(lambda: len(hand.scene.all()) == 1)
    assert "locked" in hand.driver.window.status.action.text()
    hand.drag(40, 50, 60, 60)
    hand.settle()
    assert not hand.scene.previews.moved
    assert round(hand.scene.all()[0].x) == 20


def test_a_cut_beside_the_shape_says_so_in_a_word_and_not_in_a_bar(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_K)
    hand.drag(100, 80, 140, 84)
    hand.settle(lambda: "divide" in hand.driver.window.status.action.text())
    assert not [m for m in hand.driver.window.messages.findChildren(QLabel) if m.isVisible()]
    assert len(hand.stored()) == 1


def test_a_stroke_painted_while_an_undo_is_under_way_brings_nothing_back(hand) -> None:
    hand.press(KEY.Key_B)
    hand.page.view_acts.set_brush(5)
    hand.drag(20, 20, 40, 20)
    hand.settle(lambda: len(hand.stored()) == 1)
    hand.drag(20, 100, 40, 100)
    hand.settle(lambda: hand.stored()[0].h > 60)
    hand.press(KEY.Key_Z, CONTROL)
    hand.drag(80, 20, 100, 20)
    hand.settle(lambda: len(hand.stored()) == 1 and hand.stored()[0].w > 60)
    assert hand.stored()[0].h < 20
    hand.settle(lambda: not hand.scene.bitmap(hand.scene.all()[0].id).at(30, 100))


def test_a_shape_just_drawn_is_not_labelled_anew_by_the_key_for_the_next(hand) -> None:
    hand.press(KEY.Key_1)
    hand.draw_box(20, 30, 60, 70)
    hand.press(KEY.Key_2)
    hand.settle()
    hand.draw_box(80, 30, 120, 70)
    names = [hand.driver.context.labels.get(s.label).name for s in hand.stored()]
    assert names == ["cell", "platelet"]


def test_copy_then_paste_on_the_next_image(hand) -> None:
    hand.draw_box(20, 30, 60, 70)
    first = hand.canvas.image_id
    hand.press(KEY.Key_C, CONTROL)
    hand.settle()
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    hand.press(KEY.Key_V, CONTROL)
    hand.settle(lambda: len(hand.scene.all()) == 1)
    assert round(hand.stored()[0].x) == 20
    hand.press(KEY.Key_V, CONTROL, SHIFT)
    second = hand.canvas.image_id
    hand.settle(lambda: hand.canvas.image_id != second and len(hand.scene.all()) == 1)
    assert hand.canvas.image_id not in (first, second)
    assert len(hand.stored()) == 1


def test_the_brush_paints_a_mask_that_stays(hand) -> None:
    hand.page.view_acts.set_brush(6)
    hand.press(KEY.Key_B)
    hand.drag(40, 40, 90, 40)
    hand.settle(lambda: len(hand.scene.all()) == 1)
    (stored,) = hand.stored()
    assert isinstance(stored, Mask)
    assert hand.scene.bitmap(stored.id).at(60, 40)
    hand.drag(40, 60, 90, 60)
    hand.settle()
    assert len(hand.stored()) == 1
    hand.press(KEY.Key_D)
    hand.settle()
    hand.press(KEY.Key_A)
    hand.settle(lambda: len(hand.scene.all()) == 1)
    assert hand.scene.bitmap(hand.stored()[0].id).at(60, 60)


def test_an_unfinished_polygon_is_there_again_on_coming_back(hand) -> None:
    first = hand.canvas.image_id
    hand.press(KEY.Key_P)
    for x, y in ((20, 20), (80, 20), (80, 80)):
        hand.click(x, y)
    hand.settle()
    hand.press(KEY.Key_D)
    hand.settle(lambda: hand.canvas.image_id != first)
    assert not hand.canvas.tool.drawing
    hand.press(KEY.Key_A)
    hand.settle(lambda: hand.canvas.image_id == first)
    assert hand.canvas.tool.name == "polygon"
    assert hand.canvas.tool.drawing
    hand.press(KEY.Key_Return)
    hand.settle(lambda: len(hand.scene.all()) == 1)


def test_the_menu_offers_what_can_be_done_and_says_why_not(hand) -> None:
    menu = hand.page.menu.make()
    entries = {entry.objectName(): entry for entry in menu.findChildren(type(menu.actions()[0]))}
    assert not entries["menu_label.join"].isEnabled()
    assert "Select a shape first" in entries["menu_label.join"].toolTip()
    menu.deleteLater()
    hand.draw_box(20, 30, 60, 70)
    menu = hand.page.menu.make()
    assert isinstance(menu, QMenu)
    entries = {entry.objectName(): entry for entry in menu.findChildren(type(menu.actions()[0]))}
    assert "two shapes" in entries["menu_label.join"].toolTip()
    assert not entries["menu_label.to_box"].isEnabled()
    entries["menu_label.to_polygon"].trigger()
    hand.settle(lambda: isinstance(hand.stored()[0], Polygon))
    menu.deleteLater()
