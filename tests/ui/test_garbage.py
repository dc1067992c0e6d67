"""Widgets that nothing holds are destroyed by the window's thread, whoever makes garbage."""

from __future__ import annotations

import gc
import threading
from typing import ClassVar

from PySide6.QtCore import QObject

from tlstudio.services import collecting
from tlstudio.services.collecting import uncollected
from tlstudio.ui.garbage import Collector


class Ring(QObject):
    """Held by itself alone."""

    ends: ClassVar[list[int]] = []

    def __init__(self) -> None:
        super().__init__()
        self.me = self

    def __del__(self) -> None:
        Ring.ends.append(threading.get_ident())


def make_garbage() -> None:
    for _ in range(50_000):
        made: list[object] = []
        made.append(made)


def test_only_the_window_s_thread_destroys_widgets(driver) -> None:
    Ring.ends.clear()
    for _ in range(20):
        Ring()
    threads = [threading.Thread(target=make_garbage) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    driver.settle(lambda: len(Ring.ends) == 20)
    assert set(Ring.ends) == {threading.get_ident()}


def test_an_import_is_not_searched_through_meanwhile(driver) -> None:
    with uncollected():
        make_garbage()
        driver.settle()
        assert gc.get_count()[0] > 40_000
    driver.settle(lambda: gc.get_count()[0] < 40_000)
    assert not gc.isenabled()


def test_python_takes_over_again_after_the_window(qapp) -> None:
    made = Collector(qapp)
    assert not gc.isenabled()
    made.stop()
    assert gc.isenabled()


def test_everything_is_looked_through_at_a_hundredth_of_the_time(monkeypatch) -> None:
    clock, done = [1000.0], []

    def collect(generation: int) -> None:
        done.append(generation)
        clock[0] += 0.5

    monkeypatch.setattr(collecting, "_next_whole", 0.0)
    monkeypatch.setattr(collecting.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(collecting.gc, "get_count", lambda: (800, 11, 11))
    monkeypatch.setattr(collecting.gc, "collect", collect)
    for _ in range(3):
        collecting.collect_due()
    clock[0] += 50
    collecting.collect_due()
    assert done == [2, 1, 1, 2]
