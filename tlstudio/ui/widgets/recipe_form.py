"""The form of a recipe: built from the fields' own facts, so nothing is said twice."""

from __future__ import annotations

from PySide6.QtCore import Signal
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

from tlstudio.domain.recipe import Field, Level, Recipe
from tlstudio.domain.tasks import Task
from tlstudio.ui.words import say, tr


class RecipeForm(QWidget):
    """Basic settings in view, the rest behind Expert; `changed` after each edit."""

    changed = Signal()

    def __init__(self, task: Task = Task.CLASSIFICATION, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipe_form")
        self._fields = {f.name: f for f in Recipe.fields(task)}
        self._inputs: dict[str, QWidget] = {}
        basic, expert = QFormLayout(), QFormLayout()
        for form in (basic, expert):
            form.setContentsMargins(0, 0, 0, 0)
            form.setVerticalSpacing(8)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for field in self._fields.values():
            self._add(field, basic if field.level is Level.BASIC else expert)
        self._offer_limits(expert)
        self._toggle = QToolButton(objectName="recipe_expert_toggle")
        self._toggle.setText(tr("Expert settings"))
        self._toggle.setAccessibleName(tr("Show or hide the expert settings"))
        self._toggle.setCheckable(True)
        self._panel = QWidget(objectName="recipe_expert_panel")
        self._panel.setLayout(expert)
        self._panel.hide()
        self._toggle.toggled.connect(self._panel.setVisible)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(basic)
        column.addWidget(self._toggle)
        column.addWidget(self._panel)

    def values(self) -> dict[str, object]:
        """The settings that differ from their defaults, ready for Recipe.read."""
        found = {name: _value(widget) for name, widget in self._inputs.items()}
        return {n: v for n, v in found.items() if v != self._fields[n].default}

    def set_values(self, settings: dict[str, object]) -> None:
        """Show these settings and the defaults for all others."""
        for name, widget in self._inputs.items():
            _show(widget, settings.get(name, self._fields[name].default))

    def input(self, name: str) -> QWidget:
        """The control of one setting."""
        return self._inputs[name]

    def _add(self, field: Field, form: QFormLayout) -> None:
        widget = self._control(field)
        help_text = say(f"recipe.{field.name}.help", {})
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
        if field.kind == "int":
            spin = _AutoSpin(field)
        elif (field.most or 0) > 1e6:
            spin = _RawValueSpin()
        else:
            spin = QDoubleSpinBox()
            spin.setDecimals(6 if (field.least or 0) < 0.001 and field.auto is not None else 3)
            spin.setSingleStep(0.01 if (field.most or 0) <= 1 else 1)
        low = min(field.least or 0, field.auto if field.auto is not None else field.least or 0)
        spin.setRange(low, field.most or 2**31 - 1)  # type: ignore[arg-type]
        if field.auto is not None:
            spin.setSpecialValueText(tr("none") if field.name == "time_limit" else tr("automatic"))
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


def _value(widget: QWidget) -> object:
    if isinstance(widget, QComboBox):
        return widget.currentData()
    if isinstance(widget, QCheckBox):
        return widget.isChecked()
    assert isinstance(widget, QSpinBox | QDoubleSpinBox)
    return round(widget.value(), 7) if isinstance(widget, QDoubleSpinBox) else widget.value()


def _show(widget: QWidget, value: object) -> None:
    if isinstance(widget, QComboBox):
        widget.setCurrentIndex(max(0, widget.findData(value)))
    elif isinstance(widget, QCheckBox):
        widget.setChecked(bool(value))
    elif isinstance(widget, QSpinBox):
        widget.setValue(int(value))  # type: ignore[call-overload]
    elif isinstance(widget, QDoubleSpinBox):
        widget.setValue(float(value))  # type: ignore[arg-type]
