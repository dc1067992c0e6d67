"""Asking for one image of the project, in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QWidget

from tlstudio.ui.pages.style.project_picker import ProjectPicker
from tlstudio.ui.widgets.basics import column, named

if TYPE_CHECKING:
    from tlstudio.ui.context import Context


class ImageQuestion(QDialog):
    """`image` is the id of what was picked, None where nothing was."""

    def __init__(self, context: Context, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        named(self, "image_question", title)
        self.setWindowTitle(title)
        self.image: int | None = None
        self.picker = ProjectPicker(context)
        self.picker.picked.connect(self._take)
        self.picker.given_up.connect(self.reject)
        self.setLayout(column(self.picker))
        self.resize(760, 520)
        self.picker.start(title, many=False)

    def _take(self, ids: list[int]) -> None:
        self.image = ids[0] if ids else None
        self.accept()


def ask_image(context: Context, parent: QWidget, title: str) -> int | None:
    """The id of an image of the project, None where nothing was picked."""
    question = ImageQuestion(context, parent, title)
    picked = question.exec() == QDialog.DialogCode.Accepted
    return question.image if picked else None
