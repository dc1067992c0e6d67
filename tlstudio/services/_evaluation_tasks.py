"""What an evaluation is made of, task by task: figures, their intervals, and the images behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tlstudio.domain.labels import Label, LabelRole
from tlstudio.domain.outcomes import DetectionOutcome, SegmentationOutcome
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.domain.tasks import Task
from tlstudio.metrics import classification, detection, segmentation
from tlstudio.metrics.intervals import Interval
from tlstudio.metrics.pixel_counts import ImageCounts
from tlstudio.services._kept_models import KeptModel, Line
from tlstudio.services._learning_set import label_of
from tlstudio.services.box_answers import BoxAnswers
from tlstudio.services.map_answers import judge

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class EvaluatedImage:
    """One image behind a classifier's figures; `probabilities` follow the labels of the
    confusion."""

    image: int
    path: str
    truth: str
    predicted: str
    confidence: float
    probabilities: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is compared: rows of a snapshot with the model's line for each; `labels` are those of
    the rows, of every role; `threshold` is the confidence asked for, None for the run's own."""

    kept: KeptModel
    rows: Sequence[Row]
    lines: Sequence[Line]
    labels: Sequence[Label]
    threshold: float | None
    progress: Progress
    cancel: Cancel | None

    @property
    def groups(self) -> list[str]:
        """The group, or a name no group can have for an image without one."""
        return [f"group {r['group']}" if r["group"] else f"image {r['image']}" for r in self.rows]


@dataclass(frozen=True, slots=True)
class Made:
    """The parts of an Evaluation that its task decides; `counts` are a segmenter's, by image."""

    metrics: dict[str, float | None]
    intervals: dict[str, dict[str, Any]]
    groups: int
    enough_groups: bool
    per_label: list[dict[str, Any]]
    confusion: dict[str, Any]
    items: Sequence[EvaluatedImage | DetectionOutcome | SegmentationOutcome]
    json: dict[str, Any]
    answers: BoxAnswers | None = None
    counts: Sequence[ImageCounts] = ()


def assemble(asked: Asked) -> Made:
    """The figures of the run's task. Raises Cancelled."""
    makers: dict[Task, Callable[[Asked], Made]] = {
        Task.CLASSIFICATION: _classes,
        Task.DETECTION: _boxes,
        Task.SEGMENTATION: _regions,
    }
    return makers[asked.kept.task](asked)


def _classes(asked: Asked) -> Made:
    import numpy as np

    names = asked.kept.names
    place = {label: index for index, (label, _name) in enumerate(asked.kept.labels)}
    truth = np.array([place[label_of(row)] for row in asked.rows])
    p = np.array([line["probabilities"] for line in asked.lines], np.float64)
    found = classification.figures(truth, p, asked.groups)
    items = [
        EvaluatedImage(
            image=row["image"],
            path=row["path"],
            truth=names[t],
            predicted=names[int(each.argmax())],
            confidence=float(each.max()),
            probabilities=tuple(float(x) for x in each),
        )
        for row, t, each in zip(asked.rows, truth, p, strict=True)
    ]
    return Made(
        metrics=found.overall,
        intervals=_told(found.intervals),
        groups=found.groups,
        enough_groups=found.enough_groups,
        per_label=[
            {"label": name, "images": row.images, **_figures(row)}
            for name, row in zip(names, found.per_label, strict=True)
        ],
        confusion={"labels": names, "matrix": found.confusion},
        items=items,
        json=classification.to_json(found, names),
    )


def _boxes(asked: Asked) -> Made:
    names = asked.kept.names
    answers = BoxAnswers.of(asked.rows, asked.lines, asked.kept.labels)
    threshold = asked.kept.threshold if asked.threshold is None else asked.threshold
    found = detection.evaluate(answers.truths, answers.founds, names, asked.groups, threshold)
    return Made(
        metrics=found.overall,
        intervals=_told(found.intervals),
        groups=found.groups,
        enough_groups=found.enough_groups,
        per_label=[
            {
                "label": name,
                "objects": row.objects,
                "images": row.images,
                "predicted": row.predicted,
                **_figures(row),
            }
            for name, row in zip(names, found.per_label, strict=True)
        ],
        confusion={"labels": [*names, None], "matrix": found.confusion},
        items=answers.at(threshold).items,
        json=detection.to_json(found, names),
        answers=answers,
    )


def _regions(asked: Asked) -> Made:
    names, outputs = asked.kept.names, asked.kept.labels
    labels = [{"id": each.id, "name": each.name, "role": each.role.value} for each in asked.labels]
    judged = []
    for done, (row, line) in enumerate(zip(asked.rows, asked.lines, strict=True)):
        if asked.cancel is not None:
            asked.cancel.check()
        asked.progress(Step("evaluation.stage.comparing", done, len(asked.rows)))
        judged.append(judge(row, line, labels, outputs))
    found = segmentation.evaluate([each.counts for each in judged], names, asked.groups)
    return Made(
        metrics=found.overall,
        intervals=_told(found.intervals),
        groups=found.groups,
        enough_groups=found.enough_groups,
        per_label=[
            {
                "label": name,
                "images": row.images,
                "true_pixels": row.true,
                "found_pixels": row.found,
                "one_sided": row.one_sided,
                **_figures(row),
            }
            for name, row in zip(names, found.per_label, strict=True)
        ],
        confusion={"labels": [*names, None], "matrix": found.confusion},
        items=[each.outcome for each in judged],
        json=segmentation.to_json(found, names),
        counts=[each.counts for each in judged],
    )


def _told(intervals: Mapping[str, Interval]) -> dict[str, dict[str, Any]]:
    return {
        name: {"low": each.low, "high": each.high, "method": each.method}
        for name, each in intervals.items()
    }


def _figures(
    row: classification.LabelFigures | detection.LabelFigures | segmentation.LabelFigures,
) -> dict[str, Any]:
    return {**row.values, "intervals": _told(row.intervals)}


def known_rows(kept: KeptModel, rows: list[Row], labels: Sequence[Label]) -> tuple[list[Row], int]:
    """(the rows that the model can be judged on, how much it cannot be judged on).

    A classifier is not asked about images of a label it has not learned; for shapes the images
    stay and the objects of such labels count nowhere.
    """
    known = {label for label, _name in kept.labels}
    if kept.task is Task.CLASSIFICATION:
        fit = [row for row in rows if label_of(row) in known]
        return fit, len(rows) - len(fit)
    learned = {label.id for label in labels if label.role is LabelRole.NORMAL}
    unknown = sum(
        each["label"] in learned and each["label"] not in known
        for row in rows
        for each in row["annotations"]
    )
    return rows, unknown
