"""Choosing what to learn: the task, the annotations, the models and settings that go with it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QValidator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QPushButton

from tlstudio.domain.annotations import Box
from tlstudio.domain.events import EpochEnded
from tlstudio.domain.images import ImageState
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import Ended, Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.ui.run_monitor import monitor_of
from tlstudio.ui.task_words import merit_of
from tlstudio.ui.widgets.curves import Curves
from tlstudio.ui.widgets.recipe_form import RecipeForm
from tlstudio.ui.widgets.run_view import RunView


@pytest.fixture
def boxed(driver, tmp_path: Path, class_folder):
    """The window on a project of six images with a box each, of one label."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.labelling import label_named, set_state
    from tlstudio.services.projects import create_project
    from tlstudio.services.shaping import add_shapes

    source = class_folder({"a": 3, "b": 3}, size=48)
    folder = tmp_path / "boxes.tlproj"
    with create_project(folder, labels=("cell",), task="detection") as project:
        import_source(project, source)
        label = label_named(project, "cell").id
        for image in range(1, 7):
            box = Box(id="", image=image, label=label, x=4, y=5, w=20, h=18)
            add_shapes(project, image, [box])
        set_state(project, range(1, 7), ImageState.LABELLED)
    driver.context.open_project(folder)
    driver.settle(lambda: driver.window.page("images") is not None)
    return driver


def test_the_project_s_task_is_what_train_offers_first(boxed) -> None:
    boxed.click("rail_train")
    boxed.settle(lambda: boxed.find("train_model").count() > 10)
    page = boxed.window.page("train")
    assert page.request().task == "detection"
    boxed.settle(lambda: "6 objects in 6 images" in boxed.find("train_data").text())
    assert "automatic:" in page._form.input("epochs").text()
    anchors = page._form.input("anchors")
    assert anchors.isHidden(), "the model offered first is a YOLO"
    page._picker._models.setCurrentIndex(page._picker._models.findData("retinanet_resnet50_fpn"))
    assert not anchors.isHidden()


def test_what_would_be_learned_is_looked_up_only_while_somebody_looks(boxed, monkeypatch) -> None:
    from tlstudio.services import labelling, training

    boxed.click("rail_train")
    boxed.settle(lambda: "6 objects in 6 images" in boxed.find("train_data").text())
    plans: list[object] = []
    plan = training.training_plan
    monkeypatch.setattr(training, "training_plan", lambda *a, **b: plans.append(a) or plan(*a, **b))
    boxed.click("rail_images")
    boxed.context.edit(labelling.delete_images, [1])
    boxed.settle()
    assert not plans
    boxed.click("rail_train")
    boxed.settle(lambda: "5 objects in 5 images" in boxed.find("train_data").text())
    boxed.context.edit(labelling.delete_images, [2])
    boxed.settle(lambda: "4 objects in 4 images" in boxed.find("train_data").text())


def test_another_task_brings_its_own_models_settings_and_kinds(boxed) -> None:
    boxed.click("rail_train")
    boxed.settle(lambda: boxed.find("train_model").count() > 10)
    boxed.click("train_task_segmentation")
    boxed.settle(lambda: boxed.find("train_model").findData("unet:resnet18") >= 0)
    page = boxed.window.page("train")
    assert boxed.find("train_model").findData("resnet18") < 0
    assert "loss" in page._form._inputs and "tile" not in page._form._inputs
    kinds: QComboBox = boxed.find("train_from")
    assert {kinds.itemData(n) for n in range(kinds.count())} == {None, "mask", "polygon", "box"}
    assert boxed.context.project.task == "segmentation"


def test_settings_of_both_tasks_are_kept_and_others_dropped(qtbot) -> None:
    form = RecipeForm(Task.DETECTION)
    qtbot.addWidget(form)
    form.set_values({"epochs": 40, "tile": 512, "seed": 7})
    assert form.values() == {"epochs": 40, "tile": 512, "seed": 7}
    form.set_task(Task.SEGMENTATION)
    assert form.values() == {"epochs": 40, "seed": 7}
    Recipe.read(form.values(), Task.SEGMENTATION)


def test_anchors_are_asked_for_only_where_a_model_has_some(qtbot) -> None:
    form = RecipeForm(Task.DETECTION)
    qtbot.addWidget(form)
    for family, asked in (("yolo", False), ("fasterrcnn", True), ("fcos", False), ("ssd", True)):
        form.set_family(family)
        assert form.input("anchors").isHidden() != asked, family
    form.set_family("yolo")
    form.set_task(Task.SEGMENTATION)
    form.set_task(Task.DETECTION)
    assert form.input("anchors").isHidden()


def test_pieces_are_automatic_off_or_a_size(qtbot) -> None:
    form = RecipeForm(Task.DETECTION)
    qtbot.addWidget(form)
    tile = form.input("tile")
    assert form.values() == {} and tile.text() == "automatic"
    QTest.keyClick(tile, Qt.Key.Key_Return)
    assert form.values() == {} and tile.text() == "automatic"
    advice = {"value": 512, "code": "recipe.tile.auto", "params": {}}
    form.show_advice({"tile": advice})
    assert tile.text() == "automatic: 512 px"
    QTest.keyClick(tile, Qt.Key.Key_Return)
    assert form.values() == {}
    form.show_advice({})
    tile.stepUp()
    assert tile.text() == "off" and form.values() == {"tile": -1}
    tile.stepUp()
    assert tile.text() == "256 px" and form.values() == {"tile": 256}
    tile.stepDown()
    assert form.values() == {"tile": 224}
    form.set_values({"tile": -1})
    assert tile.text() == "off"
    assert tile.valueFromText("640 px") == 640
    assert tile.validate("640 px", 0)[0] is QValidator.State.Acceptable
    assert tile.validate("64a", 0)[0] is not QValidator.State.Acceptable


def test_a_recommended_value_stands_beside_automatic_with_its_reason(qtbot) -> None:
    form = RecipeForm(Task.SEGMENTATION)
    qtbot.addWidget(form)
    advice = {"value": "dice_focal", "code": "recipe.loss.dice_focal", "params": {}}
    form.show_advice({"loss": advice, "patch": {**advice, "value": -1}})
    loss = form.input("loss")
    assert loss.itemText(loss.findData("auto")) == "Automatic: Dice and focal"
    assert loss.toolTip().startswith("Dice and focal")
    assert form.input("patch").text() == "automatic: off"
    form.show_advice({})
    assert loss.itemText(loss.findData("auto")) == "Automatic"
    assert form.values() == {}


def test_only_losses_that_are_drawn_are_named(qtbot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    legend = curves._loss.getPlotItem().legend
    curves.set_task(Task.DETECTION)
    curves.add(EpochEnded("s", 1, 2, 1.0, {"train_loss": 2.0, "map50": 0.5}, True))
    assert [words.text for _line, words in legend.items] == ["training"]
    curves.set_task(Task.CLASSIFICATION)
    curves.add(EpochEnded("s", 1, 2, 1.0, {"train_loss": 2.0, "val_loss": 2.1}, True))
    assert [words.text for _line, words in legend.items] == ["training", "validation"]


def test_a_run_that_was_ended_before_its_epochs_can_go_on_and_says_how(qtbot) -> None:
    view = RunView(SimpleNamespace())
    qtbot.addWidget(view)
    resume = view.findChild(QPushButton, "run_resume")

    def shown(state: str, ended: str | None = None) -> tuple[bool, str]:
        run = Run("r1", "detection", "yolo11n", RunState(state), "", ended=ended and Ended(ended))
        view.set_run(run)
        return not resume.isHidden(), f"{resume.text()}: {resume.toolTip()}"

    assert shown("lost") == (True, "Resume: Go on from the last checkpoint")
    offered, words = shown("done", "user")
    assert offered and words.startswith("Go on learning: Learn the epochs that were left")
    offered, words = shown("done", "time")
    assert offered and "as long as the time limit" in words
    for state, ended in (("done", "completed"), ("done", "early"), ("running", None)):
        assert not shown(state, ended)[0]


def test_curves_draw_the_figures_of_the_task(qtbot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.set_task(Task.DETECTION)
    values = {"train_loss": 1.0, "map50": 0.6, "map50_95": 0.3}
    curves.add(EpochEnded("training.stage.finetune", 1, 3, 1.0, values, best=True))
    assert curves._figure.getData()[1].tolist() == [0.6]
    assert curves._second.getData()[1].tolist() == [0.3]
    assert "mAP50 0.60" in curves.accessibleDescription()
    assert merit_of(values) == ("map50", 0.6)


def test_a_detector_is_trained_watched_judged_and_tried(boxed, tmp_path: Path) -> None:
    boxed.click("rail_train")
    boxed.settle(lambda: boxed.find("train_model").findData("fasterrcnn:squeezenet1_1") >= 0)
    for name, value in (("train_model", "fasterrcnn:squeezenet1_1"), ("train_weights", "none")):
        box = boxed.find(name)
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
    form = boxed.window.page("train")._form
    form.set_values({"image_size": 64, "epochs": 1, "augmentation": "none", "batch_size": 4})
    boxed.settle()
    boxed.click("train_start")
    monitor = monitor_of(boxed.context)
    boxed.settle(lambda: monitor.run_id is not None)
    boxed.settle(lambda: not monitor.busy, 200)
    boxed.settle(lambda: "is done" in boxed.find("run_title").text())
    boxed.settle(lambda: boxed.find("run_example_0").pixmap().width() > 0)
    assert "mAP" in boxed.find("run_merit_words").text()
    assert boxed.find("run_origin").text() == "Whole model new, from random numbers"

    boxed.click("run_results")
    boxed.settle(lambda: boxed.find("outcome_canvas").isVisible(), 200)
    boxed.click("results_try")
    boxed.settle(lambda: boxed.find("tryout_run").count() == 1)
    picture = next((tmp_path / "images").rglob("*.png"))
    boxed.window.page("tryout").dropped([picture])
    boxed.settle(lambda: "object" in boxed.find("tryout_answer").text(), 200)
    boxed.settle(lambda: not boxed.find("tryout_picture").pixmap().isNull())
