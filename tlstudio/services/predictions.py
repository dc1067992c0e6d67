"""Predictions: what a run's kept model says of images, once or as suggestions in the project."""

from __future__ import annotations

import atexit
import hashlib
import tempfile
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.runs import JobSpec
from tlstudio.domain.tasks import Task
from tlstudio.jobs.warm import WarmWorker
from tlstudio.services._copying import origin_of
from tlstudio.services._kept_models import (
    Answers,
    Item,
    KeptModel,
    Line,
    ask,
    kept_model,
    refuse_threshold,
)
from tlstudio.services._predicted import Prediction, read_line
from tlstudio.services._suggesting import suggest
from tlstudio.services._work import launch
from tlstudio.storage import learning_rows, paths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlstudio.storage.project import Project

__all__ = [
    "FEW",
    "Asked",
    "PredictReport",
    "Prediction",
    "predict",
    "predict_report",
    "region_pixels",
    "rest",
    "wake",
]

FEW = 3
"""Up to so many files are asked of the warm worker, one by one."""

_SINGLE = frozenset({".jpg", ".jpeg", ".bmp", ".png"})
"""Endings of files that hold one image, so that they need not be opened to count."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An image that was asked about: `image` is the file's path (relative to the project for its
    own images), `frame` its place in a file of many, sides in pixels where they are known,
    `objects` what was found in it."""

    image: str
    image_id: int | None
    objects: int
    width: int | None = None
    height: int | None = None
    frame: int | None = None


@dataclass(frozen=True, slots=True)
class PredictReport:
    """`skipped` files could not be read: {file, code, params}; `written` suggestions stored;
    `threshold` is the confidence from which on boxes are told, None for other tasks."""

    run: str
    predictions: list[Prediction]
    skipped: list[dict[str, Any]] = field(default_factory=list)
    written: int = 0
    task: str = Task.CLASSIFICATION
    images: list[Asked] = field(default_factory=list)
    threshold: float | None = None


def predict(
    project: Project,
    run_id: str,
    *,
    images: Sequence[Path] | None = None,
    write: bool = False,
    threshold: float | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> list[Prediction]:
    """What the model says; see `predict_report`."""
    report = predict_report(
        project,
        run_id,
        images=images,
        write=write,
        threshold=threshold,
        progress=progress,
        cancel=cancel,
    )
    return report.predictions


def predict_report(
    project: Project,
    run_id: str,
    *,
    images: Sequence[Path] | None = None,
    write: bool = False,
    threshold: float | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> PredictReport:
    """Ask the run's kept model about files, folders of files, or all images of the project.

    There is one prediction for an image of a classifier, one for each box of at least
    `threshold` (the run's own by default) of a detector, one for each label found by a
    segmenter. A few files are answered by a worker kept warm, and one that cannot be read is an
    error. With `write`, answers become suggestions on those images of the project that nobody
    has labelled yet, in place of earlier ones. A stylizer is refused: `restyling` is for it.
    Raises UserError: training.no_best, restyle.predictions, predict.no_images, predict.no_file,
    evaluation.threshold, evaluation.no_threshold, project.read_only, data.*; Cancelled.
    """
    if write and project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    kept = kept_model(project, run_id)
    if kept.task is Task.STYLE:
        raise UserError("restyle.predictions", run=kept.run.id)
    refuse_threshold(kept, threshold)
    items = own_items(project) if images is None else items_of(images)
    if not items:
        raise UserError("predict.no_images", file=str(project.folder))
    if images is not None and len(items) <= FEW:
        answers = Answers({item.key: _warm_answer(project, kept, item) for item in items})
    else:
        answers = ask(project, kept, items, progress, cancel, keep=images is None)
    where = {item.key: item.path for item in items}
    frames = Counter(item.path for item in items)
    least = kept.threshold if threshold is None else threshold
    own = _own_ids(project, items) if images is None or write else {}
    asked: list[Asked] = []
    found: list[Prediction] = []
    for item in items:
        if (line := answers.lines.get(item.key)) is not None:
            told = shown_path(project, item.path)
            frame = item.frame if frames[item.path] > 1 else None
            some = read_line(kept, line, told, own.get(item.key), least, frame)
            found += some
            size = (line.get("width"), line.get("height"))
            asked.append(Asked(told, own.get(item.key), len(some), *size, frame))
    written = suggest(project, kept, asked, found) if write else 0
    skipped = [
        {"file": where[s["key"]], "code": s["code"], "params": s["params"]} for s in answers.skipped
    ]
    by_confidence = least if kept.task is Task.DETECTION else None
    return PredictReport(
        kept.run.id, found, skipped, written, kept.task.value, asked, by_confidence
    )


def region_pixels(prediction: Prediction) -> NDArray[np.bool_]:
    """The pixels [height, width] of a segmenter's answer."""
    from tlstudio.imaging.rle import decode

    assert prediction.rle is not None and prediction.size is not None
    height, width = prediction.size
    return decode(prediction.rle, width, height)


def wake(project: Project, run_id: str) -> None:
    """Start the warm worker, so that the first answer comes soon."""
    warm_worker(project, kept_model(project, run_id).task).wake()


def rest() -> None:
    """End all warm workers."""
    with _guard:
        workers = list(_workers.values())
        _workers.clear()
    for worker in workers:
        worker.close()


_workers: dict[tuple[str, Task], WarmWorker] = {}
_guard = threading.Lock()

_SERVES = {Task.STYLE: "restyle-serve"}
"""The kind of job that answers single requests, where it is not "serve"."""


def warm_worker(project: Project, task: Task) -> WarmWorker:
    """The worker that answers single requests to runs of `task`; it may have to be woken."""
    place = str(project.folder)

    def spec() -> JobSpec:
        scratch = tempfile.TemporaryDirectory(prefix="tlstudio-serve-", ignore_cleanup_errors=True)
        atexit.register(scratch.cleanup)
        return JobSpec(_SERVES.get(task, "serve"), task.value, scratch.name, place, {})

    with _guard:
        if not _workers:
            atexit.register(rest)
        return _workers.setdefault((place, task), WarmWorker(spec, launch=launch))


def _warm_answer(project: Project, kept: KeptModel, item: Item) -> Line:
    request = {"run_folder": str(kept.folder), "path": item.path, "frame": item.frame}
    return warm_worker(project, kept.task).ask(request)


def shown_path(project: Project, path: str) -> str:
    """A file as it is told: relative to the project for its own images."""
    place = Path(path)
    if place.is_relative_to(project.folder):
        return place.relative_to(project.folder).as_posix()
    return str(place)


def own_items(project: Project) -> list[Item]:
    """All images of the project that are there."""
    with project.read() as db:
        images = learning_rows.all_images(db)
    return [
        Item(
            str(image.id),
            str(paths.resolve(project.folder, image.path)),
            image.sha256,
            image.frame,
        )
        for image in images
        if not image.missing
    ]


def items_of(given: Sequence[Path]) -> list[Item]:
    """Every frame of the files named, and of the pictures inside the folders named."""
    return [item for file in _expand(given) for item in _frames(file)]


def _frames(file: Path) -> list[Item]:
    """An item for each frame; one for a file that cannot be read, which the worker will say."""
    from tlstudio.imaging.pages import opened_pages

    path = str(file)
    if file.suffix.lower() in _SINGLE:
        return [Item(path, path)]
    try:
        with opened_pages(file) as pages:
            count = pages.count
    except UserError:
        count = 1
    if count == 1:
        return [Item(path, path)]
    return [Item(f"{path}#{frame}", path, frame=frame) for frame in range(count)]


def _expand(given: Sequence[Path]) -> list[Path]:
    """The files named, and the pictures inside the folders named, in order."""
    from tlstudio.imaging.reading import looks_like_image

    files: list[Path] = []
    for place in given:
        place = Path(place).expanduser().absolute()
        if place.is_dir():
            files += sorted(file for file in place.rglob("*") if looks_like_image(file))
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
        known = learning_rows.all_images(db)
    by_path = {(str(paths.resolve(project.folder, i.path)), i.frame): i.id for i in known}
    by_hash = {(i.sha256, i.frame): i.id for i in known}
    by_origin = {(i.origin, i.frame): i.id for i in known if i.origin}
    hashes: dict[str, str] = {}
    for item in others:
        image = by_path.get((item.path, item.frame))
        if image is None:
            if item.path not in hashes:
                hashes[item.path] = _sha256(item.path)
            sha = hashes[item.path]
            image = by_hash.get((sha, item.frame))
            if image is None and by_origin and sha:
                image = by_origin.get((origin_of(sha), item.frame))
        if image is not None:
            own[item.key] = image
    return own


def _sha256(path: str) -> str:
    with suppress(OSError), Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return ""
