"""A warm worker answers, refuses, dies, comes back and goes to rest."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Event, Started
from tlstudio.jobs import supervisor
from tlstudio.jobs.warm import WarmWorker


@pytest.fixture
def heard() -> list[Event]:
    """What warm workers said that was no answer."""
    return []


@pytest.fixture
def worker(
    tmp_path: Path, tools: SimpleNamespace, heard: list[Event]
) -> Iterator[Callable[..., WarmWorker]]:
    made: list[WarmWorker] = []

    def make(idle: float = 60.0) -> WarmWorker:
        launch = functools.partial(supervisor.start, command=tools.COMMAND, patience=tools.QUICK)
        warm = WarmWorker(
            lambda: tools.spec_for(tmp_path, "serve", kind="serve"),
            idle=idle,
            launch=launch,
            on_event=heard.append,
        )
        made.append(warm)
        return warm

    yield make
    for warm in made:
        warm.close()


def test_requests_share_one_process(worker: Callable[..., WarmWorker]) -> None:
    warm = worker()
    first, second = warm.ask({"path": "a"}), warm.ask({"path": "b"})
    assert (first["path"], second["path"]) == ("a", "b")
    assert first["pid"] == second["pid"]


def test_refusal_is_an_error_with_the_workers_code(worker: Callable[..., WarmWorker]) -> None:
    with pytest.raises(UserError) as caught:
        worker().ask({"path": "a", "refuse": True})
    assert caught.value.code == "data.corrupt"
    assert caught.value.params["n"] == 1


def test_death_is_told_and_the_next_request_starts_another(
    worker: Callable[..., WarmWorker],
) -> None:
    warm = worker()
    before = warm.ask({"path": "a"})["pid"]
    with pytest.raises(UserError) as caught:
        warm.ask({"path": "a", "die": True})
    assert caught.value.code == "training.crashed"
    assert warm.ask({"path": "b"})["pid"] != before


def test_missing_answer_ends_the_worker(worker: Callable[..., WarmWorker]) -> None:
    warm = worker()
    with pytest.raises(UserError) as caught:
        warm.ask({"path": "a", "mute": True}, timeout=2.0)
    assert caught.value.code == "job.no_answer"
    assert not warm.warm


def test_idle_worker_goes_to_rest(
    worker: Callable[..., WarmWorker], tools: SimpleNamespace
) -> None:
    warm = worker(idle=0.3)
    pid = warm.ask({"path": "a"})["pid"]
    tools.until(lambda: tools.gone(pid))
    assert not warm.warm


def test_what_is_only_told_is_done_and_its_answer_is_nobodys(
    worker: Callable[..., WarmWorker], heard: list[Event]
) -> None:
    warm = worker()
    warm.tell({"path": "a"})
    assert warm.warm, "telling starts it, as asking does"
    warm.tell({"path": "a", "refuse": True})
    assert warm.ask({"path": "b"})["path"] == "b"
    assert [type(event) for event in heard if isinstance(event, Started | Answer)] == [Started]
