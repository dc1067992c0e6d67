"""One after the other, in order."""

from __future__ import annotations

import pytest

from tlstudio.jobs.queue import Queue


def test_next_starts_when_the_one_before_is_done() -> None:
    started: list[str] = []
    queue = Queue()
    assert queue.add("a", lambda: started.append("a"))
    assert not queue.add("b", lambda: started.append("b"))
    assert not queue.add("c", lambda: started.append("c"))
    assert queue.waiting == ("b", "c")
    queue.done("b")
    assert started == ["a"], "only the ticket in work can be done"
    queue.done("a")
    assert started == ["a", "b"]
    queue.done("b")
    queue.done("c")
    assert started == ["a", "b", "c"]
    assert queue.working is None


def test_dropped_ticket_never_starts() -> None:
    started: list[str] = []
    queue = Queue()
    queue.add("a", lambda: started.append("a"))
    queue.add("b", lambda: started.append("b"))
    assert queue.drop("b")
    assert not queue.drop("b")
    assert not queue.drop("a")
    queue.done("a")
    assert started == ["a"]


def test_failing_start_gives_way() -> None:
    started: list[str] = []

    def fail() -> None:
        raise OSError("no such program")

    queue = Queue()
    with pytest.raises(OSError, match="no such"):
        queue.add("a", fail)
    assert queue.working is None
    queue.add("b", lambda: started.append("b"))
    queue.add("c", fail)
    queue.add("d", lambda: started.append("d"))
    queue.done("b")
    assert started == ["b", "d"]
    assert queue.working == "d"
