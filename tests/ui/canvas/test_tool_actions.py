"""Commands on the selected shapes."""

from __future__ import annotations

import pytest

from tlstudio.ui.canvas.intents import (
    Convert,
    Duplicate,
    Join,
    Order,
    Relabel,
    Reorder,
    Split,
    Subtract,
)
from tlstudio.ui.canvas.tools import actions


@pytest.fixture
def four(hand, load, shapes):
    load(
        shapes.box("a", 10, 10, 50, 40),
        shapes.polygon("p", (100, 100), (200, 100), (150, 200)),
        shapes.mask("m", 300, 200, 20, 20),
        shapes.box("l", 350, 250, 50, 50, attributes={"locked": True}),
    )
    return hand


COMMANDS = [
    actions.delete,
    actions.duplicate,
    actions.join,
    actions.subtract,
    actions.split,
    actions.accept,
    actions.reject,
    lambda canvas: actions.convert(canvas, "mask"),
    lambda canvas: actions.reorder(canvas, Order.FRONT),
    lambda canvas: actions.relabel(canvas, 2),
    actions.copied,
]


@pytest.mark.parametrize("command", COMMANDS)
def test_with_nothing_selected_each_says_what_is_missing(four, command) -> None:
    assert not command(four.canvas)
    assert four.intents == []
    assert "Select" in four.words[-1]


def test_each_emits_one_intent_for_what_is_selected(four) -> None:
    canvas = four.canvas
    canvas.scene.select(["p", "a"])
    assert actions.join(canvas)
    assert actions.subtract(canvas)
    assert actions.split(canvas)
    assert actions.reorder(canvas, Order.BACK)
    assert actions.relabel(canvas, 2)
    assert actions.convert(canvas, "mask")
    both = ("p", "a")
    assert four.intents == [
        Join(7, both), Subtract(7, both), Split(7, both), Reorder(7, both, Order.BACK),
        Relabel(7, both, 2), Convert(7, both, "mask"),
    ]  # fmt: skip
    assert actions.copied(canvas) == both


def test_conversion_leaves_out_what_is_of_that_kind(four) -> None:
    four.canvas.scene.select(["a", "p"])
    actions.convert(four.canvas, "polygon")
    assert four.intents == [Convert(7, ("a",), "polygon")]
    four.canvas.scene.select(["p"])
    assert not actions.convert(four.canvas, "polygon")
    assert "already" in four.words[-1]


def test_locked_shapes_are_left_out_with_a_word(four) -> None:
    four.canvas.scene.select(["a", "l"])
    assert actions.delete(four.canvas)
    assert four.intents[0].ids == ("a",)
    assert "1 locked shape" in four.words[-1]
    assert not actions.join(four.canvas)
    assert "locked" in four.words[-1]
    four.canvas.scene.select(["a", "l"])
    assert actions.subtract(four.canvas)


def test_two_shapes_are_needed_to_join(four) -> None:
    four.canvas.scene.select(["a"])
    assert not actions.join(four.canvas)
    assert four.words[-1] == "Select two shapes first."


def test_a_duplicate_goes_where_there_is_room(four) -> None:
    four.canvas.scene.select(["a"])
    actions.duplicate(four.canvas)
    four.canvas.scene.select(["l"])
    actions.duplicate(four.canvas)
    assert four.intents == [Duplicate(7, ("a",), 5.0, 5.0), Duplicate(7, ("l",), -5.0, -5.0)]


def test_everything_that_is_seen_and_free_is_selected(four) -> None:
    four.canvas.scene.filters.set_hidden(["m"])
    assert actions.select_all(four.canvas)
    assert set(four.canvas.scene.selected) == {"a", "p"}


def test_nudges_come_before_the_command(four) -> None:
    four.canvas.scene.select(["a"])
    four.canvas.tools["select"].nudge(1, 0)
    actions.duplicate(four.canvas)
    assert four.kinds() == ["MoveShapes", "Duplicate"]
