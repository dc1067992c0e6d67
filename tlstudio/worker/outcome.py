"""How a job ended, as result.json and as the last event."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass, field
from typing import Any

from tlstudio.domain.errors import Cancelled, UserError
from tlstudio.domain.runs import RunState
from tlstudio.ml.reporter import Orphaned

RESULT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` and `params` are the error's where the state is failed; `answer` is what the work
    returned where it is done."""

    state: RunState
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def exit_status(self) -> int:
        """0 for an end somebody asked for, 2 for what a person can mend, 1 for a fault of ours."""
        if self.state is not RunState.FAILED:
            return 0
        return 1 if self.code == "training.crashed" else 2

    def to_json(self, *, seconds: float, warnings: list[dict[str, Any]]) -> dict[str, Any]:
        """The whole of result.json; the work's own keys come over the common ones."""
        common: dict[str, Any] = {
            "version": RESULT_VERSION,
            "state": self.state.value,
            "ended": None,
            "seconds": round(seconds, 3),
            "epochs": 0,
            "metrics": {},
            "best": None,
            "device": None,
            "warnings": warnings,
            "error": {"code": self.code, "params": self.params} if self.code else None,
        }
        return {**common, **self.answer}


def outcome_of(error: BaseException) -> Outcome:
    """What an exception that ended the work means for the person. The traceback of a fault of
    ours goes to stderr, which is the run's log, and nowhere else."""
    if isinstance(error, Orphaned):
        return Outcome(RunState.LOST)
    if isinstance(error, Cancelled):
        return Outcome(RunState.CANCELLED)
    if isinstance(error, UserError):
        params = {name: _plain(value) for name, value in error.params.items()}
        if error.file is not None:
            params["file"] = error.file
        return Outcome(RunState.FAILED, error.code, params)
    traceback.print_exception(error)
    code = _code_of(error)
    return Outcome(RunState.FAILED, code, {"error": type(error).__name__})


def _code_of(error: BaseException) -> str:
    name, text = type(error).__name__, str(error).lower()
    if name == "OutOfMemoryError":
        return "training.gpu_out_of_memory"
    if isinstance(error, MemoryError) or "can't allocate memory" in text:
        return "training.out_of_memory"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return "training.disk_full"
    return "training.crashed"


def _plain(value: object) -> object:
    return value if isinstance(value, str | int | float | bool | type(None)) else str(value)
