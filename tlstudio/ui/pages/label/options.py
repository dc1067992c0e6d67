"""What the tool in hand can be set to, floating over a corner of the canvas."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QSlider, QWidget

from tlstudio.ui.widgets.basics import label, named, row
from tlstudio.ui.words import tr

_BRUSHES = ("brush", "eraser")
_SMOOTHEST, _STEPS = 10.0, 4  # pixels, and steps of the slider in each


class ToolOptions(QFrame):
    """`brush_changed(radius in image pixels)`; `tolerance_changed`: of the fill 0 to 255, of the
    smart outline image pixels; `as_mask_changed`: whether an outline becomes a mask.
    """

    brush_changed = Signal(float)
    tolerance_changed = Signal(float)
    as_mask_changed = Signal(bool)

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        named(self, "toolOptions", tr("Tool options"))
        self.setProperty("role", "panel")
        self._name = label(tr("Radius"), "dim")
        self._slider = named(QSlider(Qt.Orientation.Horizontal), "toolOption", tr("Radius"))
        self._slider.setFixedWidth(140)
        self._slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._value = label()
        self._value.setMinimumWidth(44)
        self._slider.valueChanged.connect(self._changed)
        self._mask = named(QCheckBox(tr("As a mask")), "toolAsMask", tr("Outline as a mask"))
        self._mask.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._mask.toggled.connect(self.as_mask_changed)
        inside = row(self._name, self._slider, self._value, self._mask, gap=8)
        inside.setContentsMargins(10, 2, 10, 2)
        self.setLayout(inside)
        self._tool = ""
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.move(12, 12)
        self.hide()

    def show_tool(
        self, tool: str, radius: float, tolerance: float | None, as_mask: bool = False
    ) -> None:
        """Show what this tool can be set to; hide where there is nothing."""
        self._tool = tool
        self._mask.setVisible(tool == "outline")
        if tool in _BRUSHES:
            self._range(tr("Radius"), 1, 200)
            self.show_brush(radius)
        elif tool == "fill" and tolerance is not None:
            self._range(tr("Tolerance"), 0, 128)
            self._show(round(tolerance), str(round(tolerance)))
        elif tool == "outline" and tolerance is not None:
            self._range(tr("Smoothing"), 0, round(_SMOOTHEST * _STEPS))
            self._show(round(tolerance * _STEPS), _pixels(tolerance))
            self._mask.blockSignals(True)
            self._mask.setChecked(as_mask)
            self._mask.blockSignals(False)
        else:
            self.hide()
            return
        self.adjustSize()
        self.show()
        self.raise_()

    def show_brush(self, radius: float) -> None:
        if self._tool in _BRUSHES:
            self._show(round(radius), tr("{n} px", n=f"{radius:.0f}"))

    def _range(self, says: str, low: int, high: int) -> None:
        self._name.setText(says)
        self._slider.setAccessibleName(says)
        self._slider.blockSignals(True)
        self._slider.setRange(low, high)
        self._slider.blockSignals(False)

    def _show(self, value: int, text: str) -> None:
        self._slider.blockSignals(True)
        self._slider.setValue(value)
        self._slider.blockSignals(False)
        self._value.setText(text)

    def _changed(self, value: int) -> None:
        if self._tool in _BRUSHES:
            self.brush_changed.emit(float(value))
        else:
            outline = self._tool == "outline"
            tolerance = value / _STEPS if outline else float(value)
            self._value.setText(_pixels(tolerance) if outline else str(value))
            self.tolerance_changed.emit(tolerance)


def _pixels(tolerance: float) -> str:
    return tr("{n} px", n=f"{tolerance:g}")
