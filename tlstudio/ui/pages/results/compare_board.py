"""What a comparison of two runs found: the answer, the figures, the images on which they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QWidget

from tlstudio.domain.messages import MESSAGES
from tlstudio.ui.pages.results import differing
from tlstudio.ui.widgets.basics import Segments, box, column, label, named, row
from tlstudio.ui.widgets.differences_table import (
    CLEAR,
    DifferencesTable,
    LabelDifferencesTable,
    difference_text,
)
from tlstudio.ui.widgets.figure_words import method_words, title_of, with_interval
from tlstudio.ui.widgets.strip import ImageStrip
from tlstudio.ui.words import count, say, site_words, tr

if TYPE_CHECKING:
    from tlstudio.services.comparing import RunComparison
    from tlstudio.ui.context import Context

_ROOM = 340  # px for tables and images; with less, the page scrolls


class CompareBoard(QWidget):
    """`label_wanted(image, images)` opens an image on the workbench, with the others of the
    strip to go on to."""

    label_wanted = Signal(int, list)

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "compare_board", tr("Comparison"))
        self._found: RunComparison | None = None
        self._label: str | None = None
        self._shown: list[Any] = []
        self._headline = label(role="headline", name="compare_headline")
        self._answer = label(role="title", name="compare_answer", wrap=True)
        self._meaning = label(role="heading", name="compare_meaning", wrap=True)
        self._both = label(role="dim", name="compare_both", wrap=True)
        self._settings = label(role="dim", name="compare_settings", wrap=True)
        self._figures = DifferencesTable()
        self._labels = LabelDifferencesTable()
        self._labels.label_chosen.connect(self._choose_label)
        self._tables = named(QStackedWidget(), "compare_tables", tr("Differences"))
        self._tables.addWidget(self._figures)
        self._tables.addWidget(self._labels)
        self._which = Segments(
            "compare_which",
            tr("Which differences"),
            (("overall", tr("Overall")), ("labels", tr("Per label"))),
            self._show_table,
        )
        self._which.set_value("overall")
        self._legend = label(
            tr("{mark} the difference is clear: its interval excludes 0", mark=CLEAR), "dim"
        )
        self._strip_words = label(role="heading", name="compare_strip_words")
        self._ahead = Segments(
            "compare_ahead",
            tr("Which images"),
            ((differing.ALL, tr("All")), (differing.SECOND, ""), (differing.FIRST, "")),
            lambda _value: self._show_images(),
        )
        self._ahead.set_value(differing.ALL)
        self._strip = ImageStrip(context, "compare_strip", tr("Images on which the runs differ"))
        self._strip.opened.connect(self._open)
        self._hint = label(tr("a double click, or Enter, opens one on the Label page"), "dim")
        self._lay_out()

    def _lay_out(self) -> None:
        sentence = row(
            self._headline, column(self._answer, self._meaning, self._both, gap=4), gap=12
        )
        sentence.setStretch(1, 1)
        upper = box(column(row(self._which, self._legend, None), self._tables))
        head = row(self._strip_words, self._hint, None, self._ahead)
        lower = box(column(head, self._strip, gap=4))
        halves = named(
            QSplitter(Qt.Orientation.Vertical), "compare_halves", tr("Differences and images")
        )
        halves.addWidget(upper)
        halves.addWidget(lower)
        halves.setSizes([230, 260])
        halves.setChildrenCollapsible(False)
        halves.setMinimumHeight(_ROOM)
        whole = column(sentence, self._settings, halves, gap=12)
        whole.setStretch(2, 1)
        self.setLayout(whole)
        self._show_table("overall")

    def show_comparison(self, found: RunComparison) -> None:
        """All of it."""
        self._found = found
        self._label = None
        runs = (found.first.id, found.second.id)
        head = found.overall[found.headline]
        self._headline.setText(difference_text(found.headline, head).split(" (")[0])
        self._headline.setToolTip(method_words(head))
        self._answer.setText(say(found.answer.code, found.answer.params))
        self._meaning.setText(_meaning(found))
        self._meaning.setVisible(found.meaning is not None)
        self._both.setText(_both(found))
        self._settings.setText(_settings(found))
        self._settings.setVisible(bool(found.settings))
        self._figures.show_figures(found.overall, found.task, runs)
        self._labels.show_labels(found.per_label, found.task, runs)
        self._ahead.set_text(differing.SECOND, tr("{run} better", run=runs[1]))
        self._ahead.set_text(differing.FIRST, tr("{run} better", run=runs[0]))
        self._ahead.set_value(differing.ALL)
        self._show_images()

    def _show_table(self, which: str) -> None:
        self._tables.setCurrentIndex(int(which == "labels"))
        self._legend.setVisible(which == "labels")
        if which == "overall" and self._label is not None:
            self._label = None
            self._show_images()

    def _choose_label(self, name: str) -> None:
        """Only the images that have to do with a label; the same one again shows all."""
        self._label = None if name == self._label else name
        self._show_images()

    def _show_images(self) -> None:
        found = self._found
        if found is None:
            return
        runs = (found.first.id, found.second.id)
        which = self._ahead.value() or differing.ALL
        self._shown = differing.chosen(found.differing, which, self._label)
        self._strip_words.setText(differing.words_of(self._shown, which, self._label, runs))
        self._strip.set_items(differing.strip_items(self._shown, runs))
        self._hint.setVisible(bool(self._shown))

    def _open(self, image: int) -> None:
        self.label_wanted.emit(image, [pair.image for pair in self._shown])


def _meaning(found: RunComparison) -> str:
    if found.meaning is None:
        return ""
    params = dict(found.meaning.params)
    if "kind" in params:
        code = f"recipe.look_augmentation.{params['kind']}"
        # What a choice is for stands in brackets behind it; the sentence has brackets of its own.
        params["kind"] = say(code, {}).split(" (")[0] if code in MESSAGES else params["kind"]
    if "names" in params:
        names = str(params["names"]).split(", ")
        params["names"] = ", ".join(_setting_name(name) for name in names)
    return say(found.meaning.code, params)


def _both(found: RunComparison) -> str:
    """The headline of either run with its own interval."""
    name = found.headline
    told = [
        tr("{run}: {figure}", run=run.id,
           figure=with_interval(side.metrics.get(name), side.intervals.get(name), name))
        for run, side in zip((found.first, found.second), found.sides, strict=True)
    ]  # fmt: skip
    images = count(found.images, "{n} image", "{n} images")
    if found.held_out and not found.where:
        images += tr(" of a site never seen in training ({site})", site=site_words(found.held_out))
    return tr("{figure} of each by itself on these {images}: {both}",
              figure=title_of(found.task, name), images=images, both=", ".join(told))  # fmt: skip


def _settings(found: RunComparison) -> str:
    parts = [
        tr("{name}: {one} in {first}, {two} in {second}", name=_setting_name(name),
           one=_value(name, one), two=_value(name, two), first=found.first.id,
           second=found.second.id)
        for name, (one, two) in found.settings.items()
    ]  # fmt: skip
    return tr("Set differently: {settings}", settings="; ".join(parts))


def _setting_name(name: str) -> str:
    other = {"model": tr("Model"), "weights": tr("Starting weights")}
    code = f"recipe.{name}"
    return other.get(name) or (say(code, {}) if code in MESSAGES else name)


def _value(name: str, value: object) -> str:
    code = f"recipe.{name}.{value}"
    if code in MESSAGES:
        return say(code, {})
    if isinstance(value, bool):
        return tr("on") if value else tr("off")
    return "–" if value is None else str(value)
