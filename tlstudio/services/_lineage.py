"""The runs that a run's weights come from, and the images that these had learned from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.services._starting_weights import BEST
from tlstudio.storage import learning_rows, paths, runs, snapshots

if TYPE_CHECKING:
    from tlstudio.domain.runs import Run
    from tlstudio.storage.project import Project

Row = dict[str, Any]

_KEPT = (
    *("image", "path", "split", "group", "pixel_hash", "near_hash"),
    *("synthetic", "content_hash"),
)


@dataclass(frozen=True, slots=True)
class Lineage:
    """`rows` are the training and validation rows of the snapshots of all runs before, without
    annotations; `unknown` are runs before whose images nobody knows any more."""

    rows: list[Row]
    unknown: tuple[str, ...] = ()


def learned_before(project: Project, weights: str) -> Lineage:
    """What the runs had learned from through which `weights`, as a run records them, came."""
    rows: list[Row] = []
    unknown: list[str] = []
    been: set[str] = set()
    parent = run_of(project, weights)
    while parent is not None and parent not in been:
        been.add(parent)
        run = _recorded(project, parent)
        if run is None:
            unknown.append(parent)
            break
        try:
            rows += _learned_from(project, run.snapshot or "")
        except UserError:  # the snapshot is gone or damaged
            unknown.append(parent)
        parent = run_of(project, run.weights)
    return Lineage(each_once(rows), tuple(unknown))


def each_once(rows: Iterable[Row]) -> list[Row]:
    """The rows, without those that say the same again of an image."""
    facts = ("image", "split", "group", "pixel_hash", "near_hash")
    return list({tuple(row[name] for name in facts): row for row in rows}.values())


def with_groups_of_today(project: Project, rows: Iterable[Row]) -> list[Row]:
    """The rows of a snapshot; where an image has come into another group since, and is still the
    same picture, its row names that group too, as `group_now`."""
    with project.read() as db:
        now = {each.id: (each.pixel_hash, each.group) for each in learning_rows.all_images(db)}
    made = []
    for row in rows:
        pixels, group = now.get(row["image"], ("", None))
        moved = group is not None and group != row["group"] and pixels == row["pixel_hash"]
        made.append({**row, "group_now": group} if moved else row)
    return made


def run_of(project: Project, weights: str) -> str | None:
    """The id of the run whose kept model these weights are; None for all others."""
    if weights.startswith("run:"):
        return weights.removeprefix("run:")
    file = Path(weights)
    of_run = file.name == BEST and file.parent.parent == paths.runs(project.folder)
    return file.parent.name if of_run else None


def _recorded(project: Project, run_id: str) -> Run | None:
    """The run, if it is there; of latest and best, which earlier versions recorded, nobody knows
    any more which they were."""
    with project.read() as db:
        return next((run for run in runs.all_runs(db) if run.id == run_id), None)


def _learned_from(project: Project, sha256: str) -> list[Row]:
    lines = snapshots.walk_snapshot(project, sha256)
    next(lines)
    return [
        {name: row.get(name) for name in _KEPT}
        for row in lines
        if row["split"] in (Split.TRAIN, Split.VAL)
    ]
