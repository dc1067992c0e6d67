"""Figures with their intervals, overall and per label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from tlstudio.ui.widgets.basics import named
from tlstudio.ui.words import tr

NAMES = (
    ("accuracy", "Accuracy", "Share of right answers"),
    ("balanced_accuracy", "Balanced accuracy", "Mean over the labels of the share found"),
    ("precision", "Precision", "Of those called a label, how many are it (mean over labels)"),
    ("recall", "Recall (sensitivity)", "Of those that are a label, how many were found"),
    ("specificity", "Specificity", "Of those that are not a label, how many were left alone"),
    ("f1", "F1", "Precision and recall in one (harmonic mean)"),
    ("auroc", "AUROC", "How well the order of the confidences tells a label from the rest"),
    (
        "ece",
        "Calibration error",
        "How far the stated confidence is from the share of right answers",
    ),
)
_LABEL_FIGURES = ("precision", "recall", "specificity", "f1", "auroc")


_METHODS = {
    "bootstrap": "95 % interval from resampled groups",
    "wilson": "95 % interval of a share (Wilson)",
    "mover-wilson": "95 % interval of a mean of shares (Wilson intervals combined)",
    "too-few-groups": "Too few groups for an interval that can be trusted",
    "undefined": "Cannot be computed on these images",
}


def with_interval(value: float | None, interval: Mapping[str, Any] | None) -> str:
    """ "0.87 (0.81-0.92)", "0.87" where there is no interval, "–" where there is no figure."""
    if value is None:
        return "–"
    if not interval or interval["low"] is None:
        return f"{value:.2f}"
    return f"{value:.2f} ({interval['low']:.2f}-{interval['high']:.2f})"


def method_words(interval: Mapping[str, Any] | None) -> str:
    """How the interval came about, or why there is none."""
    method = interval["method"] if interval else ""
    return tr(_METHODS[method]) if method in _METHODS else ""


class FiguresTable(QTableWidget):
    """One row a figure: name, value with interval."""

    def __init__(self) -> None:
        super().__init__(len(NAMES), 2)
        named(self, "figures_table", tr("Figures with 95 % intervals"))
        _prepare(self, [tr("Figure"), tr("Value (95 % interval)")])
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def show_figures(
        self,
        metrics: Mapping[str, float | None],
        intervals: Mapping[str, Mapping[str, Any]],
    ) -> None:
        """Fill the rows; a figure that cannot be computed shows a dash and why."""
        for line, (name, words, meaning) in enumerate(NAMES):
            self.setItem(line, 0, _item(tr(words), tr(meaning)))
            value = with_interval(metrics.get(name), intervals.get(name))
            tip = method_words(intervals.get(name))
            self.setItem(line, 1, _item(value, tip, right=True))


class LabelsTable(QTableWidget):
    """One row a label; `label_chosen` with its name on a click."""

    label_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, 2 + len(_LABEL_FIGURES))
        named(self, "labels_table", tr("Figures per label"))
        words = {name: title for name, title, _tip in NAMES}
        heads = [tr(words[n]).split(" (")[0] for n in _LABEL_FIGURES]
        _prepare(self, [tr("Label"), tr("Images"), *heads])
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.cellClicked.connect(self._clicked)

    def show_labels(self, per_label: Sequence[Mapping[str, Any]]) -> None:
        """`per_label` has label, images, the figures, and their intervals by figure."""
        self.setRowCount(len(per_label))
        for line, facts in enumerate(per_label):
            self.setItem(line, 0, _item(str(facts["label"])))
            self.setItem(line, 1, _item(str(facts["images"]), right=True))
            for place, name in enumerate(_LABEL_FIGURES, start=2):
                value, interval = facts.get(name), facts.get("intervals", {}).get(name)
                shown = "–" if value is None else f"{value:.2f}"
                tip = f"{with_interval(value, interval)}\n{method_words(interval)}".strip()
                self.setItem(line, place, _item(shown, tip, right=True))

    def _clicked(self, line: int, _column: int) -> None:
        item = self.item(line, 0)
        if item is not None:
            self.label_chosen.emit(item.text())


def _prepare(table: QTableWidget, heads: list[str]) -> None:
    table.setProperty("role", "framed")
    table.setHorizontalHeaderLabels(heads)
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
