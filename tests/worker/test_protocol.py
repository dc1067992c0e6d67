from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tlstudio.domain.events import (
    Ending,
    EpochEnded,
    Event,
    Progressed,
    Remark,
    Started,
    Unreadable,
    decode,
)

Start = Callable[..., Any]

LONG = 4000  # steps that nobody waits for the end of


def moving(event: Event) -> bool:
    return isinstance(event, Progressed)


def test_a_job_is_done_and_says_so_last(start: Start) -> None:
    child = start("work")
    assert child.end() == 0
    assert isinstance(child.events[0], Started) and child.events[0].pid == child.process.pid
    assert child.events[-1] == Ending("done")
    result = child.result()
    assert (result["version"], result["state"], result["steps"]) == (1, "done", 40)
    assert result["ended"] == "completed" and result["error"] is None
    assert 2 <= result["seconds"] < 200
    progress = [e for e in child.events if moving(e)]
    assert 5 <= len(progress) <= 5 * result["seconds"] + 2


def test_stop_lets_the_work_end_well(start: Start) -> None:
    child = start("work", steps=LONG)
    child.until(moving)
    child.tell("stop")
    assert child.end() == 0
    assert child.result()["state"] == "done" and child.result()["ended"] == "user"


def test_cancel_ends_it_as_cancelled(start: Start) -> None:
    child = start("work", steps=LONG)
    child.until(moving)
    child.tell("cancel")
    assert child.end() == 0
    assert child.result()["state"] == "cancelled" and child.result()["error"] is None
    assert child.events[-1] == Ending("cancelled")


def test_the_death_of_the_parent_ends_it_as_lost(start: Start) -> None:
    child = start("work", steps=LONG)
    child.until(moving)
    child.leave()
    assert child.end() == 0
    assert child.result()["state"] == "lost"


@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a signal only on POSIX")
def test_ctrl_c_is_the_parents_business(start: Start) -> None:
    child = start("work")
    child.until(moving)
    child.process.send_signal(signal.SIGINT)
    assert child.end() == 0
    assert child.result()["steps"] == 40


def test_prints_of_libraries_go_to_the_log_and_never_into_the_events(start: Start) -> None:
    child = start("chatter")
    assert child.end() == 0
    assert not [e for e in child.events if isinstance(e, Unreadable)]
    assert len([e for e in child.events if isinstance(e, EpochEnded)]) == 20
    assert child.said().count("a line of a library") == 20
    assert child.said().count("a child process of a library") == 20


def test_events_of_many_threads_stay_whole(start: Start) -> None:
    child = start("many")
    assert child.end() == 0
    assert not [e for e in child.events if isinstance(e, Unreadable)]
    assert len([e for e in child.events if isinstance(e, EpochEnded)]) == 800


def test_a_fault_of_ours_keeps_its_traceback_in_the_log(start: Start) -> None:
    child = start("crash")
    assert child.end() == 1
    result = child.result()
    assert result["state"] == "failed"
    assert result["error"] == {"code": "training.crashed", "params": {"error": "ZeroDivisionError"}}
    assert "secret detail" in child.said()
    assert not any("secret detail" in line for line in child.lines)


def test_what_a_person_can_mend_comes_with_its_code_file_and_warnings(start: Start) -> None:
    child = start("user_error")
    assert child.end() == 2
    result = child.result()
    assert result["error"]["code"] == "training.image_changed"
    assert result["error"]["params"] == {"file": "/x/y.png", "size": 3}
    assert result["warnings"][0]["code"] == "training.few_images"
    assert any(isinstance(e, Remark) for e in child.events)
    assert "Traceback" not in child.said()


@pytest.mark.parametrize(
    ("act", "code"),
    [("no_memory", "training.out_of_memory"), ("no_disk", "training.disk_full")],
)
def test_a_full_memory_or_disk_is_named(start: Start, act: str, code: str) -> None:
    child = start(act)
    assert child.end() == 2
    assert child.result()["error"]["code"] == code


def test_an_unknown_job_is_named(start: Start) -> None:
    child = start("dance")
    assert child.end() == 2
    assert child.result()["error"]["code"] == "training.unknown_job"


def test_a_crash_of_the_interpreter_leaves_no_result(start: Start) -> None:
    child = start("abort")
    assert child.end() != 0
    assert not (child.folder / "result.json").exists()


def test_the_history_is_kept_and_a_torn_line_spoils_only_itself(start: Start) -> None:
    child = start("work")
    child.end()
    history = child.folder / "events.jsonl"
    kinds = [decode(line).kind for line in history.read_text().splitlines()]
    assert kinds == ["started", "ending"]
    with history.open("a") as file:
        file.write('{"v": 1, "event": "epo')
    start("chatter").end()
    events = [decode(line) for line in history.read_text().splitlines()]
    assert [e.kind for e in events].count("unreadable") == 1
    assert [e.kind for e in events][-1] == "ending"
    assert [e.kind for e in events].count("started") == 2


def test_it_is_polite_and_alive(start: Start) -> None:
    child = start("work", steps=LONG)
    child.until(moving)
    if os.name == "posix":
        assert psutil.Process(child.process.pid).nice() > psutil.Process().nice()
    child.until(lambda event: event.kind == "heartbeat")


def test_libraries_are_told_to_stay_off_the_network_and_the_watch_over_it_sees(
    start: Start,
) -> None:
    child = start("reach_out")
    child.end()
    assert child.result()["offline"] == "1"
    assert "REACHED OUT" in child.said()


def test_waiting_threads_sleep_soon_and_are_told_before_torch_loads(start: Start) -> None:
    child = start("reach_out")
    child.end()
    assert child.result()["spin"] == os.environ.get("GOMP_SPINCOUNT", "1000")
    assert child.result()["torch_before_the_work"] is False


def test_result_is_whole_json_with_every_common_key(start: Start, tmp_path: Path) -> None:
    child = start("crash")
    child.end()
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result.keys() >= {
        "version", "state", "ended", "seconds", "epochs", "metrics", "best", "warnings",
        "error", "device",
    }  # fmt: skip
