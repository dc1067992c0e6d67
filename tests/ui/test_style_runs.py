"""A style learned in the window: chosen, watched, looked at, tried and given to a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent
from PySide6.QtWidgets import QApplication, QComboBox, QFileDialog, QLabel

from tlstudio.domain.events import EpochEnded
from tlstudio.domain.tasks import Task
from tlstudio.ui.run_monitor import monitor_of
from tlstudio.ui.task_words import merit_of
from tlstudio.ui.widgets.curves import Curves

MODEL = "fast-style:squeezenet1_1"


@pytest.fixture
def unlabelled(driver, tmp_path: Path):
    """The window on a project of eight pictures that nobody has labelled."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    rng = np.random.default_rng(2)
    source = tmp_path / "album"
    source.mkdir()
    for number in range(8):
        pixels = rng.integers(0, 255, (64, 80, 3), np.uint8)
        Image.fromarray(pixels).save(source / f"{number}.png")
    Image.new("RGB", (70, 50), "teal").save(tmp_path / "paint.png")
    with create_project(tmp_path / "pictures.tlproj") as project:
        import_source(project, source)
    driver.context.open_project(tmp_path / "pictures.tlproj")
    driver.settle(lambda: driver.window.page("images") is not None)
    return driver


def _to_style(driver) -> None:
    driver.click("rail_train")
    driver.settle(lambda: driver.find("train_model").count() > 10)
    driver.click("train_task_style")
    driver.settle(lambda: driver.find("train_model").findData(MODEL) >= 0)


def test_the_sentence_asks_for_a_style_and_for_no_labels(unlabelled, tmp_path: Path) -> None:
    _to_style(unlabelled)
    unlabelled.settle(lambda: "labelled or not" in unlabelled.find("train_data").text())
    assert "7 to train, 1 to validate" in unlabelled.find("train_data").text()
    start = unlabelled.find("train_start")
    assert not start.isEnabled() and "look" in start.toolTip()
    assert not [w for w in unlabelled.window.findChildren(QComboBox, "train_from") if w.isVisible()]
    assert unlabelled.context.project.task == "classification", "labels are for that still"
    weights = unlabelled.find("train_weights")
    assert weights.findData("none") < 0
    form = unlabelled.window.page("train")._form
    assert "style_weight" in form._inputs and "augmentation" not in form._inputs
    assert "automatic: 16" in form.input("epochs").text()

    unlabelled.window.page("train").dropped([tmp_path / "paint.png"])
    unlabelled.settle(lambda: not unlabelled.find("train_style_picture").pixmap().isNull())
    assert "paint.png" in unlabelled.find("train_style_name").text()
    assert "feature network" in start.toolTip(), "what is missing now is who teaches it"
    unlabelled.window.page("train").dropped([tmp_path / "album"])  # a folder is no picture
    assert unlabelled.window.page("train").request().style == str(tmp_path / "paint.png")

    unlabelled.click("train_task_detection")
    unlabelled.settle(lambda: unlabelled.find("train_model").findData("yolo11n") >= 0)
    assert unlabelled.window.page("train").request().style is None


def test_only_a_page_that_takes_files_lets_them_be_dropped(unlabelled, tmp_path: Path) -> None:
    unlabelled.click("rail_train")
    unlabelled.settle()
    urls = QMimeData()
    urls.setUrls([QUrl.fromLocalFile(str(tmp_path / "paint.png"))])

    def offered() -> bool:
        event = QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            urls,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        event.ignore()
        unlabelled.window.dragEnterEvent(event)
        return event.isAccepted()

    assert not offered()
    _to_style(unlabelled)
    assert offered()


def test_an_image_of_the_project_can_be_the_style(unlabelled, monkeypatch) -> None:
    from tlstudio.ui.widgets import image_question

    _to_style(unlabelled)

    def choose(question) -> int:
        strip, use = question.picker._strip, question.picker._use
        unlabelled.settle(lambda: strip.model().rowCount() == 8)
        assert not use.isEnabled()
        strip.setCurrentIndex(strip.model().index(2, 0))
        assert use.isEnabled()
        use.click()
        return question.result()

    monkeypatch.setattr(image_question.ImageQuestion, "exec", choose)
    unlabelled.click("train_style_project")
    unlabelled.settle(lambda: not unlabelled.find("train_style_picture").pixmap().isNull())
    assert unlabelled.window.page("train").request().style == "image:3"
    assert unlabelled.find("train_style_name").text() == "2.png"


def test_a_file_that_is_no_picture_says_so_where_it_was_dropped(unlabelled, tmp_path: Path) -> None:
    _to_style(unlabelled)
    (tmp_path / "notes.jpg").write_text("no picture")
    unlabelled.window.page("train").dropped([tmp_path / "notes.jpg"])
    unlabelled.settle(lambda: "notes.jpg" in unlabelled.find("train_style_picture").text())
    assert not unlabelled.find("train_start").isEnabled()


def test_losses_are_drawn_and_nothing_is_called_accuracy(qtbot) -> None:
    curves = Curves()
    qtbot.addWidget(curves)
    curves.set_task(Task.STYLE)
    values = {"train_loss": 3.0, "val_loss": 2.0, "content_loss": 1.5, "style_loss": 0.5}
    curves.add(EpochEnded("training.stage.style", 1, 3, 1.0, values, best=True))
    assert curves._figure.getData()[1].tolist() == [1.5]
    assert curves._second.getData()[1].tolist() == [0.5]
    assert curves._valid.getData()[1].tolist() == [2.0]
    assert merit_of(values) is None
    assert merit_of(values, Task.STYLE) == ("val_loss", 2.0)


@pytest.mark.slow
def test_a_style_is_learned_watched_tried_and_given_to_a_folder(
    unlabelled, tmp_path: Path, feature_file: Path, monkeypatch
) -> None:
    _to_style(unlabelled)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_a: (str(feature_file), ""))
    weights = unlabelled.find("train_weights")
    weights.setCurrentIndex(weights.findData("file"))
    weights.activated.emit(weights.currentIndex())
    page = unlabelled.window.page("train")
    page.dropped([tmp_path / "paint.png"])
    page._form.set_values({"image_size": 64, "epochs": 1, "batch_size": 50})
    unlabelled.settle(lambda: unlabelled.find("train_start").isEnabled())
    unlabelled.click("train_start")
    monitor = monitor_of(unlabelled.context)
    unlabelled.settle(lambda: monitor.run_id is not None)
    unlabelled.settle(lambda: not monitor.busy, 200)
    unlabelled.settle(lambda: unlabelled.find("run_results").isVisible())
    assert unlabelled.find("run_style_name").text() == "paint.png"
    assert "Loss on validation, lowest" in unlabelled.find("run_merit_words").text()
    unlabelled.settle(lambda: unlabelled.find("run_style_example_0").pixmap().width() > 50)

    unlabelled.click("run_results")
    unlabelled.settle(lambda: unlabelled.window.page("results") is not None)
    unlabelled.settle(lambda: unlabelled.find("style_results_stage").after is not None)
    said = " ".join(
        each.text() for each in unlabelled.window.findChildren(QLabel) if each.isVisible()
    )
    assert "ccuracy" not in said and "your eye decides" in said
    assert unlabelled.find("runs_table").item(0, 1).text() == "paint.png"
    assert "which was not learned from" in unlabelled.find("style_results_example").text()

    unlabelled.type("restyle_target", str(tmp_path / "restyled"))
    unlabelled.click("restyle_start")
    unlabelled.settle(lambda: unlabelled.find("restyle_said").text() == "8 pictures restyled", 200)
    assert len(list((tmp_path / "restyled").iterdir())) == 8
    unlabelled.click("restyle_which_folder")
    assert not unlabelled.find("restyle_start").isEnabled()

    unlabelled.click("style_results_try")
    unlabelled.settle(lambda: unlabelled.find("tryout_run").count() == 1)
    tryout = unlabelled.window.page("tryout")
    tryout.dropped([tmp_path / "album" / "0.png"])
    unlabelled.settle(lambda: tryout._compare.after is not None, 200)
    assert "paint.png" in unlabelled.find("tryout_note").text()
    target = tmp_path / "kept.png"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(target), ""))
    unlabelled.click("tryout_save")
    with Image.open(target) as kept:
        assert kept.size == (80, 64)
    original = (tmp_path / "album" / "0.png").read_bytes()
    assert "original" in tryout._compare.save_as(tmp_path / "album" / "0.png")
    assert (tmp_path / "album" / "0.png").read_bytes() == original

    unlabelled.click("rail_export")
    unlabelled.settle(lambda: unlabelled.find("export_run").count() == 1)
    assert unlabelled.find("export_run").currentText().startswith("r0001 · paint.png · fast-style")
    assert "restyles" in unlabelled.window.page("export")._meanings["parity.json"].text()
    assert QApplication.focusWidget() is not None


def test_a_large_picture_is_looked_at_in_small_and_saved_whole(qtbot, tmp_path: Path) -> None:
    from PySide6.QtGui import QImage

    from tlstudio.ui.widgets.restyled_view import Repainted, RestyledView, _smaller

    whole = QImage(3000, 1200, QImage.Format.Format_RGB888)
    whole.fill(0)
    view = RestyledView()
    qtbot.addWidget(view)
    seen = _smaller(whole)
    assert (seen.width(), seen.height()) == (2048, 819)
    view.show_pair(tmp_path / "a.png", Repainted(seen, seen, whole, "ink.png"))
    assert (view.view.width, view.view.height) == (3000, 1200)
    assert "Saved" in view.save_as(tmp_path / "made")
    with Image.open(tmp_path / "made.png") as kept:
        assert kept.size == (3000, 1200)


def test_weights_are_changed_by_tenths(qtbot) -> None:
    from tlstudio.ui.widgets.recipe_form import RecipeForm

    form = RecipeForm(Task.STYLE)
    qtbot.addWidget(form)
    weight = form.input("style_weight")
    assert weight.text() == "1.00" and form.values() == {}
    weight.stepUp()
    assert form.values() == {"style_weight": 1.1}
    form.set_values({"style_weight": 25})
    assert form.values() == {"style_weight": 25}
