"""Restyling: pictures in the style that a run has learned, into a folder or a file.

Originals are never touched: a picture that is made gets a name nobody has yet.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.styling import RESULT_ENDINGS
from tlstudio.domain.tasks import Task
from tlstudio.services._kept_models import Answers, Item, KeptModel, ask, kept_model
from tlstudio.services._picture_names import PictureNames, relative_to_one
from tlstudio.services.predictions import items_of, own_items, shown_path, warm_worker
from tlstudio.storage import paths

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlstudio.storage.project import Project

__all__ = ["RestyleReport", "Restyled", "restyle", "restyle_one"]

LONGEST_WAIT = 600.0
"""Seconds after which no answer is expected any more; a picture may be very large."""

_UNWRITTEN = frozenset({".bmp", ".gif", ".webp", ".dcm", ".dicom"})
"""Endings of pictures that can be read, and not written."""


@dataclass(frozen=True, slots=True)
class Restyled:
    """A picture that was made: `image` is the original's path (relative to the project for its own
    images), `frame` its place in a file of many, `file` the absolute path of the result."""

    image: str
    frame: int | None
    file: str
    width: int
    height: int

    def to_json(self) -> dict[str, Any]:
        """Keys image, file, width, height, and frame where a file has several."""
        told = {"image": self.image, "file": self.file, "width": self.width, "height": self.height}
        return told if self.frame is None else {**told, "frame": self.frame}


@dataclass(frozen=True, slots=True)
class RestyleReport:
    """`out` is the folder, or the file of a single picture; `skipped` files could not be read:
    {file, code, params}."""

    run: str
    out: str
    pictures: list[Restyled]
    skipped: list[dict[str, Any]] = field(default_factory=list)


def restyle(
    project: Project,
    run_id: str,
    images: Sequence[Path] | None,
    out: Path,
    *,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> RestyleReport:
    """Write pictures in the style that a run has learned.

    `images` are files and folders of files, None for all images of the project. `out` is a
    folder; for one picture it may be a file, which its ending says, and that is written over
    unless it is an original. Pictures keep their place below a folder that was asked for, their
    size, and their format where it is JPEG, PNG or TIFF; others become PNG. Raises UserError:
    project.no_run, restyle.only_style, training.no_best, predict.no_images, predict.no_file,
    restyle.out_*, restyle.one_file, restyle.over_original, restyle.inside_project,
    restyle.not_written, and that of reading an image where none could be; Cancelled, with the
    pictures made so far left where they are.
    """
    kept = _stylizer(project, run_id)
    items = own_items(project) if images is None else items_of(images)
    if not items:
        raise UserError("predict.no_images", file=str(project.folder))
    place = Path(out).expanduser().absolute()
    _check_place(project, place, items)
    folder, names = _named(project, items, images, place)
    _make_folders([folder / name for name in names.values()])
    answers = ask(project, kept, items, progress, cancel, folder=folder, names=names)
    return _report(project, kept, items, answers, place)


def restyle_one(
    project: Project, run_id: str, image: Path, frame: int | None = None
) -> NDArray[np.uint8]:
    """A picture of a file, the first without `frame`, restyled at once by a worker kept warm:
    [h, w, 3]. Raises UserError as `restyle` does, and those of reading an image."""
    from tlstudio.imaging.unit import read_rgb8

    kept = _stylizer(project, run_id)
    item = items_of([image])[0]
    with tempfile.TemporaryDirectory(prefix="tlstudio-restyle-") as scratch:
        out = Path(scratch) / "restyled.png"
        place = item.frame if frame is None else frame
        request = {"path": item.path, "frame": place, "out": str(out)}
        worker = warm_worker(project, kept.task)
        line = worker.ask({"run_folder": str(kept.folder), **request}, timeout=LONGEST_WAIT)
        return read_rgb8(Path(line["file"]))


def _stylizer(project: Project, run_id: str) -> KeptModel:
    kept = kept_model(project, run_id)
    if kept.task is not Task.STYLE:
        raise UserError("restyle.only_style", run=kept.run.id, task=kept.task.value)
    return kept


def _one_file(place: Path) -> bool:
    """Whether `out` names a picture and not a folder."""
    return place.suffix.lower() in RESULT_ENDINGS and not place.is_dir()


def _check_place(project: Project, place: Path, items: Sequence[Item]) -> None:
    """UserError where pictures must not or cannot go to `place`."""
    real, home = place.resolve(), project.folder.resolve()
    if real.is_relative_to(home) and not real.is_relative_to(paths.styles(home)):
        raise UserError("restyle.inside_project", file=str(place))
    if place.suffix.lower() in _UNWRITTEN and not place.is_dir():
        raise UserError("restyle.out_ending", file=str(place), endings=", ".join(RESULT_ENDINGS))
    if not _one_file(place):
        if place.is_file():
            raise UserError("restyle.out_is_file", file=str(place))
        return
    if len(items) > 1:
        raise UserError("restyle.one_file", file=str(place), count=len(items))
    if any(real == Path(item.path).resolve() for item in items):
        raise UserError("restyle.over_original", file=str(place))


def _named(
    project: Project, items: Sequence[Item], images: Sequence[Path] | None, place: Path
) -> tuple[Path, dict[str, str]]:
    """The folder, and the name below it of the picture made from each item, by its key."""
    if _one_file(place):
        return place.parent, {items[0].key: place.name}
    asked = [paths.images(project.folder)] if images is None else images
    roots = [Path(each).expanduser().absolute() for each in asked]
    frames = Counter(item.path for item in items)
    names = PictureNames(place)
    return place, {
        item.key: names.give(
            relative_to_one(Path(item.path), roots),
            item.frame if frames[item.path] > 1 else None,
        )
        for item in items
    }


def _make_folders(files: Sequence[Path]) -> None:
    for folder in dict.fromkeys(file.parent for file in files):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError("restyle.not_written", file=str(folder), reason=reason) from error


def _report(
    project: Project, kept: KeptModel, items: Sequence[Item], answers: Answers, place: Path
) -> RestyleReport:
    frames = Counter(item.path for item in items)
    made = [
        Restyled(
            shown_path(project, item.path),
            item.frame if frames[item.path] > 1 else None,
            str(line["file"]),
            int(line["width"]),
            int(line["height"]),
        )
        for item in items
        if (line := answers.lines.get(item.key)) is not None
    ]
    where = {item.key: item.path for item in items}
    skipped = [
        {"file": where[str(each["key"])], "code": each["code"], "params": each["params"]}
        for each in answers.skipped
    ]
    if skipped and not made:
        first = skipped[0]
        raise UserError(str(first["code"]), **{**first["params"], "file": first["file"]})
    return RestyleReport(kept.run.id, str(place), made, skipped)
