"""One after the other: the next job starts when the one before has ended."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

Start = Callable[[], None]


class Queue:
    """Tickets in order of arrival, one of them in work. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._waiting: deque[tuple[str, Start]] = deque()
        self._working: str | None = None

    @property
    def working(self) -> str | None:
        return self._working

    @property
    def waiting(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(ticket for ticket, _start in self._waiting)

    def add(self, ticket: str, start: Start) -> bool:
        """Start at once where nothing is in work, and say True; else wait. What a start at once
        raises, is raised here, and the ticket is given back."""
        with self._lock:
            if self._working is not None:
                self._waiting.append((ticket, start))
                return False
            self._working = ticket
        try:
            start()
        except BaseException:
            self.done(ticket)
            raise
        return True

    def drop(self, ticket: str) -> bool:
        """Take a waiting ticket out; False where it does not wait."""
        with self._lock:
            kept = deque(item for item in self._waiting if item[0] != ticket)
            dropped = len(kept) < len(self._waiting)
            self._waiting = kept
            return dropped

    def done(self, ticket: str) -> None:
        """The ticket's work has ended: start the next. A start that fails gives way to the one
        after it."""
        while True:
            with self._lock:
                if self._working != ticket:
                    return
                if not self._waiting:
                    self._working = None
                    return
                ticket, start = self._waiting.popleft()
                self._working = ticket
            try:
                start()
                return
            except Exception:
                log.exception("a waiting job could not be started")
