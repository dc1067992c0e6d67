"""A strip of examples that each epoch of a run draws anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QWidget

from tlstudio.domain.events import Examples
from tlstudio.ui.widgets.basics import box, clear, column, label, named, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class EpochStrip(QWidget):
    """Hidden until the first examples of the run shown have come.

    `draw(project, run_id, file)` reads and draws them on a thread; `tile(place, drawn)` shows one,
    `words(epoch)` head them, and `beside` stands at the right of the words (None: room).
    """

    def __init__(
        self,
        context: Context,
        name: str,
        beside: Sequence[QWidget | None],
        *,
        draw: Callable[[Any, str, str], list[Any]],
        tile: Callable[[int, Any], QWidget],
        words: Callable[[int], str],
    ) -> None:
        super().__init__()
        named(self, name, tr("Examples from the validation images"))
        self._context, self._draw, self._tile, self._words = context, draw, tile, words
        self._heading = label("", "heading", f"{name}_words")
        self._pictures = row(gap=8)
        self.setLayout(column(row(self._heading, *beside), box(self._pictures), gap=4))
        self.clear()

    def clear(self) -> None:
        """Another run: nothing to show yet."""
        self._epoch = -1
        clear(self._pictures)
        self.hide()

    def show_event(self, run_id: str, event: Examples) -> None:
        """Read and draw the examples that `event` of a run names."""
        self._context.ops.run(
            self._draw,
            self._context.project,
            run_id,
            event.file,
            on_done=lambda drawn: self._show(event.epoch, drawn),
            owner=self,
            key=f"{self.objectName()}.draw",
        )

    def _show(self, epoch: int, drawn: list[Any]) -> None:
        if not drawn or epoch < self._epoch:
            return
        self._epoch = epoch
        self._heading.setText(self._words(epoch))
        clear(self._pictures)
        for place, each in enumerate(drawn):
            self._pictures.addWidget(self._tile(place, each))
        self._pictures.addStretch(1)
        self.show()
