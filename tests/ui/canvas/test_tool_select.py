"""Selecting and editing with the pointer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt

from tlstudio.ui.canvas.intents import ChangeShapes, Duplicate, MoveShapes

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
SQUARE = ((100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0))


def test_a_click_selects_and_a_click_beside_deselects(hand, load, shapes) -> None:
    load(shapes.box("a", 10, 10, 50, 40), shapes.box("b", 200, 100, 60, 60))
    hand.take("select")
    hand.click(30, 30)
    assert hand.canvas.scene.selected == ("a",)
    hand.click(150, 250)
    assert hand.canvas.scene.selected == ()
    assert hand.intents == []


def test_clicking_again_goes_through_what_lies_on_top_of_each_other(hand, load, shapes) -> None:
    load(*(shapes.box(key, 50, 50, 100, 100) for key in "abc"))
    hand.take("select")
    seen = []
    for _ in range(4):
        hand.click(100, 100)
        seen.append(hand.canvas.scene.selected[0])
    assert sorted(seen[:3]) == ["a", "b", "c"]
    assert seen[3] == seen[0]


def test_shift_and_control_add_to_the_selection(hand, load, shapes) -> None:
    load(shapes.box("a", 10, 10, 50, 40), shapes.box("b", 200, 100, 60, 60))
    hand.take("select")
    hand.click(30, 30)
    hand.click(230, 130, SHIFT)
    assert hand.canvas.scene.selected == ("a", "b")
    hand.click(30, 30, CTRL)
    assert hand.canvas.scene.selected == ("b",)


def test_a_rubber_band_selects_what_is_wholly_in_it(hand, load, shapes) -> None:
    load(shapes.box("a", 10, 10, 50, 40), shapes.box("b", 200, 100, 60, 60))
    hand.take("select")
    hand.drag((5, 5), (220, 150))
    assert hand.canvas.scene.selected == ("a",)
    hand.drag((190, 90), (300, 200), held=SHIFT)
    assert hand.canvas.scene.selected == ("a", "b")


def test_dragging_moves_all_that_is_selected_as_one_edit_and_within_the_image(
    hand, load, shapes
) -> None:
    load(shapes.box("a", 10, 10, 50, 40), shapes.polygon("p", (70, 20), (90, 20), (80, 60)),
         shapes.mask("m", 100, 20, 30, 30))  # fmt: skip
    hand.take("select")
    hand.canvas.scene.select(["a", "p", "m"])
    hand.move(115, 35)
    hand.press(115, 35)
    hand.move(110, 40)
    hand.move(95.4, 65.3)
    assert hand.canvas.scene.previews.moved == {"a", "p", "m"}
    hand.paint()
    assert hand.intents == []
    hand.release(95.4, 65.3)
    # Whole pixels, as a mask is among them; no further left than the box has room.
    assert hand.intents == [MoveShapes(7, ("a", "p", "m"), -10.0, 30.0)]


def test_escape_drops_a_move(hand, load, shapes) -> None:
    load(shapes.box("a", 10, 10, 50, 40))
    tool = hand.take("select")
    hand.move(30, 30)
    hand.press(30, 30)
    hand.move(60, 60)
    assert tool.drawing
    assert tool.cancel()
    hand.release(60, 60)
    assert hand.intents == []
    assert not hand.canvas.scene.previews.moved


def test_a_vertex_follows_the_pointer_but_not_out_of_the_image(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.drag((200, 200), (300, 250), (500, 260))
    (change,) = hand.intents
    assert isinstance(change, ChangeShapes)
    assert change.shapes[0].parts[0][0][2] == (400.0, 260.0)
    assert change.shapes[0].parts[0][0][:2] == SQUARE[:2]


def test_an_edge_moves_with_both_its_ends(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.drag((150, 100), (150, 80))
    assert hand.intents[0].shapes[0].parts[0][0][:2] == ((100.0, 80.0), (200.0, 80.0))


def test_alt_click_on_an_edge_adds_a_vertex_and_on_a_vertex_removes_it(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.click(150, 100, ALT)
    (added,) = hand.intents
    assert added.shapes[0].parts[0][0][:3] == ((100, 100), (150, 100), (200, 100))
    hand.canvas.scene.replace(["p"], added.shapes)
    hand.click(150, 100, ALT)
    assert hand.intents[1].shapes[0].parts[0][0] == SQUARE


def test_a_new_vertex_can_be_dragged_at_once(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.drag((150, 100), (150, 60), held=CTRL)
    assert hand.intents[0].shapes[0].parts[0][0][1] == (150.0, 60.0)


def test_a_double_click_on_an_edge_adds_a_vertex_and_leaves_the_view(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    version = hand.canvas.view.version
    hand.double(150, 200)
    assert len(hand.intents[0].shapes[0].parts[0][0]) == 5
    assert hand.canvas.view.version == version


def test_a_triangle_keeps_its_vertices_and_says_why(hand, load, shapes) -> None:
    load(shapes.polygon("p", (100, 100), (200, 100), (150, 200)))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.click(200, 100, ALT)
    assert hand.intents == []
    assert "three points" in hand.words[-1]


def test_the_third_last_vertex_of_a_hole_or_of_a_part_takes_all_of_it(hand, load, shapes) -> None:
    hole = ((120.0, 120.0), (180.0, 120.0), (150.0, 160.0))
    other = ((250.0, 100.0), (300.0, 100.0), (280.0, 150.0))
    load(replace(shapes.polygon("p", *SQUARE), parts=((SQUARE, hole), (other,))))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.click(180, 120, ALT)
    assert hand.intents[-1].shapes[0].parts == ((SQUARE,), (other,))
    hand.click(300, 100, ALT)
    assert hand.intents[-1].shapes[0].parts == ((SQUARE,),)


def test_no_mark_stays_where_a_vertex_was_dragged_from(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.drag((200, 200), (260, 240))
    near = hand.tool._near
    assert (near.x, near.y) == (260.0, 240.0)


def test_delete_removes_the_clicked_vertex_then_the_shape(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    tool = hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.click(200, 200)
    assert tool.delete()
    assert hand.intents[0].shapes[0].parts[0][0] == (SQUARE[0], SQUARE[1], SQUARE[3])
    assert tool.delete()
    assert hand.kinds() == ["ChangeShapes", "DeleteShapes"]


def test_a_box_handle_may_cross_over_to_the_other_side(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    hand.take("select")
    hand.canvas.scene.select(["a"])
    hand.drag((150, 140), (100, 120), (60, 70))
    made = hand.intents[0].shapes[0]
    assert (made.x, made.y, made.w, made.h) == (60, 70, 40, 30)


def test_a_side_of_a_box_moves_anywhere_along_it(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 80, 80))
    hand.take("select")
    hand.canvas.scene.select(["a"])
    hand.drag((180, 120), (200, 125))
    made = hand.intents[0].shapes[0]
    assert (made.x, made.y, made.w, made.h) == (100, 100, 100, 80)


def test_a_box_dragged_to_nothing_stays_as_it_was_and_says_why(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    hand.take("select")
    hand.canvas.scene.select(["a"])
    hand.drag((150, 140), (120, 120), (100, 140))
    assert hand.intents == []
    assert hand.words
    assert not hand.canvas.scene.previews.ids


def test_alt_drag_makes_copies(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    hand.take("select")
    hand.move(125, 120, ALT)
    hand.press(125, 120, ALT)
    hand.move(140, 130, ALT)
    hand.move(145, 150, ALT)
    hand.paint()
    hand.release(145, 150, ALT)
    assert hand.intents == [Duplicate(7, ("a",), 20.0, 30.0)]


def test_locked_shapes_stay_and_a_word_says_so(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40, attributes={"locked": True}))
    tool = hand.take("select")
    hand.drag((125, 120), (160, 160))
    assert tool.nudge(1, 0)
    assert tool.delete()
    assert hand.intents == []
    assert all("locked" in word for word in hand.words)


def test_a_burst_of_nudges_is_one_edit(hand, load, shapes, qtbot) -> None:
    load(shapes.box("a", 3, 100, 50, 40))
    tool = hand.take("select")
    assert not tool.nudge(-1, 0)
    hand.canvas.scene.select(["a"])
    for _ in range(5):
        assert tool.nudge(-1, 0)
    tool.nudge(0, 10)
    assert hand.intents == []
    qtbot.waitUntil(lambda: bool(hand.intents), timeout=30_000)
    assert hand.intents == [MoveShapes(7, ("a",), -3.0, 10.0)]


def test_nudges_are_told_before_anything_else_happens(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40), shapes.box("b", 200, 100, 60, 60))
    tool = hand.take("select")
    hand.canvas.scene.select(["a"])
    tool.nudge(1, 0)
    hand.click(230, 130)
    assert hand.intents == [MoveShapes(7, ("a",), 1.0, 0.0)]
    tool.nudge(2, 0)
    hand.canvas.set_image(8, 400, 300)
    hand.canvas.scene.load((), {})
    assert hand.intents[1:] == [MoveShapes(7, ("b",), 2.0, 0.0)]


def test_step_back_takes_nudges_back(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    tool = hand.take("select")
    hand.canvas.scene.select(["a"])
    tool.nudge(1, 0)
    assert tool.step_back()
    tool.settle()
    assert hand.intents == []
    assert not hand.canvas.scene.previews.moved


def test_enter_accepts_suggestions_and_escape_rejects_them(hand, load, shapes) -> None:
    load(
        shapes.box("s", 100, 100, 50, 40, provenance=shapes.suggested), shapes.box("a", 5, 5, 9, 9)
    )
    tool = hand.take("select")
    assert not tool.finish()
    hand.canvas.scene.select(["s", "a"])
    assert tool.finish()
    assert tool.cancel(), "with a person's shape among them, Esc only deselects"
    assert len(hand.intents) == 1 and not hand.canvas.scene.selected
    hand.canvas.scene.select(["s"])
    assert tool.cancel()
    hand.canvas.scene.select(["s", "a"])
    assert tool.delete()
    assert [(type(i).__name__, i.ids) for i in hand.intents] == [
        ("Accept", ("s",)), ("Reject", ("s",)), ("Reject", ("s",)), ("DeleteShapes", ("a",)),
    ]  # fmt: skip


def test_a_small_box_can_still_be_moved(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 8, 8))
    hand.take("select")
    hand.click(104, 104)
    hand.drag((104, 104), (124, 104))
    assert hand.intents == [MoveShapes(7, ("a",), 20.0, 0.0)]


def test_a_refused_move_looks_as_before(hand, load, shapes) -> None:
    load(shapes.box("a", 100, 100, 50, 40))
    hand.take("select")
    hand.drag((125, 120), (160, 160))
    assert hand.canvas.scene.previews.moved
    hand.tool.answered(hand.intents[0], None)
    assert not hand.canvas.scene.previews.moved


def test_a_small_shape_within_a_selected_large_one_is_chosen_and_moved(hand, load, shapes) -> None:
    load(shapes.box("large", 50, 50, 200, 200), shapes.box("small", 100, 100, 40, 40))
    hand.take("select")
    hand.canvas.scene.select(["large"])
    hand.click(120, 120)
    assert hand.canvas.scene.selected == ("small",)
    hand.canvas.scene.select(["large"])
    hand.drag((110, 110), (130, 120))
    assert hand.intents == [MoveShapes(7, ("small",), 20.0, 10.0)]


def test_the_shape_below_can_be_dragged_once_it_is_chosen(hand, load, shapes) -> None:
    load(shapes.box("large", 50, 50, 200, 200), shapes.box("small", 100, 100, 40, 40))
    hand.take("select")
    hand.click(120, 120)
    hand.click(120, 120)
    assert hand.canvas.scene.selected == ("large",)
    hand.drag((120, 120), (140, 120))
    assert hand.intents == [MoveShapes(7, ("large",), 20.0, 0.0)]


def test_quick_clicks_go_through_what_lies_on_top_of_each_other_too(hand, load, shapes) -> None:
    load(*(shapes.box(key, 50, 50, 100, 100) for key in "ab"))
    hand.take("select")
    hand.click(100, 100)
    first = hand.canvas.scene.selected
    hand.double(100, 100)
    assert hand.canvas.scene.selected == first


def test_a_vertex_without_which_nothing_is_left_stays(hand, load, shapes) -> None:
    load(shapes.polygon("p", (100, 100), (150, 100), (200, 100), (150, 200)))
    tool = hand.take("select")
    hand.canvas.scene.select(["p"])
    hand.click(150, 200)
    assert tool.delete()
    assert hand.intents == []
    assert hand.words
