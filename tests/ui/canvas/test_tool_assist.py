"""The assisted outline in hand: points, a box, readings, Enter, Esc, Backspace. The model is
pretended: it outlines a square around the last point, or the box."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from tlstudio.services.assisting import Outline, Suggestion
from tlstudio.services.shaping import Bitmap
from tlstudio.ui.canvas.tools.proposals import Prompts, Proposal
from tlstudio.ui.canvas.tools.regions import Found

ALT = Qt.KeyboardModifier.AltModifier
SIZE = (400, 300)


class Pretended:
    def __init__(self) -> None:
        self.able = True
        self.explained = 0
        self.asked: list[tuple[int, Prompts, Proposal | None]] = []

    def explain(self) -> None:
        self.explained += 1

    def propose(
        self, image: int, prompts: Prompts, before: Proposal | None, tolerance: float
    ) -> Proposal:
        self.asked.append((image, prompts, before))
        outlines = tuple(Outline(square(prompts, reach), 0.9 - reach / 100) for reach in (20, 40))
        suggestion = Suggestion(str(len(self.asked)), outlines, 1.0)
        return Proposal(prompts, suggestion, 0, found(outlines[0].bitmap))


def square(prompts: Prompts, reach: int) -> Bitmap:
    if prompts.points:
        (x, y), _belongs = prompts.points[-1]
    else:
        assert prompts.box is not None
        x, y = prompts.box[0], prompts.box[1]
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    return Bitmap.from_array(np.ones((2 * reach, 2 * reach), bool), left, top, *SIZE)


def found(bitmap: Bitmap) -> Found:
    x, y, w, h = bitmap.bounds() or (0, 0, 0, 0)
    ring = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
    return Found(bitmap, (((tuple((float(a), float(b)) for a, b in ring)),),))


@pytest.fixture
def asker(hand: Any, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """The tool in hand, and who it asks."""
    monkeypatch.setattr(
        "tlstudio.ui.canvas.tools.regions.smoothed", lambda bitmap, _tolerance: found(bitmap)
    )
    made = Pretended()
    hand.take("assist").asker = made
    return made


def right_click(hand: Any, x: float, y: float) -> None:
    at = hand.canvas.view.to_screen(x, y)
    where = hand.canvas.mapToGlobal(at)
    button = Qt.MouseButton.RightButton
    for kind, held in (
        (QEvent.Type.MouseButtonPress, button),
        (QEvent.Type.MouseButtonRelease, Qt.MouseButton.NoButton),
    ):
        event = QMouseEvent(kind, at, where, button, held, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(hand.canvas, event)


def test_clicks_say_what_belongs_and_what_does_not(hand: Any, asker: Pretended) -> None:
    hand.click(100, 80)
    hand.click(150, 90, ALT)
    right_click(hand, 60, 70)
    [(image, first, before), (_, _, second), (_, last, _)] = asker.asked
    assert image == hand.canvas.image_id and before is None
    assert second is not None and second.suggestion.name == "1", "it goes on from what is shown"
    assert [belongs for _point, belongs in last.points] == [True, False, False]
    assert first.points[0][0] == pytest.approx((100, 80), abs=0.5)
    assert not hand.kinds("KeepDraft"), "nothing is added before Enter"


def test_enter_takes_a_polygon(hand: Any, asker: Pretended) -> None:
    hand.click(100, 80)
    assert hand.tool.drawing and hand.tool.finish()
    [added] = hand.intents
    [shape] = added.shapes
    assert type(shape).__name__ == "Polygon" and shape.label == hand.canvas.label_id
    assert shape.parts[0][0][0] == pytest.approx((80, 60), abs=1)
    assert not hand.tool.drawing and hand.tool.proposal is None


def test_enter_takes_a_mask(hand: Any, asker: Pretended) -> None:
    hand.tool.set_as_mask(True)
    hand.click(100, 80)
    hand.tool.finish()
    [added] = hand.intents
    [shape] = added.shapes
    assert (type(shape).__name__, shape.w, shape.h) == ("Mask", 40, 40)
    assert added.bitmaps[0].area() == 1600


def test_a_box_is_a_prompt_too(hand: Any, asker: Pretended) -> None:
    hand.drag((50, 60), (150, 140))
    prompts = asker.asked[-1][1]
    assert prompts.box == pytest.approx((50, 60, 100, 80), abs=0.6) and not prompts.points
    hand.click(100, 100)
    assert asker.asked[-1][1].box == prompts.box, "points come on top of it"
    asked = len(asker.asked)
    hand.drag((10, 10), (11, 13))
    assert len(asker.asked) == asked and "larger box" in hand.words[-1]


def test_a_box_shows_what_it_would_give_while_it_is_dragged(hand: Any, asker: Pretended) -> None:
    hand.press(50, 60)
    hand.move(100, 100)
    hand.move(150, 140)
    assert asker.asked and hand.tool.proposal is None, "only a preview"
    inside = hand.canvas.view.to_screen(60, 70).toPoint()
    dragging = hand.canvas.grab().toImage().pixelColor(inside)
    hand.tool.cancel()
    assert hand.canvas.grab().toImage().pixelColor(inside) != dragging


def test_another_reading_is_one_key_away(hand: Any, asker: Pretended) -> None:
    hand.click(100, 80)
    assert hand.tool.choices == 2
    assert hand.tool.next_choice() and hand.tool.proposal.choice == 1
    hand.click(110, 90)
    assert asker.asked[-1][2].choice == 1, "the one that was shown is refined"
    assert hand.tool.next_choice() and hand.tool.next_choice()
    assert hand.tool.proposal.choice == 0, "after the last comes the first"
    hand.tool.next_choice()
    hand.tool.finish()
    [added] = hand.intents
    assert added.shapes[0].parts[0][0][0] == pytest.approx((70, 50), abs=1)


def test_backspace_takes_the_last_prompt_back_without_asking_again(
    hand: Any, asker: Pretended
) -> None:
    hand.click(100, 80)
    hand.click(200, 180)
    assert hand.tool.step_back()
    assert len(asker.asked) == 2
    assert len(hand.tool.prompts.points) == 1
    assert hand.tool.proposal.suggestion.name == "1"
    assert hand.tool.step_back() and not hand.tool.drawing
    assert not hand.tool.step_back(), "then the key is free for undo"


def test_escape_drops_it(hand: Any, asker: Pretended) -> None:
    hand.click(100, 80)
    assert hand.tool.cancel() and not hand.tool.drawing
    assert not hand.tool.cancel() and not hand.intents


def test_prompts_are_of_one_image(hand: Any, asker: Pretended) -> None:
    hand.click(100, 80)
    hand.canvas.set_image(8, *SIZE)
    assert not hand.tool.drawing
    hand.click(100, 80)
    assert len(asker.asked[-1][1].points) == 1 and asker.asked[-1][0] == 8


def test_beside_the_image_nothing_is_asked(hand: Any, asker: Pretended) -> None:
    hand.click(-20, 80)
    assert not asker.asked


def test_without_a_model_the_tool_explains(hand: Any, asker: Pretended) -> None:
    asker.able = False
    hand.click(100, 80)
    assert asker.explained == 1 and not asker.asked and not hand.tool.drawing


def test_without_a_label_it_says_so(hand: Any, asker: Pretended) -> None:
    hand.canvas.label_id = None
    hand.click(100, 80)
    assert not asker.asked and "label" in hand.words[-1].lower()


def test_enter_before_the_answer_takes_it_when_it_comes(hand: Any, asker: Pretended) -> None:
    late: list[Any] = []

    def compute(function: Any, *args: Any, on_done: Any, on_error: Any = None) -> None:
        late.append(lambda: on_done(function(*args)))

    hand.canvas.compute = compute
    hand.click(100, 80)
    assert hand.tool.busy and hand.tool.finish() and not hand.intents
    hand.paint()
    late.pop(0)()
    assert [type(i).__name__ for i in hand.intents] == ["AddShapes"]


def test_it_paints_what_it_knows(hand: Any, asker: Pretended) -> None:
    before = hand.canvas.grab().toImage()
    hand.click(100, 80)
    hand.click(180, 90, ALT)
    after = hand.canvas.grab().toImage()
    at = hand.canvas.view.to_screen(180, 90)
    inside = hand.canvas.view.to_screen(190, 100)
    for place in (at, inside):
        assert before.pixelColor(place.toPoint()) != after.pixelColor(place.toPoint())
