"""Fill: everything around a pixel that looks like it becomes part of a mask."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from tlstudio.domain.annotations import Mask
from tlstudio.domain.shapes import is_locked
from tlstudio.ui.canvas.intents import AddShapes
from tlstudio.ui.canvas.tool import Pointer, Tool
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.canvas.tools.base import SLOP, apart, current_label, full_picture, locked_word, tag
from tlstudio.ui.canvas.tools.computing import Errands, Question
from tlstudio.ui.canvas.tools.painted import Painted, Target
from tlstudio.ui.canvas.tools.regions import Filled, Pixels8, filled, with_bounds
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from PySide6.QtGui import QPainter

    from tlstudio.services.shaping import Bitmap
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View

_PREVIEW = "new:fill"
_STEP, _MOST = 2, 255


class FillTool(Tool):
    """A click fills what looks alike; Alt and the wheel change how alike, with a preview.

    With Shift, or inside a hole of the selected mask, the selected mask gets the pixels; else
    they are a new mask of the current label. `tolerance` is in grey levels of 0 to 255.
    """

    name = "fill"
    double_presses = True

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self.tolerance = 12
        self._at: Pointer | None = None
        self._began: Pointer | None = None
        self._shown_at: tuple[int, int] | None = None
        self._image: int | None = None
        self._kept = Pixels8()
        self._look = Question(canvas)
        self._work = Errands(canvas)
        self.painted = Painted(canvas, self.name)

    @property
    def drawing(self) -> bool:
        return self._shown_at is not None and self._image == self.canvas.image_id

    def leave(self) -> None:
        self._end_preview()
        self._kept.forget()
        self._at = None

    def press(self, at: Pointer) -> None:
        image = self.canvas.image_id
        if at.button != Qt.MouseButton.LeftButton or image is None:
            return
        self._end_preview()
        picture, seed = full_picture(self.canvas), self._seed(at)
        if picture is None or seed is None:
            return
        target = self._target()
        if at.shift and target is None:
            self.canvas.say(tr("Select the mask that the pixels go to first."))
            return
        label = self.canvas.label_id if target is not None else current_label(self.canvas)
        if label is None and target is None:
            return
        before = self.painted.bitmap(target) if target is not None else None
        tolerance, add = self.tolerance, at.shift

        def prepare() -> Callable[[], Filled]:
            now = self._now(target, before)
            return lambda: filled(self._kept, picture, seed, tolerance, now, add)

        self._work.ask(prepare, lambda found: self._filled(image, label, target, found))

    def hover(self, at: Pointer) -> None:
        """The preview goes when the pointer does, unless Alt is still held."""
        self._at = at
        if not self.drawing or self._began is None:
            return
        if at.alt:
            self._preview()
        elif self._seed(at) != self._shown_at and apart(at.screen, self._began.screen) > SLOP:
            self._end_preview()

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        if not held & Qt.KeyboardModifier.AltModifier:
            return False
        self.set_tolerance(self.tolerance + round(steps * _STEP))
        return True

    def set_tolerance(self, tolerance: float) -> None:
        """How much pixels may differ from the one clicked; shown where the pointer is."""
        self.tolerance = min(_MOST, max(0, round(tolerance)))
        self.canvas.say(tr("Tolerance {n}", n=self.tolerance))
        self.canvas.options_changed.emit()
        self._preview()

    def finish(self) -> bool:
        """Enter: fill what the preview shows."""
        if not self.drawing or self._at is None:
            return False
        self.press(replace(self._at, button=Qt.MouseButton.LeftButton))
        return True

    def cancel(self) -> bool:
        there = self.drawing
        self._end_preview()
        return there

    def step_back(self) -> bool:
        return self.cancel()

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        self.painted.answered(intent, ids)

    def paint(self, painter: QPainter, view: View) -> None:
        if self.drawing and self._at is not None:
            tag(painter, tr("Tolerance {n}", n=self.tolerance), self._at.screen, view)

    def hint(self) -> str:
        return tr("Click to fill what looks alike. Shift: into the mask. Alt and wheel: tolerance.")

    # --- what goes on inside ------------------------------------------------------------------

    def _seed(self, at: Pointer) -> tuple[int, int] | None:
        width, height = self.canvas.image_size
        if 0 <= at.x < width and 0 <= at.y < height:
            return math.floor(at.x), math.floor(at.y)
        return None

    def _target(self) -> Target | None:
        """The selected mask, if there is just one and it is not locked."""
        chosen = actions.selected(self.canvas)
        if len(chosen) != 1 or not isinstance(chosen[0], Mask):
            return None
        if is_locked(chosen[0]):
            self.canvas.say(locked_word())
            return None
        return self.painted.of(chosen[0])

    def _now(self, target: Target | None, before: Bitmap | None) -> Bitmap | None:
        """The pixels of the target with what was filled since the click."""
        if target is None or target.image == self.canvas.image_id:
            return self.painted.bitmap(target) if target is not None else None
        return target.finished or before

    def _preview(self) -> None:
        image, at = self.canvas.image_id, self._at
        label = self.canvas.label_id
        picture = self.canvas.picture
        seed = self._seed(at) if at is not None else None
        if image is None or picture is None or picture.preview or seed is None or label is None:
            return
        self._image = image
        self._shown_at, self._began = seed, at
        self._look.ask(filled, self._kept, picture, seed, self.tolerance, None, False,
                       on_done=lambda found: self._show(image, label, found))  # fmt: skip
        self.canvas.update()

    def _show(self, image: int, label: int, found: Filled) -> None:
        if image != self.canvas.image_id or self._shown_at is None:
            return
        blank = Mask(id=_PREVIEW, image=image, label=label, x=0, y=0, w=0, h=0)
        self.canvas.scene.preview(_PREVIEW, with_bounds(blank, found.found), found.found)

    def _end_preview(self) -> None:
        self._look.forget()
        if self._shown_at is not None:
            self._shown_at = None
            self.canvas.scene.preview(_PREVIEW, None)
            self.canvas.update()

    def _filled(self, image: int, label: int | None, target: Target | None, found: Filled) -> None:
        """Store what was found: in the mask it belongs to, or as a new one."""
        if target is not None and found.joined is not None:
            if not found.places:
                self.canvas.say(tr("The mask has these pixels already."))
                return
            if image == self.canvas.image_id:
                shape = with_bounds(self.painted.shape(target), found.joined)
                self.canvas.scene.preview(target.key, shape, found.joined)
            self.painted.tell(target, found.joined, set(found.places), found.before)
            return
        if label is None:
            label = current_label(self.canvas)
        if label is not None:
            blank = Mask(id="", image=image, label=label, x=0, y=0, w=0, h=0)
            made = with_bounds(blank, found.found)
            self.canvas.emit(AddShapes(image, (made,), {0: found.found}))
