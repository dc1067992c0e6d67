"""What is done to the selected images: edits, and opening them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageState
from tlstudio.ui.lazy import service
from tlstudio.ui.pages import built
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.images.facts import Facts
    from tlstudio.ui.pages.images.model import ImageTable

Names = Mapping[str, Sequence[str]]


class ImageActions(QObject):
    """Every edit is one step of undo; one of several images says how many it touched."""

    def __init__(self, context: Context, model: ImageTable, parent: QObject) -> None:
        super().__init__(parent)
        self.context = context
        self._model = model

    def serve(self, facts: Facts) -> None:
        """Do what the panel of facts asks for."""
        facts.label_wanted.connect(self.assign)
        facts.label_unwanted.connect(self.take_off)
        facts.split_wanted.connect(lambda v: self.edit("set_split", v))
        facts.group_wanted.connect(lambda v: self.edit("set_group", v or None))
        facts.state_wanted.connect(lambda v: self.edit("set_state", ImageState(v)))
        facts.person_wanted.connect(self.give_to)
        facts.tag_added.connect(lambda v: self.edit("set_tags", add=[v]))
        facts.tag_removed.connect(lambda v: self.edit("set_tags", remove=[v]))
        facts.accept_wanted.connect(lambda: self.edit("accept_suggestions"))
        facts.reject_wanted.connect(lambda: self.edit("reject_suggestions"))
        facts.remove_wanted.connect(lambda: self.edit("delete_images"))
        facts.folder_wanted.connect(self.show_file)
        facts.file_wanted.connect(self.open_file)

    def assign(self, label_id: int | None, *, add: bool = False) -> None:
        """Give the selection a label (None: take its labels away)."""
        self.edit("assign_label", label_id, add=add)

    def take_off(self, label_id: int) -> None:
        """Take one label of the selected images as a whole away; those of shapes stay."""
        self.edit("take_label_off", label_id, then=self._taken_off)

    def _taken_off(self, changes: Changes) -> None:
        if changes.images:
            self._tell(changes)
        else:
            self.context.status_text.emit(
                tr("This label is that of shapes in the image. Change or delete them in Label.")
            )

    def give_to(self, person: str) -> None:
        """Ask a person to do the selected images; an empty name takes them back."""
        self.edit("assign", person or None, room="reviewing")

    def edit(
        self,
        name: str,
        *args: object,
        room: str = "labelling",
        then: Callable[[Changes], None] | None = None,
        **named: object,
    ) -> None:
        """Run an edit of services.<room> on the selection; `then` says what came of it."""
        ids = self._model.selected_ids()
        if ids:
            self.context.edit(
                service(room, name), ids, *args, on_done=then or self._tell, owner=self, **named
            )
        else:
            self.context.status_text.emit(tr("Select an image first."))

    def _tell(self, changes: Changes) -> None:
        touched = len(changes.images)
        if touched > 1 and changes.undo_code:
            images = count(touched, "1 image", "{n} images")
            what = say(changes.undo_code, {})
            self.context.status_text.emit(tr("{what}: {images}", what=what, images=images))

    # -- opening --------------------------------------------------------------------------

    def open_current(self) -> None:
        """Open the one image that is selected, of several the current one."""
        chosen = self._model.selected_ids()
        self.open(chosen[0] if len(chosen) == 1 else self._model.current())

    def open(self, image: int | None) -> None:
        """Open the image in Label, to go through the images of the gallery from there."""
        if image is None:
            return
        if any(spec.key == "label" for spec in built()):
            self.context.go_to("label", image=image, ids=self._model.ids)
        else:
            self.open_file()

    def open_file(self) -> None:
        """Open the selected image with the program that the system has for it."""
        self._with_path(lambda path: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))))

    def show_file(self) -> None:
        """Show the folder that holds the selected image."""
        self._with_path(lambda p: QDesktopServices.openUrl(QUrl.fromLocalFile(str(p.parent))))

    def _with_path(self, act: Callable[[Path], object]) -> None:
        ids = self._model.selected_ids()
        if len(ids) == 1:
            self.context.ops.run(
                service("images", "image_path"),
                self.context.project,
                ids[0],
                on_done=act,
                owner=self,
            )

    # -- names to choose from -------------------------------------------------------------

    def with_names(self, act: Callable[[Names], object]) -> None:
        """Call `act` with the project's groups, tags and people."""
        self.context.ops.run(
            _names, self.context.project, on_done=act, owner=self, key="images.names"
        )


def _names(project: object) -> Names:
    found = service("images", "facets")(project, ("groups", "tags"))
    people = service("reviewing", "people")(project)
    return {"groups": list(found["groups"]), "tags": list(found["tags"]), "people": people}
