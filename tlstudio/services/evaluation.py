"""Evaluation: figures of a run on a split, with intervals, and the images behind them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.leaks import Leak
from tlstudio.domain.notices import Notice
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.tasks import Task
from tlstudio.metrics.classification import Figures, figures, to_json
from tlstudio.services import _evaluation_leaks as leak_search
from tlstudio.services._kept_models import Answers, Item, KeptModel, ask, kept_model
from tlstudio.services._learning_set import gather, label_of
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.storage import images, paths, snapshots

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

LEAK = "data.leak"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluatedImage:
    """One image behind the figures; `probabilities` follow the labels of the confusion."""

    image: int
    path: str
    truth: str
    predicted: str
    confidence: float
    probabilities: tuple[float, ...]


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
) -> Evaluation:
    """Ask the run's kept model about a split and compare with the truth.

    `test` is what the project holds as test now; `val` and `train` are the run's own images.
    Test and validation figures over a leak are refused unless `allow_leaks`. Raises UserError:
    data.leak, data.split_name, evaluation.no_images, training.no_best, project.no_run; Cancelled.
    """
    if split not in tuple(Split):
        raise UserError("data.split_name", name=split)
    place = Split(split)
    kept = kept_model(project, run_id)
    tested, learned, notices = _sets(project, kept, split)
    tested, unknown = _of_known_labels(kept, tested)
    notices += unknown
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
    tested = [row for row in tested if str(row["image"]) in answers.probabilities]
    notices += _unreadable(answers, items)
    if not tested:
        raise UserError("evaluation.no_images", split=split)
    made = _assemble(kept, split, tested, answers, leaks, notices)
    _remember(kept, made)
    return made


def stored(project: Project, run_id: str, split: str = "test") -> dict[str, Any] | None:
    """The JSON of the last evaluation of this run on `split`, None where there was none."""
    try:
        data = json.loads(_stored_file(kept_model(project, run_id), split).read_text("utf-8"))
    except (OSError, ValueError, UserError):
        return None
    return data if isinstance(data, dict) else None


def _sets(
    project: Project, kept: KeptModel, split: str
) -> tuple[list[Row], list[Row], list[Notice]]:
    """The images asked about, those the run had learned from before, and what to say."""
    header, known = snapshots.read_snapshot(project, kept.run.snapshot or "")
    if split == Split.TEST:
        found = gather(project, Task(header["task"]), header["from"], refuse=False)
        tested = [row for row in found.rows if row["split"] == split]
        return tested, [row for row in known if row["split"] in ("train", "val")], []
    tested = [row for row in known if row["split"] == split]
    learned = [row for row in known if split == "val" and row["split"] == "train"]
    return tested, learned, []


def _of_known_labels(kept: KeptModel, tested: list[Row]) -> tuple[list[Row], list[Notice]]:
    known = {label for label, _name in kept.labels}
    fit = [row for row in tested if label_of(row) in known]
    if len(fit) == len(tested):
        return tested, []
    count = len(tested) - len(fit)
    return fit, [Notice("evaluation.unknown_labels", {"count": count, "run": kept.run.id})]


def _items(project: Project, tested: Sequence[Row]) -> list[Item]:
    """Where the images lie now."""
    with project.read() as db:
        now_at = {row.id: row.path for row in images.rows(db, [row["image"] for row in tested])}
    return [
        Item(
            str(row["image"]),
            str(paths.resolve(project.folder, now_at.get(row["image"]) or row["path"])),
            row["sha256"] or "",
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


def _assemble(
    kept: KeptModel,
    split: str,
    tested: Sequence[Row],
    answers: Answers,
    leaks: list[Leak],
    notices: list[Notice],
) -> Evaluation:
    place = {label: index for index, (label, _name) in enumerate(kept.labels)}
    truth = np.array([place[label_of(row)] for row in tested])
    p = np.array([answers.probabilities[str(row["image"])] for row in tested])
    found = figures(truth, p, [_group(row) for row in tested])
    if not found.enough_groups:
        notices.append(Notice("evaluation.few_groups", {"groups": found.groups}))
    return Evaluation(
        run=kept.run.id,
        split=split,
        metrics=found.overall,
        intervals={name: _interval(i) for name, i in found.intervals.items()},
        groups=found.groups,
        per_label=_per_label(kept, found),
        confusion={"labels": kept.names, "matrix": found.confusion},
        leaks=leaks,
        notices=notices,
        items=[
            EvaluatedImage(
                image=row["image"],
                path=row["path"],
                truth=kept.names[t],
                predicted=kept.names[int(each.argmax())],
                confidence=float(each.max()),
                probabilities=tuple(float(x) for x in each),
            )
            for row, t, each in zip(tested, truth, p, strict=True)
        ],
        json=to_json(found, kept.names),
    )


def _group(row: Row) -> str:
    """The group, or a name no group can have for an image without one."""
    return f"group {row['group']}" if row["group"] else f"image {row['image']}"


def _interval(interval: Any) -> dict[str, Any]:
    return {"low": interval.low, "high": interval.high, "method": interval.method}


def _per_label(kept: KeptModel, found: Figures) -> list[dict[str, Any]]:
    return [
        {
            "label": name,
            "images": row.images,
            **row.values,
            "intervals": {key: _interval(i) for key, i in row.intervals.items()},
        }
        for name, row in zip(kept.names, found.per_label, strict=True)
    ]


def _stored_file(kept: KeptModel, split: str) -> Path:
    return kept.folder / f"evaluation-{split}.json"


def _remember(kept: KeptModel, made: Evaluation) -> None:
    """Keep the figures beside the model; a project that cannot be written does without."""
    with suppress(OSError):
        _stored_file(kept, made.split).write_text(json.dumps(made.to_json()), "utf-8")
