"""What is wrong with the images: missing files, files left out, duplicates and leaks."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QVBoxLayout, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery, ImageRow, Split
from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.pages.images.left_out import MOST, first_of, reasons
from tlstudio.ui.pages.images.problem_rows import ProblemRow, blocking, leak_text, set_text
from tlstudio.ui.widgets.basics import (
    button,
    clear,
    column,
    disable,
    label,
    line,
    named,
    row,
)
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import count, tr

if TYPE_CHECKING:
    from tlstudio.services.duplicates import DuplicateSet, DuplicatesReport
    from tlstudio.services.relinking import RelinkReport
    from tlstudio.ui.context import Context

_MOST = 100
_COMPARED = (
    "undo.add_styled", "undo.delete_images", "undo.set_group", "undo.set_split", "undo.split",
)  # fmt: skip
"""Edits that can change which images are duplicates, and which of those are leaks."""

_LOOKED = Changes(everything=True)
"""Told after the files were looked for, so that all reads again; it changes no image."""

_PATIENCE = 200  # milliseconds in which edits are gathered before the panel reads again

Entry = tuple[str, Sequence[int], Sequence[Split]]


class ProblemsPanel(QWidget):
    """`query_wanted` asks to show the images behind a problem."""

    query_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("problemsPanel")
        self._context = context
        self._project = context.project
        self._job: Job | None = None
        self._unread = {"skipped", "missing"}
        self._left_out: list[str] = []
        self._dated = False  # whether images have changed since the last search began
        self._again = QTimer(self, singleShot=True, interval=_PATIENCE)
        self._again.timeout.connect(self._reload)
        self._missing_text = label(name="missingText", wrap=True)
        self._show = button(tr("Show them"), "missingShow", self._show_missing, role="link")
        self._relink = button(
            tr("Relink…"), "relinkButton", self._choose_folder, icon="link",
            tip=tr("Find moved files below a folder by their content"),
        )  # fmt: skip
        self._look = button(
            tr("Look again"), "missingLook", self._look_again, icon="reload",
            tip=tr("Check on the disk which files are there"),
        )  # fmt: skip
        self._skipped_text = label(name="skippedText", wrap=True)
        self._skipped = named(QPlainTextEdit(), "skippedList", tr("Files that imports left out"))
        self._skipped.setReadOnly(True)
        self._skipped.setFixedHeight(160)
        self._copy = button(
            tr("Copy all"), "skippedCopy", self._copy_skipped, icon="copy",
            tip=tr("Copy all of these lines, also those that are not shown here"),
        )  # fmt: skip
        self._copy.hide()
        self._find = button(tr("Find duplicates"), "duplicatesFind", self._compare,
                            icon="duplicate")  # fmt: skip
        self._stale = label(
            tr("Images have changed; compare again."), "warning", "duplicatesStale", wrap=True
        )
        self._stale.hide()
        self._found = column(gap=2)
        self._progress = StepBar("problems", tr("Progress"))
        self._progress.cancelled.connect(self._stop)
        self.setLayout(
            column(
                self._progress,
                label(tr("Missing files"), "heading"),
                self._missing_text,
                row(self._relink, self._look, self._show, None),
                line(),
                label(tr("Left out of imports"), "heading"),
                self._skipped_text,
                self._skipped,
                row(self._copy, None),
                line(),
                label(tr("Duplicates and leaks"), "heading"),
                label(
                    tr(
                        "Identical pictures, or pictures of one group, in train and in test would"
                        " flatter the figures."
                    ),
                    "dim",
                    wrap=True,
                ),
                row(self._find, None),
                self._stale,
                self._found,
                None,
                gap=8,
            )
        )
        self.layout().setContentsMargins(16, 12, 16, 16)
        disable(self._relink, context.locked_reason())
        context.changes.changed.connect(self._changed)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._reload()

    def _changed(self, changes: Changes) -> None:
        if not (changes.everything or changes.images):
            return
        self._unread |= {"skipped", "missing"} if changes.everything else {"missing"}
        # While it runs it is left alone, so that edit after edit cannot put it off.
        if self.isVisible() and not self._again.isActive():
            self._again.start()
        compared = changes.everything or changes.undo_code in _COMPARED
        if compared and changes is not _LOOKED:
            self._dated = True
            self._stale.setVisible(self._found.count() > 0)

    def _reload(self) -> None:
        """Read what may be other than it is shown; while nobody looks, that waits."""
        project = self._project
        if self._context.project is not project or not self.isVisible():
            return
        for part, read, show in (
            ("skipped", _left_out, self._show_skipped),
            ("missing", service("relinking", "noted_missing"), self._count_missing),
        ):
            if part in self._unread:
                run = self._context.ops.run
                run(read, project, on_done=show, key=f"problems.{part}", owner=self)
        self._unread.clear()

    # -- missing files --------------------------------------------------------------------

    def _count_missing(self, ids: Sequence[int]) -> None:
        text = count(len(ids), "1 image has lost its file.", "{n} images have lost their files.")
        self._missing_text.setText(text if ids else tr("All files are where they should be."))
        self._show.setVisible(bool(ids))

    def _show_missing(self) -> None:
        self.query_wanted.emit(ImageQuery(missing=True))

    def _look_again(self) -> None:
        self._start(
            self._context.ops.run(
                service("relinking", "missing_images"),
                self._context.project,
                on_done=self._looked,
                on_error=self._failed,
                on_cancelled=self._ended,
                cancel=Cancel(),
                lane=Lane.LONG,
                touches=_LOOKED,
            ),
            tr("Looking for the files"),
        )

    def _looked(self, rows: Sequence[ImageRow]) -> None:
        self._ended()
        self._count_missing([made.id for made in rows])

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Where the files may be"))
        if chosen:
            self.relink(Path(chosen))

    def relink(self, folder: Path) -> None:
        """Look for the missing files below `folder`."""
        job = self._context.edit(
            service("relinking", "relink"),
            folder,
            on_done=self._relinked,
            on_error=self._failed,
            on_cancelled=self._ended,
            on_progress=self._progress.show_step,
            cancel=Cancel(),
            lane=Lane.LONG,
        )
        if job is not None:
            self._start(job, tr("Comparing files"))

    def _relinked(self, report: RelinkReport) -> None:
        self._ended()
        text = count(report.relinked, "1 file was found again", "{n} files were found again")
        if report.missing:
            text += ", " + count(len(report.missing), "1 is missing", "{n} are missing")
        self._context.show_message(text + ".", "warning" if report.missing else "success")
        self._unread.add("missing")
        self._reload()

    # -- left out -------------------------------------------------------------------------

    def _show_skipped(self, lines: list[str]) -> None:
        number = len(lines)
        self._skipped_text.setText(
            count(number, "1 file was left out:", "{n} files were left out:")
            if number
            else tr("No file was left out.")
        )
        self._skipped.setVisible(bool(number))
        self._copy.setVisible(number > MOST)
        if lines != self._left_out:  # else place and selection would go for nothing
            self._left_out = lines
            self._skipped.setPlainText(first_of(lines, number))

    def _copy_skipped(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(self._left_out))
        text = count(len(self._left_out), "1 line was copied.", "{n} lines were copied.")
        self._context.status_text.emit(text)

    # -- duplicates -----------------------------------------------------------------------

    def _compare(self) -> None:
        self._dated = False
        self._start(
            self._context.ops.run(
                service("duplicates", "find_duplicates"),
                self._context.project,
                on_done=self._show_found,
                on_error=self._failed,
                on_cancelled=self._ended,
                on_progress=self._progress.show_step,
                cancel=Cancel(),
                lane=Lane.LONG,
            ),
            tr("Comparing images"),
        )

    def _show_found(self, report: DuplicatesReport) -> None:
        self._ended()
        self._stale.setVisible(self._dated)
        clear(self._found)
        if not (report.leaks or report.identical or report.near):
            self._found.addWidget(label(tr("No duplicates and no leaks"), "success"))
            return
        of_test, others = blocking(report.leaks)
        for title, leaks in (
            (tr("Leaks that block test figures"), of_test),
            (tr("Leaks between train and val"), others),
        ):
            entries = [(leak_text(leak), leak.images, leak.splits) for leak in leaks]
            self._section(title, "warning", entries)
        self._section(tr("Identical"), "heading", [_entry(found) for found in report.identical])
        self._section(tr("Nearly identical"), "heading", [_entry(found) for found in report.near])

    def _section(self, title: str, role: str, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        target: QVBoxLayout = self._found
        target.addWidget(label(f"{title} ({len(entries):,})", role, wrap=True))
        for text, images, splits in entries[:_MOST]:
            show = partial(self.query_wanted.emit, ImageQuery(ids=frozenset(images)))
            target.addWidget(ProblemRow(f"problem_{target.count()}", text, splits, show))
        if len(entries) > _MOST:
            target.addWidget(label(tr("and {n} more", n=len(entries) - _MOST), "dim"))

    # -- long work ------------------------------------------------------------------------

    def _start(self, job: Job, text: str) -> None:
        self._job = job
        self._progress.begin(text)
        for made in (self._find, self._look, self._relink):
            made.setEnabled(False)

    def _stop(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _failed(self, error: BaseException) -> None:
        self._ended()
        self._context.show_error(error)

    def _ended(self) -> None:
        self._job = None
        self._progress.rest()
        for made in (self._find, self._look):
            made.setEnabled(True)
        disable(self._relink, self._context.locked_reason())


def _left_out(project: object) -> list[str]:
    """Which files imports left out, and why.

    Apart from the UI thread, which the words for 20,000 of them would hold up.
    """
    return reasons(service("images", "skipped_files")(project))


def _entry(found: DuplicateSet) -> Entry:
    return set_text(found), found.images, found.splits
