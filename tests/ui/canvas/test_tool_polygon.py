"""Drawing polygons point by point and freehand."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tlstudio.domain.shapes import parts_area
from tlstudio.ui.canvas.intents import KeepDraft
from tlstudio.ui.canvas.tools.computing import combined

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
TRIANGLE = ((50.0, 60.0), (150.0, 60.0), (100.0, 160.0))
SQUARE = ((100.0, 100.0), (200.0, 100.0), (200.0, 200.0), (100.0, 200.0))


def click_all(hand, points, held=None) -> None:
    for point in points:
        hand.click(*point, *([] if held is None else [held]))


def made(hand):
    (found,) = (i for i in hand.intents if type(i).__name__ == "AddShapes")
    return found.shapes[0].parts


@pytest.mark.parametrize("how", ["enter", "first", "double"])
def test_a_polygon_is_closed_in_three_ways(hand, how: str) -> None:
    tool = hand.take("polygon")
    version = hand.canvas.view.version
    click_all(hand, TRIANGLE[:2])
    if how == "double":
        hand.double(*TRIANGLE[2])
    else:
        hand.click(*TRIANGLE[2])
    hand.paint()
    if how == "enter":
        assert tool.finish()
    elif how == "first":
        hand.click(51, 61)
    assert made(hand) == ((TRIANGLE,),)
    assert not tool.drawing
    assert hand.canvas.view.version == version
    assert hand.intents[-1] == KeepDraft(7, "polygon", None)


def test_every_point_is_kept_as_a_draft_that_can_be_gone_on_with(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE[:2])
    drafts = [i for i in hand.intents if isinstance(i, KeepDraft)]
    assert [len(i.data["points"]) for i in drafts] == [1, 2]
    tool.cancel()
    hand.intents.clear()
    tool.restore(drafts[-1].data)
    hand.click(*TRIANGLE[2])
    tool.finish()
    assert made(hand) == ((TRIANGLE,),)


def test_steps_are_taken_back_one_by_one_and_never_the_shape(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, (*TRIANGLE[:2], (10, 10), TRIANGLE[2]))
    tool.step_back()
    tool.step_back()
    hand.click(*TRIANGLE[2])
    tool.finish()
    assert made(hand) == ((TRIANGLE,),)
    assert not tool.step_back()


def test_dragging_draws_freehand_and_is_one_step(hand) -> None:
    tool = hand.take("polygon")
    hand.click(50, 50)
    hand.drag((100, 50), (150, 60), (150, 120), (100, 150), (60, 120))
    drawn = len(tool.trail)
    assert drawn > 6
    tool.step_back()
    assert len(tool.trail) == 2
    tool.step_back()
    tool.step_back()
    assert not tool.drawing


def test_a_freehand_line_back_to_its_start_is_closed(hand) -> None:
    hand.take("polygon")
    hand.drag((50, 50), (150, 60), (150, 120), (60, 120), (51, 51))
    assert len(made(hand)[0][0]) > 5


def test_escape_drops_all_points_and_the_draft(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE)
    assert tool.cancel()
    assert not tool.cancel()
    assert hand.intents[-1] == KeepDraft(7, "polygon", None)
    assert "AddShapes" not in hand.kinds()


def test_two_points_are_no_polygon_and_a_word_says_so(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE[:2])
    assert tool.finish()
    assert tool.drawing
    assert "three points" in hand.words[-1]


def test_a_polygon_of_no_area_is_refused_and_its_points_stay(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, [(50, 50), (100, 50), (150, 50)])
    tool.finish()
    assert tool.drawing
    assert "AddShapes" not in hand.kinds()
    assert hand.words


def test_points_end_at_the_image(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, [(-8, 50), (100, 50), (100, -9)])
    tool.finish()
    assert made(hand) == ((((0, 50), (100, 50), (100, 0)),),)


def test_shift_keeps_to_45_degrees(hand) -> None:
    tool = hand.take("polygon")
    hand.click(50, 50)
    hand.click(150, 53, SHIFT)
    assert tool.trail.points[1] == pytest.approx((150, 50))
    hand.click(203, 100, SHIFT)
    assert tool.trail.points[2][1] == pytest.approx(tool.trail.points[2][0] - 100)


def test_control_takes_the_vertex_of_a_neighbour(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    tool = hand.take("polygon")
    hand.click(203, 98, CTRL)
    hand.click(230, 98, CTRL)
    assert tool.trail.points == [(200.0, 100.0), (230.0, 98.0)]


def test_putting_the_tool_down_keeps_the_points(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE[:2])
    hand.take("select")
    hand.canvas.set_tool("polygon")
    assert "unfinished" in " ".join(hand.words)
    hand.click(*TRIANGLE[2])
    tool.finish()
    assert made(hand) == ((TRIANGLE,),)


def test_points_of_another_image_are_not_drawn_on_this_one(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE)
    hand.canvas.set_image(8, 400, 300)
    assert not tool.drawing
    assert not tool.finish()
    assert KeepDraft(7, "polygon", None) not in hand.intents


def test_alt_at_the_start_cuts_a_hole(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    tool = hand.take("polygon")
    hand.canvas.scene.select(["p"])
    hole = ((130, 130), (170, 130), (150, 170))
    hand.click(*hole[0], ALT)
    click_all(hand, hole[1:])
    tool.finish()
    change = next(i for i in hand.intents if type(i).__name__ == "ChangeShapes")
    (part,) = change.shapes[0].parts
    assert change.shapes[0].id == "p"
    assert set(part[1]) == set(hole)
    assert hand.intents[-1] == KeepDraft(7, "polygon", None)


def test_shift_at_the_start_adds_a_part(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    tool = hand.take("polygon")
    hand.canvas.scene.select(["p"])
    hand.click(10, 10, SHIFT)
    click_all(hand, [(50, 10), (30, 50)])
    tool.finish()
    change = next(i for i in hand.intents if type(i).__name__ == "ChangeShapes")
    assert len(change.shapes[0].parts) == 2


def test_alt_without_a_polygon_selected_says_what_is_missing(hand) -> None:
    tool = hand.take("polygon")
    hand.click(10, 10, ALT)
    assert not tool.drawing
    assert "Select" in hand.words[-1]


def test_a_double_click_on_the_first_point_closes_and_leaves_the_view(hand) -> None:
    hand.take("polygon")
    version = hand.canvas.view.version
    click_all(hand, TRIANGLE)
    hand.double(50, 60)
    assert made(hand) == ((TRIANGLE,),)
    assert hand.canvas.view.version == version


def test_a_double_click_with_nothing_drawn_fits_the_view(hand) -> None:
    hand.take("polygon")
    hand.double(50, 60)
    assert hand.canvas.view.fitted
    assert not hand.tool.drawing


def test_a_refused_polygon_is_unfinished_again(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE)
    tool.finish()
    intent = next(i for i in hand.intents if type(i).__name__ == "AddShapes")
    tool.answered(intent, None)
    assert tool.trail.ring() == TRIANGLE
    assert hand.intents[-1].data["points"]


def test_a_label_chosen_while_drawing_is_that_of_the_polygon(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE)
    hand.canvas.label_id = 2
    hand.paint()
    tool.finish()
    assert hand.intents[-2].shapes[0].label == 2


def test_a_draft_keeps_its_label_unless_another_is_chosen(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, TRIANGLE)
    draft = tool.draft()
    tool.cancel()
    hand.canvas.label_id = 2
    tool.restore(draft)
    tool.finish()
    assert hand.intents[-2].shapes[0].label == 1


@pytest.mark.parametrize("points", [None, 5, [[1]], [["a", "b"]]])
def test_a_damaged_draft_is_passed_over(hand, points) -> None:
    tool = hand.take("polygon")
    tool.restore({"points": points})
    assert not tool.drawing


def test_points_outlive_the_polygon_they_were_to_change(hand, load, shapes) -> None:
    load(shapes.polygon("p", *SQUARE))
    tool = hand.take("polygon")
    hand.canvas.scene.select(["p"])
    hand.click(130, 130, ALT)
    click_all(hand, [(170, 130), (150, 170)])
    hand.canvas.scene.replace(["p"], [])
    tool.finish()
    assert tool.drawing
    assert "gone" in hand.words[-1]
    tool.finish()
    assert made(hand) == ((((130, 130), (170, 130), (150, 170)),),)


def test_the_hint_follows_points_that_are_taken_back(hand) -> None:
    tool = hand.take("polygon")
    click_all(hand, SQUARE)
    assert hand.words[-1].startswith("4 points")
    tool.step_back()
    assert hand.words[-1].startswith("3 points")
    tool.cancel()
    assert hand.words[-1].startswith("Click points")


def test_a_hole_up_to_the_edge_leaves_no_splinter(shapes) -> None:
    whole = shapes.polygon("p", (0, 0), (100, 0), (100, 100), (0, 100))
    found = combined(whole, ((50, -5), (99.995, -5), (99.995, 105), (50, 105)), True)
    assert [parts_area((part,)) for part in found.parts] == [5000]
