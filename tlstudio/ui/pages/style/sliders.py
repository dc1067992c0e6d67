"""A setting on a slider with its number beside it; steps of a slider are ratios, not amounts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QSpinBox, QWidget

from tlstudio.domain.recipe import Field
from tlstudio.ui.widgets.basics import column, named, row
from tlstudio.ui.widgets.elided import Elided
from tlstudio.ui.words import say, tr

_STOPS = 100
_NEAR = 0.04  # what is recommended, 1, is easily met


@dataclass(frozen=True, slots=True)
class Reach:
    """What the slider of a setting covers: `low` to `high` by equal ratios, whole multiples of
    `step` where that is given. With `zero` its left end is 0. The number beside it takes all
    lawful values."""

    low: float
    high: float
    step: int = 0
    zero: bool = False

    def value(self, place: int) -> float:
        """The value at a place from 0 to 100."""
        if self.zero and place == 0:
            return 0.0
        first = 1 if self.zero else 0
        found = self.low * (self.high / self.low) ** ((place - first) / (_STOPS - first))
        if self.step:
            return float(max(self.step, round(found / self.step) * self.step))
        return 1.0 if abs(found - 1) < _NEAR else float(f"{found:.2g}")

    def place(self, value: float) -> int:
        """Where a value lies, at an end where it is outside."""
        first = 1 if self.zero else 0
        if value <= 0:
            return 0
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return min(_STOPS, max(first, first + round(share * (_STOPS - first))))


REACHES = {
    "size": Reach(128, 2048, step=32),
    "style_weight": Reach(0.05, 20, zero=True),
    "content_weight": Reach(0.05, 20, zero=True),
    "smoothness": Reach(0.05, 20, zero=True),
    "style_scale": Reach(0.25, 4),
    "steps": Reach(20, 2000, step=10, zero=True),
}
"""The settings that have a slider."""


class SliderField(QWidget):
    """One setting: its name and number above, the slider below. `changed` after each edit."""

    changed = Signal()

    def __init__(self, field: Field, reach: Reach) -> None:
        super().__init__()
        self.setObjectName(f"styling_{field.name}_row")
        self._field = field
        self._reach = reach
        words, help_text = say(f"styling.{field.name}", {}), say(f"styling.{field.name}.help", {})
        tip = f"{help_text}\n({field.name})"
        name = Elided(f"styling_{field.name}_name")
        name.say(words, tip)
        self._spin = named(_spin(field), f"styling_{field.name}", words, tip)
        self._spin.setAccessibleDescription(help_text)
        self._spin.setFixedWidth(92)
        self._slider = named(
            QSlider(Qt.Orientation.Horizontal), f"styling_{field.name}_slider", words, tip
        )
        self._slider.setRange(0, _STOPS)
        self._slider.setPageStep(10)
        name.setBuddy(self._slider)
        head = row(name, self._spin)
        head.setStretch(0, 1)
        self.setLayout(column(head, self._slider, gap=4))
        self.set_value(field.default)
        self._slider.valueChanged.connect(self._slid)
        self._spin.valueChanged.connect(self._typed)

    def value(self) -> float | int:
        found = self._spin.value()
        return round(found, 4) if isinstance(found, float) else found

    def set_value(self, value: float) -> None:
        """Show `value` without telling of it."""
        for each in (self._spin, self._slider):
            each.blockSignals(True)
        self._spin.setValue(int(value) if self._field.kind == "int" else float(value))
        self._slider.setValue(self._reach.place(float(value)))
        for each in (self._spin, self._slider):
            each.blockSignals(False)

    def _slid(self, place: int) -> None:
        value = self._reach.value(place)
        self._spin.blockSignals(True)
        self._spin.setValue(int(value) if self._field.kind == "int" else value)
        self._spin.blockSignals(False)
        self.changed.emit()

    def _typed(self) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(self._reach.place(float(self.value())))
        self._slider.blockSignals(False)
        self.changed.emit()


def _spin(field: Field) -> QSpinBox | QDoubleSpinBox:
    spin: QSpinBox | QDoubleSpinBox = QSpinBox() if field.kind == "int" else QDoubleSpinBox()
    low = min(field.least or 0, field.auto if field.auto is not None else field.least or 0)
    if isinstance(spin, QSpinBox):
        spin.setRange(int(low), int(field.most or 0))
        spin.setSingleStep(32 if field.unit == "px" else 10)
    else:
        spin.setDecimals(2)
        spin.setRange(low, field.most or 0)
        spin.setSingleStep(0.1)
    if field.auto is not None:
        spin.setSpecialValueText(tr("automatic"))
    if field.unit:
        spin.setSuffix(f" {field.unit}")
    spin.setKeyboardTracking(False)
    return spin
