"""Jobs with a worker that does as it is told."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tlstudio.domain.events import Event
from tlstudio.domain.runs import JobSpec
from tlstudio.jobs import supervisor
from tlstudio.jobs.outcome import Outcome
from tlstudio.jobs.supervisor import Job
from tlstudio.jobs.watched import Patience

WORKER = Path(__file__).with_name("fake_worker.py")
COMMAND = (sys.executable, str(WORKER))
QUICK = Patience(cancel=0.4, terminate=0.4, silence=60)


class Heard:
    """What a job said."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.outcomes: list[Outcome] = []

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]

    def until(self, kind: str, seconds: float = 60) -> Any:
        return until(lambda: next((e for e in self.events if e.kind == kind), None), seconds)


def until(look: Callable[[], Any], seconds: float = 60) -> Any:
    """What `look` finds, once it finds something true."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"not seen within {seconds} s")


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def spec_for(folder: Path, act: str, kind: str = "train", **params: Any) -> JobSpec:
    return JobSpec(kind, "classification", str(folder), str(folder), {"act": act, **params})


@pytest.fixture
def tools() -> SimpleNamespace:
    return SimpleNamespace(
        COMMAND=COMMAND, QUICK=QUICK, Heard=Heard, until=until, gone=gone, spec_for=spec_for
    )


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., tuple[Job, Heard]]]:
    """`launch("finish", patience=..., **params)` -> (job, what it said)."""
    jobs: list[Job] = []

    def begin(act: str, patience: Patience = QUICK, **params: Any) -> tuple[Job, Heard]:
        heard = Heard()
        spec = spec_for(tmp_path / f"run{len(jobs)}", act, **params)
        job = supervisor.start(
            spec, heard.events.append, heard.outcomes.append, command=COMMAND, patience=patience
        )
        jobs.append(job)
        return job, heard

    yield begin
    for job in jobs:
        if not job.ended:
            job.cancel()
            assert job.wait(20) is not None
