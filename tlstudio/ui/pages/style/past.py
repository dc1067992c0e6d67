"""The history read and edited: entries come from the project, deleting can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tlstudio.ui.lazy import service
from tlstudio.ui.pages.style.history import HistoryStrip
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context


class Past(QObject):
    """Keeps the strip at what the project has. What is deleted only leaves the strip at first:
    it can be brought back until the page is left. `read` after each reading."""

    read = Signal()

    def __init__(self, context: Context, strip: HistoryStrip) -> None:
        super().__init__(strip)
        self._context = context
        self._project = context.project
        self._strip = strip
        self._going: list[int] = []
        self.entries: list[StylingEntry] = []
        strip.delete_wanted.connect(self._delete)
        context.leaving.connect(self.settle)
        self.reload()

    def reload(self) -> None:
        """Read the history anew."""
        self._context.ops.run(
            service("styling", "history"),
            self._project,
            on_done=self._show,
            key="style.history",
            owner=self,
        )

    def entry(self, entry_id: int) -> StylingEntry | None:
        return next((each for each in self.entries if each.id == entry_id), None)

    def settle(self) -> None:
        """Delete what was to be deleted: nobody can bring it back from now on."""
        going, self._going = self._going, []
        if going and self._context.project is self._project:
            self._context.edit(service("styling", "delete"), going, owner=self)

    def _show(self, entries: Sequence[StylingEntry]) -> None:
        self.entries = list(entries)
        self._strip.show_entries(entries)
        self.read.emit()

    def _delete(self, entry: StylingEntry) -> None:
        self._going.append(entry.id)
        self._strip.hide_entries(self._going)
        self._context.show_message(
            tr("One picture was taken out of the history"),
            action=(tr("Bring it back"), lambda: self._bring_back(entry.id)),
        )

    def _bring_back(self, entry: int) -> None:
        if entry in self._going:
            self._going.remove(entry)
            self._strip.hide_entries(self._going)
