"""A slider with its name and its value, which a double click on the name sets back."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QLabel, QSlider, QWidget

from tlstudio.ui.widgets.basics import label, named, row
from tlstudio.ui.words import tr

_STEPS = 1000
_NAME_WIDE = 76
_VALUE_WIDE = 48


class NamedSlider(QWidget):
    """`moved(value)` while a person drags. `to_place` and `to_value` map to 0 to 1 and back."""

    moved = Signal(float)

    def __init__(
        self,
        name: str,
        says: str,
        usual: float,
        to_place: Callable[[float], float],
        to_value: Callable[[float], float],
        show: Callable[[float], str],
    ) -> None:
        super().__init__()
        self._usual = usual
        self._to_place = to_place
        self._to_value = to_value
        self._show = show
        self.value = usual
        self.slider = named(QSlider(Qt.Orientation.Horizontal), name, says)
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self._dragged)
        self._name = label(says, "dim")
        self._name.setFixedWidth(_NAME_WIDE)
        self._name.setToolTip(tr("Double click sets it back"))
        self._name.installEventFilter(self)
        self._text: QLabel = label(role="dim")
        self._text.setFixedWidth(_VALUE_WIDE)
        self._text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        inside = row(self._name, self.slider, self._text, gap=4)
        inside.setStretch(1, 1)
        self.setLayout(inside)
        self.set_value(usual)

    def set_value(self, value: float) -> None:
        """Show `value` without telling."""
        self.value = value
        self.slider.blockSignals(True)
        self.slider.setValue(round(self._to_place(value) * _STEPS))
        self.slider.blockSignals(False)
        self._say()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.MouseButtonDblClick:
            self.set_value(self._usual)
            self.moved.emit(self._usual)
            return True
        return False

    def _dragged(self, place: int) -> None:
        self.value = self._to_value(place / _STEPS)
        self._say()
        self.moved.emit(self.value)

    def _say(self) -> None:
        self._text.setText(self._show(self.value))
        self.slider.setAccessibleDescription(self._show(self.value))
