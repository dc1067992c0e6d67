"""How many annotations of each label the image has, and which labels it has as a whole."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from tlstudio.domain.annotations import ImageLabel

if TYPE_CHECKING:
    from tlstudio.ui.pages.label.page import LabelPage


class Tally(QObject):
    """Counts again a moment after shapes came or went, and shows it beside the labels."""

    def __init__(self, page: LabelPage) -> None:
        super().__init__(page)
        self._page = page
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(60)
        self._timer.timeout.connect(self._count)
        page.canvas.scene.changed.connect(self._later)

    def stop(self) -> None:
        self._timer.stop()

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _count(self) -> None:
        own = [s for s in self._page.canvas.scene.all() if not s.provenance.suggestion]
        chips = [(s.id, s.label) for s in own if isinstance(s, ImageLabel)]
        here = Counter(s.label for s in own)
        self._page.labels.show_image(here, chips, self._page.labelling.suggested())
