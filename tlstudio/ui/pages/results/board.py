"""Tables, confusion matrix, threshold and images of one evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QWidget

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.ui.pages.results import behind
from tlstudio.ui.widgets.basics import Segments, box, column, label, named, row
from tlstudio.ui.widgets.confusion import ConfusionMatrix
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.widgets.figure_words import UNITS
from tlstudio.ui.widgets.figures_table import CountsTable, FiguresTable, LabelsTable
from tlstudio.ui.widgets.outcome_view import OutcomeView
from tlstudio.ui.widgets.strip import ImageStrip
from tlstudio.ui.widgets.threshold_panel import ThresholdPanel
from tlstudio.ui.words import tr

if TYPE_CHECKING:
    from tlstudio.services.box_answers import AtThreshold
    from tlstudio.services.evaluation import Evaluation
    from tlstudio.ui.context import Context

_ROOM = 440  # px for tables, picture and legend; with less, the page scrolls

_AT_THRESHOLD = ("precision", "recall", "f1", "threshold")


class Board(QWidget):
    """`threshold_wanted(value)` when another one is chosen, `label_wanted(image, images)` to mend
    its labels and go on to the others of the strip, `opened(image)` on a double click in it."""

    threshold_wanted = Signal(float)
    label_wanted = Signal(int, list)
    opened = Signal(int)

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "results_board", tr("Figures"))
        self._evaluation: Evaluation | None = None
        self._items: list[Any] = []
        self._shown: list[Any] = []
        self._label: str | None = None
        self._figures = FiguresTable()
        self._labels = LabelsTable()
        self._labels.label_chosen.connect(self._show_label)
        self._counts = CountsTable()
        self._matrix = ConfusionMatrix()
        self._matrix.setProperty("role", "framed")
        self._matrix.cell_chosen.connect(self._show_cell)
        self._threshold = ThresholdPanel()
        self._threshold.changed.connect(self.threshold_wanted)
        self._strip_words = label(role="heading", name="results_strip_words")
        self._strip = ImageStrip(context, "results_strip", tr("Images behind the figure"))
        self._strip.opened.connect(self.opened)
        self._strip.current.connect(self._show_image)
        self._view = OutcomeView(context)
        self._view.label_wanted.connect(self._want_label)
        self._view.larger.connect(self._make_room)
        self._lay_out()
        self.clear()

    def _lay_out(self) -> None:
        self._tables = _stack("results_tables", self._figures, self._labels, self._counts)
        self._which = Segments(
            "results_which",
            tr("Which figures"),
            (("overall", tr("Overall")), ("labels", tr("Per label")), ("counts", tr("Counts"))),
            lambda value: self._tables.setCurrentIndex(
                ("overall", "labels", "counts").index(value)
            ),
        )
        self._which.set_value("overall")
        self._plots = _stack("results_plots", self._matrix, self._threshold)
        self._plot = Segments(
            "results_plot",
            tr("Which plot"),
            (("confusion", tr("Confusion")), ("threshold", tr("Threshold"))),
            self._show_plot,
        )
        self._plot.set_value("confusion")
        # Where there is no room for it, it must not take that of the buttons.
        self._matrix_words = Elided("results_matrix_words", "dim")
        self._matrix_words.say(tr("Truth (rows) and prediction (columns)"))
        upper = row(
            column(row(self._which, None), self._tables),
            column(self._plot_head(), self._plots),
            gap=16,
        )
        upper.setStretch(0, 3)
        upper.setStretch(1, 2)
        self._upper = box(upper)
        images = column(self._strip_words, self._strip, gap=4)
        self._strip_side = box(images)
        self._lower = named(QSplitter(), "results_images", tr("Images and one of them"))
        self._lower.addWidget(self._strip_side)
        self._lower.addWidget(self._view)
        self._lower.setSizes([400, 560])
        self._lower.setChildrenCollapsible(False)
        self._halves = named(
            QSplitter(Qt.Orientation.Vertical), "results_halves", tr("Figures and images")
        )
        self._halves.addWidget(self._upper)
        self._halves.addWidget(self._lower)
        self._halves.setSizes([260, 340])
        self._halves.setChildrenCollapsible(False)
        whole = column(self._halves)
        self.setLayout(whole)

    def _plot_head(self) -> QHBoxLayout:
        head = row(self._plot, self._matrix_words)
        head.setStretch(1, 1)
        return head

    def clear(self) -> None:
        """Nothing is known."""
        self._evaluation = None
        self._figures.show_figures({}, {})
        self._labels.show_labels([])
        self._counts.show_counts([])
        self._matrix.show_matrix([], [])
        self._strip.set_items([])
        self._strip_words.setText("")
        self._view.show_outcome(None)
        self._fit("classification", False)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """All of it, at the threshold kept with the run."""
        task = evaluation.task
        self._evaluation = evaluation
        self._items = list(evaluation.items)
        self._label = None
        self._fit(task, evaluation.answers is not None)
        self._figures.show_figures(evaluation.metrics, evaluation.intervals, task)
        self._labels.show_labels(evaluation.per_label, task)
        self._show_matrix(evaluation.confusion)
        if evaluation.answers is not None:
            kept = evaluation.metrics.get("threshold")
            at = 0.5 if kept is None else kept
            self._threshold.show_curve(evaluation.answers.curve(), at)
            self.threshold_wanted.emit(at)
        self._show(*behind.worst(evaluation, self._items))

    def show_at(self, at: AtThreshold) -> None:
        """What depends on the threshold, anew; the images behind the figures too."""
        found = self._evaluation
        if found is None:
            return
        kept = at.metrics["threshold"] == found.metrics.get("threshold")
        intervals = found.intervals if kept else {
            name: value for name, value in found.intervals.items() if name not in _AT_THRESHOLD
        }  # fmt: skip
        self._figures.show_figures({**found.metrics, **at.metrics}, intervals, found.task)
        rows = [
            {**row, **new, "intervals": row["intervals"] if kept else _without(row["intervals"])}
            for row, new in zip(found.per_label, at.per_label, strict=True)
        ]
        self._labels.show_labels(rows, found.task)
        self._counts.show_counts(
            [(row["label"], row["count"]) for row in at.per_label] + [(tr("All"), at.count)]
        )
        self._show_matrix(at.confusion)
        self._threshold.show_figures(at.metrics, at.count.found, at.count.true)
        self._items = list(at.items)
        if self._label is not None:
            self._show(*behind.of_label(found, self._items, self._label), self._label)
        else:
            self._show(*behind.worst(found, self._items))

    def _fit(self, task: str, has_threshold: bool) -> None:
        """Show the parts that the task has."""
        self._view.setVisible(task != "classification")
        self.setMinimumHeight(_ROOM if task != "classification" else 0)
        self._which.show_choice("counts", has_threshold)
        self._plot.setVisible(has_threshold)
        if not has_threshold:
            self._plot.set_value("confusion")
            self._show_plot("confusion")
            if self._which.value() == "counts":
                self._which.set_value("overall")
                self._tables.setCurrentIndex(0)

    def _show_plot(self, which: str) -> None:
        self._plots.setCurrentIndex(int(which == "threshold"))
        self._matrix_words.setVisible(which == "confusion")

    def _show_matrix(self, confusion: Any) -> None:
        task = self._evaluation.task if self._evaluation is not None else "classification"
        self._matrix.show_matrix(confusion["labels"], confusion["matrix"], UNITS[task])

    def _show_cell(self, truth: int, seen: int) -> None:
        if self._evaluation is not None:
            self._label = None
            self._show(*behind.of_cell(self._evaluation, self._items, truth, seen))

    def _show_label(self, name: str) -> None:
        if self._evaluation is not None:
            self._label = name
            self._show(*behind.of_label(self._evaluation, self._items, name), name)

    def _show(self, words: str, items: list[Any], label_name: str | None = None) -> None:
        self._shown = items
        self._strip_words.setText(words)
        self._strip.set_items(behind.strip_items(items, label_name))
        here = self._view.outcome
        places = [item.image for item in items]
        if items:
            stays = here is not None and here.image in places
            self._show_image(here.image if stays else places[0])
        else:
            self._view.show_outcome(None)

    def _show_image(self, image: int) -> None:
        chosen = next((i for i in self._shown if i.image == image), None)
        if isinstance(chosen, DetectionOutcome | SegmentationOutcome):
            self._view.show_outcome(chosen, self._label)

    def _want_label(self, image: int) -> None:
        self.label_wanted.emit(image, [item.image for item in self._shown])

    def _make_room(self, on: bool) -> None:
        self._upper.setVisible(not on)
        self._strip_side.setVisible(not on)


def _stack(name: str, *widgets: QWidget) -> QStackedWidget:
    made = named(QStackedWidget(), name, tr("Figures"))
    for widget in widgets:
        made.addWidget(widget)
    return made


def _without(intervals: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in intervals.items() if name not in _AT_THRESHOLD}
