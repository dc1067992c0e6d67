"""Writing into the project what a worker's end means for its run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.events import EpochEnded, Event, Heartbeat, Progressed, decode
from tlstudio.domain.runs import LAWFUL, Best, Ended, Run, RunState
from tlstudio.jobs.outcome import EVENTS, Outcome
from tlstudio.storage import paths, runs
from tlstudio.storage.clock import now
from tlstudio.storage.connection import Db

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


LOST: dict[str, Any] = {"code": "job.lost", "params": {}}


def set_state(project: Project, run_id: str, state: RunState, **facts: Any) -> Changes:
    """Move a run to another state and set fields of it."""

    def write(db: Db) -> Changes:
        runs.update_run(db, run_id, state=state, **facts)
        return Changes(runs=frozenset({run_id}))

    return project.transact("undo.run", write, undoable=False)


def record_end(project: Project, run_id: str, outcome: Outcome) -> Changes:
    """Take over state, figures, warnings and error; seconds of earlier attempts are added."""

    def write(db: Db) -> Changes:
        run = runs.get_run(db, run_id)
        if outcome.state not in LAWFUL[run.state] and run.state is RunState.QUEUED:
            runs.update_run(db, run_id, state=RunState.RUNNING)
        runs.update_run(db, run_id, state=outcome.state, **_facts(project, run, outcome))
        return Changes(runs=frozenset({run_id}))

    return project.transact("undo.run", write, undoable=False)


def _facts(project: Project, run: Run, outcome: Outcome) -> dict[str, Any]:
    result = outcome.result
    epochs = int(result.get("epochs") or 0) or last_epoch(paths.run(project.folder, run.id))
    facts: dict[str, Any] = {
        "finished_at": now(),
        "seconds": round((run.seconds or 0.0) + float(result.get("seconds") or 0.0), 3),
        "epochs": max(epochs, run.epochs),
        "warnings": merged(run.warnings, result.get("warnings") or ()),
        "error": outcome.error or (LOST if outcome.state is RunState.LOST else None),
    }
    if result.get("device"):
        facts["device"] = str(result["device"])
    if result.get("metrics"):
        facts["metrics"] = result["metrics"]
    with suppress(TypeError, KeyError):
        facts["best"] = Best(**{n: result["best"][n] for n in ("epoch", "metric", "value")})
    with suppress(ValueError, KeyError):
        facts["ended"] = Ended(result["ended"])
    return facts


def merged(first: Any, second: Any) -> list[dict[str, Any]]:
    """Warnings of the plan and of the worker; one that both give is kept once."""
    found: dict[str, dict[str, Any]] = {}
    for warning in (*first, *second):
        found[f"{warning['code']} {warning.get('params')}"] = dict(warning)
    return list(found.values())


def last_epoch(folder: Path) -> int:
    """The last epoch that the run's events tell of; 0 where there is none."""
    return max((e.epoch for e in history(folder) if isinstance(e, EpochEnded)), default=0)


def history(folder: Path) -> list[Event]:
    """What the run in `folder` has said: of repeated epochs the later, of progress the last."""
    epochs: dict[int, EpochEnded] = {}
    others: list[Event] = []
    progress: Progressed | None = None
    try:
        lines = (folder / EVENTS).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    for line in lines:
        event = decode(line)
        if isinstance(event, EpochEnded):
            epochs[event.epoch] = event
        elif isinstance(event, Progressed):
            progress = event
        elif not isinstance(event, Heartbeat):
            others.append(event)
    ordered = [epochs[number] for number in sorted(epochs)]
    return [*others, *ordered, *([progress] if progress else [])]
