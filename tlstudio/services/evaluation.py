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
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.tasks import Task
from tlstudio.services import _evaluation_leaks as leak_search
from tlstudio.services._evaluation_sets import (
    held_out_site,
    items_of,
    no_images,
    of_known_labels,
    sets,
    unreadable,
)
from tlstudio.services._evaluation_tasks import Asked, EvaluatedImage, assemble
from tlstudio.services._kept_models import (
    KeptModel,
    ask,
    kept_model,
    refuse_threshold,
    refuse_unjudged,
)
from tlstudio.services._learning_rows import filled
from tlstudio.services.box_answers import BoxAnswers

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
    left out and what is near. `held_out` is the site that all test images are of and nothing was
    learned from, by this run or one before it, where there is one. `items` are what the task makes
    of each image; a detector's `answers` can be judged at any other threshold.
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
    where: str | None = None
    held_out: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The keys of the verb `evaluate`."""
        head: Row = {"run": self.run, "split": self.split, "where": self.where}
        head["held_out"] = self.held_out
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
    where: str | None = None,
) -> Evaluation:
    """Ask the run's kept model about a split and compare with the truth.

    `test` is what the project holds as test now; `val` and `train` are the run's own images;
    `where` ("tag:NAME", "group:PATTERN", "folder:NAME") leaves those of one site. Test and
    validation figures over a leak are refused unless `allow_leaks`. `threshold` is the
    confidence of boxes that a detector is judged at, None for the run's own; answers are kept,
    so that another one asks no model. Raises UserError: data.leak, data.split_name, site.text,
    site.unknown, evaluation.no_images, evaluation.none_of_site, evaluation.threshold,
    evaluation.no_threshold, evaluation.style (a stylizer's pictures can be held against
    nothing), training.no_best, project.no_run; Cancelled.
    """
    if split not in tuple(Split):
        raise UserError("data.split_name", name=split)
    place = Split(split)
    kept = kept_model(project, run_id)
    refuse_unjudged(kept)
    refuse_threshold(kept, threshold)
    found = sets(project, kept, split, where)
    labels = found.labels
    tested, notices = of_known_labels(kept, found.tested, labels)
    notices += found.notices
    if not tested:
        raise no_images(split, where)
    leaks, near = leak_search.find(tested, found.learned, place, cancel)
    if leaks and not allow_leaks:
        raise UserError(LEAK, **leak_search.facts(place, leaks))
    if near:
        alike = {image for leak in near for image in leak.images}
        count = sum(row["image"] in alike for row in tested)
        notices.append(Notice("evaluation.near", {"count": count, "split": split}))
    items = items_of(project, tested)
    answers = ask(project, kept, items, progress, cancel, keep=True)
    tested = [row for row in tested if str(row["image"]) in answers.lines]
    notices += unreadable(answers, items)
    if not tested:
        raise no_images(split, where)
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
        where=where,
        held_out=held_out_site(project, [found]) if place is Split.TEST else None,
    )
    if where is None and threshold is None:
        _remember(kept, evaluation)
    return evaluation


def stored(project: Project, run_id: str, split: str = "test") -> dict[str, Any] | None:
    """The JSON of the last evaluation of this run on `split`, None where there was none."""
    try:
        data = json.loads(_stored_file(kept_model(project, run_id), split).read_text("utf-8"))
    except (OSError, ValueError, UserError):
        return None
    return data if isinstance(data, dict) else None


def _stored_file(kept: KeptModel, split: str) -> Path:
    return kept.folder / f"evaluation-{split}.json"


def _remember(kept: KeptModel, made: Evaluation) -> None:
    """Keep the figures beside the model; a project that cannot be written does without."""
    with suppress(OSError):
        _stored_file(kept, made.split).write_text(json.dumps(made.to_json()), "utf-8")
