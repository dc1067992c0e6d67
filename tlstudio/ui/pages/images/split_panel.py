"""Dividing the images into training, validation and test."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QSpinBox, QWidget

from tlstudio.domain.changes import Changes
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.leaks import Leak
from tlstudio.ui.lazy import service
from tlstudio.ui.pages.images.problem_rows import ProblemRow, blocking, leak_text
from tlstudio.ui.pages.images.site_picker import SitePicker
from tlstudio.ui.widgets.basics import (
    Segments,
    button,
    clear,
    column,
    disable,
    label,
    line,
    named,
    row,
)
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.services.splitting import SplitReport
    from tlstudio.ui.context import Context

_MOST_LEAKS = 50


class SplitPanel(QWidget):
    """`query_wanted` asks to show the images of a leak or of a split."""

    query_wanted = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.setObjectName("splitPanel")
        self._context = context
        self._now = column(gap=2)
        self._val = self._percent("splitVal", tr("Share for validation"), 15)
        self._test = self._percent("splitTest", tr("Share for the test"), 15)
        self._kind = Segments(
            "splitKind",
            tr("What the test is"),
            (("share", tr("A share")), ("site", tr("A whole site"))),
            lambda _value: self._show_kind(),
        )
        self._kind.set_value("share")
        self._kind.set_tip(
            "site", tr("Hold out all images of one hospital, scanner or year, to learn how the"
                       " model does elsewhere")
        )  # fmt: skip
        self._site = SitePicker(context)
        self._site.changed.connect(self._allow)
        self._by = Segments(
            "splitBy", tr("Keep together"), (("group", tr("Groups")), ("image", tr("Nothing")))
        )
        self._by.set_value("group")
        self._by.setToolTip(
            tr("Images of one patient, slide or video in two sets would flatter the figures")
        )
        self._seed = named(QSpinBox(), "splitSeed", tr("Seed"))
        self._seed.setRange(0, 999_999)
        self._seed.setToolTip(tr("The same seed divides the same images the same way"))
        self._force = named(
            QCheckBox(tr("Divide all again")),
            "splitForce",
            tr("Divide all again"),
            tr("Also images that have a split already"),
        )
        self._go = button(tr("Split"), "splitGo", self._split, icon="split", role="primary")
        self._result = column(gap=4)
        grid = self._grid()
        self.setLayout(
            column(
                label(
                    tr(
                        "The model learns from train, is chosen on val, and is judged on test,"
                        " which it never sees."
                    ),
                    "dim",
                    wrap=True,
                ),
                self._now,
                line(),
                grid,
                self._site,
                self._force,
                row(self._go, None),
                self._result,
                None,
                gap=12,
            )
        )
        self.layout().setContentsMargins(16, 12, 16, 16)
        context.changes.changed.connect(self._changed)
        self._show_kind()
        self._count()

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        entries: Sequence[tuple[str, QWidget]] = (
            (tr("Test"), self._kind),
            (tr("Share for the test"), self._test),
            (tr("Validation"), self._val),
            (tr("Keep together"), self._by),
            (tr("Seed"), self._seed),
        )
        self._names = [label(text, "dim") for text, _widget in entries]
        for index, (name, (_text, widget)) in enumerate(zip(self._names, entries, strict=True)):
            grid.addWidget(name, index, 0)
            grid.addLayout(row(widget, None), index, 1)
        grid.setColumnStretch(1, 1)
        return grid

    @property
    def _by_site(self) -> bool:
        return self._kind.value() == "site"

    def _show_kind(self) -> None:
        """Of a site held out neither a share of the test nor what stays together is asked."""
        for widget in (self._test, self._names[1], self._by, self._names[3]):
            widget.setVisible(not self._by_site)
        self._site.setVisible(self._by_site)
        self._go.setText(tr("Hold out") if self._by_site else tr("Split"))
        if self._by_site:
            self._site.reload()
        self._allow()

    def _allow(self) -> None:
        lacking = tr("Say which site first") if self._by_site and not self._site.site() else ""
        disable(self._go, self._context.locked_reason() or lacking)

    def _percent(self, name: str, says: str, value: int) -> QSpinBox:
        made = named(QSpinBox(), name, says)
        made.setRange(0, 90)
        made.setSuffix(" %")
        made.setValue(value)
        return made

    def _changed(self, _changes: Changes) -> None:
        self._count()

    def _count(self) -> None:
        if self._by_site:
            self._site.reload()
        self._context.ops.run(
            service("images", "facets"),
            self._context.project,
            ("images", "splits"),
            on_done=self._show_now,
            key="split.facets",
        )

    def _show_now(self, facets: dict[str, Any]) -> None:
        clear(self._now)
        splits: dict[str, int] = facets["splits"]
        total = max(1, facets["images"])
        words = (
            ("train", tr("train")),
            ("val", tr("val")),
            ("test", tr("test")),
            ("", tr("none")),
        )
        for value, text in words:
            n = splits.get(value, 0)
            shown = button(
                text, f"splitShow_{value or 'none'}", role="row",
                tip=tr("Show these images"), says=tr("Show the images in {split}", split=text),
            )  # fmt: skip
            query = ImageQuery(splits=frozenset({value}))
            shown.clicked.connect(lambda _on=False, q=query: self.query_wanted.emit(q))
            share = label(f"{n:,}   {n / total:.0%}", "dim")
            made = row(shown, share)
            made.setStretch(0, 1)
            self._now.addLayout(made)

    def _split(self) -> None:
        self._go.setEnabled(False)
        job = self._context.edit(
            service("splitting", "hold_out_site" if self._by_site else "split_project"),
            **self._asked(),
            val=self._val.value() / 100,
            seed=self._seed.value(),
            force=self._force.isChecked(),
            on_done=self._done,
            on_error=self._failed,
        )
        if job is None:
            self._allow()

    def _asked(self) -> dict[str, Any]:
        """What is asked of one way of dividing alone."""
        if self._by_site:
            return {"site": self._site.site()}
        return {"test": self._test.value() / 100, "by": self._by.value() or "group"}

    def _failed(self, error: BaseException) -> None:
        self._allow()
        self._context.show_error(error)

    def _done(self, report: SplitReport) -> None:
        self._allow()
        clear(self._result)
        text = count(report.divided, "1 image was divided", "{n} images were divided")
        self._result.addWidget(label(text, "heading", "splitDone", wrap=True))
        if report.site:
            held = report.splits.get("test", 0)
            told = count(held, "The test is the site held out: {n} image",
                         "The test is the site held out: {n} images")  # fmt: skip
            self._result.addWidget(label(told, "", "splitHeld", wrap=True))
        for notice in report.warnings:
            self._result.addWidget(label(say(notice.code, notice.params), "warning", wrap=True))
        self._show_leaks(report.leaks)

    def _show_leaks(self, leaks: Sequence[Leak]) -> None:
        if not leaks:
            self._result.addWidget(label(tr("Nothing leaks between the sets"), "success"))
            return
        of_test, others = blocking(leaks)
        near = [leak for leak in leaks if not leak.blocks]
        self._section(
            count(len(of_test), "1 leak blocks test figures", "{n} leaks block test figures"),
            "danger",
            of_test,
        )
        self._section(
            count(len(others), "1 leak between train and val", "{n} leaks between train and val"),
            "warning",
            others,
        )
        self._section(
            count(
                len(near),
                "1 set of near duplicates lies across; look whether that is fair",
                "{n} sets of near duplicates lie across; look whether that is fair",
            ),
            "warning",
            near,
        )

    def _section(self, title: str, role: str, leaks: Sequence[Leak]) -> None:
        if not leaks:
            return
        self._result.addWidget(label(title, role, wrap=True))
        for leak in leaks[:_MOST_LEAKS]:
            query = ImageQuery(ids=frozenset(leak.images))
            self._result.addWidget(
                ProblemRow(
                    f"splitLeak_{self._result.count()}",
                    leak_text(leak),
                    leak.splits,
                    partial(self.query_wanted.emit, query),
                )
            )
