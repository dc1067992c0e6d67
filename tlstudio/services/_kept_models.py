"""The kept model of a run: what it knows, and its answers for many images."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.runs import JobSpec, Run
from tlstudio.domain.tasks import Task
from tlstudio.services._work import run_to_end
from tlstudio.storage import labels as _labels
from tlstudio.storage import paths, runs

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

Line = dict[str, Any]

BEST_FACTS = "best.json"
BEST_WEIGHTS = "best.safetensors"


@dataclass(frozen=True, slots=True)
class KeptModel:
    """A run with its kept model; `labels` are (id, name of today) in the order of its outputs."""

    run: Run
    folder: Path
    labels: tuple[tuple[int, str], ...]
    facts: dict[str, Any]

    @property
    def names(self) -> list[str]:
        return [name for _id, name in self.labels]

    @property
    def task(self) -> Task:
        return Task(self.run.task)

    @property
    def threshold(self) -> float:
        """The confidence from which on a detector's box is shown, unless another is asked for."""
        return float(self.facts.get("threshold") or 0.5)


@dataclass(frozen=True, slots=True)
class Item:
    """An image to ask about: `key` finds the answer again, `path` is absolute, `frame` the
    place of the image in its file."""

    key: str
    path: str
    sha256: str = ""
    frame: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """The predict job's line {key, …} of each image, by key: probabilities in the order of the
    model's labels; or width, height, boxes, labels, scores; or width, height, regions; or file,
    width, height of a picture. `skipped` are the images that could not be read: {key, code,
    params}; `files` what their files were then, by key."""

    lines: dict[str, Line]
    skipped: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, list[int] | None] = field(default_factory=dict)


def kept_model(project: Project, run_id: str) -> KeptModel:
    """The kept model of a run. UserError: project.no_run, training.no_best."""
    with project.read() as db:
        run = runs.get_run(db, run_id)
        today = {label.id: label.name for label in _labels.all_labels(db)}
    folder = paths.run(project.folder, run.id)
    try:
        facts = json.loads((folder / BEST_FACTS).read_text("utf-8"))
        known = [(int(row["id"]), str(row["name"])) for row in facts["labels"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError("training.no_best", file=str(folder)) from None
    named = tuple((label, today.get(label, name)) for label, name in known)
    return KeptModel(run, folder, named, facts)


def refuse_unjudged(kept: KeptModel) -> None:
    """UserError("evaluation.style") for a model whose answers are neither right nor wrong."""
    if kept.task is Task.STYLE:
        raise UserError("evaluation.style", run=kept.run.id)


def refuse_threshold(kept: KeptModel, threshold: float | None) -> None:
    """UserError evaluation.no_threshold where the model finds no boxes, evaluation.threshold where
    it is no confidence."""
    if threshold is None:
        return
    if kept.task is not Task.DETECTION:
        raise UserError("evaluation.no_threshold", run=kept.run.id)
    if not 0 <= threshold <= 1:
        raise UserError("evaluation.threshold", value=threshold)


def ask(
    project: Project,
    kept: KeptModel,
    items: Sequence[Item],
    progress: Progress = silent,
    cancel: Cancel | None = None,
    *,
    keep: bool = False,
    folder: Path | None = None,
    names: Mapping[str, str] | None = None,
) -> Answers:
    """Run the model on `items`. With `keep`, answers are kept in the run's folder and found
    again while neither the model nor the images have changed; those that could not be read
    are asked about again once their files are others. A stylizer writes pictures
    below `folder`, whose `names` are given by key; their folders must be there."""
    place = kept.folder / "predictions" / f"{_mark(kept, items)}.jsonl" if keep else None
    known = _load(place) if place is not None else None
    left = list(items)
    if known is not None:
        left = [item for item in items if _worth_another_try(item, known)]
        if not left:
            return known
    made = _answered(project, kept, left, progress, cancel, folder, names)
    if known is not None:
        tried = {item.key for item in left}
        rest = [each for each in known.skipped if str(each["key"]) not in tried]
        made = Answers({**known.lines, **made.lines}, rest + made.skipped)
    if place is not None:
        _keep(place, made, items)
    return made


def _answered(
    project: Project,
    kept: KeptModel,
    items: Sequence[Item],
    progress: Progress,
    cancel: Cancel | None,
    folder: Path | None,
    names: Mapping[str, str] | None,
) -> Answers:
    with tempfile.TemporaryDirectory(prefix="tlstudio-predict-") as scratch:
        out = Path(scratch) / "predictions.jsonl"
        params: dict[str, Any] = {
            "run_folder": str(kept.folder),
            "feature_cache": str(paths.features(project.folder)),
            "items": [
                {
                    "key": item.key,
                    "path": item.path,
                    "sha256": item.sha256 or None,
                    "frame": item.frame,
                    **({} if names is None else {"out": names[item.key]}),
                }
                for item in items
            ],
            "out": str(out),
        }
        if folder is not None:
            params["out_folder"] = str(folder)
        spec = JobSpec("predict", kept.run.task, scratch, str(project.folder), params)
        result = run_to_end(spec, progress, cancel)
        return Answers(_read(out), list(result.get("skipped") or ()))


def _mark(kept: KeptModel, items: Iterable[Item]) -> str:
    """A name that changes with the model and the images."""
    digest = hashlib.sha256()
    with (kept.folder / BEST_WEIGHTS).open("rb") as weights:
        while block := weights.read(1 << 20):
            digest.update(block)
    for item in items:
        digest.update(f"{item.key}\0{item.sha256 or item.path}\0{item.frame}\n".encode())
    return digest.hexdigest()[:32]


def _read(file: Path) -> dict[str, Line]:
    with file.open(encoding="utf-8") as lines:
        rows = (json.loads(line) for line in lines if line.strip())
        return {str(row["key"]): row for row in rows}


def _load(place: Path) -> Answers | None:
    try:
        kept = json.loads(place.with_suffix(".json").read_text("utf-8"))
        return Answers(_read(place), kept["skipped"], kept.get("files") or {})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _worth_another_try(item: Item, known: Answers) -> bool:
    """Whether an image that could not be read may be readable now: its file is another one."""
    if item.key in known.lines:
        return False
    return known.files.get(item.key) != _file_mark(item) or item.key not in known.files


def _file_mark(item: Item) -> list[int] | None:
    """What tells a file from the one that stood there before; None where there is none."""
    try:
        facts = Path(item.path).stat()
    except OSError:
        return None
    return [facts.st_size, facts.st_mtime_ns]


def _keep(place: Path, made: Answers, items: Sequence[Item]) -> None:
    """Keep the answers; a project that cannot be written does without."""
    files = {item.key: _file_mark(item) for item in items if item.key not in made.lines}
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in made.lines.values())
        told = {"skipped": made.skipped, "files": files}
        place.with_suffix(".json").write_text(json.dumps(told), "utf-8")
