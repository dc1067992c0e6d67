"""Projects: making, opening, what is in one, undo, backups."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.runs import FINISHED
from tlstudio.services.logs import log_file, start_logging
from tlstudio.services.settings import (
    RecentProject,
    forget_recent,
    recent_projects,
    remember_recent,
    set_setting,
    setting,
)
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import backups, images, journal, paths, runs
from tlstudio.storage import labels as _labels
from tlstudio.storage.backups import Backup
from tlstudio.storage.project import Project

if TYPE_CHECKING:
    from tlstudio.domain.tasks import Task

__all__ = [
    "Backup",
    "Project",
    "RecentProject",
    "back_up_now",
    "create_project",
    "forget_recent",
    "list_backups",
    "log_file",
    "open_project",
    "project_info",
    "recent_projects",
    "redo",
    "redo_code",
    "rename_project",
    "restore_backup",
    "set_project_task",
    "set_setting",
    "setting",
    "start_logging",
    "undo",
    "undo_code",
]

_log = logging.getLogger(__name__)


def create_project(
    folder: Path,
    *,
    task: str = "classification",
    labels: Sequence[str] = (),
    name: str | None = None,
) -> Project:
    """A new project; the folder gets the ending .tlproj if it has none.

    `task` is the default of its runs. Raises UserError: project.exists, project.not_empty,
    project.not_writable, project.label_exists.
    """
    wanted = [_labels.clean_name(label) for label in labels]
    doubled = next((label for label in wanted if wanted.count(label) > 1), None)
    if doubled is not None:
        raise UserError("project.label_exists", name=doubled)
    folder = with_ending(Path(folder))
    project = Project.create(folder, name=name or folder.stem, task=task, author=setting("author"))
    try:
        if wanted:
            project.transact(
                "undo.create_project", lambda db: _labels.add(db, wanted), undoable=False
            )
        _remember(project)
    except BaseException:
        project.close()
        raise
    return project


def with_ending(folder: Path) -> Path:
    """The folder with the ending of projects."""
    folder = folder.expanduser().absolute()
    if folder.suffix.lower() == paths.SUFFIX:
        return folder
    return folder.with_name(folder.name + paths.SUFFIX)


def open_project(folder: Path, *, read_only: bool = False) -> Project:
    """The project in `folder` (or in folder.tlproj), its runs brought up to date.

    Where another window holds it, it opens read-only and says why. Raises UserError:
    project.missing, project.newer, project.damaged…
    """
    folder = Path(folder).expanduser().absolute()
    if not folder.exists() and with_ending(folder).exists():
        folder = with_ending(folder)
    project = Project.open(folder, read_only=read_only)
    project.author = setting("author", project.author)
    try:
        if not project.read_only:
            _settle_runs(project)
            _remember(project)
    except BaseException:
        project.close()
        raise
    return project


def _settle_runs(project: Project) -> None:
    """Runs that were going on when the program ended are finished, or found lost."""
    with project.read() as db:
        open_ended = any(run.state not in FINISHED for run in runs.all_runs(db))
    if open_ended:
        from tlstudio.services.training import reconcile

        reconcile(project)


def _remember(project: Project) -> None:
    try:
        remember_recent(project.folder, project.name)
    except UserError as error:
        _log.warning("the list of recent projects was not kept: %s", error)


def rename_project(project: Project, name: str) -> Changes:
    """Give the project another name; its folder keeps its own."""
    cleaned = name.strip()
    if not cleaned:
        raise UserError("project.name_empty")
    project.rename(cleaned)
    _remember(project)
    return Changes(everything=True)


def set_project_task(project: Project, task: Task) -> Changes:
    """The task that new runs of this project have unless told otherwise."""
    project.set_task(task)
    return Changes(everything=True)


def project_info(project: Project) -> dict[str, Any]:
    """What is in the project, with the keys of the verb `info`.

    Suggestions are counted apart and never as annotations; split "" is written "none".
    """
    with project.read() as db:
        counts = images.counts(db)
        kinds = _annotations.counts(db)
        names = {label.id: label.name for label in _labels.all_labels(db)}
        usage = _labels.usage(db)
        run_count = len(runs.all_runs(db))
    suggestions = kinds.pop("suggestions", 0)
    return {
        "name": project.name,
        "task": project.task,
        "images": counts["images"],
        "annotations": sum(kinds.values()),
        "kinds": kinds,
        "suggestions": suggestions,
        "labels": {names[label]: number for label, number in usage.items()},
        "states": counts["states"],
        "splits": {name or "none": number for name, number in counts["splits"].items()},
        "groups": counts["groups"],
        "missing": counts["missing"],
        "made_here": counts["synthetic"],
        "runs": run_count,
        "read_only": project.read_only,
    }


def undo(project: Project) -> Changes | None:
    """Take the last edit back; None where there is none."""
    return _files_looked_at(project, project.undo())


def redo(project: Project) -> Changes | None:
    """Bring the last undone edit back; None where there is none."""
    changes = _files_looked_at(project, project.redo())
    if changes is not None and changes.undo_code == "undo.merge_labels":
        with project.read() as db:
            return replace(changes, merged=_labels.last_merge(db))
    return changes


def _files_looked_at(project: Project, changes: Changes | None) -> Changes | None:
    """A step that gave images other files is told once it is noted whether those are there."""
    if changes is not None and changes.undo_code == "undo.relink":
        from tlstudio.services.relinking import note_missing

        note_missing(project, changes.images)
    return changes


def undo_code(project: Project) -> str | None:
    """The message code of what undo would take back."""
    with project.read() as db:
        step = journal.undo_step(db)
    return None if step is None else str(step["undo_code"])


def redo_code(project: Project) -> str | None:
    """The message code of what redo would bring back."""
    with project.read() as db:
        step = journal.redo_step(db)
    return None if step is None else str(step["undo_code"])


def back_up_now(project: Project) -> Backup:
    """Copy the database to the project's backups."""
    return backups.back_up(project, "manual")


def list_backups(folder: Path) -> list[Backup]:
    """The copies a project has, newest first; works where the project cannot be opened."""
    return backups.all_backups(folder)


def restore_backup(folder: Path, backup: Path) -> None:
    """Put a copy in the place of the database of a project that is not open.

    Raises UserError: project.in_use, project.backup_damaged, project.restore_full…
    """
    backups.restore(folder, backup)
