"""Results of detectors and segmenters: figures, threshold, verdicts told apart, worst images."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from tlstudio.domain.outcomes import Verdict

WHITE, RED = (7, "white"), (9, "red")


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    """Four images of 120 x 80 without labels."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    source = tmp_path / "cells"
    source.mkdir()
    for grey, name in enumerate("abcd", start=100):
        Image.new("RGB", (120, 80), (grey, grey, grey)).save(source / f"{name}.png")
    project = create_project(tmp_path / "cells.tlproj", name="Cells")
    with project:
        import_source(project, source)
    return project.folder


@pytest.fixture
def results(driver: Any, project_folder: Path) -> Any:
    """The window at Results, its board ready for an evaluation."""
    driver.context.open_project(project_folder)
    driver.settle(lambda: driver.window.page("images") is not None)
    driver.settle(lambda: driver.window.page("images").model.rowCount() == 4)
    driver.click("rail_results")
    driver.settle()
    driver.page = driver.window.page("results")
    driver.page._stack.setCurrentIndex(1)
    driver.ids = driver.window.page("images").model.ids
    driver.settle()
    return driver


def rows(ids: list[int], shapes: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [
        {"image": image, "path": f"images/{name}.png", "width": 120, "height": 80,
         "annotations": each}
        for image, name, each in zip(ids, "abcd", shapes, strict=True)
    ]  # fmt: skip


def box(label: int, *place: float) -> dict[str, Any]:
    return {"kind": "box", "label": label, "box": list(place), "crowd": False}


def found(*boxes: tuple[int, list[float], float]) -> dict[str, Any]:
    return {
        "boxes": [b[1] for b in boxes],
        "labels": [b[0] for b in boxes],
        "scores": [b[2] for b in boxes],
    }


A, B, C = [5, 5, 30, 30], [60, 5, 30, 30], [20, 45, 30, 30]


def detection(ids: list[int]) -> Any:
    """One image of four has everything: a hit, a miss, a false alarm and a wrong label."""
    from tlstudio.metrics import detection as metrics
    from tlstudio.services.box_answers import BoxAnswers

    answers = BoxAnswers.of(
        rows(ids, [[box(7, *A), box(7, *B), box(9, *C)], [box(7, *A)], [box(9, *B)], []]),
        [
            found((7, A, 0.9), (7, C, 0.8), (9, [85, 50, 20, 20], 0.7), (7, B, 0.2)),
            found((7, A, 0.95)),
            found((9, B, 0.9), (9, A, 0.3)),
            found(),
        ],
        [WHITE, RED],
    )
    figures = metrics.evaluate(answers.truths, answers.founds, answers.names, list("abcd"), 0.5)
    return _evaluation("detection", figures, answers.names, answers.at(0.5).items, answers)


def _evaluation(task: str, figures: Any, names: list[str], items: Any, answers: Any = None) -> Any:
    from tlstudio.services.evaluation import Evaluation

    def told(intervals: Any) -> dict[str, Any]:
        return {k: {"low": i.low, "high": i.high, "method": i.method} for k, i in intervals.items()}

    return Evaluation(
        run="r0001",
        split="val",
        metrics=figures.overall,
        intervals=told(figures.intervals),
        groups=figures.groups,
        per_label=[
            {"label": name, "images": row.images, "objects": getattr(row, "objects", 0),
             **row.values, "intervals": told(row.intervals)}
            for name, row in zip(names, figures.per_label, strict=True)
        ],
        confusion={"labels": [*names, None], "matrix": figures.confusion},
        leaks=[],
        items=items,
        task=task,
        answers=answers,
    )  # fmt: skip


def segmentation(ids: list[int]) -> Any:
    """The first image is wrong in every way, the others are less so."""
    from tlstudio.imaging.rle import encode
    from tlstudio.metrics import segmentation as metrics
    from tlstudio.services.map_answers import judge

    labels = [{"id": 7, "name": "white", "role": "normal"}, {"id": 9, "name": "red"}]

    def part(x: int, y: int, w: int, h: int) -> str:
        mask = np.zeros((80, 120), bool)
        mask[y : y + h, x : x + w] = True
        return encode(mask)

    def mask(label: int, *place: int) -> dict[str, Any]:
        return {"kind": "mask", "label": label, "rle": part(*place)}

    def region(label: int, *place: int) -> dict[str, Any]:
        return {"label": label, "rle": part(*place), "confidence": 0.8}

    truth = [
        [mask(7, 5, 5, 40, 30), mask(9, 60, 40, 40, 30)], [mask(7, 5, 5, 40, 30)],
        [mask(9, 5, 5, 40, 30)], [],
    ]  # fmt: skip
    answers = [
        [region(7, 25, 5, 40, 30), region(7, 60, 40, 20, 30)], [region(7, 5, 5, 40, 28)],
        [region(9, 5, 5, 40, 30)], [],
    ]  # fmt: skip
    judged = [
        judge(row, {"regions": each}, labels, [WHITE, RED])
        for row, each in zip(rows(ids, truth), answers, strict=True)
    ]
    figures = metrics.evaluate([j.counts for j in judged], ["white", "red"], list("abcd"))
    return _evaluation("segmentation", figures, ["white", "red"], [j.outcome for j in judged])


def show(results: Any, make: Callable[[list[int]], Any]) -> Any:
    made = make(results.ids)
    results.page._show_evaluation(made)
    results.settle()
    return made


def texts(table: Any) -> dict[str, str]:
    return {table.item(i, 0).text(): table.item(i, 1).text() for i in range(table.rowCount())}


def test_a_detector_has_its_figures_without_a_new_dialect(results: Any) -> None:
    made = show(results, detection)
    assert results.find("results_headline").text() == f"{made.metrics['map50']:.2f}"
    assert "mAP50 on 4 images" in results.find("results_headline_words").text()
    shown = texts(results.find("figures_table"))
    assert shown["Precision"] == "0.60" and shown["Threshold"] == "0.50"
    assert "mAP, small" in shown and "mAP, large" not in shown
    matrix = results.find("confusion_matrix")
    assert matrix.verticalHeaderItem(2).text() == "background"
    assert matrix.item(0, 2).text() == "1" and matrix.item(1, 0).text() == "1"
    assert matrix.item(2, 2).text() == ""
    results.click("results_which_counts")
    counts = results.find("counts_table")
    assert [counts.item(2, i).text() for i in (0, 1, 2)] == ["All", "5", "5"]


def test_the_threshold_moves_figures_without_asking_the_model(results: Any) -> None:
    show(results, detection)
    results.click("results_plot_threshold")
    slider = results.find("threshold_slider")
    assert slider.value() == 500 and not results.find("threshold_back").isEnabled()
    slider.setValue(150)
    results.settle(lambda: texts(results.find("figures_table"))["Threshold"] == "0.15")
    assert texts(results.find("figures_table"))["Precision"] == "0.57"
    assert "7 boxes found, 5 are there" in results.find("threshold_words").text()
    results.click("results_which_counts")
    assert results.find("counts_table").item(2, 2).text() == "7"
    results.click("threshold_back")
    results.settle(lambda: results.find("counts_table").item(2, 2).text() == "5")


def test_a_press_on_the_curve_takes_its_threshold(results: Any) -> None:
    show(results, detection)
    results.click("results_plot_threshold")
    results.settle()
    plot = results.find("threshold_plot")
    at = plot.getPlotItem().getViewBox().mapViewToScene(QPointF(0.6, 1.0))
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.mapFromScene(at))
    slider = results.find("threshold_slider")
    results.settle(lambda: slider.value() == 900)
    results.settle(lambda: texts(results.find("figures_table"))["Precision"] == "1.00")


def test_a_cell_says_in_words_what_was_taken_for_what(qapp: Any) -> None:
    from tlstudio.ui.widgets.confusion import ConfusionMatrix

    matrix = ConfusionMatrix()
    matrix.show_matrix(["a", "b"], [[1, 2], [0, 1]])
    assert matrix.item(0, 0).toolTip() == "1 of 3 images of a was taken for a. Click to see it."
    assert matrix.item(0, 1).toolTip() == "2 of 3 images of a were taken for b. Click to see them."
    assert matrix.item(1, 0).toolTip() == "0 of 1 image of b were taken for a. Click to see them."
    matrix.show_matrix(["a", None], [[1, 1], [1, 0]], "boxes")
    assert (
        matrix.item(0, 0).toolTip().endswith("boxes of a was taken for a. Click to see its image.")
    )
    matrix.show_matrix(["a"], [[7]], "pixels")
    assert matrix.item(0, 0).toolTip() == "7 of 7 pixels of a were taken for a."


def test_the_worst_image_comes_first_with_its_verdicts(results: Any) -> None:
    show(results, detection)
    strip = results.find("results_strip")
    assert strip.model().rowCount() == 1
    assert strip.model().index(0).data() == "1 missed, 1 false, 1 mistaken"
    assert "1 image with errors" in results.find("results_strip_words").text()
    view = results.find("outcome_view")
    assert view.outcome.image == results.ids[0]
    spoken = "1 found, 1 missed, 1 false alarm, 1 wrong label"
    assert results.find("outcome_canvas").accessibleDescription() == spoken
    legend = {v: results.find(f"outcome_{v.value}").text() for v in list(Verdict)[:4]}
    assert legend == {
        Verdict.HIT: "Found 1", Verdict.MISS: "Missed 1",
        Verdict.FALSE_ALARM: "False alarm 1", Verdict.WRONG_LABEL: "Wrong label 1",
    }  # fmt: skip


def test_the_small_pictures_show_the_verdicts_too(results: Any) -> None:
    for make in (detection, segmentation):
        show(results, make)
        strip = results.find("results_strip")
        results.settle()
        picture = strip.model().index(0).data(Qt.ItemDataRole.DecorationRole).toImage()
        plain = [picture.pixelColor(x, y) for x in range(128) for y in range(picture.height())]
        coloured = [c for c in plain if abs(c.green() - c.red()) > 60]
        assert len(coloured) > 50


def test_a_narrow_interval_is_seen_to_have_a_width() -> None:
    from tlstudio.ui.widgets.figure_words import with_interval

    def told(value: float, low: float, high: float, name: str = "dice") -> str:
        return with_interval(value, {"low": low, "high": high, "method": "bootstrap"}, name)

    assert told(0.87, 0.81, 0.92) == "0.87 (0.81-0.92)"
    assert told(0.9721, 0.9703, 0.9744) == "0.972 (0.970-0.974)"
    assert told(3.44, 2.9, 4.1, "hd95") == "3.4 px (2.9-4.1)"
    assert told(1.0, 0.99, 1.05, "hd95") == "1.00 px (0.99-1.05)"
    assert with_interval(None, None) == "–"


def under(results: Any, x: float, y: float) -> str:
    canvas = results.find("outcome_canvas")
    return canvas.words_at(canvas.view.to_screen(x, y))


def test_what_lies_under_the_pointer_is_told_in_words(results: Any) -> None:
    show(results, detection)
    assert under(results, 10, 10).startswith("white, found with 90%")
    assert under(results, 65, 10) == "white, not found"
    assert under(results, 25, 50).startswith("Is red, seen as white")
    assert under(results, 90, 60).startswith("Seen as red with 70%, but")
    results.click("outcome_miss")
    assert under(results, 65, 10) == ""
    results.click("outcome_side_true")
    assert under(results, 90, 60) == "" and under(results, 10, 10) == "white, found"


def test_a_cell_of_the_matrix_and_a_label_answer_with_their_images(results: Any) -> None:
    show(results, detection)
    matrix, strip = results.find("confusion_matrix"), results.find("results_strip")
    matrix.cell_chosen.emit(1, 1)
    assert [strip.model().item(i).image for i in range(strip.model().rowCount())] == [
        results.ids[2]
    ]
    matrix.cell_chosen.emit(2, 1)
    assert "false alarms of red" in results.find("results_strip_words").text()
    results.click("results_which_labels")
    results.find("labels_table").label_chosen.emit("red")
    assert strip.model().rowCount() == 1


def test_an_image_opens_on_the_label_page(results: Any) -> None:
    show(results, detection)
    went: list[Any] = []
    results.context.went.connect(lambda page, what: went.append((page, what)))
    results.click("outcome_label")
    assert went == [("label", {"image": results.ids[0], "ids": [results.ids[0]]})]


def test_larger_gives_the_picture_the_room_and_takes_it_back(results: Any) -> None:
    show(results, detection)
    before = results.find("outcome_canvas").height()
    results.click("outcome_larger")
    results.settle()
    assert results.find("outcome_canvas").height() > before * 1.5
    results.click("outcome_larger")
    results.settle()
    assert results.find("confusion_matrix").isVisible()


@pytest.mark.parametrize("name", ["dark", "contrast"])
def test_nothing_is_cut_off_on_a_small_screen(results: Any, name: str) -> None:
    from PySide6.QtWidgets import QAbstractButton

    from tlstudio.ui.theme import theme

    theme().apply(name)
    results.window.resize(900, 540)
    show(results, detection)
    results.click("results_plot_threshold")
    results.settle()
    assert (results.window.width(), results.window.height()) == (900, 540)
    shown = [b for b in results.page.findChildren(QAbstractButton) if b.isVisible()]
    assert len(shown) > 10
    narrow = [b.objectName() for b in shown if b.width() < b.minimumSizeHint().width()]
    theme().apply("dark")
    assert not narrow
    view = results.find("outcome_view")
    legend = [results.find(f"outcome_{v.value}") for v in list(Verdict)[:4]]
    assert all(
        view.rect().contains(key.geometry().translated(key.parent().pos())) for key in legend
    )
    assert results.find("outcome_canvas").geometry().bottom() < legend[0].parent().y()


def test_a_segmenter_has_dice_and_its_lowest_images(results: Any) -> None:
    made = show(results, segmentation)
    assert results.find("results_headline").text() == f"{made.metrics['dice']:.2f}"
    shown = texts(results.find("figures_table"))
    assert shown["Hausdorff 95"].endswith(" px") and "Threshold" not in shown
    assert results.find("confusion_matrix").item(0, 0).text().endswith("%")
    strip = results.find("results_strip")
    assert strip.model().item(0).image == results.ids[0] and strip.model().rowCount() == 3
    results.settle(lambda: under(results, 30, 20) != "")
    assert under(results, 30, 20).startswith("Found")
    assert under(results, 10, 20).startswith("Missed")
    assert under(results, 60, 20).startswith("False alarm")
    assert under(results, 65, 50).startswith("Wrong label")
    assert under(results, 2, 2) == ""


def test_pixels_of_one_label_alone(results: Any) -> None:
    show(results, segmentation)
    results.click("results_which_labels")
    results.find("labels_table").label_chosen.emit("red")
    results.settle(lambda: under(results, 65, 50).startswith("Missed"))
    assert under(results, 10, 20) == ""


def test_verdicts_differ_without_colour(qapp: Any) -> None:
    from tlstudio.ui.widgets.outcome_look import LOOKS, pattern

    looks = list(LOOKS.values())
    assert len({look.dashes for look in looks}) == len(looks)
    across = down = np.arange(40)
    fillings = [pattern(look.filling, across, down).tobytes() for look in looks]
    assert len(set(fillings)) == len(looks)
    assert len({look.colour for look in looks}) == len(looks)


def test_wheel_and_keys_move_the_picture(results: Any) -> None:
    show(results, detection)
    canvas = results.find("outcome_canvas")
    canvas.setFocus()
    before = canvas.view.scale
    QTest.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.view.scale > before
    left = canvas.view.left
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=QPoint(50, 50))
    QTest.mouseMove(canvas, QPoint(70, 50))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=QPoint(70, 50))
    assert canvas.view.left != left or canvas.view.scale != before
    QTest.keyClick(canvas, Qt.Key.Key_0)
    assert canvas.view.scale == pytest.approx(before)


def test_a_classifier_still_has_no_picture_beside_its_strip(results: Any) -> None:
    from tlstudio.services.evaluation import EvaluatedImage, Evaluation

    results.page._show_evaluation(
        Evaluation(
            run="r0001", split="val", metrics={"balanced_accuracy": 0.5}, intervals={}, groups=2,
            per_label=[], confusion={"labels": ["a", "b"], "matrix": [[1, 0], [1, 0]]}, leaks=[],
            items=[EvaluatedImage(results.ids[0], "a.png", "b", "a", 0.8, (0.8, 0.2))],
        )
    )  # fmt: skip
    results.settle()
    assert not results.page.findChild(type(results.page._board._view), "outcome_view").isVisible()
    assert results.find("results_strip").model().index(0).data() == "a 80%"
    assert not results.page._board._plot.isVisible()


@pytest.mark.parametrize("make", [detection, segmentation])
def test_one_image_is_not_called_images(results: Any, make: Any) -> None:
    from tlstudio.ui.pages.results import behind

    made = make(results.ids)
    names = made.confusion["labels"]
    told = []
    for items in (made.items, made.items[:1]):
        told += [behind.of_label(made, items, name) for name in names if name]
        told += [
            behind.of_cell(made, items, truth, seen)
            for truth in range(len(names))
            for seen in range(len(names))
            if names[truth] != names[seen]
        ]
    assert any(len(chosen) == 1 for _, chosen in told)
    for words, chosen in told:
        assert words.startswith("1 image " if len(chosen) == 1 else f"{len(chosen)} images ")
