"""Comparing the chosen run with another one on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from tlstudio.domain.runs import Run, RunState
from tlstudio.domain.tasks import HEADLINES
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.results.asking import Asking
from tlstudio.ui.pages.results.compare_board import CompareBoard
from tlstudio.ui.widgets.basics import Segments, button, column, label, named, row, scrolling
from tlstudio.ui.words import count, say, site_words, tr

if TYPE_CHECKING:
    from tlstudio.services.comparing import RunComparison
    from tlstudio.ui.context import Context

LEAK = "compare.leak"


def comparable(run: Run | None, runs: Sequence[Run]) -> list[Run]:
    """Finished runs of the same task that `run` can be compared with, newest first."""
    if run is None or run.state is not RunState.DONE or run.task not in HEADLINES:
        return []
    return [
        other
        for other in reversed(runs)
        if other.id != run.id and other.state is RunState.DONE and other.task == run.task
    ]


def why_not(run: Run | None, runs: Sequence[Run]) -> str:
    """Why `run` cannot be compared, "" where it can."""
    if run is None:
        return tr("Choose a finished run first")
    if run.task not in HEADLINES:
        return tr("Styles have no figures that could be compared")
    if comparable(run, runs):
        return ""
    return tr("There is no other finished run of this task. Train a second one, with the setting"
              " changed whose effect you want to know.")  # fmt: skip


class ComparePanel(QWidget):
    """`closed` to go back to the figures of one run; `label_wanted` as of the board."""

    closed = Signal()
    label_wanted = Signal(int, list)

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "compare_panel", tr("Compare two runs"))
        self._context = context
        self._run: Run | None = None
        self._allow_leaks = False
        self._build()

    def _build(self) -> None:
        back = button(tr("Back"), "compare_back", self._close, icon="chevron-left",
                      tip=tr("Back to the figures of the run"))  # fmt: skip
        self._title = label(role="title", name="compare_title")
        self._with = named(QComboBox(), "compare_with", tr("The run it is compared with"))
        self._with.currentIndexChanged.connect(lambda: self._choose())
        self._split = Segments(
            "compare_split",
            tr("Which images"),
            (("val", tr("Validation")), ("test", tr("Test"))),
            lambda _value: self._choose(),
        )
        self._split.set_value("test")
        self._where = named(QComboBox(), "compare_where", tr("Images of which site"))
        self._where.currentIndexChanged.connect(lambda: self._choose())
        self._asking = Asking(self._context, "compare", LEAK, tr("Compare anyway"))
        self._asking.allowed.connect(self._compare_anyway)
        self._board = CompareBoard(self._context)
        self._board.label_wanted.connect(self.label_wanted)
        for choice in (self._with, self._where):
            choice.setMinimumWidth(160)
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._scroll = scrolling(self._board, "compare_scroll", tr("Comparison"))
        whole = column(
            row(back, self._title, self._with, None),
            row(label(tr("on"), "dim"), self._split, label(tr("images of"), "dim"), self._where,
                None),
            self._asking,
            self._scroll,
            gap=8,
        )  # fmt: skip
        whole.setStretch(3, 1)
        whole.setContentsMargins(12, 0, 0, 0)
        self.setLayout(whole)

    def compare(self, run: Run, others: Sequence[Run]) -> None:
        """Compare `run` with the first of `others`, or the one that was chosen before."""
        self._run = run
        self._allow_leaks = False
        kept = self._with.currentData()
        self._with.blockSignals(True)
        self._with.clear()
        for other in others:
            self._with.addItem(f"{other.id} · {other.model}", other.id)
        self._with.setCurrentIndex(max(0, self._with.findData(kept)))
        self._with.blockSignals(False)
        self._title.setText(tr("{run} compared with", run=run.id))
        self._context.ops.run(
            service("sites", "site_choices"),
            self._context.project,
            on_done=self._show_sites,
            owner=self,
            key="compare.sites",
        )

    def _show_sites(self, sites: Sequence[Any]) -> None:
        kept = self._where.currentData()
        self._where.blockSignals(True)
        self._where.clear()
        self._where.addItem(tr("all sites"), None)
        for site in sites:
            images = count(site.images, "{n} image", "{n} images")
            name = site_words(site.site)
            self._where.addItem(f"{name[:1].upper()}{name[1:]} · {images}", site.site)
        self._where.setCurrentIndex(max(0, self._where.findData(kept)))
        self._where.setEnabled(bool(sites))
        self._where.setToolTip(
            tr("A site is a tag or a folder that some of the images have")
            if sites
            else tr("No tag or folder tells some images from others; give the images of a site a"
                    " tag on the Images page")
        )  # fmt: skip
        self._where.blockSignals(False)
        self._start()

    def _choose(self) -> None:
        self._allow_leaks = False
        self._start()

    def _compare_anyway(self) -> None:
        self._allow_leaks = True
        self._start()

    def _start(self) -> None:
        other = self._with.currentData()
        if self._run is None or other is None:
            return
        self._scroll.setVisible(False)
        self._asking.ask(
            service("comparing", "compare"),
            str(other),
            self._run.id,
            self._split.value() or "test",
            where=self._where.currentData(),
            allow_leaks=self._allow_leaks,
            on_done=self._show,
        )

    def _show(self, found: RunComparison) -> None:
        notes = [say(n.code, n.params) for n in found.notices]
        leaks = sum(len(each) for each in found.leaks.values())
        if leaks:
            notes.insert(0, count(leaks, "These figures flatter: {n} leak.",
                                  "These figures flatter: {n} leaks."))  # fmt: skip
        self._asking.tell("\n".join(notes))
        self._board.show_comparison(found)
        self._scroll.setVisible(True)

    def _close(self) -> None:
        self._asking.call_off()
        self.closed.emit()
