"""The one warm worker of assisted outlines: started for a model, ended when another is chosen."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tlstudio.domain.events import Event, Progressed, Started
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.progress import Progress, Step
from tlstudio.domain.runs import JobSpec
from tlstudio.jobs.warm import WarmWorker
from tlstudio.services._scratch import scratch
from tlstudio.services._work import launch

IDLE = 600.0
"""Seconds without a request after which the worker gives its memory back."""

_guard = threading.RLock()
_worker: WarmWorker | None = None
_mark: tuple[str, int] | None = None
_device = ""
_listening: list[Progress] = []


def worker(spec: ModelSpec, weights: Path, device: str) -> WarmWorker:
    """The worker for these weights; one for others is ended first."""
    global _worker, _mark
    mark = (f"{spec.id} {device}", weights.stat().st_mtime_ns)
    with _guard:
        if _worker is None or mark != _mark:
            rest()
            _worker, _mark = _make(spec, weights, device), mark
        return _worker


def rest() -> None:
    """End the worker; its memory is free again."""
    global _worker, _mark, _device
    with _guard:
        old, _worker, _mark, _device = _worker, None, None, ""
    if old is not None:
        old.close()


def device_in_use() -> str:
    """Where the worker computes (cpu, cuda:0, mps); "" while none is awake."""
    with _guard:
        return _device if _worker is not None and _worker.warm else ""


@contextmanager
def hearing(progress: Progress) -> Iterator[None]:
    """Hand the worker's progress on while the block lasts."""
    with _guard:
        _listening.append(progress)
    try:
        yield
    finally:
        with _guard:
            _listening.remove(progress)


def _make(spec: ModelSpec, weights: Path, device: str) -> WarmWorker:
    def job() -> JobSpec:
        params = {"model": spec.to_json(), "weights": str(weights), "device": device}
        folder = str(scratch("assist"))
        return JobSpec("assist", str(spec.task), folder, folder, params)

    return WarmWorker(job, idle=IDLE, launch=launch, on_event=_hear)


def _hear(event: Event) -> None:
    global _device
    if isinstance(event, Started) and event.device:
        _device = event.device
    elif isinstance(event, Progressed):
        with _guard:
            listening = list(_listening)
        for progress in listening:
            progress(Step(event.stage, event.done, event.total))


atexit.register(rest)
