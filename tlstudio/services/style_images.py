"""Style images of runs, to look at: the one that shall be learned from, and those that were."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.tasks import Task
from tlstudio.services._style_image import IMAGE, find_style, told_style
from tlstudio.storage import images, paths, runs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlstudio.domain.runs import Run
    from tlstudio.storage.project import Project

__all__ = ["runs_with_styles", "style_of", "style_preview"]


def style_of(project: Project, run_id: str) -> dict[str, Any]:
    """{path, label, sha256} of the copy that a run learns from; empty for other tasks.
    UserError("project.no_run")."""
    with project.read() as db:
        run = runs.get_run(db, run_id)
    return told_style(paths.run(project.folder, run.id))


def runs_with_styles(project: Project) -> tuple[list[Run], dict[str, str]]:
    """All runs, oldest first, and by id what the style image of those that learned one is
    called."""
    with project.read() as db:
        found = runs.all_runs(db)
    labels = {
        run.id: str(told_style(paths.run(project.folder, run.id)).get("label", ""))
        for run in found
        if run.task == Task.STYLE
    }
    return found, {run: label for run, label in labels.items() if label}


def style_preview(project: Project, wanted: str, side: int) -> tuple[str, NDArray[np.uint8]]:
    """What a person calls the picture meant by a file's name or image:ID, and its pixels
    [h, w, 3] of at most `side` a side. UserErrors as starting a run has for it."""
    from tlstudio.imaging.unit import read_seen, resized, to_rgb8

    style = find_style(project, wanted)
    seen = read_seen(style.path, frame=style.frame)
    height, width = seen.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        seen = resized(seen, max(1, round(width * scale)), max(1, round(height * scale)))
    return _name(project, wanted, style.path), to_rgb8(seen)


def _name(project: Project, wanted: str, path: Path) -> str:
    if not wanted.startswith(IMAGE):
        return path.name
    with project.read() as db:
        found = images.rows(db, [int(wanted.removeprefix(IMAGE))])
    return found[0].name if found else wanted
