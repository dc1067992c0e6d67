"""Brush and eraser: a round tip that paints masks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.shapes import is_locked
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.canvas.tools.base import SLOP, current_label, locked_word
from tlstudio.ui.canvas.tools.painted import Target
from tlstudio.ui.canvas.tools.painting import Painter
from tlstudio.ui.canvas.tools.strokes import Stroke
from tlstudio.ui.keymap import keymap
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Pointer


class BrushTool(Painter):
    """Paints the selected mask of the current label, else goes on with the mask it made last.

    Ctrl begins a new mask; so does painting after Esc, or after something else was selected.
    """

    name = "brush"
    on = True

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._going_on: Target | None = None
        self._selected: tuple[str, ...] = ()

    def targets(self, at: Pointer) -> list[Target]:
        label = current_label(self.canvas)
        image = self.canvas.image_id
        if label is None or image is None:
            return []
        target = None if at.control else self._found(label)
        if target is None:
            target = self.painted.fresh(image, label)
        if target.key not in self.canvas.scene.selected:
            self.canvas.scene.select(())  # or the next label key would be for another shape
        self._going_on, self._selected = target, self.canvas.scene.selected
        return [target]

    def cancel(self) -> bool:
        """Drop the stroke; else let go of the mask, so that the next stroke makes a new one."""
        if super().cancel():
            return True
        if self._going_on is None and not self.canvas.scene.selected:
            return False
        self._going_on = None
        self.canvas.scene.select(())
        self.canvas.say(tr("The next stroke makes a new mask."))
        return True

    def hint(self) -> str:
        return tr("Paint. Shift: straight line. Ctrl: new mask. Alt and the wheel: size.")

    def _found(self, label: int) -> Target | None:
        chosen = actions.selected(self.canvas)
        if len(chosen) == 1:
            shape = chosen[0]
            if isinstance(shape, Mask) and shape.label == label and not is_locked(shape):
                return self.painted.of(shape)
        going_on = self._going_on
        if going_on is None or going_on.label != label or not self.painted.alive(going_on):
            return None
        # The page may have selected the mask that was made; anything else is another choice.
        same = self.canvas.scene.selected in (self._selected, (going_on.key,))
        return going_on if same else None


class EraserTool(Painter):
    """Erases from the selected masks; with none selected, from every unlocked mask beneath it."""

    name = "eraser"
    on = False

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._any = False
        self._told = False

    def release(self, at: Pointer) -> None:
        missed = self.drawing and not any(made.places for _target, made in self._strokes)
        super().release(at)
        if missed and not self._told:
            self.canvas.say(tr("There is nothing of a mask here to erase."))

    def targets(self, at: Pointer) -> list[Target]:
        self._told = False
        chosen = actions.selected(self.canvas)
        self._any = not chosen
        if self._any:
            self._say_if_polygon(at)
            return []
        masks = [shape for shape in chosen if isinstance(shape, Mask)]
        free = [shape for shape in masks if not is_locked(shape)]
        if masks and not free:
            self._told = True
            self.canvas.say(locked_word())
        elif not masks:
            self._say_convert()
        return [self.painted.of(shape) for shape in free]

    def _go(self, x: float, y: float) -> None:
        if self._any:
            self._join_in(x, y)
        super()._go(x, y)

    def hint(self) -> str:
        return tr("Erase from masks. Shift: straight line. Alt and the wheel: size.")

    def _join_in(self, x: float, y: float) -> None:
        """With nothing selected, masks that the tip comes to are erased from as well."""
        scene, reach = self.canvas.scene, self.canvas.brush_radius
        x0, y0 = self._from or (x, y)
        rect = (min(x, x0) - reach, min(y, y0) - reach,
                abs(x - x0) + 2 * reach, abs(y - y0) + 2 * reach)  # fmt: skip
        there = {target.key for target, _stroke in self._strokes}
        slots = scene.packed.touching(rect, scene.visible_slots()).tolist()
        for shape in map(scene.get, (scene.packed.ids[slot] for slot in slots)):
            if isinstance(shape, Mask) and shape.id not in there and not is_locked(shape):
                target = self.painted.of(shape)
                made = Stroke(self.painted.bitmap(target), reach, on=False)
                made.last = self._from
                self._strokes.append((target, made))

    def _say_if_polygon(self, at: Pointer) -> None:
        scene = self.canvas.scene
        reach = max(self.canvas.brush_radius, SLOP / self.canvas.view.scale)
        found = [scene.get(key) for key in scene.at(at.x, at.y, reach)]
        outlined = any(isinstance(shape, Box | Polygon) for shape in found)
        if outlined and not any(isinstance(shape, Mask) for shape in found):
            self._say_convert()

    def _say_convert(self) -> None:
        self._told = True
        key = keymap().text("label.to_mask")
        if key:
            self.canvas.say(tr("Convert it to a mask first ({key}), then erase.", key=key))
        else:
            self.canvas.say(tr("Convert it to a mask first, then erase."))
