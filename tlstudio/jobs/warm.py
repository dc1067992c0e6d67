"""A worker kept warm for single requests, so that each does not wait for heavy imports."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from functools import partial
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Event
from tlstudio.domain.runs import JobSpec
from tlstudio.jobs.outcome import CRASHED, Outcome
from tlstudio.jobs.supervisor import Job, start


class WarmWorker:
    """Answers requests one by one; starts when first asked, ends after `idle` seconds of rest.

    `make_spec` gives the specification of the job that serves; `on_event` hears what is no
    answer. Safe to use from any thread.
    """

    def __init__(
        self,
        make_spec: Callable[[], JobSpec],
        *,
        idle: float = 300.0,
        launch: Callable[..., Job] = start,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self._make_spec = make_spec
        self._idle = idle
        self._launch = launch
        self._on_event = on_event
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._open: dict[str, tuple[int, Future[dict[str, Any]]]] = {}
        self._born = 0
        self._ids = itertools.count(1)
        self._rest: threading.Timer | None = None

    @property
    def warm(self) -> bool:
        return self._job is not None and not self._job.ended

    def wake(self) -> None:
        """Start the worker, so that the first request finds it ready."""
        with self._lock:
            if not self.warm:
                self._born += 1
                lost = partial(self._fail, self._born)
                self._job = self._launch(self._make_spec(), self._hear, lost)
            self._rearm()

    def ask(self, request: dict[str, Any], timeout: float = 120.0) -> dict[str, Any]:
        """The answer to `request`.

        Raises UserError with the worker's code where it refused, training.crashed where it died,
        job.no_answer where it took longer than `timeout` seconds and was ended.
        """
        _name, future = self.begin(request)
        try:
            return future.result(timeout)
        except FutureTimeout:
            self.close()
            raise UserError("job.no_answer", seconds=round(timeout)) from None

    def begin(self, request: dict[str, Any]) -> tuple[str, Future[dict[str, Any]]]:
        """Send a request that may take as long as it likes: the name that its events bear, and
        its answer, which fails as `ask` does."""
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            self.wake()
            assert self._job is not None
            job, born, name = self._job, self._born, str(next(self._ids))
            self._open[name] = (born, future)
            heard = job.send(json.dumps({"id": name, **request}))
        future.add_done_callback(lambda _: self._closed(name))
        if not heard:
            self._fail(born, job.wait(5.0))
        return name, future

    def _closed(self, name: str) -> None:
        """A request was answered: from now on the worker rests."""
        with self._lock:
            self._open.pop(name, None)
            if self._job is not None:
                self._rearm()

    def tell(self, request: dict[str, Any]) -> None:
        """Send a request whose answer nobody waits for; a worker that is gone is none the wiser."""
        with self._lock:
            self.wake()
            assert self._job is not None
            self._job.send(json.dumps({"id": str(next(self._ids)), **request}))

    def close(self) -> None:
        """End the worker; the next request starts another."""
        with self._lock:
            job, self._job = self._job, None
            if self._rest is not None:
                self._rest.cancel()
                self._rest = None
        if job is not None and not job.ended:
            job.hang_up()
            if job.wait(2.0) is None:
                job.cancel()

    def _rearm(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
        self._rest = threading.Timer(self._idle, self._tire)
        self._rest.daemon = True
        self._rest.start()

    def _tire(self) -> None:
        with self._lock:
            busy = bool(self._open)
        if busy:
            self._rearm()
        else:
            self.close()

    def _hear(self, event: Event) -> None:
        if not isinstance(event, Answer):
            if self._on_event is not None:
                self._on_event(event)
            return
        with self._lock:
            _, future = self._open.get(event.id, (0, None))
        if future is None or future.done():
            return
        if event.error:
            params = dict(event.error.get("params") or {})
            file = params.pop("file", None)
            code = str(event.error.get("code", CRASHED))
            future.set_exception(UserError(code, file=file and str(file), **params))
        else:
            future.set_result(event.result or {})

    def _fail(self, born: int, outcome: Outcome | None) -> None:
        """What was asked of the worker that has ended is not answered any more."""
        error = (outcome.error if outcome else None) or {"code": CRASHED, "params": {}}
        with self._lock:
            futures = [future for of, future in self._open.values() if of == born]
        for future in futures:
            if not future.done():
                future.set_exception(UserError(str(error["code"]), **(error.get("params") or {})))
