"""The review panel and the store: what is shown of the image's state, and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageState
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.look import state_word
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.review import Comment
    from tlstudio.domain.spacing import Spacing
    from tlstudio.services.workbench import Facts, Opened
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.page import LabelPage


class Reviewing(QObject):
    """Holds the review panel and the pixel size to what the store says of the image."""

    def __init__(self, page: LabelPage, context: Context) -> None:
        super().__init__(page)
        self._page = page
        self._context = context
        self.state: ImageState | None = None
        self._spacing: Spacing | None = None
        self._saying = False
        panel = page.review
        panel.state_wanted.connect(self._set_state)
        panel.comment_wanted.connect(self._add_comment)
        panel.person_wanted.connect(lambda name: self._edit("assign", [self._image], name or None))
        page.look.spacing.wanted.connect(self._set_spacing)

    @property
    def _image(self) -> int | None:
        return self._page.stage.image

    def show(self, opened: Opened) -> None:
        """The image has come onto the canvas, or its pixels cannot be had."""
        self._saying = False
        self._spacing = opened.spacing
        self._show(opened.row.state, opened.comments, opened.assignee)

    def show_spacing(self) -> None:
        """The size of a pixel: what a person said, else what the file says."""
        canvas = self._page.canvas
        picture = canvas.picture
        found = self._spacing or (picture.spacing if picture is not None else None)
        if found != canvas.spacing:
            canvas.spacing = found
            canvas.refresh()
        self._page.look.spacing.show_spacing(found)

    def changed(self, changes: Changes) -> None:
        """An edit touched images: read again what is shown of this one."""
        image = self._image
        if image is None or not (changes.everything or image in changes.images):
            return
        self._context.ops.run(
            service("workbench", "image_facts"), self._page.project, image,
            on_done=lambda found: self._read(image, found), on_error=self._not_read, owner=self,
            key="label.review",
        )  # fmt: skip

    def finish(self) -> None:
        """Ctrl+Enter: one step further in review; says what the image is then."""
        if self._image is None:
            return

        def said(_changes: object) -> None:
            self._saying = True

        self._context.edit(
            service("reviewing", "finish_image"), self._image, on_done=said, owner=self
        )

    def _say_state(self) -> None:
        canvas = self._page.canvas
        seen = canvas.image_id == self._image
        empty = seen and all(s.provenance.suggestion for s in canvas.scene.all())
        if self.state is ImageState.LABELLED and empty:
            self._context.status_text.emit(tr("Labelled: there is nothing in this image."))
        elif self.state is not None:
            text = tr("This image is {state} now.", state=state_word(self.state))
            self._context.status_text.emit(text)

    def dispute(self) -> None:
        if self._may_write():
            self._page.review.start_dispute()

    def write_comment(self) -> None:
        if self._may_write():
            self._page.review.focus_comment()

    def _may_write(self) -> bool:
        """Open the panel to write in; where nothing can be changed, say why instead."""
        reason = self._context.locked_reason()
        if reason:
            self._context.show_message(reason, "warning")
        else:
            self._page.open_section("review")
        return not reason

    def _set_state(self, state: str, comment: str) -> None:
        self._edit("set_review", [self._image], ImageState(state), comment, written=comment)

    def _add_comment(self, text: str) -> None:
        self._edit("add_comment", self._image, text, written=text)

    def _set_spacing(self, size: float | None, unit: str, everywhere: bool) -> None:
        images = list(self._page.navigator.ids) if everywhere else [self._image]
        self._edit("set_spacing", images, size, None, unit)

    def _edit(self, name: str, *args: object, written: str = "") -> None:
        """Carry an edit out; what was `written` for it is given back where it fails."""
        image = self._image
        if image is None:
            return

        def failed(error: BaseException) -> None:
            self._page.review.give_back(image, written)
            self._context.show_error(error)

        self._context.edit(service("reviewing", name), *args, on_error=failed, owner=self)

    def _not_read(self, error: BaseException) -> None:
        """An image that was taken out goes from the list as well; that says enough."""
        if getattr(error, "code", "") != "project.no_image":
            self._context.show_error(error)

    def _read(self, image: int, found: Facts) -> None:
        if image != self._image:
            return
        self._show(found.state, found.comments, found.assignee)
        self._spacing = found.spacing
        self.show_spacing()
        if self._saying:
            self._saying = False
            self._say_state()

    def _show(
        self, state: ImageState | None, comments: list[Comment], assignee: str | None
    ) -> None:
        self.state = state
        self._page.review.show_image(state, comments, assignee)
        self._page.shapes.show_state(state, seen=self._page.canvas.image_id == self._image)
        words = state_word(state) if state is not None else ""
        self._page.side.sections["review"].set_summary(words)
