"""Home: open a recent project, make one, or try the sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QWidget

from tlstudio.domain.progress import Cancel, Step
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Job, Lane
from tlstudio.ui.pages.home.card import ProjectCard
from tlstudio.ui.pages.home.drop import DropArea
from tlstudio.ui.widgets.basics import box, button, clear, column, label, row, scrolling
from tlstudio.ui.widgets.flow import FlowLayout
from tlstudio.ui.words import say, tr

if TYPE_CHECKING:
    from tlstudio.services.projects import RecentProject
    from tlstudio.ui.context import Context
    from tlstudio.ui.pages.home.new_project import NewProject, ProjectWish


class HomePage(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("homePage")
        self._context = context
        self._panel: NewProject | None = None
        self._cards = FlowLayout(gap=16)
        self._first_words = label(
            tr(
                "Make a project from a folder of images, teach a model your labels, check it on"
                " images it has not seen, and take it away. Everything stays on this computer."
            ),
            "dim",
            "welcomeText",
            wrap=True,
        )
        self._first_words.setMaximumWidth(720)
        self._recent_title = label(tr("Recent projects"), "heading")
        self._recent = box(column(self._recent_title, box(self._cards), gap=12))
        self._recent.hide()
        self._sample = button(
            tr("Try the sample"),
            "trySample",
            self._try_sample,
            icon="sparkle",
            tip=tr("Makes a project of invented cell pictures to play with"),
        )
        self._sampling: Job | None = None
        self._sample_step = label(role="dim", name="sampleStep")
        self._slot = column(gap=0)
        actions = row(
            button(tr("New project"), "newProject", self.new, icon="plus", role="primary"),
            button(tr("Open a project"), "openProject", self._open, icon="folder-open"),
            self._sample,
            self._sample_step,
            None,
        )
        self._drop = DropArea()
        inside = QWidget()
        inside.setLayout(
            column(
                label(tr("TL Studio"), "title"),
                self._first_words,
                4,
                actions,
                self._slot,
                8,
                self._recent,
                8,
                self._drop,
                None,
                gap=12,
            )
        )
        inside.layout().setContentsMargins(40, 32, 40, 32)
        self.setLayout(column(scrolling(inside, "homeScroll", tr("Home")), gap=0))
        context.project_changed.connect(self._project_changed)
        context.renamed.connect(self.reload)

    # -- what the shell calls -------------------------------------------------------------

    def shown(self, new: bool = False) -> None:
        if self.isVisible():  # not before the window's first picture, which waits for nothing
            self.reload()
        if new:
            self.new()

    def dropped(self, paths: list[Path]) -> None:
        """A folder or files from outside: open a project, or start one from images."""
        first = paths[0]
        if first.suffix == ".tlproj" or (first / "project.db").is_file():
            self._context.open_project(first)
        else:
            self.new(paths)

    def reload(self) -> None:
        self._context.ops.run(
            service("settings", "recent_projects"), on_done=self._show_recent, key="home.recent"
        )

    # -- recent projects ------------------------------------------------------------------

    def _show_recent(self, recent: list[RecentProject]) -> None:
        clear(self._cards)
        for index, project in enumerate(recent):
            card = ProjectCard(project, index)
            card.chosen.connect(self._context.open_project)
            card.removed.connect(self._forget)
            self._cards.addWidget(card)
        self._recent.setVisible(bool(recent))
        self._cards.invalidate()

    def _forget(self, folder: Path) -> None:
        self._context.ops.run(
            service("projects", "forget_recent"),
            folder,
            on_done=lambda _answer: self.reload(),
            owner=self,
            lane=Lane.WRITE,
        )

    # -- new, open, sample ----------------------------------------------------------------

    def new(self, sources: list[Path] | None = None) -> None:
        """Show the panel for a new project, filled from `sources` where images were dropped."""
        if self._panel is None:
            from tlstudio.ui.pages.home.new_project import NewProject

            self._panel = NewProject()
            self._panel.accepted.connect(self._create)
            self._panel.closed.connect(self._close_panel)
            self._slot.addWidget(self._panel)
        self._panel.start(sources or [])

    def _close_panel(self) -> None:
        if self._panel is not None:
            self._panel.hide()

    def _create(self, wish: ProjectWish) -> None:
        if self._panel is None or not self._context.may_leave():
            return
        self._panel.set_busy(True)

        def done(project: object) -> None:
            self._close_panel()
            self._context.set_project(project)  # type: ignore[arg-type]
            if wish.sources:
                self._context.go_to("images", sources=list(wish.sources))

        def failed(error: BaseException) -> None:
            if self._panel is not None:
                self._panel.set_busy(False)
            self._context.show_error(error)

        self._context.ops.run(
            service("projects", "create_project"),
            wish.folder,
            name=wish.name,
            labels=wish.labels,
            on_done=done,
            on_error=failed,
            owner=self,
            lane=Lane.WRITE,
        )

    def _open(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Open a project"), str(default_place()))
        if chosen:
            self._context.open_project(Path(chosen))

    def _try_sample(self) -> None:
        """Make the sample, or call it off where it is being made."""
        if self._sampling is not None:
            self._sampling.cancel()
            return
        if not self._context.may_leave():
            return
        self._sample.setText(tr("Cancel the sample"))
        self._sample_step.setText(tr("Drawing the sample…"))
        self._sampling = self._context.ops.run(
            service("demo", "make_sample_project"),
            free_folder(default_place(), tr("Sample cells")),
            on_done=self._sample_made,
            on_error=self._sample_failed,
            on_cancelled=self._sample_ready,
            on_progress=self._show_sample_step,
            cancel=Cancel(),
            lane=Lane.LONG,
        )

    def _show_sample_step(self, step: Step) -> None:
        text = say(step.stage, {})
        if step.total:
            text = tr("{stage}, {done} of {all}", stage=text, done=step.done, all=step.total)
        self._sample_step.setText(text)

    def _sample_made(self, project: object) -> None:
        self._sample_ready()
        self._context.set_project(project)  # type: ignore[arg-type]

    def _sample_failed(self, error: BaseException) -> None:
        self._sample_ready()
        self._context.show_error(error)

    def _sample_ready(self) -> None:
        self._sampling = None
        self._sample.setText(tr("Try the sample"))
        self._sample_step.setText("")

    def _project_changed(self) -> None:
        self.reload()


def default_place() -> Path:
    """Where new projects go unless told otherwise: Documents, else the home folder."""
    from PySide6.QtCore import QStandardPaths

    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place and Path(place).is_dir() else Path.home()


def free_folder(place: Path, name: str) -> Path:
    """`name`.tlproj in `place`, with a number where that exists already."""
    folder, number = place / f"{name}.tlproj", 2
    while folder.exists():
        folder, number = place / f"{name} {number}.tlproj", number + 1
    return folder
