"""Services off the UI thread: order, errors, progress, cancel, widgets that are gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QLabel

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Step
from tlstudio.ui.ops import ChangesHub, Lane, Ops


@pytest.fixture
def errors() -> list[BaseException]:
    return []


@pytest.fixture
def ops(qapp: QApplication, errors: list[BaseException]) -> Iterator[Ops]:
    made = Ops(ChangesHub(), errors.append)
    yield made
    made.shutdown()


@pytest.fixture
def settle(wait: Callable[[int], None]) -> Callable[[Ops], None]:
    """Wait until nothing is under way."""

    def until_quiet(ops: Ops) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            wait(5)
            if not ops.pending:
                return
        raise AssertionError("still pending")

    return until_quiet


def test_work_is_done_on_another_thread_and_answered_on_this_one(ops: Ops, settle) -> None:
    seen: dict[str, int] = {}
    ops.run(
        lambda: seen.setdefault("work", threading.get_ident()),
        on_done=lambda _r: seen.setdefault("answer", threading.get_ident()),
    )
    settle(ops)
    assert seen["answer"] == threading.get_ident() != seen["work"]


def test_edits_stay_in_order(ops: Ops, settle) -> None:
    done: list[int] = []

    def edit(n: int) -> None:
        time.sleep(0.01 if n % 2 else 0)
        done.append(n)

    for n in range(20):
        ops.run(edit, n, lane=Lane.WRITE)
    settle(ops)
    assert done == list(range(20))


def test_changes_are_told_to_everybody(ops: Ops, settle) -> None:
    told: list[Changes] = []
    ops.hub.changed.connect(told.append)
    changes = Changes(images=frozenset({3}))
    ops.run(lambda: changes)
    ops.run(lambda: "no changes", touches=Changes(everything=True))
    settle(ops)
    assert set(told) == {changes, Changes(everything=True)}


def test_an_answer_that_changed_nothing_is_not_told(ops: Ops, settle) -> None:
    told: list[Changes] = []
    ops.hub.changed.connect(told.append)
    ops.run(Changes)
    ops.run(lambda: Changes(images=frozenset({3})))
    settle(ops)
    assert told == [Changes(images=frozenset({3}))]


def test_an_error_reaches_the_message_panel_or_who_asked(
    ops: Ops, settle, errors: list[BaseException]
) -> None:
    mine: list[BaseException] = []

    def fail() -> None:
        raise UserError("project.missing", file="x")

    ops.run(fail)
    ops.run(fail, on_error=mine.append)
    settle(ops)
    assert [type(e) for e in (*errors, *mine)] == [UserError, UserError]


def test_nothing_touches_a_widget_that_is_gone(
    ops: Ops, settle, wait, errors: list[BaseException]
) -> None:
    gate = threading.Event()
    shown = QLabel("waiting")
    ops.run(lambda: gate.wait(60) and "late", on_done=shown.setText)
    shown.deleteLater()
    wait(20)
    gate.set()
    settle(ops)
    assert not errors


def test_a_newer_question_makes_the_older_answer_unwanted(ops: Ops, settle, wait) -> None:
    answers: list[str] = []
    gate = threading.Event()
    ops.run(lambda: gate.wait(60) and "old", on_done=answers.append, key="q")
    ops.run(lambda: "new", on_done=answers.append, key="q")
    wait(30)
    gate.set()
    settle(ops)
    assert answers == ["new"]


def test_progress_arrives_and_the_last_step_wins(ops: Ops, settle) -> None:
    steps: list[int] = []

    def work(progress: Any) -> None:
        for n in range(1000):
            progress(Step("data.stage.reading", n, 1000))
        time.sleep(0.05)

    ops.run(work, on_progress=lambda step: steps.append(step.done))
    settle(ops)
    assert steps[-1] == 999
    assert len(steps) < 1000, "every single step was delivered"


def test_cancel_ends_the_work_without_an_error(
    ops: Ops, settle, wait, errors: list[BaseException]
) -> None:
    ended: list[str] = []

    def work(cancel: Cancel) -> None:
        for _ in range(10_000):
            cancel.check()
            time.sleep(0.005)
        ended.append("ran to its end")

    job = ops.run(work, cancel=Cancel(), on_cancelled=lambda: ended.append("cancelled"))
    wait(30)
    job.cancel()
    settle(ops)
    assert ended == ["cancelled"]
    assert not errors


def test_shutdown_joins_the_threads(qapp: QApplication) -> None:
    ops = Ops(ChangesHub(), lambda _e: None)
    before = set(threading.enumerate())
    ops.run(time.sleep, 0.05)
    ops.run(time.sleep, 0.05, lane=Lane.WRITE)
    assert set(threading.enumerate()) - before
    ops.shutdown()
    assert not set(threading.enumerate()) - before
    assert ops.run(time.sleep, 0).done


class _Empty(QObject):
    sent = Signal()

    def nothing(self) -> None:
        return None


def test_edits_under_way_are_finished_at_the_end_of_the_program(qapp: QApplication) -> None:
    made = Ops(ChangesHub(), lambda _error: None)
    stored: list[int] = []

    def edit(number: int) -> None:
        time.sleep(0.05)
        stored.append(number)

    for number in range(4):
        made.run(edit, number, lane=Lane.WRITE)
    made.shutdown()
    assert stored == [0, 1, 2, 3]


def test_twenty_thousand_void_calls_do_not_end_the_program(qapp: QApplication) -> None:
    """PySide6 6.12.0 on Python 3.11 loses a reference to None with each such call."""
    made = _Empty()
    made.sent.connect(made.nothing)
    for _ in range(20_000):
        made.setObjectName("x")
        made.sent.emit()
    assert made.nothing() is None
