"""Long work on the screen."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton

from tlstudio.domain import progress
from tlstudio.domain.progress import Step
from tlstudio.ui.widgets.step_bar import StepBar


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, as its only element."""
    told = [0.0]
    monkeypatch.setattr(progress.Pace.__init__, "__defaults__", (lambda: told[0],))
    return told


@pytest.fixture
def bar(qtbot: Any, now: list[float]) -> StepBar:
    made = StepBar("work", "Progress of the work")
    qtbot.addWidget(made)
    return made


def words(bar: StepBar) -> str:
    return bar.findChild(QLabel, "work_step").text()


def test_it_says_how_much_is_done_and_how_long_it_will_take(bar: StepBar, now: list[float]) -> None:
    assert bar.isHidden()
    bar.begin("Reading files")
    assert not bar.isHidden() and words(bar) == "Reading files"
    bar.show_step(Step("weights.reading", 0, 4000))
    now[0] = 30.0
    bar.show_step(Step("weights.reading", 1000, 4000))
    assert words(bar) == "Reading weights, 1,000 of 4,000, 2 min left"
    shown = bar.findChild(QProgressBar, "work_progress")
    assert shown.value() / shown.maximum() == 0.25
    bar.rest()
    assert bar.isHidden()


def test_downloads_are_told_in_bytes_and_may_be_larger_than_a_bar_can_count(bar: StepBar) -> None:
    bar.show_step(Step("weights.downloading", 3_000_000_000, 12_000_000_000))
    assert words(bar) == "Downloading weights, 3.0 GB of 12 GB"
    shown = bar.findChild(QProgressBar, "work_progress")
    assert shown.value() / shown.maximum() == 0.25


def test_what_nobody_can_count_moves_without_a_number(bar: StepBar) -> None:
    bar.show_step(Step("weights.reading", 7))
    assert words(bar) == "Reading weights"
    assert bar.findChild(QProgressBar, "work_progress").maximum() == 0


def test_cancel_asks_once_and_can_ask_again_in_the_next_work(qtbot: Any, bar: StepBar) -> None:
    asked: list[bool] = []
    bar.cancelled.connect(lambda: asked.append(True))
    button = bar.findChild(QPushButton, "work_cancel")
    bar.begin()
    button.click()
    button.click()
    assert asked == [True]
    bar.rest()
    bar.begin()
    assert button.isEnabled()


def test_the_pace_of_the_work_before_is_forgotten(bar: StepBar, now: list[float]) -> None:
    bar.begin()
    bar.show_step(Step("weights.reading", 0, 100))
    now[0] = 100.0
    bar.begin()
    bar.show_step(Step("weights.reading", 0, 100))
    now[0] = 104.0
    bar.show_step(Step("weights.reading", 50, 100))
    assert words(bar).endswith("4 s left")
