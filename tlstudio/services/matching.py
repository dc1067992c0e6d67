"""Giving a look to many images at once: into a folder, or into the project as images made here."""

from __future__ import annotations

import os
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.imaging.looks import Look
from tlstudio.imaging.writing import write_unit
from tlstudio.services._look_images import LookImage, opened
from tlstudio.services.looks import AnyLook, Left, leaves_as_is
from tlstudio.services.made_here import Made, add_made, content_hash_of_file
from tlstudio.services.neural_matching import NEURAL, give_look
from tlstudio.storage import paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

_THREADS = 4
_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Matched:
    """What a batch did: the `files` written, or the `added` images of the project; those left as
    they were (`unchanged`), those that could not be read (`skipped`); `rounded` counts images of
    more than 16 bits that were rounded to 16, `held_back` those that were to be learned from but
    belong to what is in validation or test."""

    files: tuple[Path, ...] = ()
    added: tuple[int, ...] = ()
    unchanged: tuple[Left, ...] = ()
    skipped: tuple[Left, ...] = ()
    rounded: int = 0
    held_back: int = 0
    changes: Changes | None = None


def match_to_folder(
    images: Sequence[LookImage],
    look: AnyLook,
    out: Path,
    *,
    strength: float = 1.0,
    source: Look | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> Matched:
    """Give every image the look, and write it into the folder `out`, new or empty, under its name
    and at its depth. An image whose own look cannot be measured is written as it is.

    `source` is the look of all the images together (`learn` them): each is then changed alike, and
    they keep how they differ. Without it each is measured by itself. What is written when the work
    is called off stays. UserError: look.strength, look.not_empty, look.unwritable; Cancelled.
    """
    _check(strength)
    _empty_folder(out)
    taken: set[str] = set()
    places = [out / _own_name(image.name, taken) for image in images]
    batch = _Batch(look, strength, source)

    def one(number: int) -> Path | None:
        return batch.write(images[number], places[number])

    try:
        for place in {place.parent for place in places}:
            place.mkdir(parents=True, exist_ok=True)
        files = list(_each(one, len(images), _threads(look), progress, cancel))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError("look.unwritable", file=str(out), reason=reason) from error
    return batch.matched(files=tuple(file for file in files if file is not None))


def match_into_project(
    project: Project,
    images: Sequence[LookImage],
    look: AnyLook,
    *,
    strength: float = 1.0,
    source: Look | None = None,
    with_labels: bool = False,
    split: Split | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> Matched:
    """As `match_to_folder`, but the results become images of the project, marked as made here,
    in the groups of what they were made from, in one step of undo. Images that are left as they
    are are not added again. UserError also: project.read_only, data.split_synthetic.
    """
    _check(strength)
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    batch = _Batch(look, strength, source, keep_unchanged=False)
    cache = paths.cache(project.folder)
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="matched-") as scratch:

        def one(number: int) -> Path | None:
            return batch.write(images[number], Path(scratch) / f"{number:06d}")

        files = list(_each(one, len(images), _threads(look), progress, cancel))
        items = [
            Made(file, f"{image.name} matched", image.image, _content_hash(image))
            for file, image in zip(files, images, strict=True)
            if file is not None
        ]
        if not items:
            return batch.matched()
        made = add_made(project, items, with_labels=with_labels, split=split)
    return batch.matched(added=made.images, held_back=made.held_back, changes=made.changes)


class _Batch:
    """Gives one look to many images, and remembers what could not be given it."""

    def __init__(
        self, look: AnyLook, strength: float, source: Look | None, *, keep_unchanged: bool = True
    ) -> None:
        self._look, self._strength, self._source = look, strength, source
        self._keep_unchanged = keep_unchanged
        self._unchanged: list[Left] = []
        self._skipped: list[Left] = []
        self._rounded = 0

    def write(self, image: LookImage, place: Path) -> Path | None:
        """The file written; None where there is none."""
        try:
            found = opened(image)
        except UserError as error:
            self._skipped.append(Left.of(image, error))
            return None
        try:
            pixels = give_look(found.pixels, self._look, self._strength, self._source)
        except UserError as error:
            if not leaves_as_is(error):
                raise
            self._unchanged.append(Left.of(image, error))
            if not self._keep_unchanged:
                return None
            pixels = found.pixels
        self._rounded += found.bit_depth > 16
        return write_unit(pixels, place, found.bit_depth)

    def matched(self, **facts: Any) -> Matched:
        in_order = [tuple(sorted(each, key=lambda left: left.file)) for each in
                    (self._unchanged, self._skipped)]  # fmt: skip
        return Matched(unchanged=in_order[0], skipped=in_order[1], rounded=self._rounded, **facts)


def _threads(look: AnyLook) -> int:
    """The worker of the neural method paints one picture at a time."""
    return 1 if look.method == NEURAL else min(_THREADS, os.cpu_count() or 1)


def _each(
    work: Callable[[int], Path | None],
    count: int,
    threads: int,
    progress: Progress,
    cancel: Cancel | None,
) -> Iterator[Path | None]:
    """`work` of each number in so many threads, in order."""
    waiting: deque[Future[Path | None]] = deque()
    numbers = iter(range(count))
    done = 0
    with ThreadPoolExecutor(threads, thread_name_prefix="look") as pool:
        try:
            while done < count:
                if cancel is not None:
                    cancel.check()
                while len(waiting) < threads * _AHEAD and (n := next(numbers, None)) is not None:
                    waiting.append(pool.submit(work, n))
                yield waiting.popleft().result()
                done += 1
                progress(Step("look.matching", done, count))
        finally:
            for future in waiting:
                future.cancel()


def _content_hash(image: LookImage) -> str:
    """What tells a picture outside of the project again, should it ever come in: the two must
    not be on both sides of a division."""
    return "" if image.image is not None else content_hash_of_file(image.path, image.frame)


def _check(strength: float) -> None:
    if not 0 < strength <= 1:
        raise UserError("look.strength", value=strength)


def _empty_folder(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError("look.not_empty", file=str(out))


def _own_name(name: str, taken: set[str]) -> str:
    """`name`, or it with a number where another image has it, letter case aside."""
    made, number = name, 1
    while made.casefold() in taken:
        number += 1
        made = f"{name}-{number}"
    taken.add(made.casefold())
    return made
