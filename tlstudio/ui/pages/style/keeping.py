"""What becomes of a picture that was made: a file, or an image of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from tlstudio.ui.widgets.basics import button, column, disable, label, line, named
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.ui.context import Context


class Keeping(QWidget):
    """`save_wanted` as a file; `add_wanted(with labels)` to the project."""

    save_wanted = Signal()
    add_wanted = Signal(bool)
    show_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_keeping")
        self._context = context
        self._entry: StylingEntry | None = None
        self._save = button(
            tr("Save as image…"), "style_save", self.save_wanted.emit, icon="download"
        )
        self._add = button(tr("Add to project"), "style_add_to_project", self._go, icon="import")
        self._labels = named(
            QCheckBox(tr("With its labels")),
            "style_with_labels",
            tr("With its labels"),
            tr(
                "Copy the labels and shapes of the content image. Only where the look changed and"
                " what is seen stayed what it is."
            ),
        )
        self._note = label(
            tr(
                "It is marked as synthetic: models can learn from it, and it is never in"
                " validation or test."
            ),
            "dim",
            "style_synthetic_note",
            wrap=True,
        )
        self.setLayout(column(line(), 4, self._save, self._add, self._labels, self._note))
        self.show_entry(None)

    def show_entry(self, entry: StylingEntry | None) -> None:
        """The picture that would be kept; None, and nothing is offered, where there is none."""
        self._entry = entry
        self.setVisible(entry is not None)
        if entry is None:
            return
        saved = entry.saved_image
        self._add.setText(tr("Add to project") if saved is None else tr("Show it in the project"))
        self._add.setAccessibleName(self._add.text())
        disable(self._add, self._context.locked_reason() if saved is None else "")
        own = entry.content_image is not None
        no_labels = tr("Only where the content is an image of the project")
        disable(self._labels, "" if own else no_labels)
        if not own:
            self._labels.setChecked(False)
        self._labels.setVisible(saved is None)
        self._note.setVisible(saved is None)

    def show_unkept(self) -> None:
        """A picture that can be saved as a file and nothing else."""
        self._entry = None
        self.show()
        reason = self._context.locked_reason()
        disable(self._add, reason)
        disable(self._labels, reason)

    def _go(self) -> None:
        saved = self._entry.saved_image if self._entry is not None else None
        if saved is None:
            self.add_wanted.emit(self._labels.isChecked())
        else:
            self.show_wanted.emit()
