"""What an import found: images, labels to be made, splits, remarks, files left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QPlainTextEdit

from tlstudio.ui.pages.images.filter_choices import kind_word
from tlstudio.ui.pages.images.import_labels import LabelTable
from tlstudio.ui.pages.images.import_options import recognised_words
from tlstudio.ui.pages.images.left_out import MOST, first_of, reasons
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.domain.images import Skipped
    from tlstudio.domain.notices import Notice
    from tlstudio.services.datasets import ImportReport
    from tlstudio.services.previews import SourceLook
    from tlstudio.ui.label_store import LabelStore

_MOST_LABELS = 30

WITHOUT_SHAPES = frozenset({"images", "class-folders", "split-folders"})
"""Formats whose labels are all of whole images, so that their kinds say nothing new."""


def _way(by: str) -> str:
    """How an image was known again."""
    return {
        "path": tr("by path"),
        "name": tr("by name"),
        "hash": tr("by content"),
    }[by]


class Findings(QFrame):
    """`labels_changed` follows what a person changes in the table of labels."""

    labels_changed = Signal()

    def __init__(self, labels: LabelStore) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._known = labels
        self._found = label(role="heading", name="importFound", wrap=True)
        self._labels = label(name="importLabels", wrap=True)
        self.table = LabelTable()
        self.table.changed.connect(self._say_labels)
        self.table.changed.connect(self.labels_changed)
        self._counts: dict[str, int] = {}
        self._kinds = label(name="importKinds", wrap=True)
        self._splits = label(role="dim", name="importSplits", wrap=True)
        self._remarks = label(role="warning", name="importRemarks", wrap=True)
        self.skipped_title = button(
            "", "importSkippedToggle", self._toggle, role="link",
            says=tr("Show or hide the files left out"),
        )  # fmt: skip
        self._skipped = named(QPlainTextEdit(), "importSkipped", tr("Files left out"))
        self._skipped.setReadOnly(True)
        self._skipped.setFixedHeight(140)
        inside = column(
            self._found,
            self._kinds,
            self._labels,
            self.table,
            self._splits,
            self._remarks,
            row(self.skipped_title, None),
            self._skipped,
        )
        inside.setContentsMargins(16, 16, 16, 16)
        self.setLayout(inside)

    def show_looking(self) -> None:
        """Nothing is known yet."""
        self._found.setText(tr("Looking…"))
        for part in (
            self._kinds,
            self._labels,
            self.table,
            self._splits,
            self._remarks,
            self.skipped_title,
            self._skipped,
        ):
            part.hide()

    def forget(self) -> None:
        """Another source was chosen: what was said of labels does not hold for it."""
        self.table.clear_labels()

    def show_look(self, look: SourceLook) -> None:
        """What the listing told; no image was read."""
        form = recognised_words(look.format)
        self._found.setText(
            count(look.images, "1 image, in {form}", "{n} images, in {form}", form=form)
        )
        self._show_contents(look.labels, look.splits, look.warnings)
        self._show_kinds(look.kinds, {}, 0)
        self._show_skipped(look.skipped)

    def show_report(self, report: ImportReport) -> None:
        """What reading every file told."""
        form = recognised_words(report.format)
        text = count(report.images, "1 image, in {form}", "{n} images, in {form}", form=form)
        if report.images_matched:
            text += "; " + count(
                report.images_matched, "1 of them is here already", "{n} of them are here already"
            )
            ways = [f"{_way(way)} {n:,}" for way, n in report.matched_by.items()]
            text += f" ({', '.join(ways)})" if ways else ""
        if report.images_missing:
            text += "; " + count(
                report.images_missing, "1 more is annotated but missing",
                "{n} more are annotated but missing",
            )  # fmt: skip
        self._found.setText(text)
        self._show_contents(report.found_labels, report.splits, report.warnings)
        kinds = {} if report.format in WITHOUT_SHAPES else report.kinds
        self._show_kinds(kinds, report.shapes, report.suggestions)
        self._show_skipped(report.skipped)

    def _show_kinds(
        self, kinds: Mapping[str, int], shapes: Mapping[str, int], suggestions: int
    ) -> None:
        """How many annotations of each kind, and what becomes of them."""
        parts = [f"{kind_word(kind)} {n:,}" for kind, n in kinds.items()]
        if suggestions:
            parts.append(tr("Suggestions of a model {n}", n=f"{suggestions:,}"))
        text = " · ".join(parts)
        words = {
            "same": tr("here already {n}"),
            "changed": tr("to be changed {n}"),
            "removed": tr("no longer in the source, to be removed {n}"),
            "kept": tr("kept as a person changed them {n}"),
        }
        told = [word.format(n=f"{shapes[key]:,}") for key, word in words.items() if key in shapes]
        if told:
            text += "\n" + tr("Of these: {all}", all=", ".join(told))
        self._kinds.setText(text)
        self._kinds.setVisible(bool(text))

    def _show_contents(
        self, labels: dict[str, int], splits: dict[str, int], warnings: Sequence[Notice]
    ) -> None:
        self._counts = labels
        self.table.fill(labels, {made.name for made in self._known.all()})
        self.table.setVisible(bool(labels))
        self._say_labels()
        self._labels.show()
        parts = " · ".join(f"{name} {n:,}" for name, n in splits.items())
        self._splits.setText(tr("Splits kept: {parts}", parts=parts))
        self._splits.setVisible(bool(splits))
        self._remarks.setText("\n".join(say(made.code, made.params) for made in warnings))
        self._remarks.setVisible(bool(warnings))

    def _say_labels(self) -> None:
        if not self._counts:
            self._labels.setText(tr("No labels in it"))
            return
        text = count(len(self._counts), "1 label", "{n} labels")
        new = self.table.new_labels()
        if new:
            more = len(new) - _MOST_LABELS
            names = ", ".join(new[:_MOST_LABELS])
            if more > 0:
                names += " " + tr("and {n} more", n=more)
            text += "\n" + tr("New: {names}", names=names)
        self._labels.setText(text)

    def _show_skipped(self, skipped: Sequence[Skipped]) -> None:
        self.skipped_title.setVisible(bool(skipped))
        if not skipped:
            self._skipped.hide()
        self.skipped_title.setText(
            count(len(skipped), "1 thing is left out", "{n} things are left out")
        )
        self._skipped.setPlainText(first_of(reasons(skipped[:MOST]), len(skipped)))

    def _toggle(self) -> None:
        self._skipped.setVisible(self._skipped.isHidden())
