"""The worker of stylings: kept warm, one picture at a time, heard of while it paints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.events import Event, Preview
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.styling import Styling
from tlstudio.jobs.outcome import CRASHED
from tlstudio.jobs.warm import WarmWorker
from tlstudio.services._scratch import scratch
from tlstudio.services._work import launch

HERE = "here"
"""Go on from the picture as it stands in the worker."""

IDLE = 600.0
"""Seconds without a request after which the worker gives its memory back."""

OnEvent = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class StyledPicture:
    """A picture that was made: `file` holds it, `width` x `height`. `losses` are content, style,
    smoothness and total at the end, `history` the total at [seconds] on the way. `ended` is
    completed, user (stopped) or time (its limit)."""

    file: Path
    width: int
    height: int
    steps: int
    seconds: float
    losses: Mapping[str, float]
    history: tuple[tuple[float, float], ...] = ()
    ended: str = "completed"

    @classmethod
    def from_answer(cls, told: Mapping[str, Any]) -> StyledPicture:
        """What the worker answers."""
        return cls(
            Path(told["out"]),
            int(told["width"]),
            int(told["height"]),
            int(told["steps"]),
            float(told["seconds"]),
            {str(name): float(value) for name, value in told["losses"].items()},
            tuple((float(at), float(loss)) for at, loss in told.get("history") or ()),
            str(told.get("ended") or "completed"),
        )


class StyleWorker:
    """Makes pictures one after another in one process. Safe to use from any thread."""

    def __init__(self) -> None:
        self._guard = threading.RLock()
        self._listeners: dict[str, OnEvent] = {}
        self._asked = self._stopped = 0
        self._closed = False
        self._folder: Path | None = None
        self._last: Path | None = None
        self._warm = WarmWorker(self._job, idle=IDLE, launch=launch, on_event=self._hear)

    @property
    def warm(self) -> bool:
        return self._warm.warm

    def wake(self) -> None:
        """Start the process, so that the first picture comes sooner."""
        self._warm.wake()

    def make(
        self,
        styling: Styling,
        weights: Mapping[str, Any],
        out: Path,
        *,
        start_from: str | None = None,
        on_event: OnEvent | None = None,
    ) -> StyledPicture:
        """Make a picture and wait for it; `stop` from another thread ends it with what is there.

        A newer call takes the place of this one, which raises UserError("style.replaced").
        `start_from` is HERE, the path of a picture, or None to begin as the settings say. Raises
        the worker's UserErrors, training.crashed, job.not_started; Cancelled after `close`.
        """
        request = {
            "do": "style",
            "styling": styling.to_json(),
            "weights": dict(weights),
            "out": str(out),
            "start_from": self._start(start_from),
        }
        with self._guard:
            self._asked += 1
            mine = self._asked

        def hear(event: Event) -> None:
            if mine <= self._stopped:
                self._stop()  # it was asked for before this began, or was not heard
            if on_event is not None:
                on_event(event)

        with self._guard:
            self._closed = False
            name, future = self._warm.begin(request)
            self._listeners[name] = hear
        try:
            made = StyledPicture.from_answer(self._answer(future))
        finally:
            with self._guard:
                self._listeners.pop(name, None)
        self._last = made.file
        return made

    def stop(self) -> None:
        """End what is being made with the picture as it is; nothing where nothing is."""
        with self._guard:
            self._stopped = self._asked
        self._stop()

    def _stop(self) -> None:
        if self._warm.warm:
            self._warm.tell({"do": "stop"})

    def close(self) -> None:
        """End the process; what is being made is given up."""
        with self._guard:
            self._closed = True
        self._warm.close()

    def _start(self, wanted: str | None) -> str | None:
        """A worker that has gone to rest knows no picture any more: its last one is a file."""
        if wanted == HERE and not self._warm.warm:
            return str(self._last) if self._last is not None and self._last.is_file() else None
        return wanted

    def _answer(self, future: Future[dict[str, Any]]) -> dict[str, Any]:
        try:
            return future.result()
        except UserError as error:
            if self._closed and error.code == CRASHED:
                raise Cancelled from error
            raise

    def _job(self) -> JobSpec:
        if self._folder is None:
            self._folder = scratch("style")
        folder = str(self._folder)
        return JobSpec("serve", "style", folder, folder, {})

    def _hear(self, event: Event) -> None:
        """A preview goes to whom it is for, all else to the newest."""
        with self._guard:
            if isinstance(event, Preview):
                listener = self._listeners.get(event.request)
            else:
                listener = next(reversed(self._listeners.values()), None)
        if listener is not None:
            listener(event)
