"""Running services off the UI thread and bringing their answers back to it.

A page writes `ops.run(service, project, …, on_done=self._show)`. The service runs on a thread;
`on_done` is called on the UI thread, and only while the widget it belongs to still lives. A
result that is (or carries) a `Changes` is told to everybody through the hub.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import Cancelled
from tlstudio.domain.progress import Cancel, Step

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Callback = Callable[[Any], object]


class Lane(StrEnum):
    """Who waits for whom: reads run two at a time, edits strictly in order, long work apart.

    Pictures are decoded beside the reads, so that a large one never holds up a list.
    """

    READ = "read"
    WRITE = "write"
    LONG = "long"
    PICTURE = "picture"


_THREADS = {Lane.READ: 2, Lane.WRITE: 1, Lane.LONG: 3, Lane.PICTURE: 2}
_READING = (Lane.READ, Lane.PICTURE)


class ChangesHub(QObject):
    """Tells every model which ids an edit touched; always on the UI thread."""

    changed = Signal(object)

    def tell(self, changes: Changes) -> None:
        self.changed.emit(changes)


class Job:
    """One piece of work under way; `finished` is set when its thread has let go of it."""

    def __init__(
        self, lane: Lane, owner: QObject | None, cancel: Cancel | None, key: Hashable
    ) -> None:
        self.lane = lane
        self.owner = owner
        self.cancel_flag = cancel
        self.key = key
        self.superseded = False
        self.done = False
        self.finished = threading.Event()
        self.future: Future[None] | None = None
        self._step: Step | None = None
        self._lock = threading.Lock()

    def cancel(self) -> None:
        """Ask the work to end; it does so between two items."""
        if self.cancel_flag is not None:
            self.cancel_flag.set()

    def wanted(self) -> bool:
        """Whether anybody still waits for the answer."""
        return not self.superseded and (self.owner is None or isValid(self.owner))

    def put_step(self, step: Step) -> bool:
        """Keep the newest step; true where no older one is on its way."""
        with self._lock:
            first = self._step is None
            self._step = step
            return first

    def take_step(self) -> Step | None:
        with self._lock:
            step, self._step = self._step, None
            return step


class Ops(QObject):
    """The threads of the window. `busy` is sent with the number of jobs under way."""

    busy = Signal(int)
    _arrived = Signal()

    def __init__(self, hub: ChangesHub, on_error: Callback) -> None:
        super().__init__()
        self.hub = hub
        self._on_error = on_error
        self._mail: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._pools: dict[Lane, ThreadPoolExecutor] = {}
        self._jobs: set[Job] = set()
        self._latest: dict[Hashable, Job] = {}
        self._closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        function: Callable[..., Any],
        *args: Any,
        on_done: Callback | None = None,
        on_error: Callback | None = None,
        on_progress: Callable[[Step], object] | None = None,
        on_cancelled: Callable[[], object] | None = None,
        cancel: Cancel | None = None,
        owner: QObject | None = None,
        lane: Lane = Lane.READ,
        key: Hashable = None,
        touches: Changes | None = None,
        **named: Any,
    ) -> Job:
        """Call `function(*args, **named)` on a thread of `lane`.

        `on_progress` and `cancel`, where given, are handed to the function as its `progress`
        and `cancel`. `owner` (found by itself where a callback is a widget's method) is the
        widget the callbacks belong to: they are dropped once it is gone. A newer job with the
        same `key` makes the answer of the older one unwanted. `touches` is told to the hub
        after success where the result is no `Changes` itself.
        """
        owner = owner or _owner_of(on_done, on_error, on_progress, on_cancelled)
        job = Job(lane, owner, cancel, key)
        if self._closed:
            job.done = True
            job.finished.set()
            return job
        if key is not None:
            if key in self._latest:
                self._latest[key].superseded = True
            self._latest[key] = job
        if cancel is not None:
            named["cancel"] = cancel
        if on_progress is not None:
            named["progress"] = self._progress_of(job, on_progress)
        self._jobs.add(job)
        self.busy.emit(len(self._jobs))

        def work() -> None:
            try:
                answer()
            finally:
                job.finished.set()

        def answer() -> None:
            if lane in _READING and not job.wanted():
                self._post(lambda: self._end(job))
                return
            try:
                result = function(*args, **named)
            except Cancelled:
                self._post(lambda: self._end(job, on_cancelled))
            except BaseException as error:
                caught = error
                self._post(lambda: self._fail(job, caught, on_error))
            else:
                self._post(lambda: self._succeed(job, result, on_done, touches))

        job.future = self._pool(lane).submit(work)
        return job

    def leave(self) -> tuple[Job, ...]:
        """The project is going: answers to reads are unwanted, long work is called off.

        Returns all jobs under way, whose `finished` says when the project may be closed.
        """
        for job in self._jobs:
            job.superseded = job.superseded or job.lane in _READING
            job.cancel()
        return tuple(self._jobs)

    def shutdown(self) -> None:
        """Call all work off but edits, which are finished; wait for the threads.

        Nothing is delivered afterwards.
        """
        self._closed = True
        for job in tuple(self._jobs):
            if job.lane is Lane.WRITE:
                continue
            job.cancel()
            if job.future is not None and job.future.cancel():
                job.finished.set()
        for lane, pool in self._pools.items():
            pool.shutdown(wait=True, cancel_futures=lane is not Lane.WRITE)
        self._jobs.clear()
        self._pools.clear()

    @property
    def pending(self) -> int:
        """Jobs under way; 0 means that everything asked for has been shown."""
        return len(self._jobs)

    def _pool(self, lane: Lane) -> ThreadPoolExecutor:
        if lane not in self._pools:
            from concurrent.futures import ThreadPoolExecutor

            self._pools[lane] = ThreadPoolExecutor(_THREADS[lane], f"ops-{lane}")
        return self._pools[lane]

    def _progress_of(self, job: Job, show: Callable[[Step], object]) -> Callable[[Step], None]:
        def deliver() -> None:
            step = job.take_step()
            if step is not None and job.wanted() and not job.done:
                show(step)

        def progress(step: Step) -> None:
            if job.put_step(step):
                self._post(deliver)

        return progress

    def _post(self, letter: Callable[[], None]) -> None:
        if not self._closed:
            self._mail.put(letter)
            self._arrived.emit()

    def _deliver(self) -> None:
        while not self._closed:
            try:
                letter = self._mail.get_nowait()
            except queue.Empty:
                return
            letter()

    def _end(self, job: Job, then: Callable[[], object] | None = None) -> None:
        job.done = True
        self._jobs.discard(job)
        if job.key is not None and self._latest.get(job.key) is job:
            del self._latest[job.key]
        self.busy.emit(len(self._jobs))
        if then is not None and job.wanted():
            then()

    def _succeed(
        self, job: Job, result: Any, on_done: Callback | None, touches: Changes | None
    ) -> None:
        self._end(job)
        changes = result if isinstance(result, Changes) else touches
        if changes is None and isinstance(getattr(result, "changes", None), Changes):
            changes = result.changes
        if changes is not None and changes != Changes():
            self.hub.tell(changes)
        if on_done is not None and job.wanted():
            on_done(result)

    def _fail(self, job: Job, error: BaseException, on_error: Callback | None) -> None:
        self._end(job)
        if job.superseded:
            return
        if on_error is not None and job.wanted():
            on_error(error)
        else:
            self._on_error(error)


def _owner_of(*callbacks: Callable[..., object] | None) -> QObject | None:
    for callback in callbacks:
        owner = getattr(callback, "__self__", None)
        if isinstance(owner, QObject):
            return owner
    return None
