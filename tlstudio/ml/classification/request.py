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
    """Where a run starts: `kind` is file, run or none; `label` names the source to a person."""

    kind: str
    path: Path | None
    sha256: str | None
    label: str

    @property
    def pretrained(self) -> bool:
        return self.kind != "none"


@dataclass(frozen=True, slots=True)
class Request:
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
        weights = p["weights"]
        path = weights.get("path")
        cache = p.get("feature_cache")
        return cls(
            Path(job.folder),
            Path(job.project),
            ModelSpec.from_json(p["model"]),
            Weights(
                weights["kind"],
                Path(path) if path else None,
                weights.get("sha256"),
                str(weights.get("label") or weights["kind"]),
            ),
            Recipe.read(p["recipe"], Task(job.task)),
            Path(p["snapshot"]),
            {str(key): str(value) for key, value in (p.get("paths") or {}).items()},
            p["labels"],
            Path(cache) if cache else None,
            bool(p.get("resume")),
        )

    @property
    def image_size(self) -> int:
        return self.recipe.image_size or self.spec.input_size
