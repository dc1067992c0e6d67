"""Matching a site in the window: choosing, seeing, giving, and being told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox

from tlstudio.domain.images import ImageQuery, Split
from tlstudio.services.images import find_images, image_rows
from tlstudio.services.labelling import set_tags
from tlstudio.services.matching import match_to_folder
from tlstudio.ui.pages.images.menu import open_menu


def draw(folder: Path, colour: tuple[float, float, float], count: int) -> Path:
    folder.mkdir()
    for n in range(count):
        noise = np.random.default_rng(n + len(folder.name)).normal(0, 0.05, (30, 40, 3))
        made = np.rint((np.array(colour) + noise).clip(0, 1) * 255).astype(np.uint8)
        Image.fromarray(made).save(folder / f"{folder.name}{n}.png")
    return folder


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A folder outside of the project with three blue pictures."""
    return draw(tmp_path / "there", (0.3, 0.5, 0.6), 3)


@pytest.fixture
def matching(driver: Any, tmp_path: Path) -> Iterator[Any]:
    """The tab, over a project with eight red pictures of which two have the tag north."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    source = draw(tmp_path / "here", (0.7, 0.4, 0.4), 8)
    with create_project(tmp_path / "work.tlproj") as project:
        import_source(project, source)
        set_tags(project, find_images(project)[:2], add=["north"])
    driver.context.open_project(project.folder)
    driver.settle(lambda: driver.window.page("images") is not None)
    driver.context.go_to("style", tab="match")
    driver.settle()
    driver.tab = driver.window.page("style").tab("match")
    return driver


def choose(driver: Any, name: str, words: str) -> None:
    combo: QComboBox = driver.find(f"{name}_choice", QComboBox)
    combo.setCurrentIndex(next(n for n in range(combo.count()) if words in combo.itemText(n)))
    driver.settle()


def ready(driver: Any, there: Path) -> None:
    """Two images of the tag, to look like the folder."""
    choose(driver, "match_change", "north")
    driver.tab._to.take_files([there])
    driver.settle(lambda: driver.find("match_compare").after is not None)


def colour_of(picture: Any) -> Any:
    found = [picture.pixelColor(x, y) for x in range(0, 40, 5) for y in range(0, 30, 5)]
    return np.mean([(c.redF(), c.greenF(), c.blueF()) for c in found], axis=0)


def test_nothing_can_be_started_before_a_look_is_chosen(matching: Any) -> None:
    start = matching.find("match_start")
    assert not start.isEnabled() and "whose look" in start.toolTip()
    assert matching.find("match_problem").text() == start.toolTip()
    combo: QComboBox = matching.find("match_change_choice", QComboBox)
    offered = [combo.itemText(n) for n in range(combo.count())]
    assert offered == ["All images of the project (8)", "Tag: north (2 images)"]
    to: QComboBox = matching.find("match_to_choice", QComboBox)
    assert [to.itemText(n) for n in range(to.count())][1:] == ["Tag: north (2 images)"]


def test_a_few_images_are_seen_and_the_strength_shows_at_once(matching: Any, there: Path) -> None:
    ready(matching, there)
    compare = matching.find("match_compare")
    assert matching.tab._settings._method.value() == "lab"
    assert "suits photographs" in matching.find("match_hint").text()
    assert np.abs(colour_of(compare.before) - (0.7, 0.4, 0.4)).max() < 0.06
    assert np.abs(colour_of(compare.after) - (0.3, 0.5, 0.6)).max() < 0.06
    assert matching.find("match_samples").count() == 2
    slider = matching.find("match_strength")
    slider.setValue(50)
    matching.settle(lambda: np.abs(colour_of(compare.after) - (0.5, 0.45, 0.5)).max() < 0.06)
    assert matching.find("match_strength_number").text() == "50 %"
    matching.find("match_samples").setCurrentRow(1)
    assert matching.find("match_name").text() == "here1"


def test_a_method_that_cannot_be_used_says_why_and_what_to_do(matching: Any, there: Path) -> None:
    ready(matching, there)
    matching.click("match_method_macenko")
    matching.settle()
    assert "haematoxylin" in matching.find("match_hint").text()
    assert not matching.find("match_start").isEnabled()
    matching.click("match_method_histogram")
    matching.settle(lambda: matching.find("match_compare").after is not None)
    assert "Another method may do better" in matching.find("match_hint").text()


def test_references_that_cannot_be_read_are_counted(matching: Any, there: Path) -> None:
    (there / "there1.png").write_bytes((there / "there1.png").read_bytes()[:90])
    ready(matching, there)
    told = matching.find("match_to_left_out").text()
    assert told == "1 of the references could not be read, and is left out."
    choose(matching, "match_to", "north")
    matching.settle(lambda: not matching.tab._to._left_out.isVisible())


def test_all_are_given_the_look_into_a_folder(matching: Any, there: Path, tmp_path: Path) -> None:
    ready(matching, there)
    offered = matching.find("match_folder").text()
    assert Path(offered) == tmp_path / "work-matched" and not Path(offered).exists()
    matching.find("match_folder").clear()
    assert "Choose a folder" in matching.find("match_problem").text()
    assert not matching.find("match_start").isEnabled()
    matching.type("match_folder", str(tmp_path / "out"))
    assert matching.find("match_start").text() == "Match 2 images"
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["here0.png", "here1.png"]
    assert matching.find("match_result").text() == "2 images were written."
    assert matching.find("match_open").isEnabled()
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    assert "no empty folder" in matching.find("match_result").text()
    assert any("no empty folder" in text for text in matching.messages())


def test_results_come_into_the_project_and_are_shown(matching: Any, there: Path) -> None:
    ready(matching, there)
    matching.click("match_where_project")
    for name in ("match_with_labels", "match_train"):
        matching.find(name, QCheckBox).setChecked(True)
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    project = matching.context.project
    made = image_rows(project, find_images(project, ImageQuery(synthetic=True)))
    assert len(made) == 2 and {row.split for row in made} == {Split.TRAIN}
    assert "2 images were added." in matching.find("match_result").text()
    matching.click("match_show")
    page = matching.window.page("images")
    matching.settle(lambda: page.model.rowCount() == 2)


def test_work_is_called_off(matching: Any, there: Path, tmp_path: Path, monkeypatch: Any) -> None:
    def slowly(*args: Any, cancel: Any, **named: Any) -> Any:
        while not cancel.wanted:
            pass
        return match_to_folder(*args, cancel=cancel, **named)

    ready(matching, there)
    matching.type("match_folder", str(tmp_path / "out"))
    monkeypatch.setattr("tlstudio.services.matching.match_to_folder", slowly)
    matching.click("match_start")
    assert not matching.tab._settings.isEnabled()
    assert not matching.find("match_where").isEnabled()
    assert not matching.find("match_folder").isEnabled()
    matching.click("match_cancel")
    matching.settle(lambda: matching.tab._giving is None)
    assert matching.find("match_result").text().startswith("Cancelled.")
    assert matching.find("match_start").isEnabled() and matching.tab._settings.isEnabled()


def test_selected_images_come_from_the_gallery(matching: Any) -> None:
    page = matching.window.page("images")
    matching.context.go_to("images")
    matching.settle()
    page.grid.selectAll()
    page.actions.with_names(lambda names: open_menu(page, page.mapToGlobal(QPoint(9, 9)), names))
    matching.settle()
    _trigger(matching, "menu_style_match")
    combo: QComboBox = matching.find("match_change_choice", QComboBox)
    matching.settle(lambda: combo.currentText() == "Selected: 8 images")


def _trigger(driver: Any, name: str) -> None:
    from PySide6.QtGui import QAction

    [action] = {a for w in _menus() for a in w.findChildren(QAction, name)}
    action.trigger()
    for menu in _menus():
        menu.close()


def _menus() -> list[Any]:
    from PySide6.QtWidgets import QApplication, QMenu

    return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu)]


def test_dropped_files_are_to_be_changed_and_have_no_labels(matching: Any, there: Path) -> None:
    matching.window.page("style").dropped([there])
    choose(matching, "match_to", "north")
    matching.settle(lambda: matching.find("match_compare").after is not None)
    combo: QComboBox = matching.find("match_change_choice", QComboBox)
    assert combo.currentText() == "Outside: there"
    matching.click("match_where_project")
    assert not matching.find("match_with_labels").isEnabled()


def test_what_is_left_as_it_is_is_said_beside_the_picture(
    matching: Any, stained: Callable[..., Path], tmp_path: Path
) -> None:
    slides = stained(2)
    Image.new("RGB", (64, 64), (250, 250, 250)).save(slides / "a empty.png")
    matching.tab._change.take_files([slides])
    matching.tab._to.take_files([slides])
    matching.settle(lambda: matching.find("match_compare").after is not None)
    assert matching.tab._settings._method.value() == "macenko"
    matching.find("match_samples").setCurrentRow(2)
    assert matching.find("match_name").text() == "a empty"
    assert matching.find("match_note").text() == "Left as it is"
    assert "no stained tissue" in matching.find("match_note").toolTip()
    matching.type("match_folder", str(tmp_path / "out"))
    matching.press(Qt.Key.Key_Tab)
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    assert "1 image was left as it is" in matching.find("match_result").text()


def test_the_neural_method_paints_one_of_them_and_says_what_it_needs(
    matching: Any, there: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlstudio.services import neural_matching

    ready(matching, there)
    matching.click("match_method_neural")
    matching.settle()
    assert "weights of squeezenet1_1 are not" in matching.find("match_hint").text()
    assert not matching.find("match_start").isEnabled()
    painted: list[float] = []

    def paint(pixels: Any, _look: Any, strength: float) -> Any:
        painted.append(strength)
        return np.clip(pixels + 0.2 * strength, 0, 1).astype(np.float32)

    monkeypatch.setattr(neural_matching, "feature_weights", lambda *_: {"path": "w"})
    monkeypatch.setattr(neural_matching, "paint_look", paint)
    matching.find("match_strength").setValue(50)
    matching.click("match_method_lab")
    matching.settle(lambda: matching.find("match_samples").count() == 2)
    matching.click("match_method_neural")
    matching.settle(lambda: matching.find("match_samples").count() == 1)
    assert set(painted) == {0.5} and not matching.find("match_alike").isEnabled()
    assert "look closely" in matching.find("match_hint").text()
    painted.clear()
    matching.type("match_folder", str(tmp_path / "out"))
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    assert painted == [0.5] * 2 and len(list((tmp_path / "out").iterdir())) == 2


def test_what_was_made_from_all_images_is_still_told_when_they_are_counted_anew(
    matching: Any, there: Path
) -> None:
    matching.tab._to.take_files([there])
    matching.settle(lambda: matching.find("match_compare").after is not None)
    matching.click("match_method_histogram")
    matching.settle()
    matching.click("match_where_project")
    matching.click("match_start")
    matching.settle(lambda: matching.tab._giving is None)
    matching.settle()
    assert "8 images were added." in matching.find("match_result").text()
    assert matching.find("match_show").isVisible()
    assert matching.tab._settings._method.value() == "histogram"
