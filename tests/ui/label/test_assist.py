"""The assisted outline on the Label page: its panel with and without weights, and when the model
looks at which image. The model is pretended."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tlstudio.catalog.index import find
from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.progress import Step
from tlstudio.services import assisting
from tlstudio.services.assisting import AssistStatus, Outline, Suggestion
from tlstudio.services.images import find_images
from tlstudio.services.models import ModelRow
from tlstudio.services.shaping import Bitmap


class Pretended:
    """In place of the service: outlines a square of 12 pixels around the last point."""

    def __init__(self) -> None:
        self.here = ["mobile_sam", "sam2.1_t"]
        self.chosen = "mobile_sam"
        self.seen: list[tuple[int, bool]] = []
        self.asked: list[Any] = []
        self.trouble: Exception | None = None
        self.dropped = threading.Event()
        self.slow = False

    def ready(self) -> AssistStatus:
        spec = find(self.chosen)
        if self.chosen not in self.here:
            return AssistStatus(None, spec, "assist.no_weights")
        return AssistStatus(spec, spec, device="cpu")

    def available(self) -> list[ModelRow]:
        return [ModelRow(find(name), "present") for name in self.here]

    def choose_model(self, model: str) -> None:
        self.chosen = model

    def embed(
        self, _project: Any, image: int, *, ahead: bool = False, progress: Any = None
    ) -> float:
        self.seen.append((image, ahead))
        if self.trouble is not None:
            raise self.trouble
        if self.slow and not ahead:
            assert self.dropped.wait(60)
            raise Cancelled
        if progress is not None:
            progress(Step("assist.embedding", 1, 4))
        return 1.0

    def drop(self, _project: Any, _image: int) -> None:
        self.dropped.set()

    def suggest_outline(
        self, _project: Any, image: int, points: Any, labels: Any, box: Any, *, previous: Any
    ) -> Suggestion:
        self.asked.append((image, points, labels, box, previous))
        x, y = points[-1]
        outlines = []
        for reach in (6, 10):
            mask = np.ones((2 * reach, 2 * reach), bool)
            bitmap = Bitmap.from_array(mask, int(x) - reach, int(y) - reach, 160, 120)
            outlines.append(Outline(bitmap, 0.9))
        return Suggestion(str(len(self.asked)), tuple(outlines), 5.0)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended()
    for name in ("ready", "available", "choose_model", "embed", "drop", "suggest_outline"):
        monkeypatch.setattr(assisting, name, getattr(made, name))
    return made


@pytest.fixture
def opened(model: Pretended, hand: Any) -> Any:
    return hand.driver


@pytest.fixture
def page(opened: Any, hand: Any) -> Any:
    """The Label page at the first image, the assisted outline in hand."""
    hand.press(Qt.Key.Key_S)
    opened.settle(lambda: hand.page.assistant.status is not None)
    return hand.page


def click(page: Any, x: float, y: float, button: Any = Qt.MouseButton.LeftButton) -> None:
    at: QPoint = page.canvas.view.to_screen(x, y).toPoint()
    QTest.mouseClick(page.canvas, button, Qt.KeyboardModifier.NoModifier, at)


def test_the_image_in_view_is_looked_at_and_then_the_next(
    opened: Any, page: Any, model: Pretended
) -> None:
    ids = find_images(opened.context.project)
    opened.settle(lambda: len(model.seen) == 2)
    assert model.seen == [(ids[0], False), (ids[1], True)]
    opened.press(Qt.Key.Key_D, on=page.canvas)
    opened.settle(lambda: len(model.seen) == 4)
    assert model.seen[2:] == [(ids[1], False), (ids[2], True)]


def test_another_tool_leaves_the_model_in_peace(opened: Any, page: Any, model: Pretended) -> None:
    opened.settle(lambda: len(model.seen) == 2)
    opened.press(Qt.Key.Key_B, on=page.canvas)
    opened.settle()
    assert not page.assistant.panel.isVisible()
    opened.press(Qt.Key.Key_D, on=page.canvas)
    opened.settle()
    assert len(model.seen) == 2


def test_a_tool_that_is_put_down_calls_the_looking_off(
    opened: Any, hand: Any, model: Pretended
) -> None:
    model.slow = True
    hand.press(Qt.Key.Key_S)
    opened.until(lambda: bool(model.seen))
    assert hand.page.assistant.fraction is not None
    hand.press(Qt.Key.Key_V)
    opened.settle(model.dropped.is_set)
    assert hand.page.assistant.fraction is None and len(model.seen) == 1


def test_point_choose_and_accept_by_keys(opened: Any, page: Any, model: Pretended) -> None:
    click(page, 24, 24)
    opened.settle(lambda: page.assistant.tool.proposal is not None)
    assert "Outline 1 of 2" in opened.find("assistText").text()
    opened.press(Qt.Key.Key_N, on=page.canvas)
    opened.settle(lambda: page.assistant.tool.proposal.choice == 1)
    assert "Outline 2 of 2" in opened.find("assistText").text()
    opened.press(Qt.Key.Key_Tab, on=page.canvas)
    opened.settle(lambda: page.assistant.tool.proposal.choice == 0)
    click(page, 30, 24, Qt.MouseButton.RightButton)
    opened.settle(lambda: len(model.asked) == 2 and not page.assistant.tool.busy)
    assert model.asked[1][2] == [True, False] and model.asked[1][4] == ("1", 0)
    opened.press(Qt.Key.Key_Backspace, on=page.canvas)
    opened.click("assistKind_mask")
    opened.press(Qt.Key.Key_Return, on=page.canvas)
    opened.settle(lambda: len(page.canvas.scene.all()) == 1)
    [shape] = page.canvas.scene.all()
    assert (type(shape).__name__, shape.w, shape.h) == ("Mask", 12, 12)
    assert not page.assistant.tool.drawing


def test_another_model_can_be_chosen(opened: Any, page: Any, model: Pretended) -> None:
    opened.settle(lambda: len(model.seen) == 2)
    models = opened.find("assistModel")
    assert [models.itemText(at) for at in range(2)] == ["MobileSAM", "SAM 2.1 tiny"]
    models.setCurrentIndex(1)
    models.activated.emit(1)
    opened.settle(lambda: len(model.seen) == 4)
    assert model.chosen == "sam2.1_t"
    assert "SAM 2.1 tiny" in opened.find("assistText").text()


def test_unverified_weights_and_the_device_are_said(opened: Any, page: Any) -> None:
    opened.settle(lambda: page.assistant.fraction is None)
    assert opened.find("assistText").text() == "MobileSAM, unverified weights, on the processor"


def test_what_went_wrong_is_said_and_can_be_tried_again(
    opened: Any, page: Any, model: Pretended
) -> None:
    model.trouble = UserError("assist.memory")
    opened.press(Qt.Key.Key_D, on=page.canvas)
    opened.settle(lambda: page.assistant.error is not None)
    assert "memory" in opened.find("assistText").text()
    model.trouble = None
    before = len(model.seen)
    opened.click("assistAgain")
    opened.settle(lambda: len(model.seen) > before and page.assistant.error is None)
    assert opened.find("assistKind")


class TestWithoutWeights:
    @pytest.fixture
    def model(self, model: Pretended) -> Pretended:
        model.here = []
        return model

    def test_the_panel_says_how_to_get_them(self, opened: Any, page: Any, model: Any) -> None:
        opened.settle()
        text = opened.find("assistText").text()
        assert "41 MB" in text and "Apache-2.0" in text and "import a file" in text
        assert not model.seen
        click(page, 24, 24)
        opened.settle()
        assert not model.asked, "there is nobody to ask"

    def test_a_button_leads_to_them(self, opened: Any, page: Any, model: Any) -> None:
        opened.click("assistWeights")
        opened.settle()
        table = opened.find("weightsTable")
        assert table.item(table.currentRow(), 0).text() == "MobileSAM"
        assert table.item(table.currentRow(), 2).text() == "assisted outlines"
        assert opened.find("weightsFetch").text() == "Fetch MobileSAM (41 MB)"
        model.here = ["mobile_sam"]
        opened.context.go_to("label")
        opened.settle(lambda: page.assistant.able)
        opened.settle(lambda: bool(model.seen))

    def test_the_smart_outline_serves_meanwhile(self, opened: Any, page: Any) -> None:
        opened.settle()
        opened.click("assistOther")
        opened.settle()
        assert page.canvas.tool.name == "outline"
