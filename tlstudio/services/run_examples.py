"""What a run showed of itself as it learned: its answers on a few validation images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.tasks import Task
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.services.map_answers import judge
from tlstudio.storage import paths, runs, snapshots

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

SURE = 0.25
"""Boxes below this confidence are not shown while the run has no threshold of its own yet."""

Outcomes = list[DetectionOutcome] | list[SegmentationOutcome]


def run_examples(project: Project, run_id: str, file: str) -> Outcomes:
    """The images in `file`, a path inside of the run's folder as an event names it.

    Nothing where the file is not there any more or cannot be read: it is only for looking.
    Raises UserError: project.no_run, project.snapshot_missing, project.snapshot_damaged.
    """
    with project.read() as db:
        run = runs.get_run(db, run_id)
    folder = paths.run(project.folder, run.id).resolve()
    place = (folder / file).resolve()
    if not place.is_relative_to(folder) or run.snapshot is None:
        return []
    try:
        shown = json.loads(place.read_text("utf-8"))["images"]
        rows = [{**each, "annotations": each["truth"], "path": ""} for each in shown]
        lines = [each["found"] for each in shown]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    labels = next(snapshots.walk_snapshot(project, run.snapshot))["labels"]
    if run.task == Task.DETECTION:
        return BoxAnswers.of(rows, lines, _learned(labels)).at(SURE).items
    outputs = _learned(labels)
    pairs = zip(rows, lines, strict=True)
    return [judge(row, line, labels, outputs).outcome for row, line in pairs]


def _learned(labels: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(int(e["id"]), str(e["name"])) for e in labels if e.get("role", "normal") == "normal"]
