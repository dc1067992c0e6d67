"""Typed, versioned events from the worker: one JSON object a line.

No word of any task is in them: metrics are optional names and numbers.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

EVENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Event:
    kind: ClassVar[str] = "event"


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The worker lives. `device` is cpu, cuda:0, mps…; `device_reason` a message code."""

    kind: ClassVar[str] = "started"
    pid: int
    device: str = ""
    device_reason: str = ""
    threads: int = 0


@dataclass(frozen=True, slots=True)
class Progressed(Event):
    """`stage` is a message code; `seconds_left` None until it can be said honestly."""

    kind: ClassVar[str] = "progress"
    stage: str
    done: int
    total: int | None = None
    epoch: int | None = None
    epochs: int | None = None
    seconds_left: float | None = None
    values: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """Figures of one epoch (0 is the probe): names such as train_loss, val_loss, and metrics."""

    kind: ClassVar[str] = "epoch"
    stage: str
    epoch: int
    epochs: int
    seconds: float
    values: dict[str, float]
    best: bool = False


@dataclass(frozen=True, slots=True)
class Examples(Event):
    """Predictions on a few validation images after an epoch lie in `file` (JSON), which is
    relative to the run's folder."""

    kind: ClassVar[str] = "examples"
    epoch: int
    file: str


@dataclass(frozen=True, slots=True)
class Preview(Event):
    """How the picture of the styling `request` looks now: `file` is the absolute path of a small
    JPEG or PNG of `width` x `height`, written whole, that lasts until the second next one.

    `seconds` is the time since the request began, `seconds_left` None until it can be said
    honestly; `losses` are content, style, smoothness and total.
    """

    kind: ClassVar[str] = "preview"
    request: str
    step: int
    steps: int
    file: str
    width: int
    height: int
    seconds: float
    seconds_left: float | None = None
    losses: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Remark(Event):
    """Something a person should know: `level` is info or warning, `code` a message code."""

    kind: ClassVar[str] = "remark"
    level: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Heartbeat(Event):
    kind: ClassVar[str] = "heartbeat"


@dataclass(frozen=True, slots=True)
class Ending(Event):
    """The last event; result.json holds the whole answer. `state` is a RunState value."""

    kind: ClassVar[str] = "ending"
    state: str
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer(Event):
    """A warm worker's reply to the request `id`: a `result`, or an `error` {code, params}."""

    kind: ClassVar[str] = "answer"
    id: str
    result: dict[str, Any] | None = None
    error: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Unreadable(Event):
    """A line on the event channel that was no event; kept, never fatal."""

    kind: ClassVar[str] = "unreadable"
    line: str


_TYPES: dict[str, type[Event]] = {
    t.kind: t
    for t in (Started, Progressed, EpochEnded, Examples, Preview, Remark, Heartbeat, Ending, Answer)
}


def encode(event: Event, now: float | None = None) -> str:
    """One line of JSON without its newline; `time` is seconds since 1970."""
    head = {"v": EVENT_VERSION, "event": event.kind, "time": time.time() if now is None else now}
    return json.dumps({**head, **asdict(event)}, ensure_ascii=False, allow_nan=True)


def decode(line: str) -> Event:
    """The event on `line`; anything that is none becomes Unreadable, unknown fields are dropped."""
    try:
        data = json.loads(line)
        kind = _TYPES[data["event"]]
        known = {f.name for f in fields(kind)}
        return kind(**{k: v for k, v in data.items() if k in known})
    except (ValueError, KeyError, TypeError, RecursionError):
        return Unreadable(line[:2000])
