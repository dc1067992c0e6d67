"""Reporter: how long work tells what it does and hears what it is asked. No word of any task."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.events import Event, Progressed, Remark

PROGRESS_EVERY = 0.2  # seconds; five progress events a second at most


class Orphaned(Cancelled):
    """The program that started this work is gone; what is saved stays, nothing more is written."""


class Orders:
    """What the parent asked for. Every method is safe from any thread.

    `requests` carries the lines that are no order, ending with None when the parent is gone.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.cancel = threading.Event()
        self.orphaned = threading.Event()
        self.requests: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def take(self, line: str) -> None:
        """Obey one line from the parent: "stop", "cancel", or a request for the work itself."""
        word = line.strip()
        if word == "stop":
            self.stop.set()
        elif word == "cancel":
            self.cancel.set()
            self.requests.put(None)
        elif word:
            self.requests.put(word)

    def parent_gone(self) -> None:
        self.orphaned.set()
        self.requests.put(None)


class Reporter:
    """Hands events to `send`, thins out progress, and remembers warnings for the result.

    Without arguments it is silent and is never stopped, as a script or a test wants it.
    """

    def __init__(
        self, send: Callable[[Event], None] | None = None, orders: Orders | None = None
    ) -> None:
        self._send = send or (lambda _event: None)
        self.orders = orders or Orders()
        self.warnings: list[dict[str, Any]] = []
        self._last = -PROGRESS_EVERY
        self._stage = ""

    def emit(self, event: Event) -> None:
        if isinstance(event, Progressed) and not self._due(event):
            return
        self._send(event)

    def remark(self, code: str, *, level: str = "warning", **params: Any) -> None:
        """Say something a person should know; warnings are kept for the result as well."""
        if level == "warning":
            warning = {"code": code, "params": params}
            if warning in self.warnings:
                return
            self.warnings.append(warning)
        self.emit(Remark(level, code, params))

    def check(self) -> None:
        """Called at every batch or item: raises Cancelled or Orphaned when the work must end."""
        if self.orders.orphaned.is_set():
            raise Orphaned
        if self.orders.cancel.is_set():
            raise Cancelled

    @property
    def stop_wanted(self) -> bool:
        """The person wants the work finished now and its best kept."""
        return self.orders.stop.is_set()

    def requests(self) -> Iterator[str]:
        """Requests in the order they came, until the parent closes the channel or cancels."""
        while (line := self.orders.requests.get()) is not None:
            yield line

    def _due(self, event: Progressed) -> bool:
        now = time.monotonic()
        news = event.stage != self._stage or (event.total is not None and event.done >= event.total)
        if not news and now - self._last < PROGRESS_EVERY:
            return False
        self._last, self._stage = now, event.stage
        return True
