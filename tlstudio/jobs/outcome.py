"""How a job ended: its result.json, or what can be said without one."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import FINISHED, RunState

RESULT = "result.json"
LOG = "log.txt"
EVENTS = "events.jsonl"
CRASHED = "training.crashed"

_LOG_LINES = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """`result` is the whole result.json, empty where there is none; `error` is {code, params}."""

    state: RunState
    result: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    def check(self) -> dict[str, Any]:
        """The result; UserError with the worker's own code where it did not end well."""
        if self.error:
            params = dict(self.error.get("params") or {})
            file = params.pop("file", None)
            raise UserError(str(self.error["code"]), file=file and str(file), **params)
        return self.result


def read_result(folder: Path) -> Outcome | None:
    """What result.json in `folder` says; None where it is missing or no finished result."""
    try:
        data = json.loads((folder / RESULT).read_text("utf-8"))
        state = RunState(data["state"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if state not in FINISHED:
        return None
    error = data.get("error") or None
    if state is RunState.FAILED and (not error or error.get("code") == CRASHED):
        error = _crash(folder, **((error or {}).get("params") or {"error": "?"}))
    return Outcome(state, data, error)


def crashed(folder: Path, status: int | None) -> Outcome:
    """A process that is gone without a result: `status` is its exit status where known."""
    known = "no result" if status is None else f"exit status {status}"
    return Outcome(RunState.FAILED, {}, _crash(folder, error=known))


def _crash(folder: Path, **params: object) -> dict[str, Any]:
    """`error` names what happened, `details` are the last lines of the file `log`."""
    more = {"details": log_end(folder), "log": str(folder / LOG)}
    return {"code": CRASHED, "params": {**params, **more}}


def log_end(folder: Path) -> str:
    """The last lines that the worker wrote to its log."""
    try:
        with (folder / LOG).open("rb") as log:
            log.seek(0, 2)
            log.seek(max(0, log.tell() - 8000))
            text = log.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])
