"""A window for tests: real, on the offscreen platform where there is no screen."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QLocale, QObject, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

# Numbers are written alike whatever language the machine speaks.
QLocale.setDefault(QLocale.c())

# The offscreen platform says this of every window that has a size hint.
HARMLESS = r"This plugin does not support (propagateSizeHints\(\)|raise\(\)|grabbing the keyboard)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.qt_log_ignore(HARMLESS, extend=True))


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves a thread behind."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
        left = [t for t in left if not isinstance(t, threading._DummyThread)]
        if not left:
            return
        time.sleep(0.02)
    pytest.fail(f"threads left behind: {[t.name for t in left]}")


def wait(milliseconds: int) -> None:
    """Let the window work; unlike QTest.qWait this leaves the interpreter to other threads."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


@pytest.fixture(name="wait")
def _wait(qapp: QApplication) -> Callable[[int], None]:
    return wait


class Driver:
    """The window and the hand that uses it."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.context = window.context

    def settle(self, condition: Callable[[], bool] | None = None, seconds: float = 60) -> None:
        """Let the window work until nothing is pending and `condition` holds.

        A condition that fails an assertion, such as on a widget that is not seen yet, does not
        hold yet.
        """
        deadline = time.monotonic() + seconds
        quiet = 0
        while time.monotonic() < deadline:
            wait(10)
            done = self.context.ops.pending == 0 and (condition is None or _holds(condition))
            quiet = quiet + 1 if done else 0
            # Timers that gather wishes wait up to 250 ms before they ask.
            if quiet >= (3 if condition is not None else 30):
                return
        raise AssertionError(f"not settled within {seconds} s: {self.messages()}")

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Let the window work until `condition` holds, though other work be under way."""
        deadline = time.monotonic() + seconds
        while not _holds(condition):
            assert time.monotonic() < deadline, f"not within {seconds} s: {self.messages()}"
            wait(10)

    def find(self, name: str, kind: type[QObject] = QWidget) -> QWidget:
        """The one visible widget of that name."""
        wait(1)
        found = [w for w in self.window.findChildren(kind, name) if _usable(w)]
        found += [
            w
            for top in QApplication.topLevelWidgets()
            if top is not self.window
            for w in [*top.findChildren(kind, name), top]
            if w.objectName() == name and _usable(w)
        ]
        unique = list(dict.fromkeys(found))
        assert len(unique) == 1, f"{len(unique)} visible widgets are called {name}"
        return unique[0]

    def click(self, name: str) -> None:
        """Click in the middle of the widget, which must be enabled."""
        widget = self.find(name)
        assert widget.isEnabled(), f"{name} is off: {widget.toolTip()}"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=widget.rect().center())

    def type(self, name: str, text: str) -> None:
        """Put `text` in place of what the field holds, key by key."""
        widget = self.find(name)
        widget.setFocus()
        widget.selectAll()
        QTest.keyClicks(widget, text)

    def press(self, key: Qt.Key, *held: Qt.KeyboardModifier, on: QWidget | None = None) -> None:
        modifiers = Qt.KeyboardModifier.NoModifier
        for each in held:
            modifiers |= each
        QTest.keyClick(on or QApplication.focusWidget() or self.window, key, modifiers)

    def messages(self) -> list[str]:
        return [banner.text for banner in self.window.messages.banners()]


def _holds(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except AssertionError:
        return False


def _usable(widget: object) -> bool:
    return isinstance(widget, QWidget) and widget.isVisible()


@pytest.fixture(autouse=True)
def garbage(qapp: QApplication) -> Iterator[None]:
    """As in the program, no other thread than the window's destroys what nothing holds."""
    from tlstudio.ui.garbage import Collector

    made = Collector(qapp)
    yield
    made.stop()
    made.deleteLater()
    gc.collect(1)


@pytest.fixture
def driver(qapp: QApplication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Driver]:
    """A window on screen with no project; every message box would fail the test."""
    from PySide6.QtWidgets import QMessageBox

    from tlstudio.services.logs import stop_logging
    from tlstudio.ui.app import take_choices
    from tlstudio.ui.context import Context
    from tlstudio.ui.shell.window import Window
    from tlstudio.ui.theme import theme

    def unexpected(box: QMessageBox) -> None:
        raise AssertionError(f"an unexpected question: {box.text()}")

    monkeypatch.setattr(QMessageBox, "exec", unexpected)
    theme().apply("dark")
    take_choices()
    window = Window(Context())
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    made = Driver(window)
    made.settle()
    yield made
    window.hide()
    window.close_down()
    window.deleteLater()
    wait(10)
    stop_logging()


@pytest.fixture
def project_folder(tmp_path: Path, class_folder: Callable[..., Path]) -> Path:
    """A project of 3 labels and 18 images, without splits."""
    from tlstudio.services.datasets import import_source
    from tlstudio.services.projects import create_project

    source = class_folder({"bars": 6, "round": 6, "stripes": 6}, size=48)
    project = create_project(tmp_path / "work.tlproj", name="Work")
    with project:
        import_source(project, source)
    return project.folder


@pytest.fixture
def opened(driver: Driver, project_folder: Path) -> Driver:
    """The window with that project open at Images."""
    driver.context.open_project(project_folder)
    driver.settle(lambda: driver.window.page("images") is not None)
    driver.settle(lambda: driver.window.page("images").model.rowCount() == 18)
    return driver
