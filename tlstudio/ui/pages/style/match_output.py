"""What becomes of matched images: into a folder or into the project; start, progress, result."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget

from tlstudio.domain.images import ImageQuery, Split
from tlstudio.domain.progress import Step
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
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.services.matching import Matched
    from tlstudio.ui.context import Context

FOLDER, PROJECT = "folder", "project"


class MatchOutput(QWidget):
    """`start_wanted` and `cancel_wanted`; `changed` after another place for the results."""

    start_wanted = Signal()
    cancel_wanted = Signal()
    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("match_output")
        self._context = context
        self._written: Path | None = None
        self._added: tuple[int, ...] = ()
        choices = [(FOLDER, tr("To a folder")), (PROJECT, tr("Into the project"))]
        self._where = Segments("match_where", tr("Results"), choices, self._chosen)
        self._folder = field("match_folder", tr("Folder for the results"), hint=tr("A new folder"))
        self._folder.setText(_offered(context))
        self._folder.setCursorPosition(0)
        self._folder.textChanged.connect(lambda _text: self.changed.emit())
        choose = button(tr("Choose…"), "match_folder_choose", self._ask_folder, icon="folder")
        self._to_folder = box(row(self._folder, choose))
        self._labels = named(
            QCheckBox(tr("With their labels")),
            "match_with_labels",
            tr("With their labels"),
            tr("Copy what is labelled on each image to the one made from it."),
        )
        self._train = named(
            QCheckBox(tr("Learn from them")),
            "match_train",
            tr("Learn from them"),
            tr(
                "Put them into the training split, but never what was made from an image of"
                " validation or test."
            ),
        )
        self._to_project = box(
            column(
                row(self._labels, self._train, None),
                label(tr("Marked as made here; never in validation or test."), "dim", wrap=True),
                gap=4,
            )
        )
        self._problem = label("", "dim", "match_problem", wrap=True)
        self._start = button("", "match_start", self.start_wanted.emit, role="primary")
        self._start.setMinimumHeight(36)
        self._bar = StepBar("match", tr("Progress of matching"))
        self._bar.cancelled.connect(self.cancel_wanted)
        self._words = label("", "dim", "match_result", wrap=True)
        self._open = button(tr("Open the folder"), "match_open", self._open_folder)
        self._show = button(tr("Show them"), "match_show", self._show_images)
        inside = column(
            label(tr("Results"), "heading"),
            row(self._where, None),
            self._to_folder,
            self._to_project,
            self._problem,
            self._start,
            self._bar,
            self._words,
            row(self._open, self._show, None),
        )
        self.setLayout(inside)
        for each in (self._open, self._show):
            each.hide()
        self._where.set_value(FOLDER)
        self._show_where()
        self.show_rest("", None)

    @property
    def folder(self) -> Path | None:
        """The folder for the results; None where they go into the project."""
        if self._where.value() == PROJECT:
            return None
        return Path(self._folder.text().strip()).expanduser()

    @property
    def options(self) -> dict[str, Any]:
        """How results come into the project."""
        split = Split.TRAIN if self._train.isChecked() else None
        return {"with_labels": self._labels.isChecked(), "split": split}

    def problem(self) -> str:
        """Why nothing can be written; empty where it can."""
        if self._where.value() == PROJECT:
            return self._context.locked_reason()
        return "" if self._folder.text().strip() else tr("Choose a folder for the results")

    def offer_labels(self, there: bool) -> None:
        """Labels come along only where the images are the project's."""
        disable(self._labels, "" if there else tr("Images outside of the project have no labels"))
        if not there:
            self._labels.setChecked(False)

    def show_rest(self, problem: str, images: int | None) -> None:
        """Nothing is under way; `problem` says why nothing can be started."""
        text = tr("Match") if images is None else count(images, "Match {n} image",
                                                        "Match {n} images")  # fmt: skip
        self._start.setText(text)
        self._start.setAccessibleName(text)
        disable(self._start, problem)
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        self._start.show()
        self._bar.rest()
        self._lock(False)

    def show_work(self) -> None:
        if not self._bar.isHidden():
            return
        self._problem.hide()
        self._start.hide()
        self._bar.begin()
        self._lock(True)
        self.say("")

    def show_step(self, step: Step) -> None:
        self._bar.show_step(step)

    def say(self, words: str) -> None:
        """A word on what became of the work; without buttons."""
        self._words.setText(words)
        self._open.hide()
        self._show.hide()

    def show_done(self, done: Matched) -> None:
        out = self.folder
        self.say("\n".join(_told(done, out)))
        self._written, self._added = out, done.added
        self._open.setVisible(bool(done.files))
        self._show.setVisible(bool(done.added))

    def _lock(self, on: bool) -> None:
        """The place of the results stays what it was when the work began."""
        for each in (self._where, self._to_folder, self._to_project):
            each.setEnabled(not on)

    def _chosen(self, where: str) -> None:
        self._where.set_value(where)
        self._show_where()
        self.changed.emit()

    def _show_where(self) -> None:
        to_project = self._where.value() == PROJECT
        self._to_project.setVisible(to_project)
        self._to_folder.setVisible(not to_project)

    def _ask_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Folder that shall hold the results"))
        if chosen:
            self._folder.setText(chosen)

    def _open_folder(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written)))

    def _show_images(self) -> None:
        self._context.go_to("images", query=ImageQuery(ids=frozenset(self._added)))


def _offered(context: Context) -> str:
    """A new folder beside the project."""
    project = context.project
    if project is None:
        return ""
    place, number = project.folder.parent / f"{project.folder.stem}-matched", 1
    while place.exists():
        number += 1
        place = place.with_name(f"{project.folder.stem}-matched-{number}")
    return str(place)


def _told(done: Matched, out: Path | None) -> list[str]:
    """What was done, a line each."""
    if out is not None:
        lines = [count(len(done.files), "{n} image was written.", "{n} images were written.")]
    else:
        lines = [count(len(done.added), "{n} image was added.", "{n} images were added.")]
    for lefts, one, many in (
        (
            done.unchanged,
            "{n} image was left as it is: {why}",
            "{n} images were left as they are, the first since {why}",
        ),
        (
            done.skipped,
            "{n} image could not be read: {why}",
            "{n} images could not be read, the first since {why}",
        ),
    ):
        if lefts:
            why = say(lefts[0].code, {**lefts[0].params, "file": lefts[0].file})
            lines.append(count(len(lefts), one, many, why=why[:1].lower() + why[1:]))
    if done.rounded:
        lines.append(say("look.rounded", {"count": done.rounded}) + ".")
    if done.held_back:
        lines.append(say("look.held_back", {"count": done.held_back}) + ".")
    return lines
