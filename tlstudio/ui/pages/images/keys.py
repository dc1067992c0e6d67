"""The keys of the Images page: labels by digit, states, steps, views."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from tlstudio.domain.images import ImageState
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.page import ImagesPage


class ImageKeys:
    """Turns a key into an action of the page."""

    def __init__(self, page: ImagesPage, context: Context) -> None:
        self._page = page
        self._context = context

    def table(self) -> tuple[tuple[str, str], ...]:
        """(key, what it does) for the overlay of F1."""
        return (
            ("1 … 9", tr("Give the selection a label and go on")),
            ("Shift+1 … 9", tr("Add a label beside the others")),
            ("0", tr("Take the labels away (Delete as well)")),
            ("Enter", tr("Accept the suggestion")),
            ("Esc", tr("Reject the suggestion, else select nothing")),
            ("A  D", tr("Previous and next image (arrows as well)")),
            ("Ctrl+A", tr("Select all")),
            ("Shift+click", tr("Select up to here")),
            ("Ctrl+Enter", tr("Mark as reviewed, or back")),
            ("Ctrl+I", tr("Import images")),
            ("G  L", tr("Grid, list")),
            ("Tab", tr("Hide or show the panel at the right")),
            ("Ctrl+wheel", tr("Size of the thumbnails")),
        )

    def press(self, event: QKeyEvent) -> bool:
        """Do what the key means; false where it means nothing here."""
        keys, key, held = Qt.Key, event.key(), event.modifiers()
        page = self._page
        control = bool(held & Qt.KeyboardModifier.ControlModifier)
        if control and key in (keys.Key_Return, keys.Key_Enter):
            self._toggle_reviewed()
        elif control and key == keys.Key_I:
            page.start_import()
        elif control:
            return False
        elif (number := digit(event)) is not None:
            self._number(number, add=bool(held & Qt.KeyboardModifier.ShiftModifier))
        elif key in (keys.Key_Delete, keys.Key_Backspace):
            page.assign(None)
        elif key in (keys.Key_Return, keys.Key_Enter):
            page.edit("accept_suggestions")
        elif key == keys.Key_Escape:
            self._escape()
        elif key in (keys.Key_D, keys.Key_A):
            page.step(1 if key == keys.Key_D else -1)
        elif key in (keys.Key_G, keys.Key_L):
            page.tools.set_view("grid" if key == keys.Key_G else "list")
        else:
            return False
        return True

    def _number(self, number: int, *, add: bool) -> None:
        if number == 0:
            self._page.assign(None)
            return
        labels = self._context.labels.all()
        if number > len(labels):
            text = tr("There is no label {n}; this project has {all}.", n=number, all=len(labels))
            self._context.status_text.emit(text)
            return
        one = len(self._page.model.selected_ids()) == 1
        self._page.assign(labels[number - 1].id, add=add)
        if one and not add and not self._context.locked_reason():
            self._page.step(1)

    def _escape(self) -> None:
        if any(made.suggested for made in self._page.chosen_rows()):
            self._page.edit("reject_suggestions")
        else:
            self._page.grid.clearSelection()

    def _toggle_reviewed(self) -> None:
        rows = self._page.chosen_rows()
        done = bool(rows) and all(made.state is ImageState.REVIEWED for made in rows)
        self._page.edit("set_state", ImageState.LABELLED if done else ImageState.REVIEWED)


def is_for_page(event: QKeyEvent) -> bool:
    """Letters, digits and signs, with or without Shift, are the page's; an item view would
    search its items by them."""
    held = event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    text = event.text()
    return not held and bool(text.strip()) and text.isprintable()


def digit(event: QKeyEvent) -> int | None:
    """The digit of a key, also with Shift held, where the text is another sign."""
    key = event.key()
    if Qt.Key.Key_0 <= key <= Qt.Key.Key_9:
        return int(key) - int(Qt.Key.Key_0)
    if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        code = event.nativeScanCode()  # 10 to 19 on X11 and Wayland
        if 10 <= code <= 19:
            return (code - 9) % 10
    return None
