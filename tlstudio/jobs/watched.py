"""What a started job and a followed one share: events out in order, an outcome at the end."""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tlstudio.domain.events import Event, Remark, decode
from tlstudio.jobs.outcome import Outcome

log = logging.getLogger(__name__)

OnEvent = Callable[[Event], None]
OnEnd = Callable[[Outcome], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long a cancelled job may take by itself, then after it was told to
    terminate; after how much silence it is called silent."""

    cancel: float = 10.0
    terminate: float = 5.0
    silence: float = 30.0


class Watched(ABC):
    """Base of jobs. Callbacks run on the job's own threads, one at a time, in order."""

    def __init__(self, folder: Path, on_event: OnEvent, on_end: OnEnd, patience: Patience) -> None:
        self.folder = folder
        self.patience = patience
        self._on_event = on_event
        self._on_end = on_end
        self._delivering = threading.RLock()
        self._ended = threading.Event()
        self._outcome: Outcome | None = None
        self._heard = time.monotonic()
        self._called_silent = False
        self._attached = True
        self._cancelling = threading.Lock()
        self.cancel_wanted = False

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    @property
    def silent_for(self) -> float:
        """Seconds since the last sign of life; the worker's heart beats every 2 s."""
        return 0.0 if self.ended else time.monotonic() - self._heard

    def wait(self, timeout: float | None = None) -> Outcome | None:
        """The outcome, once its callback has returned; None when the time ran out."""
        self._ended.wait(timeout)
        return self._outcome if self.ended else None

    def detach(self) -> None:
        """No more events to the callback; the outcome is still recorded."""
        self._attached = False

    def cancel(self) -> None:
        """Call the work off: asked, then terminated, then killed with all its children."""
        with self._cancelling:
            if self.cancel_wanted or self.ended:
                return
            self.cancel_wanted = True
        threading.Thread(target=self._descend, name="job-cancel", daemon=True).start()

    @abstractmethod
    def _descend(self) -> None:
        """The steps from asking to killing, on a thread of their own."""

    def _hear(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").strip()
        if text:
            self._heard, self._called_silent = time.monotonic(), False
            self._deliver(decode(text))

    def _deliver(self, event: Event) -> None:
        with self._delivering:
            if self._attached:
                try:
                    self._on_event(event)
                except Exception:
                    log.exception("the receiver of a job's event failed")

    def _notice_silence(self) -> None:
        quiet = self.silent_for
        if quiet > self.patience.silence and not self._called_silent:
            self._called_silent = True
            self._deliver(Remark("warning", "job.silent", {"seconds": round(quiet)}))

    def _finish(self, outcome: Outcome) -> None:
        with self._delivering:
            self._outcome = outcome
            try:
                self._on_end(outcome)
            except Exception:
                log.exception("the receiver of a job's end failed")
            finally:
                self._ended.set()
