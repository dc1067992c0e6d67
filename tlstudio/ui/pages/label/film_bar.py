"""Beside the strip of images: back and on, where one is, what going on means."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from tlstudio.ui.keymap import keymap
from tlstudio.ui.widgets.basics import button, column, label, named, row, tool
from tlstudio.ui.words import count, tr

_WIDE = 248
_COMMANDS = {
    "previousOpen": "label.previous_unlabelled",
    "previousImage": "label.previous",
    "nextImage": "label.next",
    "nextOpen": "label.next_unlabelled",
}


class FilmBar(QWidget):
    """Signals say what was clicked; `open_step` is to the next image that is not labelled."""

    step = Signal(int)
    open_step = Signal(int)
    all_wanted = Signal()
    going_on_changed = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        named(self, "filmBar", tr("Going through the images"))
        self.setFixedWidth(_WIDE)
        self.place = label(name="filmPlace")
        self.place.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._tools = {
            name: tool(icon, name, says, act)
            for icon, name, says, act in (
                ("previous-open", "previousOpen", tr("Previous image that is not labelled"),
                 lambda: self.open_step.emit(-1)),
                ("chevron-left", "previousImage", tr("Previous image"),
                 lambda: self.step.emit(-1)),
                ("chevron-right", "nextImage", tr("Next image"), lambda: self.step.emit(1)),
                ("next-open", "nextOpen", tr("Next image that is not labelled"),
                 lambda: self.open_step.emit(1)),
            )
        }  # fmt: skip
        for made in self._tools.values():
            made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        old, back, on, open_ = self._tools.values()
        steps = row(old, back, self.place, on, open_, gap=0)
        steps.setStretch(2, 1)
        self.going_on = named(QCheckBox(tr("Going on marks as labelled")), "goingOnLabels",
                              tr("Going on marks a draft as labelled"))  # fmt: skip
        self.going_on.setToolTip(
            tr("Next marks an image with shapes as labelled; Undo takes that back")
        )
        self.going_on.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.going_on.toggled.connect(self.going_on_changed)
        self._all = button(tr("Show all images"), "filmAll", self.all_wanted.emit, role="link")
        self._all.hide()
        inside = column(None, steps, self.going_on, self._all, None, gap=0)
        inside.setContentsMargins(8, 2, 8, 2)
        self.setLayout(inside)
        keymap().changed.connect(self.show_keys)
        self.show_keys()

    def show_keys(self) -> None:
        """Name the keys in the tooltips."""
        for name, made in self._tools.items():
            keys, says = keymap().text(_COMMANDS[name]), made.accessibleName()
            made.setToolTip(f"{says} ({keys})" if keys else says)

    def show_place(self, place: int | None, total: int, *, narrowed: bool) -> None:
        known = place is not None
        self.place.setText(
            tr("{n} of {all}", n=f"{(place or 0) + 1:,}", all=f"{total:,}") if known else ""
        )
        for made in self._tools.values():
            made.setEnabled(known)
        self._all.setVisible(narrowed)
        self.place.setToolTip(
            count(total, "Only 1 image is gone through", "Only {n} images are gone through")
            if narrowed
            else ""
        )

    def show_going_on(self, on: bool, reason: str) -> None:
        self.going_on.blockSignals(True)
        self.going_on.setChecked(on)
        self.going_on.blockSignals(False)
        self.going_on.setVisible(not reason)
