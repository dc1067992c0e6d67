"""Before a run starts: the request checked, what weakens it, how long it may take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tlstudio.domain.advice import Advice, for_style, is_automatic, on_mirroring, recommend, settle
from tlstudio.domain.errors import UserError
from tlstudio.domain.fingerprint import Fingerprint, chosen
from tlstudio.domain.images import Split
from tlstudio.domain.messages import render
from tlstudio.domain.models import ModelSpec
from tlstudio.domain.notices import Notice
from tlstudio.domain.recipe import Recipe
from tlstudio.domain.runs import RunState
from tlstudio.domain.tasks import TRAINABLE, Task
from tlstudio.services._evaluation_leaks import blocking
from tlstudio.services._learning_rows import measured
from tlstudio.services._learning_set import NO_SPLIT, LearningSet
from tlstudio.services._lineage import learned_before, with_groups_of_today
from tlstudio.services._starting_weights import lasting, starting_weights
from tlstudio.services._style_image import StyleImage, find_style
from tlstudio.storage import runs

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

FEW = 10
"""Images of a label, or its objects for detection, below which a person is warned."""
FEW_PAINTED = 5
"""The same for segmentation, where every pixel teaches."""
FEW_PICTURES = 20
"""Images below which a stylizer knows too little of what it will restyle."""

_EIGHT_BITS = "tlstudio.ml.ultralytics."  # builders of models that look at 8 bits a channel


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What to train: `task` None means the project's; `weights` is default, none, a file, or
    run:ID; `settings` are those of the recipe; `source_kind` names the kinds of annotation to
    learn from, with commas between (None: the task's own); `style` is the style image of the task
    style, a file or image:ID."""

    model: str
    task: str | None = None
    weights: str = "default"
    settings: dict[str, object] = field(default_factory=dict)
    source_kind: str | None = None
    style: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do: images by split ("" for none yet), labels with their images by
    split, and with their objects, warnings {code, params}, and the seconds it may take where
    that is known.

    `defaults` are recommended settings by field, {value, code, params, message, used}: used says
    that the request leaves the field automatic. `fingerprint` is what they were made of. `notes`
    {code, params, message} are worth knowing and no reason to worry.
    """

    images: dict[str, int]
    labels: dict[str, dict[str, int]]
    objects: dict[str, dict[str, int]]
    warnings: list[dict[str, Any]]
    seconds: float | None
    makes_split: bool
    defaults: dict[str, dict[str, Any]] = field(default_factory=dict)
    fingerprint: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Start:
    """A request, checked; `weights` are empty where they were not looked at, `style` is None but
    for the task style. `starts_from` names the weights as a run records them: they mean the same
    tomorrow."""

    task: Task
    spec: ModelSpec
    recipe: Recipe
    weights: dict[str, Any]
    style: StyleImage | None = None
    starts_from: str = "default"


def check(project: Project, request: TrainRequest, *, whole: bool = True) -> Start:
    """The request with its model, recipe, weights and style image. Without `whole`, weights and
    style image may still be missing. Raises UserError as starting does."""
    start = _settings(project, request)
    if request.style and start.task is not Task.STYLE:
        raise UserError("training.style_unwanted", task=start.task.value)
    if not whole:
        return replace(start, starts_from=request.weights)
    weights = starting_weights(project, start.spec, request.weights)
    start = replace(start, weights=weights, starts_from=lasting(request.weights, weights))
    if start.task is not Task.STYLE:
        return start
    return replace(start, style=find_style(project, request.style))


def _settings(project: Project, request: TrainRequest) -> Start:
    from tlstudio.services.models import find_model

    wanted = request.task or project.task
    if wanted not in TRAINABLE:
        raise UserError("training.task_unavailable", task=wanted)
    task = Task(wanted)
    spec = find_model(request.model)
    if spec.task is not task:
        raise UserError("training.other_task", model=spec.id, task=spec.task, wanted=task)
    recipe = Recipe.read(request.settings, task)
    spec.check_size(recipe.image_size or spec.input_size)
    return Start(task, spec, recipe, {})


def needs_split(found: LearningSet) -> bool:
    """Whether no image is there to learn from but those made here, and some could be put into a
    split."""
    real = any(row["split"] == "train" and not row.get("synthetic") for row in found.rows)
    return not real and bool(found.images[NO_SPLIT])


def weaknesses(
    project: Project, start: Start, found: LearningSet, makes_split: bool
) -> list[Notice]:
    """What makes the run or its figures weak."""
    style = found.task is Task.STYLE
    notices = _few_pictures(found) if style else _few(found, makes_split)
    if makes_split:
        return notices
    if found.images[NO_SPLIT]:
        code = "training.unsplit_pictures" if style else "training.without_split"
        notices.append(Notice(code, {"count": found.images[NO_SPLIT]}))
    if style:  # no figure on test images that a leak could flatter
        return notices
    learned = [row for row in found.rows if row["split"] == "train"]
    if made := sum(bool(row.get("synthetic")) for row in learned):
        notices.append(Notice("training.made_here", {"count": made, "total": len(learned)}))
    from tlstudio.services.splitting import find_leaks

    if leaks := find_leaks(project, near=False):
        notices.append(Notice("training.leaks", {"count": len(leaks)}))
    return notices + _known_to_weights(project, start, found)


def _known_to_weights(project: Project, start: Start, found: LearningSet) -> list[Notice]:
    """A remark where the weights come from a run that learned from images of today's test."""
    before = learned_before(project, start.starts_from)
    if not before.rows:
        return []
    tested = [row for row in found.rows if row["split"] == Split.TEST]
    learned = with_groups_of_today(project, before.rows)
    leaks = blocking(tested, learned, Split.TEST)
    facts = {"weights": start.starts_from, "count": len(leaks)}
    return [Notice("training.weights_leak", facts)] if leaks else []


def about_depth(start: Start, found: LearningSet) -> list[Notice]:
    """How many images hold more than 8 bits, and what becomes of them; nothing where none do."""
    depths = [int(row.get("bit_depth") or 8) for row in found.rows]
    deep = sum(depth > 8 for depth in depths)
    if not deep:
        return []
    window = start.recipe.seen_through()
    params: dict[str, object] = {"deep": deep, "total": len(found.rows)}
    if window.low is not None and window.high is not None:
        params |= {"low": f"{window.low:g}", "high": f"{window.high:g}"}
    if not start.spec.builder.startswith(_EIGHT_BITS):
        return [Notice(f"training.deep.{window.kind}", params)]
    # The words on the file's window are those of the automatic one, without the raw values.
    kind = {"auto": "file"}.get(window.kind, window.kind)
    facts: dict[str, object] = {"model": start.spec.name, "bits": max(depths)}
    return [Notice(f"training.deep.{kind}", params), Notice("training.eight_bits", facts)]


def _few(found: LearningSet, makes_split: bool) -> list[Notice]:
    """Labels with little to learn from: few images, for detection few objects."""
    detection = found.task is Task.DETECTION
    code = "training.few_objects" if detection else "training.few_images"
    least = FEW_PAINTED if found.task is Task.SEGMENTATION else FEW
    counts = found.objects if detection else found.per_label
    few = [
        name
        for name, by_split in counts.items()
        if (sum(by_split.values()) if makes_split else by_split["train"]) < least
    ]
    return [Notice(code, {"labels": ", ".join(few), "least": least})] if few else []


def _few_pictures(found: LearningSet) -> list[Notice]:
    count = found.images["train"]
    if count >= FEW_PICTURES:
        return []
    return [Notice("training.few_pictures", {"count": count, "least": FEW_PICTURES})]


def advise(
    project: Project, start: Start, found: LearningSet
) -> tuple[Fingerprint | None, dict[str, Advice]]:
    """What the training images are like, and what they and the labels recommend; for
    classification the labels alone, of a style what suits every set of images."""
    if start.task is Task.STYLE:
        return None, for_style(start.spec)
    mirroring = on_mirroring(label.name for label in found.learned)
    if start.task is Task.CLASSIFICATION:
        return None, mirroring
    learned = {label.id for label in found.learned}
    print_ = Fingerprint.of(
        start.task,
        found.rows,
        list(measured(project, chosen(start.task, found.rows))),
        passed_over={label.id for label in found.labels} - learned,
    )
    return print_, recommend(print_, start.spec, start.task, start.recipe) | mirroring


def told(start: Start, advice: Mapping[str, Advice]) -> dict[str, dict[str, Any]]:
    """The advice for a plan, in words too."""
    return {
        name: {
            **each.to_json(),
            "message": render(each.code, each.params),
            "used": is_automatic(start.recipe, name, start.task),
        }
        for name, each in advice.items()
    }


def guess_seconds(
    project: Project, start: Start, advice: Mapping[str, Advice] | None = None
) -> float | None:
    """From the last finished run of the same model, size, strategy and width, by epochs."""
    wanted = start.recipe.to_json(start.task)
    same = [n for n in ("image_size", "strategy", "device", "width") if n in wanted]
    epochs = settle(start.recipe, advice or {}, start.task).epochs
    with project.read() as db:
        known = runs.all_runs(db)
    for run in reversed(known):
        alike = run.model == start.spec.id and all(run.recipe.get(n) == wanted[n] for n in same)
        if run.state is RunState.DONE and alike and run.seconds and run.epochs:
            guess = run.seconds * epochs / run.epochs
            limit = 60 * start.recipe.time_limit
            return min(guess, limit) if limit else guess
    return None
