"""Predictions: what a run's kept model says of images, once or as suggestions in the project."""

from __future__ import annotations

import atexit
import hashlib
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.annotations import AnnotationSource, ImageLabel, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.runs import JobSpec
from tlstudio.jobs.warm import WarmWorker
from tlstudio.services._kept_models import Item, KeptModel, ask, kept_model
from tlstudio.services._work import launch
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import images as _images
from tlstudio.storage import labels as _labels
from tlstudio.storage import paths
from tlstudio.storage.connection import Db

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

FEW = 3
"""Up to so many files are asked of the warm worker, one by one."""

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})


@dataclass(frozen=True, slots=True)
class Prediction:
    """`image` is the file's path (relative to the project for its own images); `probabilities`
    by label name."""

    image: str
    label: str
    confidence: float
    probabilities: dict[str, float]
    image_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "image": self.image,
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": self.probabilities,
        }


@dataclass(frozen=True, slots=True)
class PredictReport:
    """`skipped` files could not be read: {file, code, params}; `written` suggestions stored."""

    run: str
    predictions: list[Prediction]
    skipped: list[dict[str, Any]] = field(default_factory=list)
    written: int = 0


def predict(
    project: Project,
    run_id: str,
    *,
    images: Sequence[Path] | None = None,
    write: bool = False,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> list[Prediction]:
    """What the model says; see `predict_report`."""
    return predict_report(
        project, run_id, images=images, write=write, progress=progress, cancel=cancel
    ).predictions


def predict_report(
    project: Project,
    run_id: str,
    *,
    images: Sequence[Path] | None = None,
    write: bool = False,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> PredictReport:
    """Ask the run's kept model about files, folders of files, or all images of the project.

    A few files are answered by a worker kept warm, and one that cannot be read is an error. With
    `write`, answers become suggestions on those images of the project that have no label yet.
    Raises UserError: training.no_best, predict.no_images, predict.no_file, project.read_only,
    data.*; Cancelled.
    """
    if write and project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    kept = kept_model(project, run_id)
    if images is None:
        items = _own(project)
    else:
        items = [Item(str(file), str(file)) for file in _expand(images)]
    if not items:
        raise UserError("predict.no_images", file=str(project.folder))
    if images is not None and len(items) <= FEW:
        rows = {item.key: _warm_answer(project, kept, item) for item in items}
        skipped: list[dict[str, Any]] = []
    else:
        answers = ask(project, kept, items, progress, cancel, keep=images is None)
        rows, skipped = answers.probabilities, answers.skipped
    where = {item.key: item.path for item in items}
    own = _own_ids(project, items) if images is None or write else {}
    found = [
        _prediction(project, kept, where[item.key], rows[item.key], own.get(item.key))
        for item in items
        if item.key in rows
    ]
    written = _suggest(project, kept, found) if write else 0
    told = [{"file": where[s["key"]], "code": s["code"], "params": s["params"]} for s in skipped]
    return PredictReport(kept.run.id, found, told, written)


def wake(project: Project, run_id: str) -> None:
    """Start the warm worker, so that the first answer comes soon."""
    kept_model(project, run_id)
    _warm_worker(project).wake()


def rest() -> None:
    """End all warm workers."""
    with _guard:
        workers = list(_workers.values())
        _workers.clear()
    for worker in workers:
        worker.close()


_workers: dict[str, WarmWorker] = {}
_guard = threading.Lock()


def _warm_worker(project: Project) -> WarmWorker:
    place, task = str(project.folder), project.task

    def spec() -> JobSpec:
        scratch = tempfile.TemporaryDirectory(prefix="tlstudio-serve-", ignore_cleanup_errors=True)
        atexit.register(scratch.cleanup)
        return JobSpec("serve", task, scratch.name, place, {})

    with _guard:
        if not _workers:
            atexit.register(rest)
        return _workers.setdefault(place, WarmWorker(spec, launch=launch))


def _warm_answer(project: Project, kept: KeptModel, item: Item) -> list[float]:
    request = {"run_folder": str(kept.folder), "path": item.path}
    return [float(p) for p in _warm_worker(project).ask(request)["probabilities"]]


def _own(project: Project) -> list[Item]:
    """All images of the project that are there."""
    with project.read() as db:
        rows = _images.rows(db, _images.query_ids(db, ImageQuery(missing=False)))
        hashes = {source.image: source.sha256 for source in _images.sources(db)}
    return [
        Item(str(row.id), str(paths.resolve(project.folder, row.path)), hashes.get(row.id, ""))
        for row in rows
    ]


def _expand(given: Sequence[Path]) -> list[Path]:
    """The files named, and the pictures inside the folders named, in order."""
    files: list[Path] = []
    for place in given:
        place = Path(place).expanduser().absolute()
        if place.is_dir():
            inside = (file for file in place.rglob("*") if file.suffix.lower() in PICTURES)
            files += sorted(file for file in inside if file.is_file())
        elif place.exists():
            files.append(place)
        else:
            raise UserError("predict.no_file", file=str(place))
    return list(dict.fromkeys(files))


def _own_ids(project: Project, items: Sequence[Item]) -> dict[str, int]:
    """Which image of the project an item is: its own id, else the same file or content."""
    own = {item.key: int(item.key) for item in items if item.key.isdigit()}
    others = [item for item in items if item.key not in own]
    if not others:
        return own
    with project.read() as db:
        sources = _images.sources(db)
    by_path = {str(paths.resolve(project.folder, s.path)): s.image for s in sources}
    by_hash = {source.sha256: source.image for source in sources}
    for item in others:
        image = by_path.get(item.path) or by_hash.get(_sha256(item.path))
        if image is not None:
            own[item.key] = image
    return own


def _sha256(path: str) -> str:
    with suppress(OSError), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""


def _prediction(
    project: Project, kept: KeptModel, path: str, row: list[float], image: int | None
) -> Prediction:
    shown = Path(path)
    if shown.is_relative_to(project.folder):
        shown = shown.relative_to(project.folder)
    best = max(range(len(row)), key=row.__getitem__)
    return Prediction(
        image=shown.as_posix() if not shown.is_absolute() else str(shown),
        label=kept.names[best],
        confidence=row[best],
        probabilities=dict(zip(kept.names, row, strict=True)),
        image_id=image,
    )


def _suggest(project: Project, kept: KeptModel, found: Sequence[Prediction]) -> int:
    """Store what was found as suggestions on images without a label; how many."""
    ids = {name: label for label, name in kept.labels}
    with project.read() as db:
        known = {label.id for label in _labels.all_labels(db)}
        bare = set(_images.query_ids(db, ImageQuery(labels=frozenset({0}))))
    fit = [p for p in found if p.image_id in bare and ids[p.label] in known]

    def write(db: Db) -> None:
        _annotations.delete_suggestions(
            db, [p.image_id for p in fit if p.image_id is not None], kind="image_label"
        )
        _annotations.add(
            db,
            [
                ImageLabel(
                    id="",
                    image=p.image_id or 0,
                    label=ids[p.label],
                    provenance=Provenance(
                        AnnotationSource.MODEL,
                        run=kept.run.id,
                        confidence=p.confidence,
                        suggestion=True,
                    ),
                )
                for p in fit
            ],
        )

    if fit:
        project.transact("undo.suggest", write)
    return len(fit)
