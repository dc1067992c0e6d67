"""Choosing with clicks: what a press selects at once, and what a click selects in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from tlstudio.ui.canvas.tools.base import SLOP, apart, locked_word

if TYPE_CHECKING:
    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.tool import Pointer

_SMALLER = 4.0  # times in area: then a shape counts as lying within the other


class Clicks:
    """`hits` are the shapes under the last press, best first."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.hits: list[str] = []
        self._fresh = False
        self._clicked = QPointF(-1e6, -1e6)

    def under(self, at: Pointer) -> list[str]:
        return self._canvas.scene.at(at.x, at.y, SLOP / self._canvas.view.scale)

    def press(self, at: Pointer) -> None:
        """Select what is under the pointer at once where it is not, so that dragging moves it."""
        scene = self._canvas.scene
        self.hits, self._fresh = self.under(at), False
        if at.shift or at.control or not self.hits:
            return
        chosen = set(scene.selected)
        kept = next((key for key in self.hits if key in chosen), None)
        if kept is None or (not self._again(at) and self._lies_within(self.hits[0], kept)):
            scene.select(self.hits[:1])
            self._fresh = True

    def click(self, at: Pointer) -> None:
        """The button went up where it went down."""
        scene, again = self._canvas.scene, self._again(at)
        self._clicked = at.screen
        if at.shift or at.control:
            scene.select(self.hits[:1], toggle=True)
        elif not self.hits:
            scene.select(())
        elif not self._fresh:
            scene.select([self._next() if again else self.hits[0]])
        if len(scene.selected) == 1 and scene.locked(scene.selected[0]):
            self._canvas.say(locked_word())

    def _next(self) -> str:
        """The shape below the selected one; after the lowest the topmost again."""
        selected = self._canvas.scene.selected
        if len(selected) != 1 or selected[0] not in self.hits:
            return self.hits[0]
        return self.hits[(self.hits.index(selected[0]) + 1) % len(self.hits)]

    def _again(self, at: Pointer) -> bool:
        return apart(at.screen, self._clicked) <= SLOP

    def _lies_within(self, key: str, other: str) -> bool:
        """Whether a shape is clearly smaller than another one."""
        small, large = self._canvas.scene.bounds((key,)), self._canvas.scene.bounds((other,))
        if key == other or small is None or large is None:
            return False
        return small[2] * small[3] * _SMALLER <= large[2] * large[3]
