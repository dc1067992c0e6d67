"""Runs: the record of each training, and the lawful changes of its state."""

from __future__ import annotations

import json
from typing import Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import LAWFUL, Best, Ended, Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.storage.connection import Db, Record

_PLAIN = ("weights", "snapshot", "started_at", "finished_at", "seconds", "epochs", "device")
_JSON = ("recipe", "metrics", "warnings", "error")


def add_run(
    db: Db,
    *,
    task: str,
    model: str,
    recipe: dict[str, Any] | None = None,
    weights: str = "default",
    snapshot: str | None = None,
    state: RunState = RunState.QUEUED,
) -> Run:
    """Record a new run; its id (r0001, r0002…) is never given again."""
    number = db.last_id("runs") + 1
    db.insert(
        "runs",
        {
            "number": number,
            "id": f"r{number:04d}",
            "task": task,
            "model": model,
            "state": state.value,
            "weights": weights,
            "recipe": json.dumps(recipe or {}),
            "snapshot": snapshot,
            "created_at": db.now,
            "created_by": db.author,
        },
    )
    return get_run(db, f"r{number:04d}")


def all_runs(db: Db) -> list[Run]:
    """All runs, oldest first."""
    return [_run(row) for row in db.rows("runs", order_by="number")]


def get_run(db: Db, wanted: str, *, task: str | None = None) -> Run:
    """The run with that id, the `latest`, or the `best`.

    `best` has the highest value of its metric among finished runs of one task: `task`, else
    the project's own. Raises UserError: project.no_runs, project.no_run, project.no_best,
    project.no_best_style.
    """
    if wanted == "latest":
        row = db.one("SELECT * FROM runs ORDER BY number DESC LIMIT 1")
        if row is None:
            raise UserError("project.no_runs")
    elif wanted == "best":
        task = task or db.value("SELECT value FROM project WHERE key = 'task'")
        if task == Task.STYLE:
            raise UserError("project.no_best_style")
        row = db.one(
            "SELECT * FROM runs WHERE state = 'done' AND task = ? AND best_value IS NOT NULL"
            " ORDER BY best_value DESC, number DESC LIMIT 1",
            (task,),
        )
        if row is None:
            raise UserError("project.no_best", task=task)
    else:
        row = db.one("SELECT * FROM runs WHERE id = ?", (wanted,))
        if row is None:
            known = ", ".join(db.column("SELECT id FROM runs ORDER BY number DESC LIMIT 10"))
            raise UserError("project.no_run", run=wanted, known=known or "none")
    return _run(row)


def _run(row: Record) -> Run:
    best = None
    if row["best_value"] is not None:
        best = Best(row["best_epoch"], row["best_metric"], row["best_value"])
    return Run(
        id=row["id"],
        task=row["task"],
        model=row["model"],
        state=RunState(row["state"]),
        created_at=row["created_at"],
        recipe=json.loads(row["recipe"]),
        ended=Ended(row["ended"]) if row["ended"] else None,
        metrics=json.loads(row["metrics"]),
        best=best,
        warnings=tuple(json.loads(row["warnings"])),
        error=json.loads(row["error"]) if row["error"] else None,
        **{name: row[name] for name in _PLAIN},
    )


def update_run(db: Db, run_id: str, **facts: Any) -> Run:
    """Set fields of domain.runs.Run; the run as it is then.

    Raises UserError(project.no_run), and ValueError for a change of state that is not lawful
    or a field that cannot be set.
    """
    run = get_run(db, run_id)
    values: dict[str, object] = {}
    for name, value in facts.items():
        if name == "state":
            _check(run, RunState(value))
            values["state"] = RunState(value).value
        elif name == "best":
            values["best_epoch"] = value.epoch if value else None
            values["best_metric"] = value.metric if value else None
            values["best_value"] = value.value if value else None
        elif name == "ended":
            values["ended"] = Ended(value).value if value else None
        elif name in _JSON:
            values[name] = None if value is None else json.dumps(value, ensure_ascii=False)
        elif name in _PLAIN:
            values[name] = value
        else:
            raise ValueError(f"a run has no field {name} that can be set")
    if values:
        sets = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE runs SET {sets} WHERE id = ?", (*values.values(), run.id))
    return get_run(db, run.id)


def _check(run: Run, to: RunState) -> None:
    if to != run.state and to not in LAWFUL[run.state]:
        raise ValueError(f"run {run.id} cannot go from {run.state} to {to}")


def delete_run(db: Db, run_id: str) -> None:
    """Forget a finished run. Raises UserError(project.run_active) while it goes on."""
    run = get_run(db, run_id)
    if run.state in (RunState.QUEUED, RunState.RUNNING, RunState.STOPPING):
        raise UserError("project.run_active", run=run.id)
    db.execute("DELETE FROM runs WHERE id = ?", (run.id,))
