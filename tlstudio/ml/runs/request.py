"""The parameters of a training job, read and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tlstudio.domain.advice import (
    Advice,
    for_style,
    is_automatic,
    on_mirroring,
    recommend,
    settle,
)
from tlstudio.domain.fingerprint import Fingerprint
from tlstudio.domain.labels import LabelRole
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.domain.windows import Window
from tlstudio.ml import checkpoint
from tlstudio.ml.runs.snapshot import read_rows


@dataclass(frozen=True, slots=True)
class Weights:
    """Where a run starts: `kind` is file, run or none; `label` names the source to a person.

    `part` is what the file holds for this model, "model" (all of it) or "backbone"; `model` is
    the id of the model it belongs to, `task` that of the run it comes from.
    """

    kind: str
    path: Path | None
    sha256: str | None
    label: str
    part: str = "backbone"
    model: str | None = None
    task: str | None = None

    @property
    def pretrained(self) -> bool:
        return self.kind != "none"

    @classmethod
    def of(cls, given: dict[str, Any]) -> Weights:
        path = given.get("path")
        return cls(
            given["kind"],
            Path(path) if path else None,
            given.get("sha256"),
            str(given.get("label") or given["kind"]),
            str(given.get("part") or "backbone"),
            given.get("model"),
            given.get("task"),
        )


@dataclass(frozen=True, slots=True)
class Request:
    """`moved` gives paths, by image id, that replace those of the snapshot.

    `advice` is what the names of the labels recommend and for shapes the snapshot's images, for a
    style what suits all; and `recipe` has it where the person left a setting automatic.
    `bit_depth` is that of the deepest image to learn shapes from. `kept` are the facts of the best
    model so far of a run that goes on.
    """

    task: Task
    folder: Path
    project: Path
    spec: ModelSpec
    weights: Weights
    recipe: Recipe
    snapshot: Path
    moved: dict[str, str]
    labels: list[dict[str, Any]]
    feature_cache: Path | None
    resume: bool
    advice: Mapping[str, Advice] = field(default_factory=dict)
    bit_depth: int = 8
    kept: Mapping[str, Any] | None = None

    @classmethod
    def of(cls, job: JobSpec) -> Request:
        """The job's parameters. UserError: recipe.*, training.snapshot_damaged, and of a
        run that goes on training.checkpoint_damaged."""
        p = job.params
        task = Task(job.task)
        spec = ModelSpec.from_json(p["model"])
        recipe = Recipe.read(p["recipe"], task)
        advice, bits = _advice(task, spec, recipe, Path(p["snapshot"]), p["labels"])
        resume = bool(p.get("resume"))
        kept = checkpoint.best_facts(Path(job.folder)) if resume else None
        if kept is not None:
            advice = _as_before(advice, kept["recipe"], recipe, task)
        cache = p.get("feature_cache")
        return cls(
            task,
            Path(job.folder),
            Path(job.project),
            spec,
            Weights.of(p["weights"]),
            settle(recipe, advice, task),
            Path(p["snapshot"]),
            {str(key): str(value) for key, value in (p.get("paths") or {}).items()},
            p["labels"],
            Path(cache) if cache else None,
            resume,
            advice,
            bits,
            kept,
        )

    @property
    def window(self) -> Window:
        """Which raw values are black and white to the model."""
        return self.recipe.seen_through()

    @property
    def image_size(self) -> int:
        return self.recipe.image_size or self.spec.input_size


def _as_before(
    advice: Mapping[str, Advice], settled: Mapping[str, Any], recipe: Recipe, task: Task
) -> dict[str, Advice]:
    """The advice with the values that the run has `settled` on when it began: another version may
    recommend others, and weights go on as they were trained."""
    was = {"mirror": "yes", **settled}  # all was shown mirrored before that was a setting

    def then(name: str, now: Advice) -> Advice:
        if name not in was or is_automatic(replace(recipe, **{name: was[name]}), name, task):
            return now
        return now._replace(value=was[name])

    return {name: then(name, now) for name, now in advice.items()}


def _advice(
    task: Task,
    spec: ModelSpec,
    recipe: Recipe,
    snapshot: Path,
    labels: list[dict[str, Any]],
) -> tuple[dict[str, Advice], int]:
    """What is recommended, and the bits a channel of the images that tell it."""
    if task is Task.STYLE:
        return for_style(spec), 8
    if task is Task.CLASSIFICATION:
        return on_mirroring(str(row["name"]) for row in labels), 8
    normal = LabelRole.NORMAL.value
    passed = {int(row["id"]) for row in labels if (row.get("role") or normal) != normal}
    found = Fingerprint.of(task, list(read_rows(snapshot)), passed_over=passed)
    learned = (str(row["name"]) for row in labels if int(row["id"]) not in passed)
    return recommend(found, spec, task, recipe) | on_mirroring(learned), found.bit_depth
