"""What matching does on threads: finding images, learning looks, pictures to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress
from tlstudio.ui.lazy import service
from tlstudio.ui.widgets.answer_picture import image_of

if TYPE_CHECKING:
    from tlstudio.domain.look_places import LookPlace
    from tlstudio.services.looks import AnyLook, Look, LookImage, Sample
    from tlstudio.services.matching import Matched
    from tlstudio.services.projects import Project

NEURAL = "neural"
SAMPLES = 6
"""So many of the images are shown before and after."""

REFERENCES = 3
"""So many of the references are shown beside their choice."""
_SMALL = 128


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What was found and learned for one choice of places and settings: `method` is the one in
    use, `suits` the one that suits, with the code of the words that say so. `problem` says why
    there is no `look`. `theirs` are a few of the references, small; `left_out` counts those that
    could not be read."""

    images: tuple[LookImage, ...]
    references: tuple[LookImage, ...]
    samples: tuple[Sample, ...]
    theirs: tuple[QImage, ...]
    method: str
    suits: str
    why: str
    look: AnyLook | None = None
    source: Look | None = None
    problem: UserError | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """A sample before and after; `problem` says why it would be left as it is, "" where not."""

    name: str
    before: QImage
    after: QImage
    problem: UserError | None = None


def prepare(
    project: Project,
    change: LookPlace,
    to: LookPlace,
    method: str,
    together: bool,
    first: int,
    progress: Progress,
    cancel: Cancel,
) -> Ready:
    """Find the images, see which method suits, learn the look, and make a few images small.

    `method` is "" for the one that suits; `first` moves on to other samples.
    """
    find, learn = service("look_places", "images_at"), service("looks", "learn")
    images = find(project, change)
    references = find(project, to, made_here=False)
    fits = service("looks", "suits")(images, references)
    found = Ready(
        tuple(images),
        tuple(references),
        _samples(images, SAMPLES, first),
        tuple(_picture(sample) for sample in _samples(references, REFERENCES, side=_SMALL)),
        method or fits.method,
        fits.method,
        fits.code,
    )
    try:
        learned = learn(references, found.method, progress, cancel)
        source = None
        if together and found.method != NEURAL:
            source = learn(images, found.method, progress, cancel).look
    except UserError as error:
        return replace(found, problem=error)
    return replace(found, look=learned.look, source=source, left_out=len(learned.left_out))


def pairs(ready: Ready, strength: float) -> list[Pair]:
    """The samples before and after; one of them where each takes seconds."""
    show = service("looks", "show")
    found = []
    for sample in ready.samples[: 1 if ready.method == NEURAL else None]:
        shown = show(sample, ready.look, strength, ready.source)
        problem = shown.problem
        found.append(
            Pair(
                sample.image.name,
                image_of(shown.before),
                image_of(shown.after),
                None if problem is None else UserError(problem.code, **problem.params),
            )
        )
    return found


def give(
    project: Project,
    ready: Ready,
    strength: float,
    out: Path | None,
    options: dict[str, Any],
    progress: Progress,
    cancel: Cancel,
) -> Matched:
    """All images, to a folder or, where that is None, into the project."""
    chosen = {
        "strength": strength,
        "source": ready.source,
        "progress": progress,
        "cancel": cancel,
    }
    if out is not None:
        written: Matched = service("matching", "match_to_folder")(
            ready.images, ready.look, out, **chosen
        )
        return written
    added: Matched = service("matching", "match_into_project")(
        project, ready.images, ready.look, **options, **chosen
    )
    return added


def _picture(sample: Sample) -> QImage:
    return image_of(service("looks", "as_shown")(sample))


def _samples(
    images: Sequence[LookImage], most: int, first: int = 0, **size: int
) -> tuple[Sample, ...]:
    """A few at even distances, from another beginning each time; those that can be read."""
    step = max(1, len(images) // most)
    load = service("looks", "load_sample")
    found = []
    for place in range(first % step, len(images), step):
        try:
            found.append(load(images[place], **size))
        except UserError:
            continue
        if len(found) == most:
            break
    return tuple(found)
