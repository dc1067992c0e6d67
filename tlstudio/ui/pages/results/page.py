"""Results: a headline figure with its interval, what is behind it, and the images behind that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSplitter, QStackedWidget, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.tasks import HEADLINES, Task
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.results.asking import Asking
from tlstudio.ui.pages.results.board import Board
from tlstudio.ui.pages.results.compare import ComparePanel, comparable, why_not
from tlstudio.ui.pages.results.style import StyleResults
from tlstudio.ui.widgets.basics import (
    Segments,
    box,
    button,
    column,
    disable,
    label,
    named,
    row,
    scrolling,
)
from tlstudio.ui.widgets.figure_words import title_of, with_interval
from tlstudio.ui.widgets.runs_table import RunsTable
from tlstudio.ui.words import count, say, site_words, tr

if TYPE_CHECKING:
    from tlstudio.services.box_answers import AtThreshold
    from tlstudio.services.evaluation import Evaluation
    from tlstudio.ui.context import Context

LEAK = "data.leak"

_NARROW = 1320


class ResultsPage(QWidget):
    """Runs at the left; figures, confusion matrix and images of the chosen one at the right."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._run: Run | None = None
        self._all: list[Run] = []
        self._evaluation: Evaluation | None = None
        self._wanted: str | None = None
        self._allow_leaks = False
        self._build()
        context.changes.changed.connect(self._changed)
        self._reload()

    def shown(self, run: str | None = None) -> None:
        """Come to the front; with `run`, choose that one."""
        if run is not None:
            self._wanted = run
            self._reload()

    def _build(self) -> None:
        named(self, "results_page", tr("Results"))
        self._runs = RunsTable(self._context)
        self._runs.chosen.connect(self._choose)
        self._title = label(role="title", name="results_title")
        self._headline = label(role="headline", name="results_headline")
        self._headline_words = label(role="dim", name="results_headline_words", wrap=True)
        self._split = Segments(
            "results_split",
            tr("Which images"),
            (("val", tr("Validation")), ("test", tr("Test"))),
            self._split_chosen,
        )
        self._split.set_value("val")
        self._try = button(tr("Try an image"), "results_try", self._go_try, icon="sparkle")
        self._export = button(tr("Export"), "results_export", self._go_export, icon="export")
        self._compare = button(
            tr("Compare with…"),
            "results_compare",
            self._show_comparison,
            tip=tr("Which of two runs is better on the same images"),
        )
        self._asking = Asking(self._context, "results", LEAK, tr("Show the figures anyway"))
        self._asking.allowed.connect(self._show_anyway)
        self._asking.refused.connect(self._clear)
        self._board = Board(self._context)
        self._board.threshold_wanted.connect(self._judge)
        self._board.label_wanted.connect(self._go_label)
        self._board.opened.connect(self._show_in_images)
        self._stack = named(QStackedWidget(), "results_stack", tr("Figures"))
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._made_board())
        self._style = StyleResults(self._context)
        self._style.try_wanted.connect(self._go_try)
        self._style.export_wanted.connect(self._go_export)
        self._style.train_wanted.connect(self._go_train)
        self._stack.addWidget(self._style)
        self._comparison = ComparePanel(self._context)
        self._comparison.closed.connect(lambda: self._stack.setCurrentIndex(1))
        self._comparison.label_wanted.connect(self._go_label)
        self._stack.addWidget(self._comparison)
        split = named(QSplitter(), "results_splitter", tr("Runs and figures"))
        split.addWidget(self._runs)
        split.addWidget(self._stack)
        split.setStretchFactor(1, 1)
        split.setSizes([240, 1040])
        split.setChildrenCollapsible(False)
        whole = row(split)
        whole.setContentsMargins(16, 16, 16, 16)
        self.setLayout(whole)

    def _empty(self) -> QWidget:
        self._empty_words = label(
            _no_run(),
            "dim",
            "results_empty",
            wrap=True,
        )
        self._empty_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        go = button(
            tr("Go to Train"), "results_to_train", self._go_train, icon="train", role="primary"
        )
        return box(column(None, self._empty_words, row(None, go, None), None, gap=12))

    def _made_board(self) -> QWidget:
        figure = row(self._headline, column(self._title, self._headline_words, gap=4), gap=12)
        figure.setStretch(1, 1)
        controls = row(self._split, self._compare, self._try, self._export, None, gap=12)
        self._head = row(figure, controls, gap=12)
        self._head.setStretch(0, 1)
        board = column(
            self._head,
            self._asking,
            scrolling(self._board, "results_scroll", tr("Figures")),
            gap=8,
        )
        board.setStretch(2, 1)
        made = box(board)
        board.setContentsMargins(12, 0, 0, 0)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        """On a small screen the buttons have a row of their own."""
        super().resizeEvent(event)
        narrow = self.width() < _NARROW
        direction = QBoxLayout.Direction.TopToBottom if narrow else QBoxLayout.Direction.LeftToRight
        self._head.setDirection(direction)

    def _changed(self, changes: Changes) -> None:
        if changes.runs or changes.everything:
            self._reload()

    def _reload(self) -> None:
        self._context.ops.run(
            service("style_images", "runs_with_styles"),
            self._context.project,
            on_done=self._show_runs,
            key="results.runs",
        )

    def _show_runs(self, listed: tuple[list[Run], dict[str, str]]) -> None:
        runs, styles = listed
        self._runs.show_runs(runs, styles)
        self._all = runs
        done = [r for r in runs if r.state is RunState.DONE]
        current = self._run.id if self._run is not None else None
        wanted = self._wanted or current
        found = next((r for r in runs if r.id == wanted), done[-1] if done else None)
        self._wanted = None
        if found is None:
            self._run = None
            self._empty_words.setText(_no_run())
            self._stack.setCurrentIndex(0)
        elif found.id != current or found.state is not (self._run.state if self._run else None):
            self._runs.choose(found.id)
            self._choose(found)
        disable(self._compare, why_not(self._run, runs))

    def _choose(self, run: Run) -> None:
        self._run = run
        self._allow_leaks = False
        self._title.setText(tr("{run} · {model}", run=run.id, model=run.model))
        disable(self._compare, why_not(run, self._all))
        if run.state is not RunState.DONE:
            self._empty_words.setText(
                tr("This run has no figures to show: it did not come to its end.")
            )
            self._stack.setCurrentIndex(0)
            return
        if run.task == Task.STYLE:
            self._asking.call_off()
            self._stack.setCurrentWidget(self._style)
            self._style.show_run(run)
            return
        self._stack.setCurrentIndex(1)
        self._evaluate()

    def _show_comparison(self) -> None:
        if self._run is not None:
            self._comparison.compare(self._run, comparable(self._run, self._all))
            self._stack.setCurrentWidget(self._comparison)

    def _split_chosen(self, _split: str) -> None:
        self._allow_leaks = False
        self._evaluate()

    def _show_anyway(self) -> None:
        self._allow_leaks = True
        self._evaluate()

    def _evaluate(self) -> None:
        if self._run is None:
            return
        self._clear()
        self._asking.ask(
            service("evaluation", "evaluate"),
            self._run.id,
            split=self._split.value() or "val",
            allow_leaks=self._allow_leaks,
            on_done=self._show_evaluation,
        )

    def _clear(self) -> None:
        self._evaluation = None
        self._headline.setText("–")
        self._headline_words.setText("")
        self._board.clear()

    def _show_evaluation(self, evaluation: Evaluation) -> None:
        self._evaluation = evaluation
        name = HEADLINES[evaluation.task]
        self._headline.setText(
            with_interval(evaluation.metrics.get(name), evaluation.intervals.get(name))
        )
        images = count(len(evaluation.items), "{n} image", "{n} images")
        groups = count(evaluation.groups, "{n} group", "{n} groups")
        self._headline_words.setText(
            tr("{figure} on {images} in {groups}, {kind}",
               figure=title_of(evaluation.task, name), images=images, groups=groups,
               kind=self._kind_words())
        )  # fmt: skip
        notes = [say(n.code, n.params) for n in evaluation.notices]
        if evaluation.leaks:
            notes.insert(
                0,
                count(
                    len(evaluation.leaks),
                    "These figures flatter: {n} leak between the splits.",
                    "These figures flatter: {n} leaks between the splits.",
                ),
            )
        self._asking.tell("\n".join(notes))
        self._board.show_evaluation(evaluation)

    def _judge(self, threshold: float) -> None:
        """Judge the boxes at another threshold; the model is not asked again."""
        found = self._evaluation
        if found is None or found.answers is None:
            return
        self._context.ops.run(
            found.answers.at,
            threshold,
            on_done=lambda at: self._judged(found, at),
            owner=self,
            key="results.threshold",
        )

    def _judged(self, evaluation: Evaluation, at: AtThreshold) -> None:
        if evaluation is self._evaluation:
            self._board.show_at(at)

    def _kind_words(self) -> str:
        if self._split.value() == "test":
            site = self._evaluation.held_out if self._evaluation is not None else None
            if site:
                return tr("of a site never seen in training: {site}", site=site_words(site))
            return tr("never seen in training")
        return tr("used to choose the best epoch, so a little flattering")

    def _show_in_images(self, image: int) -> None:
        self._context.go_to("images", query=ImageQuery(ids=frozenset({image})))

    def _go_label(self, image: int, images: list[int]) -> None:
        self._context.go_to("label", image=image, ids=images)

    def _go_try(self) -> None:
        if self._run is not None:
            self._context.go_to("tryout", run=self._run.id)

    def _go_export(self) -> None:
        if self._run is not None:
            self._context.go_to("export", run=self._run.id)

    def _go_train(self) -> None:
        self._context.go_to("train")


def _no_run() -> str:
    return tr("No finished run yet. Train a model first; its figures appear here.")
