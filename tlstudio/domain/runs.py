"""Runs: their states, what the worker is told, what it answers."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class Ended(StrEnum):
    COMPLETED = "completed"
    EARLY = "early"
    TIME = "time"
    USER = "user"


FINISHED = frozenset({RunState.DONE, RunState.FAILED, RunState.CANCELLED, RunState.LOST})

LAWFUL: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset(
        {RunState.RUNNING, RunState.FAILED, RunState.CANCELLED, RunState.LOST}
    ),
    RunState.RUNNING: frozenset({RunState.STOPPING, *FINISHED}),
    RunState.STOPPING: FINISHED,
    RunState.DONE: frozenset({RunState.QUEUED}),
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.CANCELLED: frozenset({RunState.QUEUED}),
    RunState.LOST: frozenset({RunState.QUEUED, RunState.DONE, RunState.FAILED}),
}


@dataclass(frozen=True, slots=True)
class Best:
    """The kept checkpoint: epoch (from 1, 0 for the probe), the metric's name and value."""

    epoch: int
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class Run:
    """One training run as the project records it; times are ISO 8601 in UTC."""

    id: str
    task: str
    model: str
    state: RunState
    created_at: str
    recipe: dict[str, Any] = field(default_factory=dict)
    weights: str = "default"
    snapshot: str | None = None
    started_at: str | None = None
    finished_at: str | None = None
    seconds: float | None = None
    epochs: int = 0
    ended: Ended | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    best: Best | None = None
    warnings: tuple[dict[str, Any], ...] = ()
    error: dict[str, Any] | None = None
    device: str | None = None

    @property
    def can_go_on(self) -> bool:
        """Whether the run goes on, or can be resumed."""
        return self.state is not RunState.DONE or self.ended in (Ended.USER, Ended.TIME)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


JOB_VERSION = 1


@dataclass(frozen=True, slots=True)
class JobSpec:
    """What a worker is asked to do: written as JSON, its only input.

    `kind` is train, predict, export or import-weights; `folder` (absolute) receives
    events.jsonl, log.txt and result.json; `project` (absolute) is what relative image paths
    are relative to; `params` is the kind's own table (docs/decisions on the protocol).
    """

    kind: str
    task: str
    folder: str
    project: str
    params: dict[str, Any]
    version: int = JOB_VERSION

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> JobSpec:
        if data.get("version") != JOB_VERSION:
            raise ValueError(f"job version {data.get('version')!r}, this program speaks 1")
        return cls(**data)
