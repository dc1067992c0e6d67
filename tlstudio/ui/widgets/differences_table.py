"""Figures of two runs side by side, with their difference and its interval."""

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
)
from tlstudio.ui.words import tr

CLEAR = "●"
"""Stands before a difference whose interval excludes 0."""


def difference_text(name: str, row: Mapping[str, Any]) -> str:
    """ "+0.04 (+0.01 to +0.07)", "+0.04" where there is no interval, "–" where no figure."""
    if row["difference"] is None:
        return "–"
    digits = 1 if name == "hd95" else _digits(row)
    value = f"{row['difference']:+.{digits}f}"
    if row["low"] is not None:
        value += tr(
            " ({low} to {high})",
            low=f"{row['low']:+.{digits}f}",
            high=f"{row['high']:+.{digits}f}",
        )
    return f"{value} px" if name == "hd95" else value


def _digits(row: Mapping[str, Any]) -> int:
    """A narrow interval has more digits, so that its width is seen."""
    if row["low"] is None:
        return 2
    width = row["high"] - row["low"]
    return 2 if width >= 0.02 else 3 if width >= 0.002 else 4


def better_words(row: Mapping[str, Any], runs: tuple[str, str]) -> str:
    """Which run is ahead, where the interval tells."""
    if row["better"] is None:
        return ""
    return runs[0] if row["better"] == "first" else runs[1]


class DifferencesTable(QTableWidget):
    """One row a figure: both runs, the difference, and which of them is ahead."""

    def __init__(self) -> None:
        super().__init__(0, 5)
        named(self, "differences_table", tr("Figures of both runs and their difference"))
        _prepare(self)

    def show_figures(
        self, overall: Mapping[str, Mapping[str, Any]], task: str, runs: tuple[str, str]
    ) -> None:
        """Fill the rows; figures that neither run has are left out."""
        self.setHorizontalHeaderLabels(
            [tr("Figure"), *runs, tr("Difference (95 % interval)"), tr("Better")]
        )
        shown = [
            head for head in heads(OVERALL[task])
            if head.name in overall and overall[head.name]["difference"] is not None
        ]  # fmt: skip
        self.setRowCount(len(shown))
        for line, head in enumerate(shown):
            row = overall[head.name]
            cells = (
                (head.title, head.meaning, False),
                (value_text(head.name, row["first"]), "", True),
                (value_text(head.name, row["second"]), "", True),
                (difference_text(head.name, row), method_words(row), True),
                (better_words(row, runs), _why(row), False),
            )
            for place, (text, tip, right) in enumerate(cells):
                self.setItem(line, place, _item(text, tip, right=right))
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


class LabelDifferencesTable(QTableWidget):
    """One row a label, one column a figure, with the differences; `label_chosen` on a click."""

    label_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, 2)
        named(self, "label_differences_table", tr("Differences per label"))
        _prepare(self)
        self.cellClicked.connect(self._clicked)

    def show_labels(
        self, rows: Sequence[Mapping[str, Any]], task: str, runs: tuple[str, str]
    ) -> None:
        """`rows` have label, images or objects, and figures."""
        shown = [
            head for head in heads(PER_LABEL[task])
            if any(r["figures"].get(head.name, {}).get("difference") is not None for r in rows)
        ]  # fmt: skip
        counted = "objects" if task == "detection" else "images"
        first = tr("Boxes") if task == "detection" else tr("Images")
        self.setColumnCount(2 + len(shown))
        self.setHorizontalHeaderLabels([tr("Label"), first, *(head.title for head in shown)])
        self.setRowCount(len(rows))
        for line, row in enumerate(rows):
            self.setItem(line, 0, _item(str(row["label"])))
            self.setItem(line, 1, _item(f"{row.get(counted, 0):,}", right=True))
            for place, head in enumerate(shown, start=2):
                each = row["figures"][head.name]
                words = difference_text(head.name, each)
                mark = f"{CLEAR} " if each["better"] else ""
                short = words.split(" (")[0]
                tip = "\n".join(
                    part
                    for part in (
                        f"{runs[0]}: {value_text(head.name, each['first'])}",
                        f"{runs[1]}: {value_text(head.name, each['second'])}",
                        words,
                        method_words(each),
                        _why(each),
                    )
                    if part
                )
                self.setItem(line, place, _item(mark + short, tip, right=True))
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)

    def _clicked(self, line: int, _column: int) -> None:
        item = self.item(line, 0)
        if item is not None:
            self.label_chosen.emit(item.text())


def _why(row: Mapping[str, Any]) -> str:
    if row["better"]:
        return tr("The interval excludes 0, so the difference is clear")
    if row["low"] is not None:
        return tr("The interval holds 0, so either could be ahead on other images")
    return ""


def _prepare(table: QTableWidget) -> None:
    table.setProperty("role", "framed")
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
