"""Progress of long work, and calling it off."""

from __future__ import annotations

import threading
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
