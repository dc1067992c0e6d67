"""Figures with their intervals, overall, per label, and of the counts per image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from tlstudio.ui.widgets.basics import named
from tlstudio.ui.widgets.figure_words import (
    OVERALL,
    PER_LABEL,
    heads,
    method_words,
    value_text,
    with_interval,
)
from tlstudio.ui.words import tr

_MAY_BE_ABSENT = frozenset(
    {"map_small", "map_medium", "map_large", "ap_small", "ap_medium", "ap_large"}
)


class FiguresTable(QTableWidget):
    """One row a figure: name, value with interval."""

    def __init__(self) -> None:
        super().__init__(0, 2)
        named(self, "figures_table", tr("Figures with 95 % intervals"))
        _prepare(self, [tr("Figure"), tr("Value (95 % interval)")])
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_figures(
        self,
        metrics: Mapping[str, float | None],
        intervals: Mapping[str, Mapping[str, Any]],
        task: str = "classification",
    ) -> None:
        """Fill the rows; a figure that cannot be computed shows a dash and why. Sizes of which
        there are no boxes have no row."""
        rows = [
            head for head in heads(OVERALL[task])
            if metrics.get(head.name) is not None or head.name not in _MAY_BE_ABSENT
        ]  # fmt: skip
        self.setRowCount(len(rows))
        for line, head in enumerate(rows):
            interval = intervals.get(head.name)
            self.setItem(line, 0, _item(head.title, head.meaning))
            value = with_interval(metrics.get(head.name), interval, head.name)
            self.setItem(line, 1, _item(value, method_words(interval), right=True))


class LabelsTable(QTableWidget):
    """One row a label; `label_chosen` with its name on a click."""

    label_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, 2)
        named(self, "labels_table", tr("Figures per label"))
        _prepare(self, [tr("Label"), tr("Images")])
        self.cellClicked.connect(self._clicked)

    def show_labels(
        self, per_label: Sequence[Mapping[str, Any]], task: str = "classification"
    ) -> None:
        """`per_label` has label, images, the figures, and their intervals by figure."""
        shown = [
            head for head in heads(PER_LABEL[task])
            if head.name not in _MAY_BE_ABSENT
            or any(row.get(head.name) is not None for row in per_label)
        ]  # fmt: skip
        counted = "objects" if task == "detection" else "images"
        first = tr("Boxes") if task == "detection" else tr("Images")
        self.setColumnCount(2 + len(shown))
        self.setHorizontalHeaderLabels([tr("Label"), first, *(head.title for head in shown)])
        for place, head in enumerate(shown, start=2):
            self.horizontalHeaderItem(place).setToolTip(head.meaning)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setRowCount(len(per_label))
        for line, facts in enumerate(per_label):
            self.setItem(line, 0, _item(str(facts["label"])))
            self.setItem(line, 1, _item(f"{facts.get(counted, 0):,}", right=True))
            for place, head in enumerate(shown, start=2):
                value, interval = facts.get(head.name), facts.get("intervals", {}).get(head.name)
                words = with_interval(value, interval, head.name)
                tip = f"{words}\n{method_words(interval)}".strip()
                self.setItem(line, place, _item(value_text(head.name, value), tip, right=True))

    def _clicked(self, line: int, _column: int) -> None:
        item = self.item(line, 0)
        if item is not None:
            self.label_chosen.emit(item.text())


class CountsTable(QTableWidget):
    """How well the number of things per image is found, for each label and for all."""

    def __init__(self) -> None:
        super().__init__(0, 6)
        named(self, "counts_table", tr("Counts per image"))
        _prepare(
            self,
            [tr("Label"), tr("True"), tr("Found"), tr("Bias"), tr("Mean error"), tr("Exact")],
        )
        for place, words in (
            (3, tr("Mean over the images of found less true, with the range in which 95 % of"
                   " images lie (Bland and Altman)")),
            (4, tr("Mean over the images of how far the count is off, either way")),
            (5, tr("Share of images whose count is right")),
        ):  # fmt: skip
            self.horizontalHeaderItem(place).setToolTip(words)
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_counts(self, rows: Sequence[tuple[str, Any]]) -> None:
        """A row for each name and its counts (true, found, bias, limits, error, exact)."""
        self.setRowCount(len(rows))
        for line, (name, count) in enumerate(rows):
            limits = f" ({count.limits[0]:+.1f} to {count.limits[1]:+.1f})" if count.limits else ""
            cells = (
                f"{count.true:,}", f"{count.found:,}", f"{count.bias:+.1f}{limits}",
                f"{count.error:.1f}", f"{count.exact:.0%}",
            )  # fmt: skip
            self.setItem(line, 0, _item(name))
            for place, words in enumerate(cells, start=1):
                self.setItem(line, place, _item(words, right=True))


def _prepare(table: QTableWidget, titles: list[str]) -> None:
    table.setProperty("role", "framed")
    table.setHorizontalHeaderLabels(titles)
    table.verticalHeader().hide()
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)


def _item(text: str, tip: str = "", *, right: bool = False) -> QTableWidgetItem:
    made = QTableWidgetItem(text)
    made.setToolTip(tip)
    if right:
        made.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return made
