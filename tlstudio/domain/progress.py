"""Progress of long work, and calling it off."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from tlstudio.domain.errors import Cancelled


@dataclass(frozen=True, slots=True)
class Step:
    """`stage` is a code of domain.messages; `total` is None while it is unknown."""

    stage: str
    done: int
    total: int | None = None


Progress = Callable[[Step], None]


def silent(_step: Step) -> None:
    """For callers who do not watch."""


class Pace:
    """How long a stage will take, from how quickly it has gone so far."""

    SURE = 3.0
    """Seconds after which a stage's pace is believed."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage, self._first, self._last, self._start = "", 0, 0, 0.0

    def seconds_left(self, step: Step) -> float | None:
        """To the end of the step's stage; None while it cannot be known."""
        now = self._clock()
        if step.stage != self._stage or step.done < self._last:
            self._stage, self._first, self._start = step.stage, step.done, now
        self._last = step.done
        made, took = step.done - self._first, now - self._start
        if not step.total or made <= 0 or took < self.SURE:
            return None
        return took / made * max(0, step.total - step.done)


class Cancel:
    """A flag that long work looks at between items; safe to set from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    @property
    def wanted(self) -> bool:
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled when the work was called off."""
        if self._event.is_set():
            raise Cancelled
