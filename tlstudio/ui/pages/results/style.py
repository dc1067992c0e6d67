"""The results of a run that learned a style: examples before and after, curves, and what next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QPushButton, QWidget

from tlstudio.domain.events import EpochEnded, Event, Examples
from tlstudio.domain.tasks import Task
from tlstudio.ui.lazy import service
from tlstudio.ui.ops import Lane
from tlstudio.ui.task_words import figure_name, run_merit
from tlstudio.ui.widgets.answer_picture import image_of
from tlstudio.ui.widgets.basics import (
    box,
    button,
    clear,
    column,
    label,
    line,
    named,
    row,
    scrolling,
)
from tlstudio.ui.widgets.before_after import BeforeAfter
from tlstudio.ui.widgets.curves import Curves
from tlstudio.ui.widgets.restyle_panel import RestylePanel
from tlstudio.ui.widgets.style_mark import StyleMark, read_look
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.domain.images import ImageRow
    from tlstudio.domain.runs import Run
    from tlstudio.services.run_examples import StyleExample
    from tlstudio.ui.context import Context

_TILE = 84

Shown = list[tuple[str, QImage, QImage]]
"""Name, before and after of each example."""


class StyleResults(QWidget):
    """`try_wanted`, `export_wanted` and `train_wanted` lead to the other pages."""

    try_wanted = Signal()
    export_wanted = Signal()
    train_wanted = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "style_results", tr("A style that was learned"))
        self._context = context
        self._run: Run | None = None
        self._shown: Shown = []
        self._title = label(role="title", name="style_results_title")
        self._figure = label(role="dim", name="style_results_figure", wrap=True)
        self._mark = StyleMark()
        self._stage = BeforeAfter("style_results_stage", tr("An example before and after"))
        self._words = label(role="dim", name="style_results_example")
        self._tiles = row(gap=6)
        self._curves = Curves()
        self._curves.set_task(Task.STYLE)
        self._restyle = RestylePanel(context)
        self._lay_out()

    def _lay_out(self) -> None:
        acts = row(
            button(tr("Try an image"), "style_results_try", self.try_wanted.emit, icon="sparkle"),
            button(tr("Export"), "style_results_export", self.export_wanted.emit, icon="export"),
            button(
                tr("Train another"), "style_results_train", self.train_wanted.emit, icon="train"
            ),
        )
        words = column(self._title, self._figure, gap=4)
        head = row(words, self._mark, box(acts), gap=16)
        head.setStretch(0, 1)
        left = column(self._stage, self._words, row(box(self._tiles), None), gap=8)
        left.setStretch(0, 1)
        self._curves.setFixedHeight(300)
        right = column(
            label(tr("Restyle many pictures"), "heading"),
            self._restyle,
            line(),
            label(tr("What to do next"), "heading"),
            label(_advice(), "dim", "style_results_advice", wrap=True),
            line(),
            label(tr("How it learned"), "heading"),
            self._curves,
            None,
        )
        side = box(right)
        right.setContentsMargins(0, 0, 12, 0)
        body = row(
            box(left), scrolling(side, "style_results_side", tr("Use, advice and curves")), gap=16
        )
        body.setStretch(0, 3)
        body.setStretch(1, 2)
        whole = column(head, body, gap=12)
        whole.setStretch(1, 1)
        whole.setContentsMargins(12, 0, 0, 0)
        self.setLayout(whole)

    def show_run(self, run: Run) -> None:
        """Show what this finished run has learned."""
        self._run = run
        self._title.setText(tr("{run} · {model}", run=run.id, model=run.model))
        self._figure.setText(_figure_words(run))
        self._restyle.show_run(run.id)
        self._curves.set_task(Task.STYLE)
        self._mark.hide()
        self._show_examples([])
        ops, project = self._context.ops, self._context.project
        ops.run(read_look, project, run.id, on_done=self._mark.show_look, owner=self,
                key="style_results.look")  # fmt: skip
        ops.run(
            service("training", "run_events"),
            project,
            run.id,
            on_done=lambda events: self._show_history(run, events),
            owner=self,
            key="style_results.events",
        )

    def _show_history(self, run: Run, events: list[Event]) -> None:
        if run is not self._run:
            return
        self._curves.show_events(each for each in events if isinstance(each, EpochEnded))
        told = _kept_examples(run, events)
        if told is None:
            return
        self._context.ops.run(
            _read,
            self._context.project,
            run.id,
            told.file,
            on_done=self._show_examples,
            owner=self,
            lane=Lane.LONG,
            key="style_results.examples",
        )

    def _show_examples(self, shown: Shown) -> None:
        self._shown = shown
        clear(self._tiles)
        self._stage.show_after(None)
        self._stage.show_before(None)
        self._words.setText("")
        for place, (name, _before, after) in enumerate(shown):
            self._tiles.addWidget(self._tile(place, name, after))
        if shown:
            self._choose(0)

    def _tile(self, place: int, name: str, after: QImage) -> QPushButton:
        says = tr("Show {name} before and after", name=name)
        made = button("", f"style_results_tile_{place}", lambda: self._choose(place), says=says,
                      tip=name, role="plain")  # fmt: skip
        picture = QPixmap.fromImage(after).scaledToHeight(_TILE)
        made.setIcon(picture)
        made.setIconSize(picture.size())
        made.setFixedSize(picture.width() + 8, picture.height() + 8)
        return made

    def _choose(self, place: int) -> None:
        name, before, after = self._shown[place]
        self._stage.show_before(before)
        self._stage.show_after(after)
        held_out = self._run is not None and self._run.best is not None
        self._words.setText(
            tr("{name}, which was not learned from. Drag the divider to compare.", name=name)
            if held_out
            else tr("{name}, which was learned from. Drag the divider to compare.", name=name)
        )


def _figure_words(run: Run) -> str:
    merit = run_merit(run)
    why = tr("There is no right answer for a restyled picture, so your eye decides.")
    if merit is None or run.best is None:
        return why
    return tr(
        "{figure} {value} on validation images in epoch {epoch}; less is better, among runs of the"
        " same style and weights. {why}",
        figure=figure_name(merit[0]),
        value=f"{merit[1]:.3f}",
        epoch=run.best.epoch,
        why=why,
    )


def _advice() -> str:
    return "\n".join(
        (
            tr("Too weak? Train again with more strength of the style, or for more epochs."),
            tr("Forms are lost? Give more faithfulness to the content."),
            tr("Strokes too broad or too fine? Change the size of the strokes."),
            tr("For one picture at its best, use the Style page: slower, and finer."),
        )
    )


def _kept_examples(run: Run, events: list[Event]) -> Examples | None:
    """The examples of the epoch that was kept, else the last."""
    told = {each.epoch: each for each in events if isinstance(each, Examples)}
    if not told:
        return None
    kept = run.best.epoch if run.best is not None else -1
    return told.get(kept) or told[max(told)]


def _read(project: object, run_id: str, file: str) -> Shown:
    """On a thread: the examples, each as it was and as it became."""
    found: list[StyleExample] = service("run_examples", "style_examples")(project, run_id, file)
    rows: list[ImageRow] = service("images", "image_rows")(project, [e.image for e in found])
    names = {each.id: each.name for each in rows}
    shown: Shown = []
    for each in found:
        after = QImage(str(each.picture))
        if after.isNull() or each.image not in names:
            continue
        before = service("run_examples", "before")(project, run_id, each)
        shown.append((names[each.image], image_of(before), after))
    return shown
