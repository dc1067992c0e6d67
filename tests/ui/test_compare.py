"""Comparing two runs in Results: the answer in words, the images behind it, what is not fair."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton, QLabel, QProgressBar

from tlstudio.domain.images import Split
from tlstudio.domain.runs import RunState
from tlstudio.domain.tasks import Task

sys.path.append(str(Path(__file__).parents[1] / "services"))
from shapes_story import divide, finished_run, teller

FAKE = Path(__file__).parents[1] / "jobs" / "fake_worker.py"


def finish(project: Any, run: str, **recipe: Any) -> None:
    """Let the record say that the run came to its end."""
    from tlstudio.storage import runs

    def write(db: Any) -> None:
        for state in (RunState.RUNNING, RunState.DONE):
            runs.update_run(db, run, state=state)
        runs.update_run(db, run, recipe=recipe)

    project.transact("undo.run", write, undoable=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 images, 30 of them test, of which 12 have the tag "site B"; r0001 is wrong on 12 of
    those, r0002, which learned with other sites' looks, on none. All answers are kept."""
    import numpy as np
    from PIL import Image

    from tlstudio.services import evaluation, labelling
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    place = tmp_path_factory.mktemp("two-sites")
    rng = np.random.default_rng(0)
    for number in range(40):
        folder = place / "images" / ("bars" if number < 20 else "dots")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 255, (24, 24, 3)).astype("uint8")
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLSTUDIO_HOME", str(place / "home"))
        pretend(patch)
        say = teller(place, patch)
        with create_project(place / "p.tlproj", name="Two sites") as project:
            import_source(project, place / "images")
            order = [n for pair in zip(range(1, 21), range(21, 41), strict=True) for n in pair]
            test, learned = order[:30], order[30:]
            divide(project, {Split.TEST: test, Split.TRAIN: learned[:8], Split.VAL: learned[8:]})
            labelling.set_tags(project, test[:12], add=["site B"])
            for wrong, look in ((12, "none"), (0, "colour")):
                run = finished_run(project, Task.CLASSIFICATION)
                finish(project, run, seed=1, look_augmentation=look)
                say({n: _line(n <= 20, n in test[:wrong]) for n in order})
                for split, where in (("test", None), ("test", "tag:site B"), ("val", None)):
                    evaluation.evaluate(project, run, split, where=where)
            return project.folder


def pretend(patch: Any) -> None:
    """Workers say what a file holds instead of asking a model."""
    patch.setattr(
        "tlstudio.jobs.supervisor.worker_command",
        lambda job: [sys.executable, str(FAKE), str(job)],
    )
    patch.setenv("TLSTUDIO_FAKE_ACT", "finish")


@pytest.fixture
def project_folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    copy = tmp_path / "p.tlproj"
    shutil.copytree(made, copy)
    return copy


def _line(first: bool, wrong: bool) -> dict[str, Any]:
    return {"probabilities": [0.85, 0.15] if first != wrong else [0.1, 0.9]}


@pytest.fixture
def results(driver: Any, project_folder: Path) -> Any:
    driver.context.open_project(project_folder)
    driver.settle(lambda: driver.window.page("images") is not None)
    driver.settle(lambda: driver.window.page("images").model.rowCount() == 40)
    driver.click("rail_results")
    driver.settle(lambda: driver.find("results_headline").text() not in ("", "–"))
    return driver


def compared(results: Any) -> Any:
    results.click("results_compare")
    results.settle(lambda: results.find("compare_answer").text() != "")
    return results


def choose(results: Any, name: str, starts: str) -> None:
    """Pick the entry of a list that starts so, and wait for the new comparison."""
    choice = results.find(name)
    before = results.find("compare_answer").text()
    place = next(i for i in range(choice.count()) if choice.itemText(i).startswith(starts))
    choice.setCurrentIndex(place)
    results.settle(lambda: results.find("compare_answer").text() != before)


def test_the_answer_stands_in_words(results: Any) -> None:
    compared(results)
    assert results.find("compare_headline").text() == "+0.40"
    answer = results.find("compare_answer").text()
    assert answer.startswith("The second, r0002, is better: +0.40 (")
    assert answer.endswith("on 30 images of 30 groups")
    meaning = results.find("compare_meaning").text()
    assert meaning.startswith("Learning with other sites' looks (Colour")
    assert "helped on these images; this is one pair of models" in meaning
    assert "r0001: 0.60" in results.find("compare_both").text()
    assert "None in r0001" in results.find("compare_settings").text()
    table = results.find("differences_table")
    cells = [table.item(0, i).text() for i in range(5)]
    assert cells[:3] == ["Accuracy", "0.60", "1.00"] and cells[4] == "r0002"


def test_one_site_alone(results: Any) -> None:
    compared(results)
    where = results.find("compare_where")
    assert [where.itemText(i) for i in range(2)] == ["all sites", "Tag site B · 12 images"]
    choose(results, "compare_where", "Tag site B")
    assert "on 12 images of 12 groups" in results.find("compare_answer").text()


def test_images_on_which_they_differ_open_on_the_label_page(results: Any) -> None:
    compared(results)
    strip = results.find("compare_strip")
    assert strip.model().rowCount() == 12
    assert results.find("compare_strip_words").text() == "They differ on 12 images"
    assert strip.model().index(0).data() in ("✓ bars → dots", "✓ dots → bars")
    results.click("compare_ahead_first")
    results.settle()
    assert strip.model().rowCount() == 0
    assert results.find("compare_strip_words").text() == "r0001 does better on 0 images"
    results.click("compare_ahead_second")
    results.settle()
    went: list[Any] = []
    results.context.went.connect(lambda page, what: went.append((page, what)))
    strip.activated.emit(strip.model().index(2))
    ids = [strip.model().item(i).image for i in range(12)]
    assert went == [("label", {"image": ids[2], "ids": ids})]


def test_a_label_narrows_the_strip(results: Any) -> None:
    compared(results)
    results.click("compare_which_labels")
    table = results.find("label_differences_table")
    assert [table.item(i, 0).text() for i in range(2)] == ["bars", "dots"]
    heads = [table.horizontalHeaderItem(i).text() for i in range(table.columnCount())]
    recall = table.item(0, heads.index("Recall (sensitivity)"))
    assert recall.text() == "● +0.40" and "r0001: 0.60" in recall.toolTip()
    table.cellClicked.emit(0, 0)
    assert results.find("compare_strip_words").text() == "They differ on 12 images with bars"
    results.click("compare_which_overall")
    assert results.find("compare_strip_words").text() == "They differ on 12 images"


def test_no_clear_difference_is_said_and_back_leads_back(results: Any) -> None:
    compared(results)
    results.click("compare_split_val")
    results.settle(lambda: "2 images" in results.find("compare_answer").text())
    assert results.find("compare_answer").text() == "Both give the same answers on all 2 images"
    results.click("compare_back")
    assert results.find("results_headline").isVisible()


def test_a_leak_is_refused_and_can_be_allowed(
    results: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from tlstudio.services import labelling

    pretend(monkeypatch)
    teller(tmp_path, monkeypatch)({n: _line(n <= 20, False) for n in range(1, 41)})
    results.context.edit(labelling.set_split, [16], Split.TEST)  # both have learned from it
    results.settle()
    results.click("results_compare")
    results.settle(lambda: results.find("compare_notice").text() != "")
    assert "has learned from images of the split test (1 identical" in (
        results.find("compare_notice").text()
    )
    results.click("compare_allow_leaks")
    results.settle(lambda: "31 images" in results.find("compare_answer").text())
    assert results.find("compare_notice").text().startswith("These figures flatter: 2 leaks.")


def test_alone_a_run_cannot_be_compared_and_says_why(results: Any) -> None:
    from tlstudio.services import training

    results.context.edit(training.delete_run, "r0001")
    results.settle(lambda: not results.find("results_compare").isEnabled())
    assert "Train a second one" in results.find("results_compare").toolTip()


@pytest.mark.parametrize("size", [(900, 540), (1366, 768)])
def test_nothing_is_cut_off(results: Any, size: tuple[int, int]) -> None:
    results.window.resize(*size)
    compared(results)
    results.settle()
    assert (results.window.width(), results.window.height()) == size
    page = results.window.page("results")
    shown = [b for b in page.findChildren(QAbstractButton) if b.isVisible()]
    assert not [b.objectName() for b in shown if b.width() < b.minimumSizeHint().width()]


def test_what_json_says_is_what_stands_there(results: Any, project_folder: Path) -> None:
    from tlstudio.services.comparing import compare
    from tlstudio.services.projects import open_project

    with open_project(project_folder, read_only=True) as project:
        told = compare(project, "r0001", "r0002").to_json()
    assert json.loads(json.dumps(told))["better"] == "second"


def test_boxes_and_regions_have_their_words() -> None:
    from tlstudio.domain.outcomes import (
        DetectionOutcome,
        FoundBox,
        Region,
        SegmentationOutcome,
        TrueBox,
        Verdict,
    )
    from tlstudio.services.comparing import ImagePair
    from tlstudio.ui.pages.results import differing

    place = (1.0, 1.0, 5.0, 5.0)
    missed = TrueBox(place, "cell", Verdict.MISS)
    seen = FoundBox(place, "cell", 0.9, Verdict.HIT, 0, 0.9)
    boxes = [
        DetectionOutcome(1, "a.png", 9, 9, (missed,), ()),
        DetectionOutcome(1, "a.png", 9, 9, (TrueBox(place, "cell", Verdict.HIT, 0),), (seen,)),
    ]
    maps = [
        SegmentationOutcome(2, "b.png", 9, 9, (Region("core", ""),), (), dice, {"core": dice})
        for dice in (0.61, 0.78)
    ]
    pairs = [ImagePair(1, "a.png", 1.0, *boxes), ImagePair(2, "b.png", 0.17, *maps)]
    runs = ("r0001", "r0002")
    told = differing.strip_items(pairs, runs)
    assert [each.words for each in told] == ["1 → 0 errors", "Dice 0.61 → 0.78"]
    assert told[0].tip == "a.png\nr0001: 1 error\nr0002: 0 errors"
    assert all(each.draw is not None for each in told)
    (back,) = differing.strip_items([ImagePair(1, "a.png", -1.0, *reversed(boxes))], runs)
    assert back.words == "0 → 1 error"
    assert differing.chosen(pairs, differing.FIRST) == []
    assert [p.image for p in differing.chosen(pairs, differing.SECOND, "core")] == [2]


def test_a_run_is_deleted_only_after_a_yes(results: Any, monkeypatch: Any) -> None:
    from PySide6.QtWidgets import QMessageBox

    def answer(name: str) -> None:
        def press(question: QMessageBox) -> None:
            assert question.text() == "Delete run r0002 and its trained model?"
            assert "The images and labels stay" in question.informativeText()
            next(b for b in question.buttons() if b.objectName() == name).click()

        monkeypatch.setattr(QMessageBox, "exec", press)
        results.click("runs_delete")
        results.settle()

    answer("runDeleteCancel")
    assert results.find("results_title").text().startswith("r0002")
    answer("runDeleteAccept")
    results.settle(lambda: results.find("results_title").text().startswith("r0001"))


def test_what_speaks_of_a_deleted_run_goes_with_it(results: Any, monkeypatch: Any) -> None:
    from PySide6.QtWidgets import QMessageBox

    def yes(question: QMessageBox) -> None:
        next(b for b in question.buttons() if b.objectName() == "runDeleteAccept").click()

    results.click("rail_train")
    results.settle(lambda: results.find("run_title").text().startswith("r0002"))
    results.click("rail_results")
    monkeypatch.setattr(QMessageBox, "exec", yes)
    for left in ("r0001", ""):
        results.click("runs_delete")
        results.settle(lambda left=left: _current(results) == left)
    results.settle()
    assert results.find("results_empty").text().startswith("No finished run yet.")
    results.click("rail_train")
    results.settle()
    assert results.find("train_empty").isVisible()
    assert not results.window.findChild(QLabel, "run_title").isVisible()


def _current(results: Any) -> str:
    run = results.window.page("results")._run
    return "" if run is None else str(run.id)


def test_another_runs_figures_do_not_stay_under_a_run_that_was_called_off(
    results: Any, monkeypatch: Any
) -> None:
    from tlstudio.domain.errors import Cancelled

    def slowly(*_args: Any, cancel: Any, **_named: Any) -> Any:
        while not cancel.wanted:
            time.sleep(0.01)
        raise Cancelled

    page = results.window.page("results")
    other = next(run for run in page._all if run.id == "r0001")
    monkeypatch.setattr("tlstudio.services.evaluation.evaluate", slowly)
    page._choose(other)
    assert results.find("results_title").text().startswith("r0001")
    assert results.find("results_headline").text() == "–"
    results.click("results_cancel")
    results.settle(lambda: results.find("results_notice").text().startswith("Called off."))
    assert results.find("results_headline").text() == "–"
    assert not results.window.findChild(QProgressBar, "results_progress").isVisible()


def test_a_leak_that_was_allowed_once_is_asked_about_in_the_next_comparison(
    results: Any, monkeypatch: Any
) -> None:
    compared(results)
    panel = results.find("compare_panel")
    panel._allow_leaks = True
    results.click("compare_back")
    compared(results)
    assert not panel._allow_leaks
