"""What is laid in the picture's place for a while: the project's images, a region to paint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.pages.style.picked import Area
from tlstudio.ui.pages.style.project_picker import ProjectPicker
from tlstudio.ui.pages.style.region_editor import RegionEditor
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.style.region_canvas import Region
    from tlstudio.ui.pages.style.sources import Sources
    from tlstudio.ui.pages.style.stage import Stage


class Substitutes(QObject):
    """Opens them over the stage and gives what was chosen to the sources."""

    def __init__(self, context: Context, stage: Stage, sources: Sources) -> None:
        super().__init__(stage)
        self._context = context
        self._stage = stage
        self._sources = sources
        self._picker: ProjectPicker | None = None
        self._editor: RegionEditor | None = None
        self._role = ""
        self._place = -1
        sources.project_wanted.connect(self.pick)
        sources.paint_wanted.connect(self.paint)

    def undo(self) -> bool:
        editor = self._editor
        return editor is not None and self._stage.covered_by(editor) and editor.undo()

    def pick(self, role: str) -> None:
        """Pick images of the project as "content" or as "style"."""
        if self._picker is None:
            self._picker = ProjectPicker(self._context)
            self._picker.picked.connect(self._picked)
            self._picker.given_up.connect(self._leave)
        self._role = role
        content = role == "content"
        title = tr("Choose the picture to keep") if content else tr("Choose style images")
        self._stage.over(self._picker)
        self._picker.start(title, many=not content)

    def paint(self, place: int) -> None:
        """Paint where the style at a place of the list goes."""
        shown, picked = self._stage.before, self._sources.content.picked
        choices = self._sources.styles.choices()
        if picked is None or not 0 <= place < len(choices):
            return
        self._stage.show_picture(picked)
        if shown is None:
            self._context.status_text.emit(tr("The picture is still being read."))
            return
        area = choices[place].area
        self._place = place
        if area is None:
            self._open(None)
        else:
            self._context.ops.run(
                service("style_parts", "read_region"), area.path,
                on_done=self._open, owner=self, lane=Lane.PICTURE, key="style.region",
            )  # fmt: skip

    def _open(self, region: Region | None) -> None:
        shown = self._stage.before
        choices = self._sources.styles.choices()
        if shown is None or not 0 <= self._place < len(choices):
            return
        if self._editor is None:
            self._editor = RegionEditor()
            self._editor.done.connect(self._painted)
            self._editor.given_up.connect(self._leave)
        self._stage.over(self._editor)
        self._editor.start(choices[self._place].picked.shown, *shown, region)

    def _picked(self, ids: list[int]) -> None:
        self._leave()
        content, styles = self._sources.content, self._sources.styles
        if self._role == "content":
            content.intake.images(ids[:1], content.take)
        else:
            styles.intake.images(ids, styles.take)

    def _painted(self, region: Region, share: float) -> None:
        self._leave()
        place, words = self._place, tr("Painted region, {share}", share=f"{share:.0%}")
        self._context.ops.run(
            service("style_parts", "keep_region"),
            self._context.project,
            region,
            on_done=lambda path: self._sources.styles.set_area(place, Area(Path(path), words)),
            owner=self,
            lane=Lane.LONG,
        )

    def _leave(self) -> None:
        self._stage.back()
        self._stage.take_focus()
