"""Which images are gone through, which is current, and how to come to the next one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery, ImageState
from tlstudio.ui.lazy import service
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.label.memory import Memory

OPEN_STATES = frozenset({ImageState.UNLABELLED.value, ImageState.DRAFT.value})
_COMES_AND_GOES = ("undo.delete_images", "undo.import", "undo.add_styled")


class Navigator(QObject):
    """`moved` asks for an image; `listed`: the ids are other ones; `counted`: states changed.

    `stayed`: the list was read again and the current image is still in it. `said` says in words
    why there is nothing further. Going on by `step` with a positive
    number leaves the image as one that has been labelled, where the person wants that.
    """

    moved = Signal(int)
    listed = Signal()
    counted = Signal(object)
    stayed = Signal()
    said = Signal(str)

    def __init__(self, context: Context, memory: Memory, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._memory = memory
        self._project = context.project
        self.ids: list[int] = []
        self.current: int | None = None
        self.progress: dict[str, int] = {}
        self.going_on_labels = memory.going_on_labels
        self._position: dict[int, int] = {}
        self._given: frozenset[int] | None = None
        self._order: list[int] = []
        self._wanted: int | None = None
        self.ready = False
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.setInterval(150)
        self._again.timeout.connect(self._list)
        self._count = QTimer(self)
        self._count.setSingleShot(True)
        self._count.setInterval(60)
        self._count.timeout.connect(self._read_progress)
        context.changes.changed.connect(self._changed)

    def stop(self) -> None:
        self._again.stop()
        self._count.stop()

    # -- which images ---------------------------------------------------------------------

    def show_all(self, image: int | None = None) -> None:
        """Go through all images of the project, from `image` (the last one seen) on."""
        self._given, self._order = None, []
        self._wanted = image if image is not None else self.current or self._memory.last_image
        self._list()

    def show_ids(self, ids: Sequence[int], image: int | None = None) -> None:
        """Go through these images only, in this order."""
        self._given, self._order = frozenset(ids), list(ids)
        self._wanted = image
        self._list()

    @property
    def narrowed(self) -> bool:
        """Whether only some of the images are gone through."""
        return self._given is not None

    def _list(self) -> None:
        self._context.ops.run(
            _find, self._project, self._given, self._order,
            on_done=self._show, key="label.ids",
        )  # fmt: skip
        self._count.start()

    def _show(self, answer: tuple[list[int], dict[int, int]]) -> None:
        ids, position = answer
        place = self.place
        changed = ids != self.ids
        self.ids, self._position = ids, position
        self.ready = True
        if changed:
            self.listed.emit()
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            wanted = self.current
        if not ids:
            self.current = None
            self.listed.emit()
        elif wanted == self.current and wanted in position:
            self.stayed.emit()
        elif wanted in position:
            self.go(wanted)
        else:
            self.go(ids[min(place or 0, len(ids) - 1)])

    # -- where ----------------------------------------------------------------------------

    @property
    def place(self) -> int | None:
        """The position of the current image, from 0."""
        return None if self.current is None else self._position.get(self.current)

    def position(self, image: int) -> int | None:
        return self._position.get(image)

    def near(self) -> list[int]:
        """The images that are likely to be asked for next: the next one, then the previous."""
        place = self.place
        if place is None:
            return []
        return [self.ids[p] for p in (place + 1, place - 1) if 0 <= p < len(self.ids)]

    def go(self, image: int) -> None:
        """Make `image` the current one; one outside the list widens the list to all."""
        if image not in self._position:
            if self._given is not None and image in self._given:  # it was taken out and is back
                self._wanted = image
                self._list()
            else:
                self.show_all(image)
            return
        self.current = image
        self._memory.put_last_image(image)
        self.moved.emit(image)

    def visit(self, images: Collection[int]) -> None:
        """Go to one of these images that is in the project still, of those in the list the first;
        says so where all of them were taken out."""
        self._visit("images", "find_images", ImageQuery(ids=frozenset(images)))

    def visit_step(self, step: int) -> None:
        """Go to one of the images that this step of the history touched, as `visit` does."""
        self._visit("workbench", "step_images", step)

    def _visit(self, room: str, name: str, asked: object) -> None:
        here = self.current

        def found(there: list[int]) -> None:
            if self.current != here:
                return
            if not there:
                self.said.emit(tr("What this changed was taken out of the project."))
                return
            listed = (image for image in there if image in self._position)
            self.go(min(listed, key=self._position.__getitem__, default=there[0]))

        self._context.ops.run(
            service(room, name), self._project, asked,
            on_done=found, key="label.visit", owner=self,
        )  # fmt: skip

    def step(self, by: int) -> None:
        """Go on (or back) by so many images."""
        place = self.place
        if place is None:
            return
        wanted = max(0, min(len(self.ids) - 1, place + by))
        if by > 0:
            self._leave()
        if wanted == place:
            self.said.emit(tr("That was the last image.") if by > 0 else
                            tr("This is the first image."))  # fmt: skip
            return
        self.go(self.ids[wanted])

    def step_open(self, by: int) -> None:
        """Go to the next (or previous) image that is not labelled yet."""
        if self.current is None:
            return
        here = self.current
        if by > 0:
            self._leave()

        def found(image: int | None) -> None:
            if self.current != here:
                return
            if image is None:
                self.said.emit(tr("No image further on is unlabelled.") if by > 0 else
                                tr("No image before this one is unlabelled."))  # fmt: skip
            else:
                self.go(image)

        self._context.ops.run(
            service("workbench", "next_image"), self._project, self.ids, here, by, OPEN_STATES,
            on_done=found, key="label.next_open", owner=self,
        )  # fmt: skip

    def first(self) -> None:
        if self.ids:
            self.go(self.ids[0])

    def last(self) -> None:
        if self.ids:
            self.go(self.ids[-1])

    def set_going_on_labels(self, on: bool) -> None:
        if on != self.going_on_labels:
            self.going_on_labels = on
            self._memory.put_going_on_labels(on)

    def _leave(self) -> None:
        if self.going_on_labels and self.current is not None and not self._context.locked_reason():
            self._context.edit(
                service("reviewing", "leave_image"), self.current, on_done=self._left, owner=self
            )

    def _left(self, changes: Changes | None) -> None:
        if changes is not None:
            self.said.emit(tr("The image before is labelled now."))

    # -- progress -------------------------------------------------------------------------

    def _changed(self, changes: Changes) -> None:
        if self._context.project is not self._project:
            return
        if changes.everything or changes.undo_code in _COMES_AND_GOES:
            self._again.start()
        if (changes.everything or changes.images) and not self._count.isActive():
            self._count.start()

    def _read_progress(self) -> None:
        self._context.ops.run(
            service("workbench", "progress"),
            self._project,
            on_done=self._show_progress,
            key="label.progress",
        )

    def _show_progress(self, progress: dict[str, int]) -> None:
        self.progress = progress
        self.counted.emit(progress)


def _find(
    project: object, given: frozenset[int] | None, order: list[int]
) -> tuple[list[int], dict[int, int]]:
    ids: list[int] = service("images", "find_images")(project, ImageQuery(ids=given))
    if given is not None:
        there = set(ids)
        ids = [image for image in order if image in there]
    return ids, {image: place for place, image in enumerate(ids)}
