"""The form of the settings: sliders, numbers, and what only some choices need."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QSlider, QWidget

from tlstudio.domain.styling import StyleSettings
from tlstudio.ui.pages.style.form import ELSEWHERE, StyleForm
from tlstudio.ui.pages.style.sliders import REACHES
from tlstudio.ui.theme import theme


@pytest.fixture
def form(qapp: QApplication) -> Iterator[StyleForm]:
    theme().apply("dark")
    made = StyleForm()
    made.resize(280, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def slider(form: StyleForm, name: str) -> QSlider:
    return form.findChild(QSlider, f"styling_{name}_slider")


def test_every_setting_is_on_the_form_or_beside_it(form) -> None:
    known = {field.name for field in StyleSettings.fields()}
    assert set(form._inputs) | set(ELSEWHERE) == known
    assert set(REACHES) <= known


def test_untouched_it_asks_for_nothing_and_is_lawful(form) -> None:
    assert form.values() == {}
    assert form.problem() == ""


@pytest.mark.parametrize("name", sorted(REACHES))
def test_a_slider_covers_what_it_says_and_shows_its_value(form, name) -> None:
    reach = REACHES[name]
    values = [reach.value(place) for place in range(101)]
    assert values == sorted(values)
    assert values[-1] == reach.high
    for place in (1, 30, 50, 77, 100):
        assert reach.value(reach.place(reach.value(place))) == pytest.approx(reach.value(place))


def test_keys_on_a_slider_change_the_setting(form) -> None:
    told = []
    form.changed.connect(lambda: told.append(form.values()))
    QTest.keyClick(slider(form, "style_weight"), Qt.Key.Key_PageUp)
    (values,) = told
    assert 1.5 < values["style_weight"] < 2.5
    StyleSettings.read(values)
    QTest.keyClick(slider(form, "style_weight"), Qt.Key.Key_Home)
    assert form.values()["style_weight"] == 0


def test_the_middle_of_a_weight_is_what_is_recommended(form) -> None:
    for name in ("style_weight", "content_weight", "smoothness", "style_scale"):
        slider(form, name).setValue(80)
        slider(form, name).setValue(REACHES[name].place(1.0))
        assert 40 < slider(form, name).value() < 60
    assert form.values() == {}


def test_the_number_takes_what_the_slider_does_not_reach(form) -> None:
    spin = form.findChild(QWidget, "styling_style_weight")
    spin.setValue(300)
    assert form.values() == {"style_weight": 300}
    assert slider(form, "style_weight").value() == 100


def test_steps_are_automatic_at_the_left_end(form) -> None:
    form.open_expert()
    spin = form.findChild(QWidget, "styling_steps")
    assert spin.text() == "automatic"
    slider(form, "steps").setValue(60)
    steps = form.values()["steps"]
    assert steps % 10 == 0 and 100 < steps < 1000
    slider(form, "steps").setValue(0)
    assert "steps" not in form.values()


def test_both_weights_at_nothing_are_refused_in_words(form) -> None:
    form.set_values({"style_weight": 0, "content_weight": 0})
    assert "nothing to do" in form.problem()


def test_settings_come_back_as_they_were_and_are_told_once(form) -> None:
    told = []
    form.changed.connect(lambda: told.append(1))
    given = {"size": 768, "start": "noise", "colour": "luminance", "style_layers": "fire2,fire3"}
    form.set_values(given)
    assert form.values() == given
    assert told == [1]
    form.set_values({})
    assert form.values() == {}


def test_black_and_white_are_asked_for_with_a_fixed_window_only(form) -> None:
    form.open_expert()
    low = form.findChild(QWidget, "styling_window_low")
    assert not low.isVisible()
    form.set_values({"window": "fixed", "window_low": 10, "window_high": 5})
    assert low.isVisible()
    assert form.problem()


def test_expert_settings_are_folded_away_first(form) -> None:
    steps = form.findChild(QWidget, "styling_steps")
    assert not steps.isVisible()
    toggle = form.findChild(QWidget, "styling_expert_toggle")
    QTest.mouseClick(toggle, Qt.MouseButton.LeftButton)
    assert steps.isVisible()
