"""A stylizer at work: on the content at hand, or on many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.many import ManyPanel

if TYPE_CHECKING:
    from tlstudio.services.style_parts import ProjectPicture
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.style.picked import Picked
    from tlstudio.ui.pages.style.stage import Stage
    from tlstudio.ui.pages.style.stylizer import StylizerBox


class Applying(QObject):
    """`changed` when it begins and ends, `ended(StylingEntry)` with what was made."""

    changed = Signal()
    ended = Signal(object)

    def __init__(self, context: Context, stage: Stage, box: StylizerBox) -> None:
        super().__init__(stage)
        self._context = context
        self._stage = stage
        self._box = box
        self._many: ManyPanel | None = None
        self.busy = False
        box.many_wanted.connect(self.open_many)
        box.changed.connect(self._run_changed)

    def apply(self, run_id: str, content: Picked) -> None:
        """Restyle the content; only where `locked_reason` says nothing."""
        self.busy = True
        self.changed.emit()
        self._context.ops.run(
            service("style_applying", "apply_stylizer"),
            self._context.project,
            run_id,
            content.path,
            frame=content.frame,
            content_image=content.image,
            on_done=self._done,
            on_error=self._failed,
            lane=Lane.LONG,
            key="style.apply",
        )

    def open_many(self, files: Sequence[Path] = ()) -> None:
        """Lay the panel for many pictures over the stage."""
        if self._many is None:
            self._many = ManyPanel(self._context)
            self._many.closed.connect(self._stage.back)
        self._stage.over(self._many)
        self._many.start(self._box.run_id(), files)

    def select(self, image_ids: Sequence[int]) -> None:
        """The panel for many pictures, with these images of the project."""
        self._context.ops.run(
            service("style_parts", "project_pictures"),
            self._context.project,
            list(image_ids),
            on_done=self._selected,
        )

    def _selected(self, found: Sequence[ProjectPicture]) -> None:
        self.open_many([each.path for each in found])

    def _run_changed(self) -> None:
        if self._many is not None:
            self._many.show_run(self._box.run_id())

    def _done(self, entry: object) -> None:
        self.busy = False
        self.changed.emit()
        self.ended.emit(entry)

    def _failed(self, error: BaseException) -> None:
        self.busy = False
        self.changed.emit()
        self._context.show_error(error)
