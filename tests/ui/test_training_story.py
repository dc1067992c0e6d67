"""Train, Results, Try and Export in the window, with a real run in a real child process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox

from tlstudio.domain.errors import UserError
from tlstudio.domain.recipe import Field, Level, Recipe
from tlstudio.ui.run_monitor import monitor_of
from tlstudio.ui.widgets.recipe_form import RecipeForm


def _choose(box: QComboBox, value: str) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def _prepare(driver, epochs: int = 1) -> None:
    """On the Train page: the smallest model from scratch at 32 px."""
    driver.click("rail_train")
    driver.settle(lambda: driver.find("train_model").count() > 30)
    _choose(driver.find("train_model"), "squeezenet1_1")
    _choose(driver.find("train_weights"), "none")
    page = driver.window.page("train")
    page._form.set_values(
        {"image_size": 32, "epochs": epochs, "min_steps": 0, "augmentation": "none"}
    )
    driver.settle()


def _start_and_wait(driver, seconds: float = 200) -> None:
    driver.click("train_start")
    monitor = monitor_of(driver.context)
    driver.settle(lambda: monitor.run_id is not None)
    driver.settle(lambda: not monitor.busy, seconds)


def test_from_labels_to_a_bundle_that_answers(opened, tmp_path: Path) -> None:
    _prepare(opened)
    assert "18 images with 3 labels" in opened.find("train_data").text()
    _start_and_wait(opened)
    opened.settle(lambda: opened.find("run_results").isVisible())
    assert "is done" in opened.find("run_title").text()
    float(opened.find("run_merit").text())

    opened.click("run_results")
    opened.settle(lambda: opened.window.page("results") is not None)
    opened.settle(lambda: opened.window.page("results")._stack.currentIndex() == 1)
    headline = opened.find("results_headline")
    opened.settle(lambda: headline.text() not in ("", "–"), 200)
    matrix = opened.find("confusion_matrix")
    counts = [int(matrix.item(r, c).text()) for r in range(3) for c in range(3)]
    assert sum(counts) > 0
    filled = next(i for i, count in enumerate(counts) if count)
    strip = opened.find("results_strip")
    cell = matrix.visualItemRect(matrix.item(filled // 3, filled % 3)).center()
    QTest.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    opened.settle(lambda: strip.model().rowCount() == counts[filled])

    opened.click("results_try")
    picture = next((tmp_path / "images").rglob("*.png"))
    opened.settle(lambda: opened.find("tryout_run").count() == 1)
    opened.window.page("tryout").dropped([picture])
    opened.settle(lambda: opened.find("tryout_answer").text() in ("bars", "round", "stripes"), 200)

    opened.click("rail_export")
    opened.settle(lambda: opened.find("export_run").count() == 1)
    opened.type("export_folder", str(tmp_path / "bundle"))
    opened.click("export_start")
    opened.settle(lambda: opened.find("export_command").text() != "", 200)
    parity = json.loads((tmp_path / "bundle" / "parity.json").read_text())
    assert "onnx" in json.dumps(parity)
    check = subprocess.run(
        [sys.executable, str(tmp_path / "bundle" / "predict.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert check.returncode == 0, check.stderr


def test_stop_and_keep_leaves_a_model(opened) -> None:
    _prepare(opened, epochs=500)
    opened.window.page("train")._form.set_values(
        {"image_size": 32, "epochs": 500, "patience": 500, "augmentation": "none"}
    )
    opened.click("train_start")
    monitor = monitor_of(opened.context)
    opened.settle(lambda: monitor.epoch is not None, 200)
    assert opened.context.run_pill.text().startswith("r0001, ")
    reason = opened.find("train_start").toolTip()
    assert "under way" in reason
    opened.click("run_stop")
    opened.settle(lambda: not monitor.busy, 200)
    opened.settle(lambda: "is done" in opened.find("run_title").text())


def test_cancel_keeps_nothing_and_says_so(opened) -> None:
    _prepare(opened, epochs=500)
    opened.click("train_start")
    monitor = monitor_of(opened.context)
    opened.settle(lambda: monitor.last is not None, 200)
    opened.click("run_cancel")
    opened.settle(lambda: not monitor.busy, 200)
    opened.settle(lambda: "was cancelled" in opened.find("run_title").text())
    opened.click("rail_results")
    opened.settle(lambda: opened.find("results_to_train").isVisible())


def test_pretrained_weights_that_are_absent_are_offered_not_fetched(opened) -> None:
    opened.click("rail_train")
    opened.settle(lambda: opened.find("train_model").count() > 30)
    _choose(opened.find("train_model"), "resnet18")
    opened.settle()
    assert "MB" in opened.find("train_weights_fetch").text()
    start = opened.find("train_start")
    assert not start.isEnabled()
    assert "not on this machine" in start.toolTip()
    assert "18 images" in opened.find("train_data").text()


def test_a_timm_name_is_found_by_typing_it(opened) -> None:
    opened.click("rail_train")
    box = opened.find("train_model")
    opened.settle(lambda: box.count() > 30)
    box.lineEdit().setFocus()
    box.lineEdit().selectAll()
    QTest.keyClicks(box.lineEdit(), "timm:resnet10t.c3_in1k")
    QTest.keyClick(box.lineEdit(), Qt.Key.Key_Return)
    opened.settle(lambda: box.currentData() == "timm:resnet10t.c3_in1k")
    opened.window.page("train")._picker.reload()
    opened.settle()
    assert box.currentData() == "timm:resnet10t.c3_in1k"


def test_a_chosen_file_of_weights_stays_when_runs_change(
    opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlstudio.ui.widgets import weights_picker

    opened.click("rail_train")
    opened.settle(lambda: opened.find("train_model").count() > 30)
    file = str(tmp_path / "mine.safetensors")
    monkeypatch.setattr(weights_picker, "ask_weights_file", lambda _parent: file)
    _choose(opened.find("train_weights"), "file")
    page = opened.window.page("train")
    page._picker.reload()
    opened.settle()
    assert page._picker.weights() == file
    _choose(opened.find("train_model"), "alexnet")
    opened.settle()
    assert page._picker.weights() == "default", "a file belongs to one model"


def test_weights_that_came_elsewhere_are_seen_on_coming_back(
    opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from tlstudio.services import _weights_store

    opened.click("rail_train")
    opened.settle(lambda: opened.find("train_model").count() > 30)
    _choose(opened.find("train_model"), "resnet18")
    opened.settle(lambda: not opened.find("train_start").isEnabled())
    here = {"resnet18": SimpleNamespace(model="resnet18")}
    monkeypatch.setattr(_weights_store, "present", lambda: here)
    opened.click("rail_images")
    opened.click("rail_train")
    opened.settle(lambda: "are on this machine" in opened.find("train_weights_state").text())
    assert opened.window.page("train")._picker.problem() == ""


def test_a_folder_typed_for_the_bundle_stays_when_runs_change(opened) -> None:
    from tlstudio.domain.changes import Changes

    opened.click("rail_export")
    opened.settle()
    opened.type("export_folder", "/somewhere/else")
    opened.context.changes.tell(Changes(runs=frozenset({"r0001"})))
    opened.settle()
    assert opened.find("export_folder").text() == "/somewhere/else"


@pytest.mark.parametrize("field", Recipe.fields(), ids=lambda f: f.name)
def test_each_setting_of_the_recipe_has_a_control_with_words(qtbot, field: Field) -> None:
    form = RecipeForm()
    qtbot.addWidget(form)
    control = form.input(field.name)
    assert control.accessibleName() and not control.accessibleName().startswith("recipe.")
    assert control.accessibleDescription()
    assert (field.level is Level.BASIC) == (not form._panel.isAncestorOf(control))
    assert form.values() == {}
    if isinstance(control, QComboBox):
        control.setCurrentIndex((control.currentIndex() + 1) % control.count())
    elif isinstance(control, QCheckBox):
        control.toggle()
    else:
        control.setValue(field.most if isinstance(control, QSpinBox) else (field.most or 1) / 4)
    changed = form.values()
    assert list(changed) == [field.name]
    assert Recipe.read(changed) != Recipe()


def test_black_and_white_are_asked_for_where_the_window_is_fixed(qtbot) -> None:
    form = RecipeForm()
    qtbot.addWidget(form)
    form._panel.show()
    form.show()
    window, low, high = (form.input(n) for n in ("window", "window_low", "window_high"))
    assert not low.isVisible() and not high.isVisible()
    window.setCurrentIndex(window.findData("fixed"))
    assert low.isVisible() and high.isVisible()
    with pytest.raises(UserError) as refused:
        Recipe.read(form.values())
    assert refused.value.code == "window.order"
    low.setValue(-1024.5)
    high.setValue(0.000125)
    assert low.text() == "-1024.5" and high.text() == "0.000125"
    assert form.values() == {"window": "fixed", "window_low": -1024.5, "window_high": 0.000125}
    window.setCurrentIndex(window.findData("full"))
    assert not low.isVisible()
