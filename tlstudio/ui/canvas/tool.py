"""What a tool is: it hears the pointer in image coordinates and draws its own unfinished work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QPainter

    from tlstudio.ui.canvas.canvas import Canvas
    from tlstudio.ui.canvas.intents import Intent
    from tlstudio.ui.canvas.view import View

_NONE = Qt.KeyboardModifier.NoModifier


@dataclass(frozen=True, slots=True)
class Pointer:
    """Where the pointer is: `x`, `y` in image pixels, not clamped; `screen` in widget pixels."""

    x: float
    y: float
    screen: QPointF
    button: Qt.MouseButton = Qt.MouseButton.NoButton
    held: Qt.KeyboardModifier = _NONE

    @property
    def shift(self) -> bool:
        return bool(self.held & Qt.KeyboardModifier.ShiftModifier)

    @property
    def control(self) -> bool:
        return bool(self.held & Qt.KeyboardModifier.ControlModifier)

    @property
    def alt(self) -> bool:
        return bool(self.held & Qt.KeyboardModifier.AltModifier)


class Tool:
    """Base of all tools: does nothing. `name` is its code in the key map and in drafts.

    The canvas hands over only what it does not use itself: panning (space or middle button)
    and zooming never reach a tool.
    """

    name = ""
    double_presses = False
    """The second press of a double click is a press like any other, as for painting."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas

    @property
    def drawing(self) -> bool:
        """Work is unfinished: Enter finishes it, Backspace takes a bit back, Esc drops it."""
        return False

    def enter(self) -> None:
        """The tool was picked up."""

    def leave(self) -> None:
        """The tool is put down; unfinished work is dropped."""
        self.cancel()

    def press(self, at: Pointer) -> None:
        """A button went down."""

    def drag(self, at: Pointer) -> None:
        """The pointer moved with the left button down."""

    def hover(self, at: Pointer) -> None:
        """The pointer moved with no button down."""

    def release(self, at: Pointer) -> None:
        """The button went up."""

    def double(self, at: Pointer) -> bool:
        """A double click; false lets the canvas fit the view."""
        return False

    def wheel(self, steps: float, held: Qt.KeyboardModifier) -> bool:
        """The wheel turned by `steps` notches; false lets the canvas zoom."""
        return False

    def key(self, event: QKeyEvent) -> bool:
        """A key went down; false where it means nothing to the tool."""
        return False

    def cancel(self) -> bool:
        """Drop what is unfinished; false where there was nothing."""
        return False

    def finish(self) -> bool:
        """Finish what is unfinished (Enter); false where there was nothing."""
        return False

    def step_back(self) -> bool:
        """Take the last bit of unfinished work back (Backspace, Ctrl+Z); false: there is none."""
        return False

    def settle(self) -> None:
        """Emit at once what still waits (nudges, a stroke): the image or the window is to go."""

    def answered(self, intent: Intent, ids: tuple[str, ...] | None) -> None:
        """An intent (of whichever tool) is stored, touching `ids`; None: it was refused.

        Whoever carries intents out tells every tool of the canvas, after the scene has changed.
        """

    def draft(self) -> dict[str, object] | None:
        """Unfinished work as JSON, to be kept; None where there is none."""
        return None

    def restore(self, draft: dict[str, object]) -> None:
        """Go on with unfinished work that was kept."""

    def paint(self, painter: QPainter, view: View) -> None:
        """Draw over everything, in widget pixels."""

    def cursor(self) -> Qt.CursorShape:
        return Qt.CursorShape.CrossCursor

    def hint(self) -> str:
        """One line for the status line: what to do next."""
        return ""
