"""Importing as a conversation: what was found, what will be made of it, then the import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QWidget

from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.pages.images.import_findings import Findings
from tlstudio.ui.pages.images.import_options import ImportForm
from tlstudio.ui.pages.images.import_source import SourceChooser
from tlstudio.ui.widgets.basics import (
    box,
    button,
    column,
    disable,
    label,
    panel,
    row,
    scrolling,
)
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import count, say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.datasets import ImportOptions, ImportReport
    from tlstudio.services.previews import SourceLook
    from tlstudio.ui.context import Context


class ImportPanel(QWidget):
    """`closed` is sent when the import is over or called off."""

    closed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("importPanel")
        self._context = context
        self._from = SourceChooser()
        self._from.chosen.connect(self._chosen)
        self._from.images_chosen.connect(self._look_again)
        self._look: SourceLook | None = None
        self._looking: Job | None = None
        self._check: Job | None = None
        self._job: Job | None = None
        self.form = ImportForm()
        self.form.changed.connect(self._look_again)
        self._result = Findings(context.labels)
        self._result.labels_changed.connect(self._labels_changed)
        self._problem = label(role="danger", name="importProblem", wrap=True)
        self._progress = StepBar("import", tr("Progress of the import"), can_cancel=False)
        self._cancel = button(tr("Cancel"), "importCancel", self._cancelled)
        self._go = button(tr("Import"), "importGo", self._import, role="primary")
        self._build()

    def _build(self) -> None:
        self._settings: QFrame = panel(self.form)
        inside = QWidget()
        middle = column(
            label(tr("Import images"), "title"),
            self._from,
            self._problem,
            self._result,
            self._settings,
            self._progress,
            row(None, self._cancel, self._go),
            None,
            gap=12,
        )
        body = box(middle)
        body.setMaximumWidth(760)
        body.setMinimumWidth(480)
        outer = row(None, body, None)
        outer.setStretch(1, 10)
        outer.setContentsMargins(24, 24, 24, 24)
        inside.setLayout(outer)
        self.setLayout(column(scrolling(inside, "importScroll", tr("Import images")), gap=0))

    # -- choosing -------------------------------------------------------------------------

    def start(self, sources: list[Path]) -> None:
        """Begin anew with `sources`; empty asks to choose."""
        if self._job is not None:
            return
        self.form.reset()
        self._from.set_sources(sources)

    def _chosen(self) -> None:
        self._result.forget()
        self._look_again()

    # -- looking --------------------------------------------------------------------------

    def _look_again(self) -> None:
        if self._job is not None:
            return  # a wish from just before the import began
        self._stop_check()
        self._look = None
        self._problem.hide()
        self._progress.rest()
        for part in (self._result, self._settings):
            part.setVisible(bool(self._from.sources))
        if not self._from.sources:
            self._show_go()
            return
        self._result.show_looking()
        self._show_go()
        self._looking = self._context.ops.run(
            service("previews", "look_at"),
            self._from.sources,
            self._options(dry_run=True),
            on_done=self._show_look,
            on_error=self._look_failed,
            on_progress=self._progress.show_step,
            cancel=Cancel(),
            lane=Lane.LONG,
            key="import.look",
        )

    def _look_failed(self, error: BaseException) -> None:
        self._looking = None
        self._progress.rest()
        self._problem.setText(say_error(error))
        self._problem.show()
        self._result.hide()
        self.form.show_problem("")
        self._show_go()

    def _show_look(self, look: SourceLook) -> None:
        self._look, self._looking = look, None
        self._result.show_look(look)
        self.form.show_look(look)
        self._show_go()
        self._check_files()

    def _options(self, *, dry_run: bool) -> ImportOptions:
        return self.form.options(
            dry_run=dry_run,
            images_dir=self._from.images_dir,
            label_map=self._result.table.label_map(),
        )

    def _labels_changed(self) -> None:
        """What the check said of labels no longer holds."""
        if self._look is not None and self._job is None:
            self._stop_check()
            self._check_files()

    def _check_files(self) -> None:
        """Read every file without changing anything, to name those that would be left out."""
        self._progress.begin(say("data.stage.reading", {}))
        self._check = self._context.ops.run(
            service("datasets", "import_source"),
            self._context.project,
            self._from.sources,
            self._options(dry_run=True),
            on_done=self._checked,
            on_error=self._check_failed,
            on_progress=self._progress.show_step,
            cancel=Cancel(),
            lane=Lane.LONG,
            key="import.check",
        )

    def _check_failed(self, error: BaseException) -> None:
        self._check = None
        self._progress.rest()
        self._problem.setText(say_error(error))
        self._problem.show()

    def _checked(self, report: ImportReport) -> None:
        self._check = None
        self._progress.rest()
        self._result.show_report(report)
        self._show_go(report.images)

    # -- importing ------------------------------------------------------------------------

    def _show_go(self, images: int | None = None) -> None:
        if images is None:
            images = self._look.images if self._look is not None else 0
        self._go.setText(
            count(images, "Import 1 image", "Import {n} images") if images else tr("Import")
        )
        why = "" if self._look is not None and images else tr("Choose what to import first.")
        disable(self._go, why)

    def _import(self) -> None:
        self._stop_check()
        self._busy(True)
        self._progress.begin(say("data.stage.reading", {}))
        self._job = self._context.edit(
            service("datasets", "import_source"),
            self._from.sources,
            self._options(dry_run=False),
            on_done=self._done,
            on_error=self._failed,
            on_cancelled=self._was_cancelled,
            on_progress=self._progress.show_step,
            cancel=Cancel(),
            lane=Lane.LONG,
        )
        if self._job is None:
            self._end()

    def _done(self, report: ImportReport) -> None:
        self._end()
        text = count(report.images_added, "1 image was added", "{n} images were added")
        if report.images_matched:
            text += ", " + count(
                report.images_matched, "1 was here already", "{n} were here already"
            )
        if report.shapes:
            text += ", " + count(report.annotations, "with 1 annotation", "with {n} annotations")
        if report.skipped:
            text += ", " + count(len(report.skipped), "1 file left out", "{n} files left out")
            self._context.show_message(
                text + ".",
                "warning",
                (tr("Show problems"), lambda: self._context.go_to("images", problems=True)),
            )
        else:
            self._context.show_message(text + ".", "success")
        self.closed.emit()

    def _failed(self, error: BaseException) -> None:
        self._end()
        self._context.show_error(error)

    def _was_cancelled(self) -> None:
        self._end()
        self._forget_archives()
        self._context.status_text.emit(tr("The import was called off; nothing was added."))
        self.closed.emit()

    def _end(self) -> None:
        self._job = None
        self._busy(False)
        self._progress.rest()

    def _busy(self, on: bool) -> None:
        for part in (self._settings, self._go):
            part.setEnabled(not on)
        self._result.table.setEnabled(not on)
        self._from.lock(on)
        self._cancel.setEnabled(True)
        self._cancel.setText(tr("Cancel"))

    def _cancelled(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._cancel.setEnabled(False)
            self._cancel.setText(tr("Cancelling…"))
            return
        self._stop_check()
        self._forget_archives()
        self.closed.emit()

    def _stop_check(self) -> None:
        for job in (self._looking, self._check):
            if job is not None:
                job.superseded = True
                job.cancel()
        self._looking = self._check = None

    def _forget_archives(self) -> None:
        """What an archive was unpacked to is not kept beyond the import."""
        self._context.ops.run(service("previews", "forget_archives"), lane=Lane.LONG)

    def stop(self) -> None:
        """Call everything off; the page is going."""
        self._stop_check()
        if self._job is not None:
            self._job.cancel()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._job is None:
            self._cancelled()
        else:
            super().keyPressEvent(event)
