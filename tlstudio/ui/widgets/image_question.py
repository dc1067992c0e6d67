"""Asking for one image of the project, in a window of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDialog, QWidget

from tlstudio.domain.images import ImageQuery
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import button, column, disable, field, label, named, row
from tlstudio.ui.widgets.strip import ImageStrip, StripItem
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.ui.context import Context

MOST = 400
"""So many images are shown at once; a search narrows them."""


class ImageQuestion(QDialog):
    """`image` is the id of what was picked, None where nothing was."""

    def __init__(self, context: Context, parent: QWidget, title: str) -> None:
        super().__init__(parent)
        named(self, "image_question", title)
        self.setWindowTitle(title)
        self.image: int | None = None
        self._context = context
        self._search = field(
            "image_question_search", tr("Search images by name"), hint=tr("Search by name")
        )
        self._wait = QTimer(self, singleShot=True, interval=200)
        self._wait.timeout.connect(self._ask)
        self._search.textChanged.connect(lambda _text: self._wait.start())
        self._strip = ImageStrip(context, "image_question_images", tr("Images of the project"))
        self._strip.opened.connect(self._take)
        self._strip.current.connect(self._chosen)
        self._facts = label(role="dim", name="image_question_facts")
        self._use = button(tr("Use"), "image_question_use", self.accept, role="primary")
        cancel = button(tr("Cancel"), "image_question_cancel", self.reject)
        inside = column(self._search, self._strip, row(self._facts, None, cancel, self._use))
        inside.setStretch(1, 1)
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)
        self.resize(760, 520)
        self._choose(None)
        self._ask()

    def _ask(self) -> None:
        self._context.ops.run(
            _found,
            self._context.project,
            self._search.text().strip(),
            on_done=self._show,
            owner=self,
            key="image_question",
        )

    def _show(self, found: tuple[list[ImageRow], int]) -> None:
        rows, total = found
        self._choose(None)
        self._strip.set_items([StripItem(each.id, each.name) for each in rows])
        if total > len(rows):
            words = tr("The first {n} of {total}; search to see others", n=MOST, total=f"{total:,}")
        else:
            words = count(total, "{n} image", "{n} images")
        self._facts.setText(words)

    def _chosen(self, image: int) -> None:
        self._choose(image)

    def _choose(self, image: int | None) -> None:
        self.image = image
        disable(self._use, "" if image is not None else tr("Choose an image first"))

    def _take(self, image: int) -> None:
        self.image = image
        self.accept()


def ask_image(context: Context, parent: QWidget, title: str) -> int | None:
    """The id of an image of the project, None where nothing was picked."""
    question = ImageQuestion(context, parent, title)
    picked = question.exec() == QDialog.DialogCode.Accepted
    return question.image if picked else None


def _found(project: object, text: str) -> tuple[list[ImageRow], int]:
    """On a thread: the first images whose name fits, and how many there are."""
    ids = service("images", "find_images")(project, ImageQuery(text=text))
    return service("images", "image_rows")(project, ids[:MOST]), len(ids)
