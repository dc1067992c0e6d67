"""What an import found: images, labels to be made, splits, remarks, files left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFrame, QPlainTextEdit

from tlstudio.ui.pages.images.import_options import recognised_words
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import count, say, tr

if TYPE_CHECKING:
    from tlstudio.domain.images import Skipped
    from tlstudio.domain.notices import Notice
    from tlstudio.services.datasets import ImportReport
    from tlstudio.services.previews import SourceLook
    from tlstudio.ui.label_store import LabelStore

_MOST_LABELS = 30
_MOST_SKIPPED = 500


class Findings(QFrame):
    def __init__(self, labels: LabelStore) -> None:
        super().__init__()
        self.setProperty("role", "panel")
        self._known = labels
        self._found = label(role="heading", name="importFound", wrap=True)
        self._labels = label(name="importLabels", wrap=True)
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
            self._labels,
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
        for part in (self._labels, self._splits, self._remarks, self.skipped_title, self._skipped):
            part.hide()

    def show_look(self, look: SourceLook) -> None:
        """What the listing told; no file was read."""
        form = recognised_words(look.format)
        self._found.setText(
            count(look.images, "1 image, in {form}", "{n} images, in {form}", form=form)
        )
        self._show_contents(look.labels, look.splits, look.warnings)
        self._show_skipped(look.skipped)

    def show_report(self, report: ImportReport) -> None:
        """What reading every file told."""
        form = recognised_words(report.format)
        text = count(report.images, "1 image, in {form}", "{n} images, in {form}", form=form)
        if report.images_matched:
            text += tr("; {n} of them are here already", n=f"{report.images_matched:,}")
        self._found.setText(text)
        self._show_contents(report.labels, report.splits, report.warnings)
        self._show_skipped(report.skipped)

    def _show_contents(
        self, labels: dict[str, int], splits: dict[str, int], warnings: Sequence[Notice]
    ) -> None:
        shown = [f"{name} {n:,}" for name, n in list(labels.items())[:_MOST_LABELS]]
        if len(labels) > _MOST_LABELS:
            shown.append(tr("and {n} more", n=len(labels) - _MOST_LABELS))
        known = {made.name for made in self._known.all()}
        new = [name for name in labels if name not in known]
        text = tr("Labels: {all}", all=" · ".join(shown)) if labels else tr("No labels in it")
        if new and len(new) < len(labels):
            text += "\n" + tr("New: {names}", names=", ".join(new[:_MOST_LABELS]))
        self._labels.setText(text)
        self._labels.show()
        parts = " · ".join(f"{name} {n:,}" for name, n in splits.items())
        self._splits.setText(tr("Splits kept: {parts}", parts=parts))
        self._splits.setVisible(bool(splits))
        self._remarks.setText("\n".join(say(made.code, made.params) for made in warnings))
        self._remarks.setVisible(bool(warnings))

    def _show_skipped(self, skipped: Sequence[Skipped]) -> None:
        self.skipped_title.setVisible(bool(skipped))
        if not skipped:
            self._skipped.hide()
        self.skipped_title.setText(
            count(len(skipped), "1 file is left out", "{n} files are left out")
        )
        self._skipped.setPlainText(
            "\n".join(
                say(item.reason, {**item.params, "file": item.file})
                for item in skipped[:_MOST_SKIPPED]
            )
        )

    def _toggle(self) -> None:
        self._skipped.setVisible(self._skipped.isHidden())
