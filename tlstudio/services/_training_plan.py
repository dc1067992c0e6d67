"""Before a run starts: the request checked, what weakens it, how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.notices import Notice
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import RunState
from tlstudio.domain.tasks import Task
from tlstudio.services._learning_set import NO_SPLIT, LearningSet
from tlstudio.storage import paths, runs

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

BEST = "best.safetensors"
FEW = 10


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train: `weights` is default, none, a file, or run:ID; `settings` are those of the
    recipe; `source_kind` the kind of annotation to learn from (None: the task's own)."""

    model: str
    task: str | None = None
    weights: str = "default"
    settings: dict[str, object] = field(default_factory=dict)
    source_kind: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do: images by split ("" for none yet), labels with their images by
    split, warnings {code, params}, and the seconds it may take where that is known."""

    images: dict[str, int]
    labels: dict[str, dict[str, int]]
    warnings: list[dict[str, Any]]
    seconds: float | None
    makes_split: bool


@dataclass(frozen=True, slots=True)
class Start:
    """A request, checked."""

    task: Task
    spec: ModelSpec
    recipe: Recipe
    weights: dict[str, Any]


def check(project: Project, request: TrainRequest) -> Start:
    """The request with its model, recipe and weights. Raises UserError as starting does."""
    from tlstudio.services.models import find_model

    try:
        task = Task(request.task or project.task)
    except ValueError:
        task = None
    if task is not Task.CLASSIFICATION:
        raise UserError("training.task_unavailable", task=request.task or project.task)
    spec = find_model(request.model)
    if spec.task is not task:
        raise UserError("training.other_task", model=spec.id, task=spec.task, wanted=task)
    recipe = Recipe.read(request.settings, task)
    spec.check_size(recipe.image_size or spec.input_size)
    return Start(task, spec, recipe, _weights(project, spec, request.weights))


def _weights(project: Project, spec: ModelSpec, wanted: str) -> dict[str, Any]:
    """What the worker is told of the weights to start from."""
    if wanted == "none":
        return {"kind": "none", "path": None, "sha256": None, "label": "none"}
    if wanted == "default":
        from tlstudio.services.models import list_weights, weights_file, weights_label

        file = weights_file(spec.id)
        if file is None:
            code = "weights.absent" if spec.weights else "weights.none"
            raise UserError(code, model=spec.id)
        label = weights_label(spec.id)
        sha256 = next(each.sha256 for each in list_weights() if each.model == spec.id)
        return {"kind": "file", "path": str(file), "sha256": sha256, "label": label}
    if wanted.startswith("run:"):
        with project.read() as db:
            run = runs.get_run(db, wanted.removeprefix("run:"))
        file = paths.run(project.folder, run.id) / BEST
        if not file.exists():
            raise UserError("training.no_best", file=str(file.parent))
        return {"kind": "run", "path": str(file), "sha256": None, "label": f"run:{run.id}"}
    file = Path(wanted).expanduser().absolute()
    if not file.is_file():
        raise UserError("training.weights_file", file=str(file))
    return {"kind": "file", "path": str(file), "sha256": None, "label": file.name}


def needs_split(found: LearningSet) -> bool:
    """Whether no image is there to learn from, but some could be put into a split."""
    return not found.images["train"] and bool(found.images[NO_SPLIT])


def weaknesses(project: Project, found: LearningSet, makes_split: bool) -> list[Notice]:
    """What makes the run or its figures weak."""
    if makes_split:
        counts = {name: sum(n.values()) for name, n in found.per_label.items()}
        few = [name for name, count in counts.items() if count < FEW]
        return [Notice("training.few_images", _few(few))] if few else []
    notices = []
    counts = {name: n["train"] for name, n in found.per_label.items()}
    if few := [name for name, count in counts.items() if count < FEW]:
        notices.append(Notice("training.few_images", _few(few)))
    if found.images[NO_SPLIT]:
        notices.append(Notice("training.without_split", {"count": found.images[NO_SPLIT]}))
    from tlstudio.services.splitting import find_leaks

    if leaks := find_leaks(project, near=False):
        notices.append(Notice("training.leaks", {"count": len(leaks)}))
    return notices


def _few(names: list[str]) -> dict[str, object]:
    return {"labels": ", ".join(names), "least": FEW}


def guess_seconds(project: Project, start: Start) -> float | None:
    """From the last finished run of the same model, size and strategy, by images and epochs."""
    same = ("image_size", "strategy", "device")
    wanted = start.recipe.to_json(start.task)
    with project.read() as db:
        known = runs.all_runs(db)
    for run in reversed(known):
        alike = run.model == start.spec.id and all(run.recipe.get(n) == wanted[n] for n in same)
        if run.state is RunState.DONE and alike and run.seconds and run.epochs:
            guess = run.seconds * start.recipe.epochs / run.epochs
            limit = 60 * start.recipe.time_limit
            return min(guess, limit) if limit else guess
    return None
