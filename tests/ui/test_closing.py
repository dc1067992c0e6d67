"""Closing the window while a run is under way."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication, QMessageBox

from tlstudio.ui.run_guard import RunGuard


class FakeRun:
    run_id = "r0007"

    def __init__(self) -> None:
        self.stopped = self.cancelled = False

    def stop(self) -> None:
        self.stopped = True

    def cancel(self) -> None:
        self.cancelled = True


@pytest.fixture
def running(opened, monkeypatch) -> FakeRun:
    run = FakeRun()
    state = {"run": run}
    guard = RunGuard(lambda _project: state["run"])
    opened.window.guard = guard
    guard.ended.connect(opened.window._background_ended)
    run.end = lambda: state.update(run=None)
    yield run
    guard.forget()
    QApplication.instance().setQuitOnLastWindowClosed(True)


def answer(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    def choose(box: QMessageBox) -> None:
        assert box.defaultButton().objectName() == "closeStay"
        assert box.escapeButton().objectName() == "closeStay"
        next(b for b in box.buttons() if b.objectName() == name).click()

    monkeypatch.setattr(QMessageBox, "exec", choose)


def test_staying_leaves_everything_as_it_was(opened, running, monkeypatch) -> None:
    answer(monkeypatch, "closeStay")
    opened.window.close()
    assert opened.window.isVisible()
    assert not running.stopped


def test_in_the_background_the_program_lives_on_until_the_run_is_over(
    opened, running, monkeypatch
) -> None:
    quits: list[bool] = []
    monkeypatch.setattr(QApplication, "quit", lambda: quits.append(True))
    answer(monkeypatch, "closeBackground")
    opened.window.close()
    assert not opened.window.isVisible()
    assert not QApplication.quitOnLastWindowClosed()
    assert not running.stopped
    running.end()
    opened.settle(lambda: bool(quits))


def test_starting_again_shows_the_window_of_the_background_run(
    opened, running, monkeypatch
) -> None:
    answer(monkeypatch, "closeBackground")
    opened.window.close()
    opened.window.bring_up()
    assert opened.window.isVisible()
    assert QApplication.quitOnLastWindowClosed()


def test_stop_and_keep_stops_then_ends(opened, running, monkeypatch) -> None:
    quits: list[bool] = []
    monkeypatch.setattr(QApplication, "quit", lambda: quits.append(True))
    answer(monkeypatch, "closeStop")
    opened.window.close()
    opened.settle(lambda: running.stopped)
    assert not quits
    running.end()
    opened.settle(lambda: bool(quits))


def test_cancelling_the_run_gives_it_up_then_ends(opened, running, monkeypatch) -> None:
    answer(monkeypatch, "closeCancel")
    opened.window.close()
    opened.settle(lambda: running.cancelled)
    assert not running.stopped
    assert not opened.window.isVisible()


def test_without_a_run_the_window_just_closes(opened) -> None:
    opened.window.close()
    assert not opened.window.isVisible()
