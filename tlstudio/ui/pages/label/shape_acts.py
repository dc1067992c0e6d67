"""What the page does with selected shapes, beyond what the tools do themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tlstudio.ui.canvas.intents import Accept, Reject
from tlstudio.ui.canvas.tools import actions
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage


class ShapeActs:
    """Copying between images, locking, deciding on suggestions, going from shape to shape."""

    def __init__(self, page: LabelPage, context: Context) -> None:
        self._page = page
        self._context = context
        self._canvas = page.canvas

    def delete(self) -> None:
        """The picked vertex of a polygon, else the selected shapes."""
        arrow = self._canvas.tools.get("select")
        if arrow is not None and arrow is self._canvas.tool:
            arrow.delete()
        else:
            actions.delete(self._canvas)

    def nudge(self, dx: float, dy: float) -> None:
        self._canvas.tools["select"].nudge(dx, dy)

    def resize(self, dw: float, dh: float) -> None:
        self._canvas.tools["select"].resize(dw, dh)

    def copy(self) -> None:
        ids = actions.copied(self._canvas)
        if ids:
            said = count(len(ids), "1 shape copied", "{n} shapes copied")
            self._page.editor.copy(ids, lambda: self._canvas.say(said))

    def paste(self) -> None:
        if not self._page.editor.can_paste:
            self._canvas.say(tr("Copy shapes first, here or on another image."))
            return
        self._page.editor.paste()

    def paste_next(self) -> None:
        """Copy the selection to the same place of the next image, and go there."""
        page = self._page
        ids = actions.copied(self._canvas)
        if not ids:
            return
        if self._context.locked_reason():
            self._context.show_message(self._context.locked_reason(), "warning")
            return

        def go_on() -> None:
            before = page.navigator.current
            page.navigator.step(1)
            if page.navigator.current != before:
                page.later(page.editor.paste)

        page.editor.copy(ids, go_on)

    def toggle_lock(self) -> None:
        """Unlock the selection where all of it is locked, else lock it."""
        scene = self._canvas.scene
        if not scene.selected:
            self._canvas.say(tr("Select a shape first."))
            return
        locked = all(scene.locked(key) for key in scene.selected)
        self.set_locked(scene.selected, not locked)

    def set_locked(self, ids: tuple[str, ...], locked: bool) -> None:
        image = self._canvas.image_id
        if image is not None:
            self._page.editor.run("set_locked", image, tuple(ids), locked)

    def unlock_all(self) -> None:
        scene = self._canvas.scene
        ids = tuple(s.id for s in scene.shapes() if scene.locked(s.id))
        if ids:
            self.set_locked(ids, False)
        else:
            self._canvas.say(tr("No shape is locked."))

    def decide_all(self, *, accept: bool) -> None:
        """Accept or reject every suggestion on the image that is not filtered out."""
        scene = self._canvas.scene
        ids = tuple(s.id for s in scene.shapes() if s.provenance.suggestion and scene.visible(s.id))
        self.decide(ids, accept=accept)

    def decide(self, ids: tuple[str, ...], *, accept: bool) -> None:
        if not ids or self._canvas.image_id is None:
            self._canvas.say(tr("There are no suggestions on this image."))
            return
        kind = Accept if accept else Reject
        self._canvas.emit(kind(self._canvas.image_id, tuple(ids)))

    def select_step(self, by: int) -> None:
        """Select the next shape, from the topmost down; the first one where none is."""
        scene = self._canvas.scene
        ids = [s.id for s in reversed(scene.shapes()) if scene.visible(s.id)]
        if not ids:
            self._canvas.say(tr("There are no shapes on this image."))
            return
        last = scene.selected[-1] if scene.selected else None
        place = ids.index(last) + by if last in ids else (0 if by > 0 else len(ids) - 1)
        scene.select([ids[place % len(ids)]])
