"""The form of a recipe: built from the fields' own facts, so nothing is said twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Field, Level, Recipe
from tlstudio.domain.tasks import Task
from tlstudio.ui.words import say, tr

_GIVING_WAY = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon

OFF = -1
"""The value of a setting for pieces of images that means: never cut."""


class RecipeForm(QWidget):
    """Basic settings in view, the rest behind Expert; `changed` after each edit."""

    changed = Signal()

    def __init__(self, task: Task = Task.CLASSIFICATION, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_form")
        self._task, self._family = task, ""
        self._fields: dict[str, Field] = {}
        self._inputs: dict[str, QWidget] = {}
        self._basic, self._expert = _form(), _form()
        self._toggle = QToolButton(objectName="recipe_expert_toggle")
        self._toggle.setText(tr("Expert settings"))
        self._toggle.setAccessibleName(tr("Show or hide the expert settings"))
        self._toggle.setCheckable(True)
        self._panel = QWidget(objectName="recipe_expert_panel")
        self._panel.setLayout(self._expert)
        self._panel.hide()
        self._toggle.toggled.connect(self._panel.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._basic)
        column.addWidget(self._toggle)
        column.addWidget(self._panel)
        self._fill()

    def set_task(self, task: Task) -> None:
        """Show the settings of `task`; those that both tasks have keep what was set."""
        if task is self._task:
            return
        kept = self.values()
        for form in (self._basic, self._expert):
            while form.rowCount():
                form.removeRow(0)
        self._task = task
        self._fill()
        self.set_values({name: value for name, value in kept.items() if self._lawful(name, value)})
        self.changed.emit()

    def set_family(self, family: str) -> None:
        """Show the settings that mean something to models of this family."""
        self._family = family
        for name, field in self._fields.items():
            if field.idle:
                form = self._basic if field.level is Level.BASIC else self._expert
                form.setRowVisible(self._inputs[name], family not in field.idle)

    def _lawful(self, name: str, value: object) -> bool:
        try:
            Recipe.read({name: value}, self._task)
        except UserError:
            return False
        return True

    def _fill(self) -> None:
        self._fields = {f.name: f for f in Recipe.fields(self._task)}
        self._inputs = {}
        for field in self._fields.values():
            self._add(field, self._basic if field.level is Level.BASIC else self._expert)
        self._offer_limits(self._expert)
        self.set_family(self._family)

    def values(self) -> dict[str, object]:
        """The settings that differ from their defaults, ready for Recipe.read."""
        found = {name: _value(widget) for name, widget in self._inputs.items()}
        return {n: v for n, v in found.items() if v != self._fields[n].default}

    def set_values(self, settings: dict[str, object]) -> None:
        """Show these settings and the defaults for all others."""
        for name, widget in self._inputs.items():
            _show(widget, settings.get(name, self._fields[name].default))

    def show_advice(self, defaults: Mapping[str, Mapping[str, Any]]) -> None:
        """Say beside "automatic" what it stands for, and why in the tooltip.

        `defaults` are those of a plan: {value, code, params} by field.
        """
        for name, widget in self._inputs.items():
            advice = defaults.get(name)
            usual = f"{say(self._fields[name].help_code, {})}\n({name})"
            reason = "" if advice is None else say(advice["code"], advice["params"])
            widget.setToolTip(f"{reason}\n\n{usual}" if reason else usual)
            value = None if advice is None else advice["value"]
            _word_automatic(widget, self._fields[name], value)

    def input(self, name: str) -> QWidget:
        """The control of one setting."""
        return self._inputs[name]

    def _add(self, field: Field, form: QFormLayout) -> None:
        widget = self._control(field)
        help_text = say(field.help_code, {})
        label = QLabel(say(f"recipe.{field.name}", {}))
        label.setObjectName(f"recipe_{field.name}_label")
        widget.setObjectName(f"recipe_{field.name}")
        widget.setAccessibleName(label.text())
        widget.setAccessibleDescription(help_text)
        for each in (widget, label):
            each.setToolTip(f"{help_text}\n({field.name})")
        label.setBuddy(widget)
        self._inputs[field.name] = widget
        form.addRow(label, widget)

    def _offer_limits(self, form: QFormLayout) -> None:
        """Black and white can be named where a fixed window is chosen, and only there."""
        choice = self._inputs["window"]
        assert isinstance(choice, QComboBox)

        def show() -> None:
            for name in ("window_low", "window_high"):
                form.setRowVisible(self._inputs[name], choice.currentData() == "fixed")

        choice.currentIndexChanged.connect(show)
        show()

    def _control(self, field: Field) -> QWidget:
        if field.kind == "choice":
            box = QComboBox()
            # Long words give way; the list that opens shows them whole.
            box.setSizeAdjustPolicy(_GIVING_WAY)
            box.setMinimumContentsLength(12)
            for choice in field.choices:
                box.addItem(say(f"recipe.{field.name}.{choice}", {}), choice)
            box.setCurrentIndex(box.findData(field.default))
            box.currentIndexChanged.connect(self.changed)
            return box
        if field.kind == "bool":
            check = QCheckBox()
            check.setChecked(field.default)
            check.toggled.connect(self.changed)
            return check
        return self._number(field)

    def _number(self, field: Field) -> QWidget:
        spin: QSpinBox | QDoubleSpinBox
        if _can_be_off(field):
            spin = _PieceSpin(field)
            spin.valueChanged.connect(self.changed)
            return spin
        if field.kind == "int":
            spin = _AutoSpin(field)
        elif (field.most or 0) > 1e6:
            spin = _RawValueSpin()
        else:
            spin = QDoubleSpinBox()
            spin.setDecimals(6 if (field.least or 0) < 0.001 and field.auto is not None else 3)
            spin.setSingleStep(0.01 if (field.most or 0) <= 1 else 1)
            if field.default == 1 and field.auto is None:  # so many times what is usual
                spin.setDecimals(2)
                spin.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)
        low = min(field.least or 0, field.auto if field.auto is not None else field.least or 0)
        spin.setRange(low, field.most or 2**31 - 1)  # type: ignore[arg-type]
        if field.auto is not None:
            spin.setSpecialValueText(_automatic(field))
        if field.unit:
            spin.setSuffix(f" {field.unit}")
        spin.lineEdit().setTextMargins(6, 0, 0, 0)
        spin.setValue(field.default)
        spin.valueChanged.connect(self.changed)
        return spin


class _RawValueSpin(QDoubleSpinBox):
    """Values of any size, without zeros that say nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.setDecimals(7)

    def textFromValue(self, value: float) -> str:
        shown = self.locale().toString(value, "f", self.decimals())
        return shown.rstrip("0").rstrip(self.locale().decimalPoint())


def _form() -> QFormLayout:
    form = QFormLayout()
    form.setContentsMargins(0, 0, 0, 0)
    form.setVerticalSpacing(8)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    return form


class _AutoSpin(QSpinBox):
    """Between "automatic" and the least value lies nothing: steps jump over the gap."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._least = int(field.least or 0)
        self._auto = None if field.auto is None else int(field.auto)
        self.setSingleStep(32 if field.unit == "px" else 1)
        self.editingFinished.connect(self._leave_gap)

    def stepBy(self, steps: int) -> None:
        if self._auto is not None and steps > 0 and self.value() == self._auto:
            self.setValue(max(self._least, 224 if self.suffix() == " px" else self._least))
        elif (
            self._auto is not None and steps < 0 and self.value() - self.singleStep() < self._least
        ):
            self.setValue(self._auto)
        else:
            super().stepBy(steps)

    def _leave_gap(self) -> None:
        if self.value() != self._auto and self.value() < self._least:
            self.setValue(self._least)


def _can_be_off(field: Field) -> bool:
    """Whether -1 stands for off, below 0 for automatic: pieces of large images."""
    return field.kind == "int" and field.least == OFF and field.auto == 0


class _PieceSpin(QSpinBox):
    """Automatic, off, or a side in pixels, in this order; `setting` is the recipe's value.

    A spin box has words for its least value only, so that inside -1 is automatic and 0 is off.
    """

    def __init__(self, field: Field) -> None:
        super().__init__()
        self._unit = field.unit
        self.setRange(-1, int(field.most or 2**31 - 1))
        self.setSpecialValueText(_automatic(field))
        self.setSingleStep(32)
        self.lineEdit().setTextMargins(6, 0, 0, 0)
        self.set_setting(field.default)

    @property
    def setting(self) -> int:
        return {-1: 0, 0: OFF}.get(self.value(), self.value())

    def set_setting(self, value: int) -> None:
        self.setValue({0: -1, OFF: 0}.get(value, value))

    def stepBy(self, steps: int) -> None:
        if self.value() <= 0 and not (self.value() == 0 and steps > 0):
            self.setValue(min(0, self.value() + steps))
        elif self.value() == 0:
            self.setValue(256)
        else:
            self.setValue(max(0, self.value() + steps * self.singleStep()))

    def textFromValue(self, value: int) -> str:
        return tr("off") if value == 0 else f"{value} {self._unit}"

    def valueFromText(self, text: str) -> int:
        if text == self.specialValueText():  # which may name a size: "automatic: 512 px"
            return self.minimum()
        digits = "".join(sign for sign in text if sign.isdigit())
        return int(digits) if digits else 0

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        words = (self.specialValueText(), tr("off"))
        plain = text.removesuffix(self._unit).strip()
        if text in words or (plain.isdigit() and int(plain) <= self.maximum()):
            return QValidator.State.Acceptable, text, position
        return QValidator.State.Intermediate, text, position


def _word_automatic(widget: QWidget, field: Field, value: object) -> None:
    """ "automatic", or "automatic: 512 px" where a value is recommended."""
    if isinstance(widget, QComboBox):
        place = widget.findData("auto")
        if place >= 0:
            usual = say(f"recipe.{field.name}.auto", {})
            known = isinstance(value, str) and value in field.choices and value != "auto"
            chosen = say(f"recipe.{field.name}.{value}", {}) if known else ""
            widget.setItemText(place, f"{usual}: {chosen}" if chosen else usual)
    elif isinstance(widget, QSpinBox | QDoubleSpinBox) and field.auto is not None:
        usual = _automatic(field)
        plain = isinstance(value, int | float) and not isinstance(value, bool)
        if not plain:
            text = usual
        elif value == OFF:
            text = tr("{automatic}: off", automatic=usual)
        else:
            text = f"{usual}: {value:g} {field.unit}".rstrip()
        widget.setSpecialValueText(text)


def _automatic(field: Field) -> str:
    return tr("none") if field.name == "time_limit" else tr("automatic")


def _value(widget: QWidget) -> object:
    if isinstance(widget, QComboBox):
        return widget.currentData()
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    if isinstance(widget, _PieceSpin):
        return widget.setting
    assert isinstance(widget, QSpinBox | QDoubleSpinBox)
    return round(widget.value(), 7) if isinstance(widget, QDoubleSpinBox) else widget.value()


def _show(widget: QWidget, value: object) -> None:
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(max(0, widget.findData(value)))
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(value))
    elif isinstance(widget, _PieceSpin):
        widget.set_setting(int(value))  # type: ignore[call-overload]
    elif isinstance(widget, QSpinBox):
        widget.setValue(int(value))  # type: ignore[call-overload]
    elif isinstance(widget, QDoubleSpinBox):
        widget.setValue(float(value))  # type: ignore[arg-type]
