"""Choosing the site that is held out as the test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.basics import column, field, label, named
from tlstudio.ui.words import count, site_words, tr

if TYPE_CHECKING:
    from tlstudio.services.sites import SiteChoice
    from tlstudio.ui.context import Context

_BY_GROUP = "group:"


class SitePicker(QWidget):
    """`changed` whenever another site is meant."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__()
        named(self, "splitSite", tr("Site to hold out"))
        self._context = context
        self._choice = named(QComboBox(), "splitSiteChoice", tr("Site to hold out"))
        self._choice.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._choice.setMinimumContentsLength(16)
        self._choice.currentIndexChanged.connect(lambda: self._chosen())
        self._pattern = field(
            "splitSitePattern",
            tr("What the names of its groups hold"),
            hint=tr("for example ^bonn-"),
        )
        self._pattern.textChanged.connect(lambda: self.changed.emit())
        self._words = label(
            tr(
                "All its images become the test and no others do, so that the figures say how the"
                " model does on a site it has never seen."
            ),
            "dim",
            "splitSiteWords",
            wrap=True,
        )
        self._none = label(
            tr(
                "No tag or folder tells some images from others. Select the images of a site and"
                " give them a tag, or name its groups by what their names hold."
            ),
            "dim",
            "splitSiteNone",
            wrap=True,
        )
        self.setLayout(column(self._choice, self._pattern, self._words, self._none, gap=6))
        self.layout().setContentsMargins(0, 0, 0, 0)
        self._show([])

    def reload(self) -> None:
        """Read anew which sites there are."""
        self._context.ops.run(
            service("sites", "site_choices"),
            self._context.project,
            on_done=self._show,
            owner=self,
            key="split.sites",
        )

    def site(self) -> str:
        """The site as a service takes it, "" while none is said."""
        chosen = str(self._choice.currentData() or "")
        if chosen != _BY_GROUP:
            return chosen
        pattern = self._pattern.text()
        return f"{_BY_GROUP}{pattern}" if pattern.strip() else ""

    def _show(self, sites: Sequence[SiteChoice]) -> None:
        kept = self._choice.currentData() if self._choice.count() > 1 else None
        self._choice.blockSignals(True)
        self._choice.clear()
        for each in sites:
            images = count(each.images, "{n} image", "{n} images")
            name = site_words(each.site)
            self._choice.addItem(f"{name[:1].upper()}{name[1:]} · {images}", each.site)
        self._choice.addItem(tr("Groups whose names hold…"), _BY_GROUP)
        self._choice.setCurrentIndex(max(0, self._choice.findData(kept)))
        self._choice.blockSignals(False)
        self._none.setVisible(not sites)
        self._chosen()

    def _chosen(self) -> None:
        self._pattern.setVisible(self._choice.currentData() == _BY_GROUP)
        self.changed.emit()
