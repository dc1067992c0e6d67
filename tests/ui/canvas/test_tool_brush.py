"""Painting masks and erasing them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Mask
from tlstudio.services.shaping import Bitmap

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


class Store:
    """Carries PaintMask out, when asked to, as the page does."""

    def __init__(self, hand) -> None:
        self.hand = hand
        self.masks: dict[str, Bitmap] = {}
        self.done = 0

    def answer(self, *, refuse: bool = False) -> None:
        """Carry out the oldest intent that is still waiting."""
        intent = self.hand.intents[self.done]
        self.done += 1
        if refuse:
            self._tell(intent, None)
            return
        key = intent.annotation or f"m{self.done}"
        self.masks[key] = intent.bitmap.copy()
        x, y, w, h = intent.bitmap.bounds() or (0, 0, 0, 0)
        shape = Mask(id=key, image=intent.image, label=intent.label, x=x, y=y, w=w, h=h)
        there = [shape] if w else []
        self.hand.canvas.scene.replace([key], there, {key: self.masks[key]} if w else {})
        self._tell(intent, (key,))

    def _tell(self, intent, ids) -> None:
        for tool in self.hand.canvas.tools.values():
            tool.answered(intent, ids)


@pytest.fixture
def store(hand) -> Store:
    hand.canvas.brush_radius = 5
    return Store(hand)


def capsule(x0: float, y0: float, x1: float, y1: float, radius: float) -> Bitmap:
    made = Bitmap(400, 300)
    made.stamp(x0, y0, x1, y1, radius, on=True)
    return made


def test_a_stroke_makes_one_new_mask_of_the_current_label(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    (painted,) = hand.intents
    assert (painted.annotation, painted.label, painted.image) == (None, 1, 7)
    assert painted.bitmap == capsule(100, 100, 150, 100, 5)
    assert painted.places == {(0, 0)}


def test_erasing_beside_all_masks_says_so(hand, load, shapes) -> None:
    load(shapes.mask("m", 50, 50, 40, 40))
    hand.canvas.brush_radius = 5
    hand.take("eraser")
    hand.drag((60, 60), (70, 60))
    assert not hand.words
    hand.drag((200, 200), (220, 200))
    assert "nothing of a mask" in hand.words[-1]
    assert len(hand.intents) == 1


def test_pixels_are_shown_while_painting(hand, store) -> None:
    hand.take("brush")
    hand.press(100, 100)
    hand.move(120, 100)
    hand.paint()
    scene = hand.canvas.scene
    (key,) = scene.previews.ids
    assert scene.bitmap(key).at(110, 100)
    assert not scene.bitmap(key).at(140, 100)
    picture = hand.canvas.grab().toImage()
    inside = picture.pixelColor(20 + 2 * 110, 20 + 2 * 100)
    outside = picture.pixelColor(20 + 2 * 110, 20 + 2 * 150)
    assert inside != outside
    assert hand.intents == []
    hand.release(120, 100)


def test_the_next_stroke_goes_on_with_the_mask_it_made(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    hand.drag((100, 150), (150, 150))
    assert hand.intents[1].annotation == "m1"
    store.answer()
    expected = capsule(100, 100, 150, 100, 5)
    expected.add(capsule(100, 150, 150, 150, 5))
    assert store.masks["m1"] == expected
    assert not hand.canvas.scene.previews.ids


def test_strokes_painted_before_the_store_has_answered_are_one_mask(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    hand.drag((100, 150), (150, 150))
    hand.press(200, 200)
    hand.move(210, 200)
    assert len(hand.intents) == 1
    store.answer()
    hand.paint()
    assert hand.intents[1].annotation == "m1"
    assert not hand.intents[1].bitmap.at(205, 200)
    assert hand.canvas.scene.bitmap("m1").at(205, 200)
    hand.release(210, 200)
    while store.done < len(hand.intents):
        store.answer()
    expected = capsule(100, 100, 150, 100, 5)
    expected.add(capsule(100, 150, 150, 150, 5))
    expected.add(capsule(200, 200, 210, 200, 5))
    assert store.masks == {"m1": expected}
    assert not hand.canvas.scene.previews.ids


def test_painting_leaves_the_stored_pixels_alone(hand, load, store, shapes) -> None:
    shape, pixels = shapes.mask("m", 100, 100, 50, 50)
    before = pixels.copy()
    load((shape, pixels))
    hand.canvas.scene.select(["m"])
    hand.take("brush")
    hand.drag((90, 90), (160, 160))
    assert pixels == before
    assert hand.intents[0].annotation == "m"
    assert hand.intents[0].bitmap.area() > before.area()


def test_a_selected_mask_of_another_label_is_left_alone(hand, load, store, shapes) -> None:
    load(shapes.mask("m", 100, 100, 50, 50))
    hand.canvas.scene.select(["m"])
    hand.canvas.label_id = 2
    hand.take("brush")
    hand.drag((90, 90), (160, 160))
    assert (hand.intents[0].annotation, hand.intents[0].label) == (None, 2)


def test_control_or_escape_begins_a_new_mask(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    hand.drag((100, 150), (150, 150), held=CTRL)
    store.answer()
    assert hand.tool.cancel()
    hand.drag((100, 200), (150, 200))
    assert [i.annotation for i in hand.intents] == [None, None, None]


def test_selecting_something_else_begins_a_new_mask(hand, load, store, shapes) -> None:
    load(shapes.box("b", 10, 10, 20, 20))
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    hand.canvas.scene.select(["b"])
    hand.drag((100, 150), (150, 150))
    assert hand.intents[1].annotation is None


def test_a_mask_that_was_undone_is_not_gone_on_with(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    hand.canvas.scene.replace(["m1"], [])
    hand.drag((100, 150), (150, 150))
    assert hand.intents[1].annotation is None
    assert not hand.intents[1].bitmap.at(125, 100)


def test_shift_click_paints_a_straight_line_from_the_last_point(hand, store) -> None:
    hand.take("brush")
    hand.click(100, 100)
    store.answer()
    hand.move(200, 150, SHIFT)
    hand.paint()
    hand.click(200, 150, SHIFT)
    assert hand.intents[1].bitmap == capsule(100, 100, 200, 150, 5)


def test_escape_drops_the_stroke_under_way(hand, store) -> None:
    hand.take("brush")
    hand.press(100, 100)
    hand.move(150, 100)
    assert hand.tool.drawing
    assert hand.tool.cancel()
    hand.move(160, 100)
    hand.release(160, 100)
    assert hand.intents == []
    assert not hand.canvas.scene.previews.ids


def test_dropping_a_second_stroke_keeps_the_first_in_sight(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    hand.press(100, 150)
    hand.move(150, 150)
    hand.tool.cancel()
    (key,) = hand.canvas.scene.previews.ids
    assert hand.canvas.scene.bitmap(key) == capsule(100, 100, 150, 100, 5)
    hand.release(150, 150)
    store.answer()
    assert len(hand.intents) == 1


def test_a_refused_mask_goes_from_sight(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    hand.drag((100, 150), (150, 150))
    store.answer(refuse=True)
    assert not hand.canvas.scene.previews.ids
    assert len(hand.intents) == 1
    hand.drag((100, 200), (150, 200))
    assert hand.intents[1].annotation is None


def test_the_size_follows_alt_and_the_wheel_within_limits(hand, store) -> None:
    hand.take("brush")
    scale = hand.canvas.view.scale
    hand.wheel(100, 100, 1, ALT)
    assert hand.canvas.brush_radius == 6
    for _ in range(100):
        hand.wheel(100, 100, 1, ALT)
    assert hand.canvas.brush_radius == 500
    hand.tool.resize(-100)
    assert hand.canvas.brush_radius == 1
    assert hand.canvas.view.scale == scale


def test_the_circle_has_the_true_size_and_only_its_surroundings_are_painted(hand, store) -> None:
    hand.take("brush")
    hand.canvas.brush_radius = 30
    hand.move(100, 100)
    picture = hand.canvas.grab().toImage()
    rim = picture.pixelColor(20 + 2 * 130, 20 + 2 * 100).lightness()
    beside = picture.pixelColor(20 + 2 * 140, 20 + 2 * 100).lightness()
    assert rim > beside + 50
    assert hand.tool.cursor() == Qt.CursorShape.BlankCursor


def test_a_point_outside_the_image_paints_nothing(hand, store) -> None:
    hand.take("brush")
    hand.drag((450, 100), (470, 100))
    assert hand.intents == []
    hand.drag((-3, 100), (-3, 120))
    assert hand.intents[0].bitmap.bounds()[0] == 0


def test_the_eraser_takes_from_the_selected_mask_only(hand, load, store, shapes) -> None:
    load(shapes.mask("a", 100, 100, 50, 50), shapes.mask("b", 100, 100, 50, 50))
    hand.canvas.scene.select(["a"])
    hand.take("eraser")
    hand.drag((110, 125), (140, 125))
    (erased,) = hand.intents
    assert erased.annotation == "a"
    whole = shapes.mask("a", 100, 100, 50, 50)[1]
    whole.remove(capsule(110, 125, 140, 125, 5))
    assert erased.bitmap == whole


def test_with_nothing_selected_all_unlocked_masks_in_the_way_are_erased(
    hand, load, store, shapes
) -> None:
    load(shapes.mask("a", 100, 100, 50, 50), shapes.mask("b", 200, 100, 50, 50),
         shapes.mask("c", 300, 100, 50, 50, attributes={"locked": True}),
         shapes.mask("d", 100, 200, 50, 50))  # fmt: skip
    hand.take("eraser")
    hand.drag((90, 125), (360, 125))
    (stroke,) = hand.intents  # one edit, which undo takes back at once
    assert [i.annotation for i in stroke.strokes] == ["a", "b"]
    a, b = (i.bitmap for i in stroke.strokes)
    assert not a.at(125, 125) and not b.at(225, 125)
    assert np.array_equal(a.array(100, 100, 50, 50), b.array(200, 100, 50, 50))


def test_erasing_everything_deletes_the_mask(hand, load, store, shapes) -> None:
    load(shapes.mask("a", 100, 100, 8, 8))
    hand.canvas.brush_radius = 20
    hand.take("eraser")
    hand.click(104, 104)
    assert hand.intents[0].bitmap.is_empty
    store.answer()
    assert hand.canvas.scene.get("a") is None


def test_a_polygon_is_not_erased_but_a_word_tells_how(hand, load, store, shapes) -> None:
    load(shapes.polygon("p", (100, 100), (200, 100), (150, 200)))
    hand.take("eraser")
    hand.drag((150, 120), (160, 130))
    assert "Convert" in hand.words[-1]
    hand.words.clear()
    hand.canvas.scene.select(["p"])
    hand.drag((150, 120), (160, 130))
    assert "Convert" in hand.words[-1]
    assert hand.intents == []


def test_a_locked_mask_is_neither_painted_nor_erased(hand, load, store, shapes) -> None:
    load(shapes.mask("a", 100, 100, 50, 50, attributes={"locked": True}))
    hand.canvas.scene.select(["a"])
    hand.take("eraser")
    hand.drag((110, 125), (140, 125))
    assert hand.intents == []
    assert "locked" in hand.words[-1]
    hand.take("brush")
    hand.drag((110, 125), (140, 125))
    assert hand.intents[0].annotation is None


def test_another_image_ends_the_stroke(hand, store) -> None:
    hand.take("brush")
    hand.press(100, 100)
    hand.move(120, 100)
    hand.tool.settle()
    hand.canvas.set_image(8, 400, 300)
    hand.canvas.scene.load((), {})
    hand.move(150, 100)
    hand.release(150, 100)
    assert [(i.image, i.bitmap.at(140, 100)) for i in hand.intents] == [(7, False)]


def test_the_mask_grows_with_what_is_painted(hand, load, store, shapes) -> None:
    shape, pixels = shapes.mask("m", 100, 100, 50, 50)
    load((shape, pixels))
    hand.canvas.scene.select(["m"])
    hand.take("brush")
    hand.press(200, 125)
    hand.move(210, 125)
    shown = hand.canvas.scene.shown("m")
    assert shown == replace(shape, x=100, y=100, w=115, h=50)
    hand.release(210, 125)


def test_a_quick_second_dab_is_painted_too(hand, store) -> None:
    hand.take("brush")
    hand.double(100, 100)
    assert hand.kinds() == ["PaintMask"]
    store.answer()
    hand.double(150, 100)
    assert hand.canvas.scene.bitmap("m1").at(150, 100)


def test_undo_is_not_held_up_by_a_mask_that_is_gone_on_with(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    assert not hand.tool.step_back()


def test_a_mask_that_was_given_another_label_is_not_painted_on(hand, store) -> None:
    hand.take("brush")
    hand.drag((100, 100), (150, 100))
    store.answer()
    mask = hand.canvas.scene.get("m1")
    other = replace(mask, label=mask.label + 1)
    hand.canvas.scene.replace(["m1"], [other], {"m1": store.masks["m1"]})
    hand.drag((100, 150), (150, 150))
    assert hand.intents[-1].annotation is None, "a new mask of the label in hand"
    assert hand.intents[-1].label == mask.label
