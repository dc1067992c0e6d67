"""The left column: the picture that is kept, and whose look it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.pages.style.picked import Area, Picked, StyleChoice
from tlstudio.ui.pages.style.slots import ContentSlot
from tlstudio.ui.pages.style.style_list import StyleList
from tlstudio.ui.pages.style.stylizer import StylizerBox
from tlstudio.ui.widgets.basics import Segments, column, label, row
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tlstudio.domain.style_history import StylingEntry
    from tlstudio.services.style_parts import LabelPlace
    from tlstudio.ui.context import Context

IMAGES, STYLIZER = "images", "stylizer"


class Sources(QWidget):
    """`content_changed` where another content was chosen, `styles_changed` after each edit of the
    styles; `project_wanted(role)` to pick images of the project as "content" or "style". `way` is
    where the look comes from: IMAGES or STYLIZER."""

    content_changed = Signal()
    content_seen = Signal()
    styles_changed = Signal()
    way_changed = Signal()
    project_wanted = Signal(str)
    paint_wanted = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("style_sources")
        self._context = context
        self._before: Picked | None = None
        self.way = IMAGES
        self.content = ContentSlot(context)
        self.styles = StyleList(context)
        self.content.changed.connect(self._content_told)
        self.content.project_wanted.connect(lambda: self.project_wanted.emit("content"))
        self.styles.changed.connect(self.styles_changed)
        self.styles.project_wanted.connect(lambda: self.project_wanted.emit("style"))
        self.styles.paint_wanted.connect(self.paint_wanted)
        self.stylizer = StylizerBox(context)
        self._way = Segments(
            "style_way",
            tr("In the look of"),
            ((IMAGES, tr("Pictures")), (STYLIZER, tr("A stylizer"))),
            self.set_way,
        )
        self._way.set_tip(IMAGES, tr("Any style image; each picture takes its time"))
        self._way.set_tip(STYLIZER, tr("What a run of this project has learned, at once"))
        self.setLayout(
            column(
                label(tr("Keep"), "heading"), self.content, 4,
                label(tr("In the look of"), "heading"), row(self._way, None), self.styles,
                self.stylizer, None, gap=8,
            )
        )  # fmt: skip
        self.set_way(IMAGES)

    def set_way(self, way: str) -> None:
        """Take the look from style images, or from a stylizer of the project."""
        self._way.set_value(way)
        self.styles.setVisible(way == IMAGES)
        self.stylizer.setVisible(way == STYLIZER)
        changed, self.way = way != self.way, way
        if changed:
            self.way_changed.emit()

    def take_files(self, paths: Sequence[Path]) -> None:
        """Files from anywhere: the first becomes the content where there is none, the others are
        styles."""
        picked = [Picked(path) for path in paths if path.is_file()]
        if picked and self.content.picked is None:
            self.content.take(picked[:1])
            picked = picked[1:]
        if picked:
            self.set_way(IMAGES)
            self.styles.take(picked)

    def paste(self) -> None:
        """What is on the clipboard, as the content where there is none, else as a style."""
        styled = self.content.picked is not None and self.way == IMAGES
        taker = self.styles if styled else self.content
        taker.intake.paste(taker.take)

    def use(self, entry: StylingEntry) -> None:
        """Show the pictures, shares and regions of an entry of the history, or its stylizer."""
        runs = [str(each["run"]) for each in entry.sources if "run" in each]
        self.set_way(STYLIZER if runs else IMAGES)
        if runs:
            self.stylizer.want(runs[0])
        self.content.take(
            [Picked(Path(entry.content_path), entry.content_frame, entry.content_image)]
        )
        if not runs:
            self.styles.set_choices([_choice_of(each) for each in entry.sources])

    def missing(self) -> str:
        """What has to be chosen first; empty where all is there."""
        if self.content.picked is None:
            return tr("Choose the picture to keep first")
        if self.way == STYLIZER and not self.stylizer.run_id():
            return tr("Train a stylizer first, or take style images")
        if self.way == IMAGES and not self.styles.choices():
            return tr("Add a style image first")
        return ""

    def _content_told(self) -> None:
        picked = self.content.picked
        if picked == self._before:
            self.content_seen.emit()  # its size is known by now
            return
        self._before = picked
        self.styles.set_content(picked, ())
        if picked is not None and picked.image is not None:
            self._context.ops.run(
                service("style_parts", "labels_on"),
                self._context.project,
                picked.image,
                on_done=lambda found: self._labels_found(picked, found),
                owner=self,
                key="style.labels",
            )
        self.content_changed.emit()

    def _labels_found(self, picked: Picked, found: Sequence[LabelPlace]) -> None:
        if picked == self.content.picked:
            self.styles.set_content(picked, found)


def _choice_of(source: Mapping[str, Any]) -> StyleChoice:
    """A source of the history as a choice."""
    region = source.get("region")
    area = None if region is None else Area(Path(str(region)), tr("Region"))
    picked = Picked(Path(str(source["path"])), int(source.get("frame", 0)))
    return StyleChoice(picked, float(source.get("weight", 1.0)), area)
