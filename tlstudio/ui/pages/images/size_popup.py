"""A popup with the limits of an image's size."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QSpinBox,
    QWidget,
)

from tlstudio.domain.images import ImageQuery
from tlstudio.ui.pages.images.filter_choices import SIZES, megapixels
from tlstudio.ui.widgets.basics import button, column, label, named, row
from tlstudio.ui.words import tr

_MOST_PIXELS = 1_000_000


class SizePopup(QFrame):
    """`changed` is sent with {field of ImageQuery: limit}, 0 for none, after each edit."""

    changed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        named(self, "filter_size_popup", tr("Size"))
        self.setProperty("role", "panel")
        self._filling = False
        self._fields: dict[str, QSpinBox | QDoubleSpinBox] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(8)
        grid.addWidget(label(tr("from"), "dim"), 0, 1)
        grid.addWidget(label(tr("up to"), "dim"), 0, 2)
        for line, (name, text) in enumerate(
            (
                ("width", tr("Width")),
                ("height", tr("Height")),
                ("pixels", tr("Megapixels")),
            ),
            1,
        ):
            grid.addWidget(label(text), line, 0)
            for place, end in ((1, "min"), (2, "max")):
                says = tr("Least") if end == "min" else tr("Most")
                field = self._field(f"{end}_{name}", f"{text}: {says}", whole=name != "pixels")
                grid.addWidget(field, line, place)
        grid.addWidget(label(tr("Shorter side under")), 4, 0)
        grid.addWidget(self._field("smaller", tr("Shorter side under"), whole=True), 4, 1)
        clear = button(tr("Clear"), "filter_size_popupClear", self.clear_all, role="link")
        inside = column(grid, row(None, clear), gap=8)
        inside.setContentsMargins(12, 12, 12, 8)
        self.setLayout(inside)

    def _field(self, name: str, says: str, *, whole: bool) -> QSpinBox | QDoubleSpinBox:
        made: QSpinBox | QDoubleSpinBox
        if whole:
            made = QSpinBox()
            made.setSuffix(tr(" px"))
            made.setRange(0, _MOST_PIXELS)
            made.setSingleStep(64)
        else:
            made = QDoubleSpinBox()
            made.setSuffix(tr(" MP"))
            made.setRange(0, 100_000)
            made.setSingleStep(0.5)
        made.setSpecialValueText(tr("any"))
        made.setFixedWidth(112)
        made.setKeyboardTracking(False)
        made.valueChanged.connect(self._edited)
        self._fields[name] = made
        return named(made, f"size_{name}", says)

    def fill(self, query: ImageQuery) -> None:
        self._filling = True
        for name in SIZES:
            limit = getattr(query, name)
            field = self._fields[name]
            if isinstance(field, QSpinBox):
                field.setValue(limit)
            else:
                field.setValue(megapixels(limit))
        self._filling = False

    def open_below(self, anchor: QWidget) -> None:
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(0, anchor.height() + 4)))
        self.show()
        self._fields["min_width"].setFocus()
        self._fields["min_width"].selectAll()

    def clear_all(self) -> None:
        self.fill(ImageQuery())
        self._edited()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for field in self._fields.values():
                field.interpretText()
            self.hide()
        else:
            super().keyPressEvent(event)

    def _edited(self) -> None:
        if self._filling:
            return
        limits = {}
        for name, field in self._fields.items():
            scale = 1 if isinstance(field, QSpinBox) else 1e6
            limits[name] = round(field.value() * scale)
        self.changed.emit(limits)
