"""The annotations' part of the Export page: a format, a folder, what is lost, one button."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QFrame

from tlstudio.domain.changes import Changes
from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import Segments, button, column, disable, field, label, named, row
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import count, say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.domain.notices import Notice
    from tlstudio.services.exporting_labels import LabelsReport
    from tlstudio.ui.context import Context

FORMATS = (
    ("coco", "COCO (boxes, polygons, masks)"),
    ("yolo", "YOLO detection (boxes)"),
    ("yolo-seg", "YOLO segmentation (outlines)"),
    ("voc", "Pascal VOC (boxes)"),
    ("labelme", "labelme (boxes, polygons, masks)"),
    ("cvat", "CVAT for images (all kinds)"),
    ("label-studio", "Label Studio (all kinds)"),
    ("datumaro", "Datumaro (all kinds)"),
    ("geojson", "GeoJSON for QuPath (outlines with holes)"),
    ("masks", "Masks (a picture for each image)"),
    ("csv", "Table (labels and boxes)"),
)
_IMAGES = (("copy", "Copied"), ("link", "Linked"), ("none", "Left where they are"))


class LabelsSection(QFrame):
    """Says before what a format cannot hold, writes in the background, says what came of it."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        named(self, "labels_export", tr("Export of the annotations"))
        self._context = context
        self._job: Job | None = None
        self._look: Job | None = None
        self._done: Path | None = None
        self._something = False
        self._stale = True
        self._build()
        context.changes.changed.connect(self._changed)

    def _build(self) -> None:
        self._format = named(QComboBox(), "labels_format", tr("Format of the annotations"))
        for value, words in FORMATS:
            self._format.addItem(tr(words), value)
        self._format.currentIndexChanged.connect(lambda _index: self._format_chosen())
        images = [(value, tr(words)) for value, words in _IMAGES]
        self._images = Segments("labels_images", tr("Images"), images)
        self._images.set_value("copy")
        self._suggestions = named(
            QCheckBox(tr("Suggestions too")),
            "labels_suggestions",
            tr("Suggestions too"),
            tr("Also what a model suggested and nobody has accepted"),
        )
        self._suggestions.toggled.connect(lambda _on: self._look_again())
        self._folder = field("labels_folder", tr("Folder for the annotations"))
        self._folder.textChanged.connect(lambda _text: self._show_state())
        self._choose = button(tr("Choose…"), "labels_choose", self._ask_folder, icon="folder")
        self._start = button(
            tr("Export the labels"), "labels_start", self._export, icon="export", role="primary"
        )
        self._bar = StepBar("labels", tr("Progress of the export of labels"))
        self._bar.cancelled.connect(self._call_off)
        self._stage = label(role="dim", name="labels_stage", wrap=True)
        self._counts = label(name="labels_counts", wrap=True)
        self._warnings = label(role="warning", name="labels_warnings", wrap=True)
        self._open = button(
            tr("Open the folder"), "labels_open", self._open_folder, icon="folder-open"
        )
        inside = column(
            label(tr("Labels"), "heading"),
            row(label(tr("Format")), self._format, self._suggestions, None),
            row(label(tr("Images")), self._images, None),
            row(label(tr("Folder")), self._folder, self._choose),
            self._counts,
            self._warnings,
            row(self._start, self._open, None),
            self._bar,
            self._stage,
            gap=12,
        )
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)
        self._open.hide()
        self._working(False)

    def shown(self) -> None:
        """Come to the front: say what there is to export."""
        if not self._folder.text():
            self._offer_folder()
        if self._stale:
            self._look_again()

    def _changed(self, _changes: Changes) -> None:
        self._stale = True
        if self.isVisible():
            self._look_again()

    def _format_chosen(self) -> None:
        self._offer_folder()
        self._look_again()

    def _offer_folder(self) -> None:
        project = self._context.project
        if project is not None:
            name = f"{project.folder.stem}-{self._format.currentData()}"
            self._folder.setText(str(project.folder.parent / name))

    def _look_again(self) -> None:
        """Find out what this format would lose; an older search is called off."""
        if self._look is not None:
            self._look.cancel()
        self._stale = False
        self._look = self._context.ops.run(
            service("exporting_labels", "look_at_labels"),
            self._context.project,
            self._format.currentData(),
            suggestions=self._suggestions.isChecked(),
            on_done=self._looked,
            on_error=self._not_looked,
            cancel=Cancel(),
            owner=self,
            key="labels.look",
        )

    def _looked(self, report: LabelsReport | None) -> None:
        self._look = None
        self._something = report is None or report.images > 0
        if report is None:
            words = tr("What this format cannot hold will be said after the export.")
            self._say(words, ())
        elif report.images:
            self._say(_counted(report, tr("would be written")), report.warnings)
        else:
            self._say(tr("Nothing has been labelled that this format can hold."), report.warnings)
        self._show_state()

    def _not_looked(self, error: BaseException) -> None:
        self._look = None
        self._something = False
        self._say(say_error(error), ())
        self._show_state()

    def _say(self, words: str, warnings: Sequence[Notice]) -> None:
        self._counts.setText(words)
        self._warnings.setText("\n".join(say(each.code, each.params) for each in warnings))
        self._warnings.setVisible(bool(warnings))

    def _show_state(self) -> None:
        reason = ""
        if not self._something:
            reason = tr("There is nothing to export in this format.")
        elif not self._folder.text().strip():
            reason = tr("Choose a folder for the annotations")
        if self._job is not None:
            reason = tr("The export is under way")
        disable(self._start, reason)

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder that shall hold the labels"))
        if chosen:
            self._folder.setText(str(Path(chosen) / Path(self._folder.text()).name))

    def _export(self) -> None:
        self._open.hide()
        self._job = self._context.ops.run(
            service("exporting_labels", "export_labels"),
            self._context.project,
            self._format.currentData(),
            Path(self._folder.text().strip()),
            images=self._images.value() or "none",
            suggestions=self._suggestions.isChecked(),
            on_done=self._exported,
            on_error=self._failed,
            on_cancelled=self._called_off,
            on_progress=self._bar.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._stage.setText("")
        self._working(True)

    def _exported(self, report: LabelsReport) -> None:
        self._ended(tr("Done: {folder}", folder=report.out))
        self._done = report.out
        self._say(_counted(report, tr("were written")), report.warnings)
        self._open.show()

    def _failed(self, error: BaseException) -> None:
        self._ended(say_error(error))
        self._context.show_error(error)

    def _called_off(self) -> None:
        self._ended(tr("Called off; nothing was left behind."))

    def _ended(self, words: str) -> None:
        self._job = None
        self._working(False)
        self._stage.setText(words)

    def _working(self, on: bool) -> None:
        if on:
            self._bar.begin()
        else:
            self._bar.rest()
        for part in (self._format, self._images, self._suggestions, self._folder, self._choose):
            part.setEnabled(not on)
        self._show_state()

    def _call_off(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _open_folder(self) -> None:
        if self._done is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._done)))


def _counted(report: LabelsReport, what: str) -> str:
    """12 annotations of 3 images would be written."""
    things = count(report.annotations, "1 annotation", "{n} annotations")
    images = count(report.images, "1 image", "{n} images")
    return tr("{things} of {images} {what}", things=things, images=images, what=what)
