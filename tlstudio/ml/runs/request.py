"""The parameters of a training job, read and typed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.models import ModelSpec
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task


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
    """`moved` gives paths, by image id, that replace those of the snapshot."""

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

    @classmethod
    def of(cls, job: JobSpec) -> Request:
        p = job.params
        task = Task(job.task)
        cache = p.get("feature_cache")
        return cls(
            task,
            Path(job.folder),
            Path(job.project),
            ModelSpec.from_json(p["model"]),
            Weights.of(p["weights"]),
            Recipe.read(p["recipe"], task),
            Path(p["snapshot"]),
            {str(key): str(value) for key, value in (p.get("paths") or {}).items()},
            p["labels"],
            Path(cache) if cache else None,
            bool(p.get("resume")),
        )

    @property
    def image_size(self) -> int:
        return self.recipe.image_size or self.spec.input_size
