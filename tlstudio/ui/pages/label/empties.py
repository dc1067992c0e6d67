"""What stands in place of the canvas where there is no image, or none that can be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from tlstudio.domain.images import ImageRow
from tlstudio.ui.widgets.basics import clear, column, named
from tlstudio.ui.widgets.empty import EmptyState
from tlstudio.ui.words import say_error, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class Empties(QWidget):
    """`all_wanted`: the list is narrowed to nothing; `again_wanted`: try to read it once more."""

    all_wanted = Signal()
    again_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "labelEmpty", tr("No image"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._context = context
        self._inside = column(gap=0)
        self.setLayout(self._inside)

    def show_nothing(self, *, narrowed: bool) -> None:
        """There are no images to go through."""
        if narrowed:
            self._put(EmptyState(
                "filter", tr("None of these images is left"),
                tr("They were taken out of the project. The others are still there."),
                (tr("Show all images"), "emptyShowAll", self.all_wanted.emit),
            ))  # fmt: skip
            return
        self._put(EmptyState(
            "label", tr("There is nothing to label yet"),
            tr("This project has no images. Import a folder, then come back to draw on them."),
            (tr("Go to Images"), "emptyGoImages", lambda: self._context.go_to("images")),
        ))  # fmt: skip

    def show_trouble(self, row: ImageRow, error: BaseException) -> None:
        """The image is known, but its pixels cannot be shown."""
        if row.missing or getattr(error, "code", "").endswith("missing"):
            self._put(EmptyState(
                "broken", tr("The file of {name} is missing", name=row.name),
                tr("It may have been moved or renamed. Relink finds moved files by their content;"
                   " what you drew on the image is kept."),
                (tr("Find missing files"), "emptyRelink",
                 lambda: self._context.go_to("images", problems=True)),
                (tr("Try again"), "emptyAgain", self.again_wanted.emit),
            ))  # fmt: skip
            return
        self._put(EmptyState(
            "broken", tr("{name} cannot be shown", name=row.name), say_error(error),
            (tr("Try again"), "emptyAgain", self.again_wanted.emit),
            (tr("Show problems"), "emptyProblems",
             lambda: self._context.go_to("images", problems=True)),
        ))  # fmt: skip

    def _put(self, made: QWidget) -> None:
        clear(self._inside)
        self._inside.addWidget(made)
