"""The keys of the Images page: labels by digit, states, steps, views."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from tlstudio.domain.images import ImageState
from tlstudio.ui.commands import SUGGESTION
from tlstudio.ui.keymap import keymap, leaves_control, typing
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.page import ImagesPage


class ImageKeys:
    """Turns a key into an action of the page."""

    def __init__(self, page: ImagesPage, context: Context) -> None:
        self._page = page
        self._context = context
        self._acts: dict[str, Callable[[], object]] = {
            "images.accept": lambda: page.edit("accept_suggestions"),
            "images.reject": lambda: page.edit("reject_suggestions"),
            "images.open": lambda: page.actions.open_current(),
            "images.unlabel": lambda: page.assign(None),
            "images.review": self._toggle_reviewed,
            "images.next": lambda: page.step(1),
            "images.previous": lambda: page.step(-1),
            "images.select_all": lambda: page.grid.selectAll(),
            "images.select_none": lambda: page.grid.clearSelection(),
            "images.import": lambda: page.start_import(),
            "images.grid": lambda: page.tools.set_view("grid"),
            "images.list": lambda: page.tools.set_view("list"),
            "images.panel": lambda: page.tools.toggle_panel(),
        }

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key means; false where it means nothing here."""
        if typing() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return False  # it ends what is being typed
        if leaves_control(event):
            self._page.in_front().setFocus()
            return True
        now = {SUGGESTION} if any(made.suggested for made in self._page.chosen_rows()) else ()
        wanted = keymap().command("images", event, now)
        if wanted is None:
            return False
        family, _, number = wanted.rpartition(".")
        if family in ("images.pick", "images.add"):
            self._give(int(number), add=family == "images.add")
        elif wanted in self._acts:
            self._acts[wanted]()
        else:
            return False
        return True

    def _give(self, number: int, *, add: bool) -> None:
        labels = self._context.labels.all()
        if number > len(labels):
            text = tr("There is no label {n}; this project has {all}.", n=number, all=len(labels))
            self._context.status_text.emit(text)
            return
        one = len(self._page.model.selected_ids()) == 1
        self._page.assign(labels[number - 1].id, add=add)
        if one and not add and not self._context.locked_reason():
            self._page.step(1)

    def _toggle_reviewed(self) -> None:
        rows = self._page.chosen_rows()
        known = len(rows) == len(self._page.model.selected_ids())
        done = bool(rows) and known and all(m.state is ImageState.REVIEWED for m in rows)
        self._page.edit("set_state", ImageState.LABELLED if done else ImageState.REVIEWED)


def is_for_page(event: QKeyEvent, scope: str = "") -> bool:
    """Letters, digits and signs, by which an item view would search, and all keys that give a
    command of the page `scope`."""
    held = event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    text = event.text()
    typed = not held and bool(text.strip()) and text.isprintable()
    return typed or bool(scope and keymap().commands(scope, event))
