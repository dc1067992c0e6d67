"""What a person waits for comes first: prompts, then the image in view, then the next one."""

from __future__ import annotations

import json
import queue
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.ml.reporter import Orders


@dataclass(frozen=True, slots=True)
class Request:
    """One line of the parent. `do` is wake, embed, prompt or cancel; `key` names the pixels;
    `ahead` says that nobody waits for it yet; `body` is the whole of it."""

    id: str
    do: str
    key: str
    ahead: bool
    path: Path
    frame: int
    size: tuple[int, int]
    body: dict[str, Any]

    @classmethod
    def read(cls, line: str) -> Request:
        """ValueError, KeyError or TypeError where the line is no request."""
        body = json.loads(line)
        image = body.get("image") or {}
        size = (int(image.get("width", 1)), int(image.get("height", 1)))
        if min(size) < 1:
            raise ValueError(f"an image of {size[0]} x {size[1]} pixels")
        return cls(
            id=str(body["id"]),
            do=str(body["do"]),
            key=str(image.get("key", "")),
            ahead=bool(body.get("ahead")),
            path=Path(str(image.get("path", ""))),
            frame=int(image.get("frame", 0)),
            size=size,
            body=body,
        )


class Inbox:
    """Requests in the order of their urgency. Used by one thread.

    Looking at an image is stale once a person asks for another one: they have moved on. `refuse`
    is called with a request that is stale, `misread` with a line that is none. `running` is the
    request under way; `stale` says that nobody waits for it any more.
    """

    def __init__(
        self,
        orders: Orders,
        refuse: Callable[[Request], None],
        misread: Callable[[str], None],
    ) -> None:
        self._orders = orders
        self._refuse = refuse
        self._misread = misread
        self._waiting: list[Request] = []
        self.running: Request | None = None
        self.stale = False
        self.closed = False

    def next(self) -> Request | None:
        """The most urgent request; waits for one. None: the parent is gone or cancelled."""
        self.pump()
        while not self._waiting and not self.closed:
            self._add(self._orders.requests.get())
            self.pump()
        return None if self.closed else self._waiting.pop(self._most_urgent())

    def pump(self) -> None:
        """Take in what has come, without waiting."""
        while not self.closed:
            try:
                self._add(self._orders.requests.get_nowait())
            except queue.Empty:
                return

    def take_prompt(self, can: Callable[[Request], bool]) -> Request | None:
        """The first waiting prompt that `can` be answered at once."""
        for place, request in enumerate(self._waiting):
            if request.do == "prompt" and can(request):
                return self._waiting.pop(place)
        return None

    def put_back(self, request: Request) -> None:
        """Wait on with an embedding that gave way to something urgent."""
        self._waiting.append(request)

    @property
    def urgent(self) -> bool:
        """Whether something waits that a person waits for, other than what is under way."""
        own = self.running.key if self.running else None
        return any(not r.ahead and r.key != own for r in self._waiting)

    def wanted_now(self, key: str) -> bool:
        """Whether somebody waits for the embedding of `key`."""
        return any(not request.ahead and request.key == key for request in self._waiting)

    def _most_urgent(self) -> int:
        def rank(place: int) -> tuple[int, int]:
            request = self._waiting[place]
            if request.do != "embed":
                return 0, place
            return (2 if request.ahead else 1), place

        return min(range(len(self._waiting)), key=rank)

    def _add(self, line: str | None) -> None:
        if line is None:
            self.closed = True
            return
        try:
            request = Request.read(line)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._misread(line)
            return
        if request.do == "embed":
            self._drop(lambda old: old.ahead == request.ahead and old.key != request.key)
        elif request.do == "cancel":
            self._drop(lambda old: old.key == request.key)
        self._waiting.append(request)

    def _drop(self, is_stale: Callable[[Request], bool]) -> None:
        for old in [r for r in self._waiting if r.do == "embed" and is_stale(r)]:
            self._waiting.remove(old)
            self._refuse(old)
        if self.running is not None and is_stale(self.running):
            self.stale = True
