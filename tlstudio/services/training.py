"""Training: plan, start, go on, watch, and the runs of a project.

A run's state in the project is always the truth: it is written before anybody is told, and
what was going on when the program ended is settled when the project is opened again.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Event
from tlstudio.domain.notices import Notice
from tlstudio.domain.runs import FINISHED, JobSpec, Run, RunState
from tlstudio.domain.tasks import Task
from tlstudio.jobs.following import follow
from tlstudio.jobs.outcome import RESULT, Outcome, read_result
from tlstudio.services import _run_handles as handles
from tlstudio.services import _run_records as records
from tlstudio.services._learning_kinds import learnable_kinds
from tlstudio.services._learning_rows import filled
from tlstudio.services._learning_set import LearningSet, gather
from tlstudio.services._lineage import run_of
from tlstudio.services._run_handles import OnEvent, RunHandle
from tlstudio.services._starting_weights import runs_to_start_from
from tlstudio.services._style_image import keep_style, kept_style
from tlstudio.services._training_plan import (
    Plan,
    Start,
    TrainRequest,
    about_depth,
    advise,
    check,
    guess_seconds,
    needs_split,
    told,
    weaknesses,
)
from tlstudio.storage import backups, learning_rows, paths, runs, snapshots
from tlstudio.storage.connection import Db

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = [
    "Plan",
    "RunHandle",
    "TrainRequest",
    "active_run",
    "delete_run",
    "get_run",
    "learnable_kinds",
    "list_runs",
    "reconcile",
    "resume_training",
    "run_events",
    "runs_to_start_from",
    "start_training",
    "training_plan",
    "weights_used",
]

LAST = "last.ckpt"
FACTS = "best.json"


def training_plan(project: Project, request: TrainRequest, *, whole: bool = True) -> Plan:
    """What starting would do, and what a person should know before. Raises as starting does, but
    without `whole` not for weights or a style image that are still missing."""
    start = check(project, request, whole=whole)
    found = gather(project, start.task, request.source_kind)
    makes_split = needs_split(found)
    if not makes_split and not found.images["val"]:
        found = found.with_validation(start.recipe.seed)
    notices = [*found.notices, *weaknesses(project, start, found, makes_split)]
    looks, advice = advise(project, start, found)
    return Plan(
        images=found.images,
        labels=found.per_label,
        objects=found.objects,
        warnings=[notice.to_json() for notice in notices],
        seconds=guess_seconds(project, start, advice),
        makes_split=makes_split,
        defaults=told(start, advice),
        fingerprint=looks.to_json() if looks else {},
        notes=[notice.to_json() for notice in about_depth(start, found)],
    )


def start_training(
    project: Project, request: TrainRequest, on_event: OnEvent | None = None
) -> RunHandle:
    """Start a run, or queue it behind the one that works; returns once its process was started.

    Makes a split where there is none. Raises UserError: project.read_only,
    training.task_unavailable, weights.unknown_model, weights.absent, recipe.*,
    training.* as `gather` does, job.not_started; for a style training.style_none and others of its
    picture.
    """
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    start = check(project, request)
    with _style_beside(start) as style:
        found = gather(project, start.task, request.source_kind)
        makes_split = needs_split(found)
        if makes_split:
            from tlstudio.services.splitting import split_project

            split_project(project, seed=start.recipe.seed)
            found = gather(project, start.task, request.source_kind)
        if not found.images["val"]:
            found = found.with_validation(start.recipe.seed)
        notices = [*found.notices, *weaknesses(project, start, found, False)]
        run = _record(project, start, found, notices)
        folder = paths.run(project.folder, run.id)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file in style:
            shutil.move(file, folder / file.name)
    handle = RunHandle(project, run.id, on_event)
    handle.split_made = makes_split
    handles.enter(handle, _job(project, run, start, resume=False))
    return handle


def resume_training(project: Project, run_id: str, on_event: OnEvent | None = None) -> RunHandle:
    """Go on with a run from its last checkpoint, or from its beginning where there is none.

    Raises UserError: project.read_only, project.no_run, project.run_active,
    training.nothing_to_resume, project.snapshot_missing, weights.absent, training.style_lost.
    """
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    run = _settled(project, run_id)
    if run.state not in FINISHED:
        raise UserError("project.run_active", run=run.id)
    if not run.can_go_on:
        code = "training.nothing_to_resume"
        raise UserError(f"{code}_style" if run.task == Task.STYLE else code, run=run.id)
    folder = paths.run(project.folder, run.id)
    style = kept_style(folder, run.id)["path"] if run.task == Task.STYLE else None
    source = TrainRequest(run.model, run.task, run.weights, dict(run.recipe), style=style)
    go_on = (folder / LAST).exists()
    start = check(project, source)
    (folder / RESULT).unlink(missing_ok=True)
    spec = _job(project, run, start, resume=go_on)
    records.set_state(project, run.id, RunState.QUEUED, error=None, ended=None, finished_at=None)
    handle = RunHandle(project, run.id, on_event)
    handles.enter(handle, spec)
    return handle


def list_runs(project: Project) -> list[Run]:
    """All runs, oldest first."""
    with project.read() as db:
        return runs.all_runs(db)


def get_run(project: Project, run_id: str) -> Run:
    """A run by id, `latest` or `best`. Raises UserError: project.no_run, project.no_runs."""
    with project.read() as db:
        return runs.get_run(db, run_id)


def run_events(project: Project, run_id: str) -> list[Event]:
    """What a run has said so far, for its curves; of repeated epochs the later one."""
    return records.history(paths.run(project.folder, get_run(project, run_id).id))


def weights_used(project: Project, run_id: str) -> dict[str, Any]:
    """Where the layers of a run's kept model came from, as its worker told it: label, and layers
    [{part, source, matched, missing}]; empty while nothing is kept yet."""
    folder = paths.run(project.folder, get_run(project, run_id).id)
    try:
        used = json.loads((folder / FACTS).read_text("utf-8"))["weights_used"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return used if isinstance(used, dict) else {}


def active_run(project: Project) -> RunHandle | None:
    """The run of this project that works in this program."""
    return handles.working(project)


def delete_run(project: Project, run_id: str) -> Changes:
    """Delete a finished run with its files; the database is copied to backups first.

    Raises UserError: project.no_run, project.run_active, project.run_needed where another run
    that is not at its end starts from its model.
    """
    run = _settled(project, run_id)
    if run.state not in FINISHED:
        raise UserError("project.run_active", run=run.id)
    waiting = [
        other.id
        for other in list_runs(project)
        if run_of(project, other.weights) == run.id and other.can_go_on
    ]
    if waiting:
        raise UserError("project.run_needed", run=run.id, others=", ".join(waiting))
    backups.back_up(project, "delete-run")

    def write(db: Db) -> Changes:
        runs.delete_run(db, run.id)
        return Changes(runs=frozenset({run.id}))

    changes = project.transact("undo.run", write, undoable=False)
    shutil.rmtree(paths.run(project.folder, run.id), ignore_errors=True)
    return changes


def _settled(project: Project, run_id: str) -> Run:
    """The run; if its end could not be recorded when it came, that is made up for first."""
    run = get_run(project, run_id)
    if run.state in FINISHED or handles.live(project, run.id) is not None:
        return run
    reconcile(project)
    return get_run(project, run.id)


def reconcile(project: Project) -> Changes:
    """Settle runs that the project says are going on: finished from result.json, taken up where
    their process still lives, else lost."""
    changes = Changes()
    for run in list_runs(project):
        if run.state in FINISHED or handles.live(project, run.id) is not None:
            continue
        folder = paths.run(project.folder, run.id)
        outcome = read_result(folder)
        if outcome is None:
            handle = RunHandle(project, run.id)
            job = follow(folder, handle.hear, handle.finish)
            if job is not None:
                handles.adopt(handle, job)
                continue
            outcome = Outcome(RunState.LOST)
        changes |= records.record_end(project, run.id, outcome)
    return changes


@contextmanager
def _style_beside(start: Start) -> Iterator[list[Path]]:
    """The files of the run's style image, read before anything is written into the project."""
    if start.style is None:
        yield []
        return
    with tempfile.TemporaryDirectory(prefix="tlstudio-style-") as scratch:
        keep_style(start.style, Path(scratch), start.recipe.seen_through())
        yield list(Path(scratch).iterdir())


def _record(
    project: Project,
    start: Start,
    found: LearningSet,
    notices: list[Notice],
) -> Run:
    """The snapshot, and the run's row."""
    learned = found.in_splits()
    sha256 = snapshots.write_snapshot(project, learned.header, filled(project, learned.rows))
    made: list[Run] = []

    def write(db: Db) -> Changes:
        snapshots.record_snapshot(db, sha256, start.task.value, len(learned.rows))
        run = runs.add_run(
            db,
            task=start.task.value,
            model=start.spec.id,
            recipe=start.recipe.to_json(start.task),
            weights=start.starts_from,
            snapshot=sha256,
        )
        warnings = [{"code": n.code, "params": n.params} for n in notices]
        made.append(runs.update_run(db, run.id, warnings=warnings))
        return Changes(runs=frozenset({run.id}))

    project.transact("undo.run", write, undoable=False)
    return made[-1]


def _job(project: Project, run: Run, start: Start, *, resume: bool) -> JobSpec:
    """What the worker is told."""
    lines = snapshots.walk_snapshot(project, run.snapshot or "")
    header = next(lines)
    with project.read() as db:
        now_at = {image.id: image.path for image in learning_rows.all_images(db)}
    folder = handles.job_folder(project, run.id)
    style = {"style": kept_style(Path(folder), run.id)} if start.task is Task.STYLE else {}
    moved = {
        str(row["image"]): now_at[row["image"]]
        for row in lines
        if now_at.get(row["image"], row["path"]) != row["path"]
    }
    return JobSpec(
        "train",
        start.task.value,
        folder,
        str(project.folder),
        {
            "run": run.id,
            "model": start.spec.to_json(),
            "weights": start.weights,
            "recipe": start.recipe.to_json(start.task),
            "snapshot": str(snapshots.snapshot_path(project, run.snapshot or "")),
            "paths": moved,
            "labels": header["labels"],
            "feature_cache": str(paths.features(project.folder)),
            "resume": resume,
            **style,
        },
    )
