"""The Label page on a small project, and the hand that draws on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tlstudio.domain.tasks import Task

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
LABELS = ("cell", "platelet", "dirt")


class Hand:
    """Draws on the canvas by real mouse and key events; places are image pixels."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver
        self.page = driver.window.page("label")
        self.canvas = self.page.canvas

    @property
    def scene(self) -> Any:
        return self.canvas.scene

    def at(self, x: float, y: float) -> QPoint:
        return self.canvas.view.to_screen(x, y).toPoint()

    def click(self, x: float, y: float, held: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseMove(self.canvas, self.at(x, y))
        QTest.mouseClick(self.canvas, LEFT, held, self.at(x, y))

    def drag(self, x0: float, y0: float, x1: float, y1: float) -> None:
        start, end = self.at(x0, y0), self.at(x1, y1)
        QTest.mousePress(self.canvas, LEFT, pos=start)
        QTest.mouseMove(self.canvas, (start + end) / 2)
        QTest.mouseMove(self.canvas, end)
        QTest.mouseRelease(self.canvas, LEFT, pos=end)

    def press(self, key: Qt.Key, *held: Qt.KeyboardModifier) -> None:
        self.driver.press(key, *held, on=self.canvas)

    def settle(self, condition: Callable[[], bool] | None = None) -> None:
        self.driver.settle(condition or (lambda: not self.page.stage.busy))

    def draw_box(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.press(Qt.Key.Key_R)
        count = len(self.scene.all())
        self.drag(x0, y0, x1, y1)
        self.settle(lambda: len(self.scene.all()) == count + 1)

    def stored(self) -> list[Any]:
        """What the database has on the image that is shown."""
        from tlstudio.services.workbench import open_image

        return open_image(self.driver.context.project, self.canvas.image_id).annotations

    def state(self, image: int | None = None) -> str:
        from tlstudio.services.images import image_rows

        wanted = self.canvas.image_id if image is None else image
        return image_rows(self.driver.context.project, [wanted])[0].state.value


def draw_pictures(folder: Path, count: int, size: tuple[int, int] = (160, 120)) -> Path:
    """Pictures with a bright square each, named p0.png, p1.png, …"""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(3)
    for index in range(count):
        pixels = rng.integers(40, 90, (size[1], size[0], 3), dtype=np.uint8)
        pixels[30:70, 20 + 10 * index : 60 + 10 * index] = (200, 180, 60)
        Image.fromarray(pixels).save(folder / f"p{index}.png")
    return folder


@pytest.fixture
def make_folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a project of some pictures: `make_folder(count=5, task=Task.DETECTION)`."""

    def make(count: int = 5, task: Task = Task.DETECTION, labels: tuple[str, ...] = LABELS) -> Path:
        from tlstudio.services.datasets import import_source
        from tlstudio.services.projects import create_project

        project = create_project(tmp_path / "label.tlproj", labels=labels)
        with project:
            project.set_task(task)
            if count:
                import_source(project, draw_pictures(tmp_path / "pictures", count))
        return project.folder

    return make


@pytest.fixture
def open_label(driver: Any) -> Iterator[Callable[[Path], Hand]]:
    """Open a project at the Label page."""

    def make(folder: Path) -> Hand:
        driver.context.open_project(folder)
        driver.settle(lambda: driver.window.page("images") is not None)
        driver.context.go_to("label")
        hand = Hand(driver)
        hand.settle(lambda: hand.page.navigator.ready and not hand.page.stage.busy)
        return hand

    yield make


@pytest.fixture
def hand(make_folder: Callable[..., Path], open_label: Callable[[Path], Hand]) -> Hand:
    """The page on five pictures of a detection project with three labels."""
    return open_label(make_folder())
