"""How a look is given: the method with a word on which one suits, strength, alike or each."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QSlider, QWidget

from tlstudio.ui.widgets.basics import (
    Segments,
    column,
    disable,
    label,
    named,
    row,
    set_role,
)
from tlstudio.ui.words import say, tr

METHODS = ("lab", "histogram", "macenko", "neural")


class MatchSettings(QWidget):
    """`changed` after another method or choice of alike, `strength_changed` after the slider."""

    changed = Signal()
    strength_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("match_settings")
        self._by_hand = False
        words = [(method, say(f"look.method.{method}", {})) for method in METHODS]
        self._method = Segments("match_method", tr("Method"), words, self._picked)
        for method in METHODS:
            self._method.set_tip(method, say(f"look.method.{method}.help", {}))
        self._method.set_value(METHODS[0])
        self._hint = label("", "dim", "match_hint", wrap=True)
        self._slider = named(
            QSlider(Qt.Orientation.Horizontal),
            "match_strength",
            tr("Strength"),
            tr("How much of the other site's look the images get"),
        )
        self._slider.setRange(1, 100)
        self._slider.setValue(100)
        self._slider.setPageStep(10)
        self._number = label("100 %", name="match_strength_number")
        self._slider.valueChanged.connect(self._slid)
        self._alike = named(
            QCheckBox(tr("Change all images alike")),
            "match_alike",
            tr("Change all images alike"),
            tr(
                "On: one change for the whole site, as between two scanners, so that a dark image"
                " stays darker than a bright one. Off: each image is measured by itself, as"
                " stains differ from slide to slide."
            ),
        )
        self._alike.toggled.connect(lambda _on: self.changed.emit())
        strength = label(tr("Strength"), "heading")
        strength.setBuddy(self._slider)
        self.setLayout(
            column(
                label(tr("Method"), "heading"),
                row(self._method, None),
                self._hint,
                8,
                row(strength, None, self._number),
                self._slider,
                self._alike,
            )
        )

    @property
    def method(self) -> str:
        """The method that was picked by hand, "" for the one that suits."""
        return (self._method.value() or "") if self._by_hand else ""

    @property
    def strength(self) -> float:
        return self._slider.value() / 100

    @property
    def alike(self) -> bool:
        return self._alike.isChecked()

    def show_method(self, method: str, suits: str, why: str) -> None:
        """The method in use, and which one suits, with the code of the words that say so."""
        self._method.set_value(method)
        single = tr("Each image is painted by itself") if method == "neural" else ""
        disable(self._alike, single)
        if method == "neural":
            set_role(self._hint, "dim")
            self._hint.setText(say("look.method.neural.help", {}))
            return
        set_role(self._hint, "dim" if method == suits else "warning")
        words = say(why, {})
        if method != suits:
            words = tr("Another method may do better. {why}.", why=words)
        self._hint.setText(words if words.endswith(".") else f"{words}.")

    def show_problem(self, words: str) -> None:
        """Why the method cannot be used."""
        set_role(self._hint, "danger")
        self._hint.setText(words)

    def forget_hint(self) -> None:
        self._hint.setText("")

    def by_what_suits(self) -> None:
        """Other images: what was picked by hand for the last ones is over."""
        self._by_hand = False

    def _picked(self, method: str) -> None:
        self._by_hand = True
        self._method.set_value(method)
        self.changed.emit()

    def _slid(self, value: int) -> None:
        self._number.setText(f"{value} %")
        self.strength_changed.emit()
