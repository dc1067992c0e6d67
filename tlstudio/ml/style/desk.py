"""The warm worker of stylings: one picture at a time, a newer request in place of the running one.

Job params: none. Requests, one line each:

- {id, do: "style", styling, weights: {path, ...}, out, start_from: "here" | path | null}: make a
  picture. "here" is the one that was made last, as it stands; where there is none, the picture
  begins as its settings say.
- {id, do: "stop"}: end the running one with what is there.
"""

from __future__ import annotations

import json
import queue
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Answer, Progressed
from tlstudio.domain.runs import JobSpec
from tlstudio.ml.devices import choose_device
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.starting import begin
from tlstudio.ml.style.optimising import Previewing, Studio, Wish, finished
from tlstudio.ml.style.painting import Now


class Replaced(Exception):
    """A newer request takes the place of the running one."""


@dataclass(frozen=True, slots=True)
class _Request:
    id: str
    body: dict[str, Any]


def serve(job: JobSpec, reporter: Reporter) -> dict[str, Any]:
    """Answer requests until the parent closes the channel."""
    device = begin(job.params.get("device", "auto"), reporter)
    desk = Desk(reporter, Path(job.folder))
    served = desk.run()
    if reporter.orders.cancel.is_set():
        reporter.check()
    return {"device": device.name, "served": served}


class Desk:
    """Requests in, answers and previews out."""

    def __init__(self, reporter: Reporter, folder: Path) -> None:
        self._reporter = reporter
        self._previews = Previewing(reporter, folder)
        self._studio = Studio()
        self._waiting: deque[_Request] = deque()
        self._closed = False
        self._running = False
        self._stop = False
        self._served = 0

    def run(self) -> int:
        """Serve until the parent is gone; how many requests were answered."""
        while (request := self._next()) is not None:
            self._serve(request)
        return self._served

    def breathe(self) -> bool:
        """Hear news between two steps: whether to stop; raises Replaced."""
        self._reporter.check()
        self._pump()
        if self._waiting:
            raise Replaced
        return self._stop or self._reporter.stop_wanted

    def show(self, now: Now) -> None:
        """A preview of the running request."""
        self._previews.show(now)

    def _next(self) -> _Request | None:
        self._pump()
        while not self._waiting and not self._closed:
            self._add(self._reporter.orders.requests.get())
            self._pump()
        return self._waiting.popleft() if self._waiting and not self._closed else None

    def _pump(self) -> None:
        while not self._closed:
            try:
                self._add(self._reporter.orders.requests.get_nowait())
            except queue.Empty:
                return

    def _add(self, line: str | None) -> None:
        if line is None:
            self._closed = True
            return
        name = ""
        try:
            body = json.loads(line)
            name = str(body["id"])
            do = body["do"]
        except (ValueError, KeyError, TypeError):
            self._fail(name, "training.bad_request", {})
            return
        if do == "stop":
            self._stop = self._running
            self._answer(Answer(name, {}))
        elif do == "style":
            self._give_up_waiting()
            self._waiting.append(_Request(name, body))
        else:
            self._fail(name, "training.bad_request", {})

    def _give_up_waiting(self) -> None:
        """Only the newest of those that wait is made."""
        while self._waiting:
            self._fail(self._waiting.popleft().id, "style.replaced", {})

    def _serve(self, request: _Request) -> None:
        self._running, self._stop = True, False
        try:
            result = self._make(request)
        except Replaced:
            self._fail(request.id, "style.replaced", {})
        except UserError as error:
            params = {name: str(value) for name, value in error.params.items()}
            self._fail(request.id, error.code, {"file": error.file, **params})
        except (MemoryError, torch.OutOfMemoryError):
            self._fail(request.id, "styling.memory", {})
        except (ValueError, KeyError, TypeError):
            self._fail(request.id, "training.bad_request", {})
        else:
            self._answer(Answer(request.id, result))
        finally:
            self._running = False

    def _make(self, request: _Request) -> dict[str, Any]:
        wish = Wish.read(request.body)
        device = choose_device(wish.styling.settings.device).torch
        self._reporter.emit(Progressed("styling.stage.reading", 0, None))
        painting = self._studio.begin(wish, device, self.breathe)
        self._previews.begin(request.id)
        try:
            return finished(painting, wish, self)
        finally:
            if (picture := painting.picture()) is not None:
                self._studio.picture = picture

    def _answer(self, answer: Answer) -> None:
        self._served += 1
        self._reporter.emit(answer)

    def _fail(self, name: str, code: str, params: dict[str, Any]) -> None:
        self._answer(Answer(name, error={"code": code, "params": params}))
