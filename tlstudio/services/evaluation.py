"""Evaluation: figures of a run on a split, with intervals, and the images behind them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.labels import Label
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.tasks import Task
from tlstudio.services import _evaluation_leaks as leak_search
from tlstudio.services._evaluation_tasks import Asked, EvaluatedImage, assemble, known_rows
from tlstudio.services._kept_models import Answers, Item, KeptModel, ask, kept_model
from tlstudio.services._learning_rows import filled
from tlstudio.services._learning_set import gather
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.storage import labels as _labels
from tlstudio.storage import learning_rows, paths, snapshots

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = ["LEAK", "EvaluatedImage", "Evaluation", "evaluate", "stored"]

LEAK = "data.leak"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Figures of a run on a split.

    `intervals` has low, high (None together) and method for each figure; `per_label` a row per
    label with its figures and intervals; `confusion` has labels and matrix (rows truth; a label
    None is the background). With anything in `leaks` the figures flatter. `notices` say what was
    left out and what is near. `items` are what the task makes of each image; a detector's
    `answers` can be judged at any other threshold.
    """

    run: str
    split: str
    metrics: dict[str, float | None]
    intervals: dict[str, dict[str, Any]]
    groups: int
    per_label: list[dict[str, Any]]
    confusion: dict[str, Any]
    leaks: list[Leak]
    notices: list[Notice] = field(default_factory=list)
    items: Sequence[EvaluatedImage | DetectionOutcome | SegmentationOutcome] = ()
    json: dict[str, Any] = field(default_factory=dict)
    task: str = Task.CLASSIFICATION
    answers: BoxAnswers | None = None

    def to_json(self) -> dict[str, Any]:
        """The keys of the verb `evaluate`."""
        head = {"run": self.run, "split": self.split}
        warnings = [notice.to_json() for notice in self.notices]
        leaks = [leak.to_json() for leak in self.leaks]
        return {**head, **self.json, "leaks": leaks, "warnings": warnings}


def evaluate(
    project: Project,
    run_id: str,
    split: str = "test",
    allow_leaks: bool = False,
    progress: Progress = silent,
    cancel: Cancel | None = None,
    threshold: float | None = None,
) -> Evaluation:
    """Ask the run's kept model about a split and compare with the truth.

    `test` is what the project holds as test now; `val` and `train` are the run's own images.
    Test and validation figures over a leak are refused unless `allow_leaks`. `threshold` is the
    confidence of boxes that a detector is judged at, None for the run's own; answers are kept,
    so that another one asks no model. Raises UserError: data.leak, data.split_name,
    evaluation.no_images, evaluation.threshold, training.no_best, project.no_run; Cancelled.
    """
    if split not in tuple(Split):
        raise UserError("data.split_name", name=split)
    if threshold is not None and not 0 <= threshold <= 1:
        raise UserError("evaluation.threshold", value=threshold)
    place = Split(split)
    kept = kept_model(project, run_id)
    tested, learned, labels = _sets(project, kept, split)
    tested, notices = _of_known_labels(kept, tested, labels)
    if not tested:
        raise UserError("evaluation.no_images", split=split)
    leaks, near = leak_search.find(tested, learned, place, cancel)
    if leaks and not allow_leaks:
        raise UserError(LEAK, **leak_search.facts(place, leaks))
    if near:
        alike = {image for leak in near for image in leak.images}
        count = sum(row["image"] in alike for row in tested)
        notices.append(Notice("evaluation.near", {"count": count, "split": split}))
    items = _items(project, tested)
    answers = ask(project, kept, items, progress, cancel, keep=True)
    tested = [row for row in tested if str(row["image"]) in answers.lines]
    notices += _unreadable(answers, items)
    if not tested:
        raise UserError("evaluation.no_images", split=split)
    lines = [answers.lines[str(row["image"])] for row in tested]
    rows = list(filled(project, tested))
    asked = Asked(kept, rows, lines, labels, threshold, progress, cancel)
    made = assemble(asked)
    if not made.enough_groups:
        notices.append(Notice("evaluation.few_groups", {"groups": made.groups}))
    evaluation = Evaluation(
        run=kept.run.id,
        split=split,
        metrics=made.metrics,
        intervals=made.intervals,
        groups=made.groups,
        per_label=made.per_label,
        confusion=made.confusion,
        leaks=leaks,
        notices=notices,
        items=made.items,
        json=made.json,
        task=kept.task.value,
        answers=made.answers,
    )
    _remember(kept, evaluation)
    return evaluation


def stored(project: Project, run_id: str, split: str = "test") -> dict[str, Any] | None:
    """The JSON of the last evaluation of this run on `split`, None where there was none."""
    try:
        data = json.loads(_stored_file(kept_model(project, run_id), split).read_text("utf-8"))
    except (OSError, ValueError, UserError):
        return None
    return data if isinstance(data, dict) else None


def _sets(
    project: Project, kept: KeptModel, split: str
) -> tuple[list[Row], list[Row], Sequence[Label]]:
    """The images asked about, those the run had learned from before, and the labels there are."""
    header, known = snapshots.read_snapshot(project, kept.run.snapshot or "")
    with project.read() as db:
        labels = _labels.all_labels(db)
    if split == Split.TEST:
        found = gather(project, Task(header["task"]), header["from"], refuse=False)
        tested = [row for row in found.rows if row["split"] == split]
        return tested, [row for row in known if row["split"] in ("train", "val")], labels
    tested = [row for row in known if row["split"] == split]
    learned = [row for row in known if split == "val" and row["split"] == "train"]
    return tested, learned, labels


def _of_known_labels(
    kept: KeptModel, tested: list[Row], labels: Sequence[Label]
) -> tuple[list[Row], list[Notice]]:
    fit, unknown = known_rows(kept, tested, labels)
    if not unknown:
        return fit, []
    shapes = kept.task is not Task.CLASSIFICATION
    code = "evaluation.unknown_objects" if shapes else "evaluation.unknown_labels"
    return fit, [Notice(code, {"count": unknown, "run": kept.run.id})]


def _items(project: Project, tested: Sequence[Row]) -> list[Item]:
    """Where the images lie now."""
    with project.read() as db:
        now_at = {image.id: image.path for image in learning_rows.all_images(db)}
    return [
        Item(
            str(row["image"]),
            str(paths.resolve(project.folder, now_at.get(row["image"]) or row["path"])),
            row["sha256"] or "",
            int(row.get("frame") or 0),
        )
        for row in tested
    ]


def _unreadable(answers: Answers, items: Sequence[Item]) -> list[Notice]:
    if not answers.skipped:
        return []
    first = answers.skipped[0]
    where = {item.key: item.path for item in items}
    facts = {
        "count": len(answers.skipped),
        "total": len(items),
        "file": where.get(str(first["key"]), ""),
        "reason": first["code"],
    }
    return [Notice("training.images_left_out", facts)]


def _stored_file(kept: KeptModel, split: str) -> Path:
    return kept.folder / f"evaluation-{split}.json"


def _remember(kept: KeptModel, made: Evaluation) -> None:
    """Keep the figures beside the model; a project that cannot be written does without."""
    with suppress(OSError):
        _stored_file(kept, made.split).write_text(json.dumps(made.to_json()), "utf-8")
