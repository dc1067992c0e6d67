"""Run one worker job to its end, with progress and a way to call it off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event, Progressed
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.domain.runs import JobSpec, RunState
from tlstudio.jobs import supervisor
from tlstudio.jobs.outcome import Outcome
from tlstudio.storage.home import home


def run_to_end(
    spec: JobSpec,
    progress: Progress = silent,
    cancel: Cancel | None = None,
    on_event: Callable[[Event], None] | None = None,
) -> dict[str, Any]:
    """The job's result.json. Progress arrives on another thread.

    Raises Cancelled where it was called off, UserError with the worker's code where it failed,
    job.not_started where no process could be started.
    """

    def hear(event: Event) -> None:
        if isinstance(event, Progressed):
            progress(Step(event.stage, event.done, event.total))
        if on_event is not None:
            on_event(event)

    job = launch(spec, hear)
    outcome = None
    while outcome is None:
        if cancel is not None and cancel.wanted:
            job.cancel()
        try:
            outcome = job.wait(0.1)
        except BaseException:
            job.cancel()
            raise
    if outcome.state in (RunState.CANCELLED, RunState.LOST):
        raise Cancelled
    return outcome.check()


def launch(
    spec: JobSpec,
    on_event: Callable[[Event], None] = supervisor.ignore,
    on_end: Callable[[Outcome], None] = supervisor.ignore,
) -> supervisor.Job:
    """Start a worker; UserError("job.not_started") where the system refuses."""
    try:
        return supervisor.start(spec, on_event, on_end, environment=_places())
    except OSError as error:
        raise UserError(
            "job.not_started", file=spec.folder, detail=error.strerror or str(error)
        ) from error


def _places() -> dict[str, str]:
    """Where libraries may keep what they write: in our own folder, never in the person's."""
    kept = home() / "libraries"
    return {"YOLO_CONFIG_DIR": str(kept), "MPLCONFIGDIR": str(kept / "matplotlib")}
