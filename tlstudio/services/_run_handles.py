"""Runs under way in this program: one at a time for each project, others wait their turn."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Ending, Event
from tlstudio.domain.runs import JobSpec, Run, RunState
from tlstudio.jobs.outcome import Outcome
from tlstudio.jobs.queue import Queue
from tlstudio.services import _run_records as records
from tlstudio.services._work import launch
from tlstudio.storage import paths, runs
from tlstudio.storage.clock import now

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

log = logging.getLogger(__name__)

OnEvent = Callable[[Event], None]


class _Job(Protocol):
    def stop(self) -> None: ...

    def cancel(self) -> None: ...


class RunHandle:
    """A run that waits or works. Safe to use from any thread.

    Listeners are called on threads of the job; the last event is always an Ending, and the
    project has recorded the end before it comes. `split_made` says that starting made a split.
    """

    def __init__(self, project: Project, run_id: str, on_event: OnEvent | None = None) -> None:
        self.project = project
        self.run_id = run_id
        self.split_made = False
        self._listeners: list[OnEvent] = [on_event] if on_event else []
        self._job: _Job | None = None
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._ending: Ending | None = None

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def listen(self, on_event: OnEvent) -> None:
        """Hear the events from here on; a run that has ended already says so at once."""
        with self._lock:
            ending = self._ending
            if ending is None and on_event not in self._listeners:
                self._listeners.append(on_event)
        if ending is not None:
            on_event(ending)

    def detach(self) -> None:
        """Tell nobody any more; the run goes on and its end is recorded."""
        with self._lock:
            self._listeners.clear()

    def stop(self) -> None:
        """Finish the batch, validate, keep the best. A run that still waits is called off."""
        with self._lock:
            job = self._job
        if job is None:
            self._give_up_waiting()
            return
        # ValueError: it has ended in the meantime. RuntimeError: the project is closed.
        with contextlib.suppress(ValueError, RuntimeError):
            records.set_state(self.project, self.run_id, RunState.STOPPING)
        job.stop()

    def cancel(self) -> None:
        """Call the run off; it is killed where it does not end by itself."""
        with self._lock:
            job = self._job
        if job is None:
            self._give_up_waiting()
        else:
            job.cancel()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it has come."""
        return self._ended.wait(timeout)

    def wait(self, timeout: float | None = None) -> Run:
        """The run as recorded when it ended, or when the time ran out; see `ended`."""
        self._ended.wait(timeout)
        with self.project.read() as db:
            return runs.get_run(db, self.run_id)

    def begin(self, spec: JobSpec) -> None:
        """Start the worker; the run is running when this returns, or has failed."""
        try:
            records.set_state(self.project, self.run_id, RunState.RUNNING, started_at=now())
            with self._lock:
                self._job = launch(spec, self.hear, self.finish)
        except UserError as error:
            params = {**error.params, "file": error.file}
            told = {"code": error.code, "params": params}
            self.finish(Outcome(RunState.FAILED, {}, told))
            raise

    def take_up(self, job: _Job) -> None:
        """Go on with a worker that was found alive."""
        with self._lock:
            self._job = job

    def hear(self, event: Event) -> None:
        """An event of the worker; its own Ending is held back until the end is recorded."""
        if not isinstance(event, Ending):
            self._tell(event)

    def finish(self, outcome: Outcome) -> None:
        """Record the end, tell it, let the next run start."""
        try:
            records.record_end(self.project, self.run_id, outcome)
        except Exception:
            # The project was closed in the meantime: opening it again reads result.json.
            log.warning("the end of %s could not be recorded now", self.run_id, exc_info=True)
        error = outcome.error or {}
        with self._lock:
            self._ending = Ending(
                outcome.state.value, str(error.get("code", "")), dict(error.get("params") or {})
            )
        _forget(self)
        self._ended.set()
        self._tell(self._ending)
        _queue(self.project).done(self.run_id)

    def _give_up_waiting(self) -> None:
        if _queue(self.project).drop(self.run_id):
            self.finish(Outcome(RunState.CANCELLED))

    def _tell(self, event: Event) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(event)
            except Exception:
                log.exception("a listener of %s failed", self.run_id)


_live: dict[tuple[str, str], RunHandle] = {}
_queues: dict[str, Queue] = {}
_registry = threading.RLock()


def _queue(project: Project) -> Queue:
    with _registry:
        return _queues.setdefault(str(project.folder), Queue())


def enter(handle: RunHandle, spec: JobSpec) -> None:
    """Start the handle's run now, or when the runs before it have ended."""
    with _registry:
        _live[str(handle.project.folder), handle.run_id] = handle
    try:
        _queue(handle.project).add(handle.run_id, lambda: handle.begin(spec))
    except BaseException:
        _forget(handle)
        raise


def adopt(handle: RunHandle, job: _Job) -> None:
    """Register a run whose worker was found alive."""
    with _registry:
        _live[str(handle.project.folder), handle.run_id] = handle
    _queue(handle.project).add(handle.run_id, lambda: handle.take_up(job))


def live(project: Project, run_id: str) -> RunHandle | None:
    """The handle of a run of this project that waits or works in this program."""
    with _registry:
        handle = _live.get((str(project.folder), run_id))
        if handle is not None:
            handle.project = project
        return handle


def working(project: Project) -> RunHandle | None:
    """The handle of the run at work."""
    run_id = _queue(project).working
    return live(project, run_id) if run_id else None


def _forget(handle: RunHandle) -> None:
    with _registry:
        _live.pop((str(handle.project.folder), handle.run_id), None)


def job_folder(project: Project, run_id: str) -> str:
    return str(paths.run(project.folder, run_id))
