"""Restyling many pictures with a run: which, where to, and how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.domain.progress import Cancel
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.widgets.basics import (
    Segments,
    box,
    button,
    column,
    disable,
    field,
    label,
    named,
    row,
)
from tlstudio.ui.widgets.step_bar import StepBar
from tlstudio.ui.words import count, say, say_error, tr

if TYPE_CHECKING:
    from tlstudio.services.restyling import RestyleReport
    from tlstudio.ui.context import Context

OWN, FOLDER, SELECTED = "own", "folder", "selected"


class RestylePanel(QWidget):
    """Restyles the project's images or those of a folder; originals stay as they are."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "restyle_panel", tr("Restyle many pictures"))
        self._context = context
        self._run = ""
        self._job: Job | None = None
        self._out: Path | None = None
        self._which = Segments(
            "restyle_which",
            tr("Which pictures"),
            (
                (SELECTED, tr("Selected")),
                (OWN, tr("The project")),
                (FOLDER, tr("A folder")),
            ),
            self._choose_which,
        )
        self._which.set_tip(OWN, tr("All images of the project"))
        self._which.show_choice(SELECTED, False)
        self._selected: tuple[Path, ...] = ()
        self._which.set_value(OWN)
        self._source = field("restyle_source", tr("Folder of pictures to restyle"))
        choose = button(tr("Choose…"), "restyle_source_choose", self._ask_source, icon="folder")
        self._source_row = box(row(self._source, choose))
        self._target = field("restyle_target", tr("Folder for the restyled pictures"))
        self._pick = button(tr("Choose…"), "restyle_target_choose", self._ask_target, icon="folder")
        self._start = button(
            tr("Restyle"), "restyle_start", self._begin, icon="sparkle", role="primary"
        )
        self._bar = StepBar("restyle", tr("Progress of the restyling"))
        self._bar.cancelled.connect(self._call_off)
        self._open = button(
            tr("Open the folder"), "restyle_open", self._open_folder, icon="folder-open"
        )
        self._said = label(role="dim", name="restyle_said", wrap=True)
        for each in (self._source, self._target):
            each.textChanged.connect(lambda _text: self._show_state())
        self.setLayout(
            column(
                row(self._which, None),
                self._source_row,
                row(label(tr("Into")), self._target, self._pick),
                row(self._start, self._open, None),
                self._bar,
                self._said,
            )
        )
        self._source_row.hide()
        self._open.hide()
        self._working(False)

    def show_run(self, run_id: str) -> None:
        """Restyle with this run from here on."""
        if run_id == self._run:
            return
        self._run = run_id
        project = self._context.project
        if project is not None:
            place = project.folder.parent / f"{project.folder.stem}-{run_id}-restyled"
            self._target.setText(str(place))
        self._said.setText("")
        self._open.hide()
        self._show_state()

    def show_selection(self, files: Sequence[Path]) -> None:
        """Offer these files of the project, and choose them; none leaves what is offered always."""
        self._selected = tuple(dict.fromkeys(files))
        chosen = len(self._selected)
        words = count(chosen, "{n} selected", "{n} selected")
        self._which.set_text(SELECTED, words)
        self._which.show_choice(SELECTED, bool(chosen))
        self._which.set_value(SELECTED if chosen else OWN)
        self._choose_which(SELECTED if chosen else OWN)

    def _choose_which(self, which: str) -> None:
        self._source_row.setVisible(which == FOLDER)
        self._show_state()

    def _lacks(self) -> str:
        if not self._run:
            return tr("Train a stylizer first")
        if self._which.value() == FOLDER and not self._source.text().strip():
            return tr("Choose the folder of pictures to restyle")
        if not self._target.text().strip():
            return tr("Choose a folder for the restyled pictures")
        return tr("Pictures are being restyled") if self._job is not None else ""

    def _show_state(self) -> None:
        disable(self._start, self._lacks())

    def _ask_source(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder of pictures to restyle"))
        if chosen:
            self._source.setText(chosen)

    def _ask_target(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder for the restyled pictures"))
        if chosen:
            self._target.setText(chosen)

    def _begin(self) -> None:
        chosen = {FOLDER: [Path(self._source.text().strip())], SELECTED: list(self._selected)}
        images = chosen.get(self._which.value() or OWN)
        self._open.hide()
        self._job = self._context.ops.run(
            service("restyling", "restyle"),
            self._context.project,
            self._run,
            images,
            Path(self._target.text().strip()),
            on_done=self._done,
            on_error=self._failed,
            on_cancelled=self._cancelled,
            on_progress=self._bar.show_step,
            cancel=Cancel(),
            owner=self,
            lane=Lane.LONG,
        )
        self._working(True)

    def _done(self, report: RestyleReport) -> None:
        self._working(False)
        self._out = Path(report.out)
        self._open.show()
        words = count(len(report.pictures), "{n} picture restyled", "{n} pictures restyled")
        if report.skipped:
            first = report.skipped[0]
            why = say(first["code"], {**first["params"], "file": first["file"]})
            words += ". " + count(
                len(report.skipped),
                "{n} could not be read: {why}",
                "{n} could not be read, the first: {why}",
                why=why,
            )
        self._said.setText(words)

    def _failed(self, error: BaseException) -> None:
        self._working(False)
        self._said.setText(say_error(error))

    def _cancelled(self) -> None:
        self._working(False)
        self._said.setText(tr("Cancelled; the pictures made so far are in the folder"))

    def _working(self, on: bool) -> None:
        if on:
            self._said.setText("")
            self._bar.begin()
        else:
            self._job = None
            self._bar.rest()
        self._show_state()

    def _call_off(self) -> None:
        if self._job is not None:
            self._job.cancel()

    def _open_folder(self) -> None:
        if self._out is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._out)))
