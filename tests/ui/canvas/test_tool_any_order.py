"""Whatever the hand does in whatever order, what the tools ask for can be stored."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Mask
from tlstudio.domain.shapes import bounds, is_degenerate, is_locked, offset_within, shifted
from tlstudio.ui.canvas import intents
from tlstudio.ui.canvas.tools import actions

HELD = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)
TOOLS = ("select", "select", "box", "polygon", "brush", "eraser", "fill", "outline", "cut")


class Store:
    """A plain store that checks what it is asked, and answers late and sometimes never well."""

    def __init__(self, hand, rng: random.Random) -> None:
        self.hand, self.rng = hand, rng
        self.scene = hand.canvas.scene
        self.waiting: list[intents.Intent] = []
        self.made = 0
        hand.canvas.intent.connect(self.waiting.append)

    def answer(self) -> None:
        while self.waiting:
            intent = self.waiting.pop(0)
            if isinstance(intent, intents.KeepDraft):
                continue
            self.check(intent)
            ids = None if self.rng.random() < 0.1 else self.carry_out(intent)
            if ids is None:
                self.scene.previews.clear()
            for tool in self.hand.canvas.tools.values():
                tool.answered(intent, ids)

    def check(self, intent) -> None:
        assert intent.image == 7
        for shape in getattr(intent, "shapes", ()):
            assert is_degenerate(shape) is None
            x, y, w, h = bounds(shape)
            assert x >= -1e-6 and y >= -1e-6 and x + w <= 400 + 1e-6 and y + h <= 300 + 1e-6
        if isinstance(intent, intents.MoveShapes):
            moved = [s for key in intent.ids if (s := self.scene.get(key)) is not None]
            assert not any(is_locked(shape) for shape in moved)
            if any(isinstance(shape, Mask) for shape in moved):
                assert intent.dx == round(intent.dx) and intent.dy == round(intent.dy)

    def carry_out(self, intent) -> tuple[str, ...]:
        if isinstance(intent, intents.AddShapes):
            return self.add(intent)
        if isinstance(intent, intents.PaintMask):
            return self.paint(intent)
        if isinstance(intent, intents.PaintMasks):
            return tuple(key for stroke in intent.strokes for key in self.paint(stroke))
        if isinstance(intent, intents.ChangeShapes):
            self.scene.replace([s.id for s in intent.shapes], intent.shapes)
        elif isinstance(intent, intents.MoveShapes):
            self.move(intent)
        elif isinstance(intent, intents.DeleteShapes):
            self.scene.replace(intent.ids, ())
        return tuple(getattr(intent, "ids", ()))

    def add(self, intent) -> tuple[str, ...]:
        ids = []
        for place, shape in enumerate(intent.shapes):
            self.made += 1
            key = f"s{self.made}"
            pixels = intent.bitmaps.get(place)
            self.scene.replace([], [replace(shape, id=key)], {key: pixels} if pixels else {})
            ids.append(key)
        return tuple(ids)

    def paint(self, intent) -> tuple[str, ...]:
        self.made += 1
        key = intent.annotation or f"s{self.made}"
        area = intent.bitmap.bounds()
        if area is None:
            self.scene.replace([key], ())
            return (key,)
        x, y, w, h = area
        shape = Mask(id=key, image=7, label=intent.label, x=x, y=y, w=w, h=h)
        self.scene.replace([key], [shape], {key: intent.bitmap})
        return (key,)

    def move(self, intent) -> None:
        shapes = [s for key in intent.ids if (s := self.scene.get(key)) is not None]
        dx, dy = offset_within(shapes, intent.dx, intent.dy, 400, 300)
        pixels = {
            s.id: self.scene.bitmap(s.id).moved(int(dx), int(dy))
            for s in shapes
            if isinstance(s, Mask)
        }
        self.scene.replace(intent.ids, [shifted(s, dx, dy) for s in shapes], pixels)


def act(hand, rng: random.Random) -> None:
    """One thing that a person may do; places may lie outside of the image."""
    points = [(rng.uniform(-30, 430), rng.uniform(-30, 330)) for _ in range(rng.randint(2, 4))]
    held = rng.choice(HELD)
    tool = hand.canvas.tool
    what = rng.choice(
        ("click", "click", "click", "drag", "drag", "drag", "double", "press", "release", "move",
         "finish", "cancel", "back", "delete", "nudge", "tool", "tool", "select", "wheel",
         "command")
    )  # fmt: skip
    if what == "click":
        hand.click(*points[0], held)
    elif what == "drag":
        hand.drag(*points, held=held)
    elif what in ("double", "press", "release", "move"):
        getattr(hand, what)(*points[0])
    elif what in ("finish", "cancel"):
        getattr(tool, what)()
    elif what == "back":
        tool.step_back()
    elif what == "delete":
        hand.canvas.tools["select"].delete()
    elif what == "nudge":
        hand.canvas.tools["select"].nudge(rng.choice((-10, -1, 0, 1, 10)), rng.choice((-1, 0, 1)))
    elif what == "tool":
        hand.canvas.set_tool(rng.choice(TOOLS))
    elif what == "select":
        shapes = hand.canvas.scene.shapes()
        hand.canvas.scene.select(s.id for s in shapes if rng.random() < 0.4)
    elif what == "wheel":
        hand.wheel(*points[0], rng.choice((-2, 1, 2)), held)
    else:
        rng.choice((actions.duplicate, actions.join, actions.select_all, actions.split))(
            hand.canvas
        )


@pytest.mark.parametrize("seed", range(6))
def test_anything_goes(hand, load, shapes, show, seed: int) -> None:
    rng = random.Random(seed)
    show(np.random.default_rng(seed).integers(0, 255, (300, 400, 3), np.uint8))
    painted = shapes.mask("m", 250, 150, 60, 40)
    before = painted[1].copy()
    load(
        shapes.box("a", 40, 40, 80, 60),
        shapes.box("l", 60, 60, 80, 60, attributes={"locked": True}),
        shapes.polygon("p", (150, 50), (230, 60), (240, 140), (160, 130)),
        shapes.box("s", 300, 40, 50, 50, provenance=shapes.suggested),
        painted,
    )
    store = Store(hand, rng)
    hand.canvas.set_tool("select")
    for _ in range(70):
        act(hand, rng)
        if rng.random() < 0.6:
            store.answer()
        if rng.random() < 0.15:
            hand.paint()
    hand.release(10, 10)
    for tool in hand.canvas.tools.values():
        tool.settle()
    while store.waiting:
        store.answer()
    hand.canvas.tool.cancel()
    hand.paint()
    assert painted[1] == before
    assert hand.canvas.scene.get("l") is not None
