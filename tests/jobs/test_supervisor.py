"""The supervisor tells the truth about its child, whatever the child does."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import EpochEnded, Event
from tlstudio.domain.runs import RunState
from tlstudio.jobs import supervisor
from tlstudio.jobs.command import worker_command
from tlstudio.jobs.following import follow
from tlstudio.jobs.supervisor import Job
from tlstudio.jobs.watched import Patience

Launch = Callable[..., tuple[Job, Any]]

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals and sessions")


def test_finished_job_hands_on_its_events_in_order_and_its_result(launch: Launch) -> None:
    job, heard = launch("finish")
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.DONE
    assert outcome.check()["metrics"] == {"accuracy": 0.5}
    assert heard.kinds() == ["started", "epoch"]
    assert isinstance(heard.events[1], EpochEnded)
    assert heard.outcomes == [outcome]
    assert not (job.folder / "process.json").exists()


def test_stop_is_asked_and_never_escalates(launch: Launch) -> None:
    job, heard = launch("wait")
    heard.until("started")
    job.stop()
    outcome = job.wait(20)
    assert outcome is not None
    assert (outcome.state, outcome.result["order"]) == (RunState.DONE, "stop")
    assert not job.cancel_wanted


def test_cancel_is_asked_first(launch: Launch) -> None:
    job, heard = launch("wait", patience=Patience())
    heard.until("started")
    job.cancel()
    job.cancel()
    outcome = job.wait(60)
    assert outcome is not None
    assert (outcome.state, outcome.result["order"]) == (RunState.CANCELLED, "cancel")


def test_deaf_child_and_its_children_are_killed(launch: Launch, tools: SimpleNamespace) -> None:
    job, heard = launch("deaf")
    grandchild = heard.until("remark").params["pid"]
    began = time.monotonic()
    job.cancel()
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.CANCELLED
    assert time.monotonic() - began >= 0.4, "killed before it had its time"
    tools.until(lambda: tools.gone(job.pid) and tools.gone(grandchild))


def test_crash_is_told_with_the_end_of_the_log(launch: Launch) -> None:
    job, _heard = launch("crash")
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.FAILED
    assert outcome.error is not None
    assert outcome.error["code"] == "training.crashed"
    assert "something broke badly" in outcome.error["params"]["details"]
    assert "7" in outcome.error["params"]["error"]
    with pytest.raises(UserError) as caught:
        outcome.check()
    assert caught.value.code == "training.crashed"


def test_garbage_on_the_channel_is_kept_and_harmless(launch: Launch) -> None:
    job, heard = launch("garbage")
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.DONE
    assert heard.kinds() == ["started"] + ["unreadable"] * 5


@posix
def test_grandchild_holding_the_pipe_does_not_delay_the_end(
    launch: Launch, tools: SimpleNamespace
) -> None:
    job, heard = launch("holder")
    outcome = job.wait(60)
    assert outcome is not None
    assert outcome.state is RunState.DONE
    psutil.Process(heard.until("remark").params["pid"]).kill()  # it holds the pipe still


def test_silence_is_noticed_once(launch: Launch, tools: SimpleNamespace) -> None:
    job, heard = launch("wait", patience=Patience(0.5, 0.5, silence=0.3))
    heard.until("started")  # how long Python takes to start counts as silence, too

    def remarks() -> list[Event]:
        events = list(heard.events)
        return events[[event.kind for event in events].index("started") + 1 :]

    (remark,) = tools.until(remarks)
    assert (remark.level, remark.code) == ("warning", "job.silent")
    time.sleep(0.8)
    assert remarks() == [remark]
    job.stop()
    assert job.wait(20) is not None


def test_detached_job_says_no_more_but_ends_properly(launch: Launch) -> None:
    job, heard = launch("wait")
    heard.until("started")
    job.detach()
    count = len(heard.events)
    job.stop()
    assert job.wait(20) is not None
    assert len(heard.events) == count
    assert len(heard.outcomes) == 1


def test_failing_receiver_does_not_hurt_the_job(tmp_path: Path, tools: SimpleNamespace) -> None:
    def refuse(_event: Event) -> None:
        raise RuntimeError("no")

    job = supervisor.start(tools.spec_for(tmp_path, "finish"), refuse, command=tools.COMMAND)
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.DONE


def test_result_of_an_earlier_attempt_is_not_taken_for_this_one(
    tmp_path: Path, tools: SimpleNamespace
) -> None:
    (tmp_path / "result.json").write_text('{"version": 1, "state": "done"}')
    job = supervisor.start(tools.spec_for(tmp_path, "crash"), command=tools.COMMAND)
    outcome = job.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.FAILED


_PARENT = """
import json, sys
from tlstudio.domain.runs import JobSpec
from tlstudio.jobs import supervisor
spec = JobSpec.from_json(json.loads(sys.argv[1]))
job = supervisor.start(spec, command=json.loads(sys.argv[2]))
print(job.pid, flush=True)
job.wait()
"""


def _parent(folder: Path, tools: SimpleNamespace) -> tuple[subprocess.Popen[str], int]:
    root = str(Path(supervisor.__file__).parents[2])
    spec = json.dumps(tools.spec_for(folder, "wait").to_json())
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, spec, json.dumps(tools.COMMAND)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


@posix
def test_child_ends_with_a_checkpoint_when_its_parent_is_killed(
    tmp_path: Path, tools: SimpleNamespace
) -> None:
    parent, pid = _parent(tmp_path, tools)
    tools.until(lambda: (tmp_path / "events.jsonl").exists())
    with parent:
        parent.kill()
    tools.until(lambda: tools.gone(pid))
    result = json.loads((tmp_path / "result.json").read_text())
    assert (result["state"], result["order"]) == ("lost", "end-of-file")
    assert follow(tmp_path, supervisor.ignore, supervisor.ignore) is None


def test_living_worker_is_followed_through_its_event_file(
    tmp_path: Path, tools: SimpleNamespace, launch: Launch
) -> None:
    job, _heard = launch("wait")
    tools.until(lambda: (job.folder / "events.jsonl").exists())
    again = tools.Heard()
    followed = follow(job.folder, again.events.append, again.outcomes.append)
    assert followed is not None
    assert followed.pid == job.pid
    with (job.folder / "events.jsonl").open("a") as events:
        events.write('{"v": 1, "event": "remark", "level": "info", "code": "x"}\n')
    again.until("remark")
    job.stop()
    outcome = followed.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.DONE
    assert job.wait(20) is not None


def test_another_process_with_the_recorded_id_is_not_taken_for_the_worker(tmp_path: Path) -> None:
    import os
    import platform

    record = {"pid": os.getpid(), "created": 1000.0, "host": platform.node()}
    (tmp_path / "process.json").write_text(json.dumps(record))
    assert follow(tmp_path, supervisor.ignore, supervisor.ignore) is None


def test_followed_worker_can_be_cancelled(launch: Launch, tools: SimpleNamespace) -> None:
    job, heard = launch("deaf")
    heard.until("remark")
    followed = follow(job.folder, supervisor.ignore, supervisor.ignore, patience=tools.QUICK)
    assert followed is not None
    followed.cancel()
    outcome = followed.wait(20)
    assert outcome is not None
    assert outcome.state is RunState.CANCELLED
    assert job.wait(20) is not None


def test_command_of_a_frozen_program_has_no_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Path("JOB.json")
    assert worker_command(job) == [sys.executable, "-m", "tlstudio", "worker", "JOB.json"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command(job) == [sys.executable, "worker", "JOB.json"]
