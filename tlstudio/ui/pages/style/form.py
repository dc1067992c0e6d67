"""The form of a styling's settings: built from the fields' own facts, so nothing is said twice."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Field, Level
from tlstudio.domain.styling import StyleSettings
from tlstudio.ui.pages.style.sliders import REACHES, SliderField
from tlstudio.ui.widgets.basics import column, named
from tlstudio.ui.words import say, say_error, tr

ELSEWHERE = ("network",)
"""Settings that the page shows by itself."""

_Control = QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit | SliderField


class StyleForm(QWidget):
    """Sliders and the other basic settings in view, the rest behind Expert; `changed` after each
    edit. The network is chosen elsewhere."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("styling_form")
        self._fields = {f.name: f for f in StyleSettings.fields() if f.name not in ELSEWHERE}
        self._inputs: dict[str, _Control] = {}
        self._basic, self._expert = (column(gap=12), _form()), (column(gap=12), _form())
        self._toggle = named(
            QToolButton(), "styling_expert_toggle", tr("Show or hide the expert settings")
        )
        self._toggle.setText(tr("Expert settings"))
        self._toggle.setCheckable(True)
        self._panel = QWidget(objectName="styling_expert_panel")
        self._panel.setLayout(column(*self._expert, gap=12))
        self._panel.hide()
        self._toggle.toggled.connect(self._panel.setVisible)
        for field in self._fields.values():
            self._add(field, *(self._basic if field.level is Level.BASIC else self._expert))
        self._offer_limits()
        self.setLayout(column(*self._basic, self._toggle, self._panel, gap=12))

    def values(self) -> dict[str, object]:
        """The settings that differ from their defaults, ready for StyleSettings.read."""
        found = {name: _value(control) for name, control in self._inputs.items()}
        return {n: v for n, v in found.items() if v != self._fields[n].default}

    def set_values(self, settings: Mapping[str, object]) -> None:
        """Show these settings and the defaults for all others, and tell once."""
        self.blockSignals(True)
        for name, control in self._inputs.items():
            _show(control, settings.get(name, self._fields[name].default))
        self.blockSignals(False)
        self._show_limits()
        self.changed.emit()

    def problem(self) -> str:
        """Why these settings cannot be used; empty where they can."""
        try:
            StyleSettings.read(self.values())
        except UserError as error:
            return say_error(error)
        return ""

    def input(self, name: str) -> QWidget:
        """The control of one setting."""
        return self._inputs[name]

    def open_expert(self, on: bool = True) -> None:
        self._toggle.setChecked(on)

    def _add(self, field: Field, above: QVBoxLayout, form: QFormLayout) -> None:
        if field.name in REACHES:
            slider = SliderField(field, REACHES[field.name])
            slider.changed.connect(self.changed)
            self._inputs[field.name] = slider
            above.addWidget(slider)
            return
        control = self._control(field)
        words, help_text = say(f"styling.{field.name}", {}), say(f"styling.{field.name}.help", {})
        named(control, f"styling_{field.name}", words, f"{help_text}\n({field.name})")
        control.setAccessibleDescription(help_text)
        label = QLabel(words)
        label.setToolTip(control.toolTip())
        label.setBuddy(control)
        self._inputs[field.name] = control
        form.addRow(label, control)

    def _control(self, field: Field) -> QComboBox | QSpinBox | QDoubleSpinBox | QLineEdit:
        if field.kind == "choice":
            box = QComboBox()
            for choice in field.choices:
                box.addItem(say(f"styling.{field.name}.{choice}", {}), choice)
            box.setCurrentIndex(box.findData(field.default))
            # The longest choice must not make the column wider; it is read in the open list.
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.currentIndexChanged.connect(self.changed)
            return box
        if field.kind == "text":
            line = QLineEdit(str(field.default))
            line.editingFinished.connect(self.changed)
            return line
        spin = _number(field)
        spin.valueChanged.connect(self.changed)
        return spin

    def _offer_limits(self) -> None:
        choice = self._inputs["window"]
        assert isinstance(choice, QComboBox)
        choice.currentIndexChanged.connect(self._show_limits)
        self._show_limits()

    def _show_limits(self) -> None:
        """Black and white can be named where a fixed window is chosen, and only there."""
        choice = self._inputs["window"]
        assert isinstance(choice, QComboBox)
        for name in ("window_low", "window_high"):
            self._expert[1].setRowVisible(self._inputs[name], choice.currentData() == "fixed")


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


def _number(field: Field) -> QSpinBox | QDoubleSpinBox:
    low = min(field.least or 0, field.auto if field.auto is not None else field.least or 0)
    spin: QSpinBox | QDoubleSpinBox
    if field.kind == "int":
        spin = QSpinBox()
        spin.setRange(int(low), int(field.most or 2**31 - 1))
    else:
        spin = QDoubleSpinBox()
        spin.setDecimals(4 if (field.most or 0) <= 1 else 2)
        spin.setSingleStep(0.01 if (field.most or 0) <= 1 else 1)
        spin.setRange(low, field.most or 0)
    if field.auto is not None:
        none = field.name == "time_limit"
        spin.setSpecialValueText(tr("none") if none else tr("automatic"))
    if field.unit:
        spin.setSuffix(f" {field.unit}")
    spin.setKeyboardTracking(False)
    spin.setValue(field.default)
    return spin


def _value(control: _Control) -> object:
    if isinstance(control, QComboBox):
        return control.currentData()
    if isinstance(control, QLineEdit):
        return control.text().strip() or "auto"
    found = control.value()
    return round(found, 6) if isinstance(found, float) else found


def _show(control: _Control, value: object) -> None:
    if isinstance(control, QComboBox):
        control.setCurrentIndex(max(0, control.findData(value)))
    elif isinstance(control, QLineEdit):
        control.setText(str(value))
    elif isinstance(control, QSpinBox):
        control.setValue(int(str(value)))
    else:
        control.set_value(float(str(value))) if isinstance(control, SliderField) else (
            control.setValue(float(str(value)))
        )
