"""Pictures come in by dropping, choosing, pasting and from the project; shares and regions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QSlider, QWidget

from tlstudio.domain.annotations import Polygon
from tlstudio.services.shaping import add_shapes
from tlstudio.ui.pages.style.picked import Picked


def drop(widget: QWidget, *files: Path) -> None:
    """Let go of files over the widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    event = QDropEvent(
        QPointF(10, 10), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    widget.dropEvent(event)
    assert event.isAccepted()


def trigger(driver, name: str) -> None:
    """Choose an item of a menu by its name."""
    (action,) = driver.window.findChildren(QAction, name)
    assert action.isEnabled(), name
    action.trigger()


@pytest.fixture
def sources(styling):
    return styling.tab._sources


def test_what_is_dropped_lands_where_it_is_dropped(styling, sources, pictures) -> None:
    drop(styling.find("style_styles"), pictures["night"], pictures["wave"])
    drop(styling.find("style_content"), pictures["content"])
    styling.settle()
    assert sources.content.picked == Picked(pictures["content"])
    assert sources.content.size_of == (80, 60)
    assert [each.picked.path.name for each in sources.styles.choices()] == ["night.png", "wave.png"]
    assert styling.find("style_compare").before is not None


def test_dropped_on_the_window_the_first_is_kept_and_others_are_styles(
    styling, sources, pictures
) -> None:
    styling.window.page("style").dropped([pictures["content"], pictures["night"]])
    styling.window.page("style").dropped([pictures["wave"]])
    assert sources.content.picked.path == pictures["content"]
    assert [each.picked.path.name for each in sources.styles.choices()] == ["night.png", "wave.png"]


def test_what_is_missing_is_said_at_start(styling, pictures) -> None:
    assert not styling.find("style_start").isEnabled()
    assert "picture to keep" in styling.find("style_start").toolTip()
    styling.window.page("style").dropped([pictures["content"]])
    assert "style image" in styling.find("style_reason").text()


def test_a_file_is_chosen(styling, sources, pictures, monkeypatch) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(pictures["content"]), ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(pictures["night"])], ""))
    trigger(styling, "style_content_file")
    trigger(styling, "style_add_file")
    styling.settle()
    assert sources.content.picked.path == pictures["content"]
    assert len(sources.styles.choices()) == 1


def test_a_picture_on_the_clipboard_is_pasted_by_a_key(styling, sources) -> None:
    picture = QImage(40, 30, QImage.Format.Format_RGB32)
    picture.fill(QColor(0, 120, 0))
    QGuiApplication.clipboard().setImage(picture)
    styling.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, on=styling.window)
    styling.settle(lambda: sources.content.picked is not None)
    styling.settle(lambda: sources.content.size_of == (40, 30))
    assert sources.content.picked.path.is_relative_to(styling.context.project.folder)
    styling.press(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier, on=styling.window)
    styling.settle(lambda: len(sources.styles.choices()) == 1)


def test_a_file_that_is_no_picture_is_refused_in_words(styling, sources, tmp_path) -> None:
    bad = tmp_path / "notes.png"
    bad.write_text("no picture")
    drop(styling.find("style_content"), bad)
    styling.settle()
    assert sources.content.picked is None
    assert "notes.png" in styling.find("style_content_picture").text()


def test_images_of_the_project_are_picked(styling_images) -> None:
    trigger(styling_images, "style_content_project")
    styling_images.settle()
    images = styling_images.find("style_picker_images")
    assert images.model().rowCount() == 18
    assert not styling_images.find("style_picker_use").isEnabled()
    styling_images.type("style_picker_search", "bars")
    styling_images.settle(lambda: images.model().rowCount() == 6)
    at = images.visualRect(images.model().index(1, 0)).center()
    QTest.mouseClick(images.viewport(), Qt.MouseButton.LeftButton, pos=at)
    styling_images.click("style_picker_use")
    styling_images.settle(lambda: styling_images.tab._sources.content.picked is not None)
    assert styling_images.tab._sources.content.picked.image is not None
    assert "bars" in styling_images.tab._sources.content.picked.shown

    trigger(styling_images, "style_add_project")
    styling_images.settle(
        lambda: styling_images.find("style_picker_images").model().rowCount() == 18
    )
    images.setCurrentIndex(images.model().index(3, 0))
    styling_images.press(Qt.Key.Key_Return, on=images)
    styling_images.settle(lambda: len(styling_images.tab._sources.styles.choices()) == 1)
    trigger(styling_images, "style_add_project")
    styling_images.press(Qt.Key.Key_Escape, on=styling_images.find("style_picker_search"))
    assert styling_images.find("style_compare").isVisible()


def test_the_gallery_sends_images_here(styling_images) -> None:
    page = styling_images.window.page("images")
    styling_images.context.go_to("images")
    styling_images.settle()
    page.grid.selectAll()
    ids = page.model.selected_ids()
    page.grid.clearSelection()
    page.step(1)
    styling_images.settle()
    page.actions.with_names(lambda names: _open(page, names))
    styling_images.settle()
    trigger(styling_images, "menu_style_content")
    styling_images.settle(lambda: styling_images.tab._sources.content.picked is not None)
    assert styling_images.tab._sources.content.picked.image in ids
    styling_images.context.go_to("style", styles=ids[:2])
    styling_images.settle(lambda: len(styling_images.tab._sources.styles.choices()) == 2)


def _open(page, names) -> None:
    from tlstudio.ui.pages.images.menu import open_menu

    open_menu(page, page.mapToGlobal(QPoint(50, 50)), names)


def test_shares_of_several_styles(styling, sources, pictures) -> None:
    drop(styling.find("style_styles"), pictures["night"])
    assert not [s for s in styling.window.findChildren(QSlider, "style_0_share") if s.isVisible()]
    drop(styling.find("style_styles"), pictures["wave"])
    assert styling.find("style_0_percent").text() == "50%"
    slider = styling.find("style_1_share")
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert styling.find("style_1_percent").text() == "67%"
    weights = [each.share for each in sources.styles.choices()]
    assert weights[1] == 2 * weights[0]
    styling.click("style_0_remove")
    styling.settle()
    assert [each.picked.path.name for each in sources.styles.choices()] == ["wave.png"]


def test_no_more_than_eight_styles(styling, sources, pictures) -> None:
    drop(styling.find("style_styles"), *[pictures["night"]] * 10)
    assert len(sources.styles.choices()) == 8
    assert "At most 8" in styling.find("style_add").toolTip()
    assert any("At most 8" in text for text in styling.messages())


def test_a_region_is_painted_and_goes_with_another_content(styling, sources, pictures) -> None:
    styling.window.page("style").dropped([pictures["content"], pictures["night"]])
    styling.settle()
    trigger(styling, "style_0_paint")
    canvas = styling.find("style_region_canvas")
    view = canvas.view
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, pos=view.to_screen(5, 30).toPoint())
    QTest.mouseMove(canvas, view.to_screen(40, 30).toPoint())
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, pos=view.to_screen(40, 30).toPoint())
    styling.click("style_region_use")
    styling.settle(lambda: sources.styles.choices()[0].area is not None)
    area = sources.styles.choices()[0].area
    kept = QImage(str(area.path))
    assert (kept.width(), kept.height()) == (80, 60)
    assert kept.pixelColor(20, 30).red() == 255 and kept.pixelColor(70, 50).red() == 0
    assert "Painted" in styling.find("style_0_where").text()
    assert styling.find("style_compare").hasFocus()

    trigger(styling, "style_0_paint")
    styling.settle(lambda: styling.find("style_region_canvas").share() > 0)
    styling.press(Qt.Key.Key_Escape, on=styling.find("style_region_canvas"))
    assert sources.styles.choices()[0].area == area

    drop(styling.find("style_content"), pictures["wave"])
    styling.settle()
    assert sources.styles.choices()[0].area is None


def test_a_label_of_the_image_is_the_region(styling_images, pictures) -> None:
    project = styling_images.context.project
    image = styling_images.window.page("images").model.ids[0]
    labels = styling_images.context.labels.all()
    ring = ((0.0, 0.0), (24.0, 0.0), (24.0, 48.0), (0.0, 48.0))
    add_shapes(project, image, [Polygon(id="", image=image, label=labels[1].id, parts=((ring,),))])
    styling_images.context.go_to("style", content=image)
    drop(styling_images.find("style_styles"), pictures["night"])
    name = f"style_0_label_{labels[1].id}"
    styling_images.settle(lambda: styling_images.window.findChildren(QAction, name) != [])
    trigger(styling_images, name)
    styling_images.settle(lambda: styling_images.tab._sources.styles.choices()[0].area is not None)
    region = QImage(str(styling_images.tab._sources.styles.choices()[0].area.path))
    assert (region.width(), region.height()) == (48, 48)
    assert region.pixelColor(23, 10).red() == 255 and region.pixelColor(24, 10).red() == 0
    assert labels[1].name in styling_images.find("style_0_where").text()


def test_a_grey_picture_is_the_region_and_everywhere_takes_it_back(
    styling, sources, pictures, monkeypatch
) -> None:
    drop(styling.find("style_styles"), pictures["night"])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(pictures["wave"]), ""))
    trigger(styling, "style_0_file")
    assert sources.styles.choices()[0].area.path == pictures["wave"]
    trigger(styling, "style_0_everywhere")
    assert sources.styles.choices()[0].area is None


def test_regions_are_read_and_kept_as_they_were(styling) -> None:
    from tlstudio.services.style_parts import keep_region, read_region

    region = np.zeros((30, 40), np.uint8)
    region[:10, :20] = 255
    file = keep_region(styling.context.project, region)
    assert keep_region(styling.context.project, region) == file
    assert np.array_equal(read_region(file), region)
