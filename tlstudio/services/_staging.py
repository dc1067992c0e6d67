"""The first half of an import: files are read, hashed and copied; the database is untouched."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.frame_names import shown_name
from tlstudio.domain.images import Skipped, SourceFacts
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.formats.entries import Entry
from tlstudio.imaging.facts import Examined, examine_all, file_sha256
from tlstudio.imaging.stripping.copying import Left
from tlstudio.services._copying import copy_as_new, origin_of, same_pixels, would_leave
from tlstudio.services._examining import ReadAhead, are_small, size_of, told_apart
from tlstudio.services._known import Known
from tlstudio.services._naming import Names
from tlstudio.services.identity_key import identity_key
from tlstudio.storage import images
from tlstudio.storage.images import Source
from tlstudio.storage.project import Project

_log = logging.getLogger(__name__)

_THUMBNAILS_AT_ONCE = 200
_SPARE = 200 * 2**20
_EVERY = 0.05


@dataclass(slots=True)
class Staged:
    """One readable file: `facts` are None where it is a known file whose bytes are the same.

    `known` is the source it was recognised as; `path` is where it lies (relative for copies).
    `broken` are frames that could not be read, `left` is what its copy does not have.
    """

    entry: Entry
    path: str
    facts: SourceFacts | None
    known: Source | None = None
    broken: tuple[tuple[int, UserError], ...] = ()
    left: Left = Left.NOTHING

    def each(self) -> list[Entry]:
        """The entries of its frames; of one without facts, the entry as it is."""
        facts = self.facts
        if facts is None or not (facts.further or facts.name or self.entry.frames):
            return [self.entry]
        return [self.entry.of_frame(frame.frame, frame.name) for frame in facts.every]


@dataclass(slots=True)
class Stage:
    """All that was staged, and what to remove should the import not be finished."""

    project: Project
    staged: list[Staged] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    copied: list[Path] = field(default_factory=list)
    thumbnails: list[str] = field(default_factory=list)

    def discard(self) -> None:
        """Remove copied files, folders emptied by that, and thumbnails, but nothing of images that
        the project holds by now: all stays where the database cannot say which these are."""
        try:
            copied, thumbnails = self._unused()
        except (UserError, RuntimeError):  # it is busy, damaged or closed
            _log.warning("files of an import that was not finished stay", exc_info=True)
            return
        folders = set()
        for path in copied:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)
            folders.add(path.parent)
        top = self.project.folder / "images"
        for folder in sorted(folders, key=lambda f: len(f.parts), reverse=True):
            place = folder
            with contextlib.suppress(OSError):
                while place != top and top in place.parents:
                    place.rmdir()
                    place = place.parent
        if thumbnails:
            self.project.thumbnails.remove(thumbnails)

    def _unused(self) -> tuple[list[Path], list[str]]:
        """The copied files and the thumbnails that no image has."""
        at = {path.relative_to(self.project.folder).as_posix(): path for path in self.copied}
        with self.project.read() as db:
            held = images.sources_by_path(db, at)
            shown = images.places_of_pixels(db, self.thumbnails)
        copied = [path for name, path in at.items() if name not in held]
        return copied, [each for each in self.thumbnails if each not in shown]


def stage(
    project: Project,
    entries: Sequence[Entry],
    known: Known,
    *,
    copy: bool,
    dry_run: bool,
    ahead: ReadAhead,
    progress: Progress,
    cancel: Cancel | None,
) -> Stage:
    """Read `entries`; with `copy` put each new file under images/. Many small ones are taken from
    `ahead`, which may have begun with them already.

    Whatever ends it early (a cancel, a full disk) leaves nothing behind.
    Raises UserError("data.disk_full") and Cancelled.
    """
    result = Stage(project)
    work = _Worker(project, known, cancel, copy=copy and not dry_run, referenced=not copy)
    shelf = _Shelf(project, result, keep=not dry_run)
    told = 0.0
    try:
        if copy and not dry_run:
            _need_room(project.folder, entries, known)
        with contextlib.closing(_outcomes(work, entries, known, cancel, ahead)) as outcomes:
            for done, outcome in enumerate(outcomes, start=1):
                if isinstance(outcome, Skipped):
                    result.skipped.append(outcome)
                else:
                    result.staged.append(outcome[0])
                    result.skipped += _frames_left_out(outcome[0])
                    shelf.put(outcome[1])
                now = time.monotonic()
                if now - told >= _EVERY or done == len(entries):
                    told = now
                    progress(Step("data.stage.reading", done, len(entries)))
        shelf.flush()
        result.copied = work.written
        if result.copied and hasattr(os, "sync"):
            os.sync()  # rows must never name files that a power cut takes back
    except BaseException:
        result.copied = work.written
        result.discard()
        raise
    return result


class _Shelf:
    """Thumbnails on their way to the store, some hundred at a time; notes which are new."""

    def __init__(self, project: Project, stage: Stage, *, keep: bool) -> None:
        self._project, self._stage, self._keep = project, stage, keep
        self._before = project.thumbnails.known() if keep else set[str]()
        self._waiting: dict[str, bytes] = {}

    def put(self, thumbnails: Mapping[str, bytes]) -> None:
        if self._keep:
            self._waiting.update(thumbnails)
            if len(self._waiting) >= _THUMBNAILS_AT_ONCE:
                self.flush()

    def flush(self) -> None:
        if self._waiting:
            self._project.thumbnails.put(self._waiting)
            self._stage.thumbnails += self._waiting.keys() - self._before
            self._waiting = {}


def _frames_left_out(item: Staged) -> list[Skipped]:
    file = str(item.entry.file)
    return [
        Skipped(shown_name(file, str(frame + 1)), error.code, dict(error.params))
        for frame, error in item.broken
    ]


Outcome = tuple[Staged, Mapping[str, bytes]] | Skipped
Look = Callable[[Path], tuple[SourceFacts, bytes]]


class _Worker:
    """What happens to one file; runs in several threads."""

    def __init__(
        self,
        project: Project,
        known: Known,
        cancel: Cancel | None,
        *,
        copy: bool,
        referenced: bool,
    ) -> None:
        self._project, self._known, self._cancel = project, known, cancel
        self._copy, self._referenced = copy, referenced
        self._names = Names(set(known.paths), project.folder)
        self.written: list[Path] = []

    def __call__(self, entry: Entry, look: Look | None = None) -> Outcome:
        """`look` is asked for a file at most once, and only for one that may be new."""
        try:
            return self._read(entry, look)
        except UserError as error:
            if error.code == "data.disk_full":
                raise
            return Skipped(str(entry.file), error.code, dict(error.params))

    def _read(self, entry: Entry, look: Look | None) -> Outcome:
        absolute = os.path.abspath(entry.file)  # noqa: PTH100 (links are kept)
        alike = self._known.like(entry, absolute)
        if alike:
            sha = file_sha256(entry.file)
            for source in alike:
                if source.sha256 == sha or (source.origin and source.origin == origin_of(sha)):
                    return Staged(entry, source.path, None, source), {}
        found = self._examined(entry.file, look)
        facts, thumbs = found.facts, found.thumbnails
        renamed = self._known.same_content(entry, facts.sha256)
        renamed = renamed or same_pixels(self._project, alike, facts)
        if renamed is not None:
            return Staged(entry, renamed.path, None, renamed), {}
        if self._referenced:
            same_place = self._known.paths.get(absolute)
            return Staged(entry, absolute, facts, same_place, found.broken), thumbs
        if not self._copy:
            left = would_leave(entry.file, facts)
            return Staged(entry, entry.name, facts, None, found.broken, left), thumbs
        path, facts, left = copy_as_new(
            entry.file, entry.name, facts, self._project.folder, self._names, self.written
        )
        return Staged(entry, path, facts, None, found.broken, left), thumbs

    def _examined(self, file: Path, look: Look | None) -> Examined:
        """All frames; what `look` says of a file is enough where it is a plain picture."""
        if look is not None:
            facts, thumb = look(file)
            if facts.frames == 1 and facts.format != "DICOM":
                return Examined(facts, {facts.pixel_hash: thumb})
        check = self._cancel.check if self._cancel is not None else _go_on
        return examine_all(file, identity_key, check)


def _go_on() -> None:
    """What is called between frames where nobody can cancel."""


def _need_room(folder: Path, entries: Sequence[Entry], known: Known) -> None:
    """Refuse before the first copy where the disk cannot hold them all."""
    need = sum(size_of(entry.file) for entry in entries if known.original_is_new(entry.name))
    free = shutil.disk_usage(folder).free
    if need + min(_SPARE, need // 10 + 2**20) > free:
        mega = 2**20
        raise UserError(
            "data.disk_short", file=str(folder), need=-(-need // mega), free=free // mega
        )


def _outcomes(
    work: _Worker,
    entries: Sequence[Entry],
    known: Known,
    cancel: Cancel | None,
    ahead: ReadAhead,
) -> Generator[Outcome, None, None]:
    """Outcomes in the order of `entries`; only a few files are under way at a time."""
    fresh = [known.is_new(entry.name, entry.file) for entry in entries]
    new = [entry.file for entry, is_new in zip(entries, fresh, strict=True) if is_new]
    if ahead.begun or ahead.worth(new):
        look = partial(told_apart, ahead.results(new, cancel))
        for entry, is_new in zip(entries, fresh, strict=True):
            if cancel is not None:
                cancel.check()
            yield work(entry, look) if is_new else work(entry)
        return
    threads = min(8, os.cpu_count() or 1)
    if threads == 1 or are_small([entry.file for entry in entries]):
        for entry in entries:
            if cancel is not None:
                cancel.check()
            yield work(entry)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="tlstudio-read") as pool:
        under_way: deque[Future[Outcome]] = deque()
        try:
            for entry in entries:
                if cancel is not None:
                    cancel.check()
                under_way.append(pool.submit(work, entry))
                if len(under_way) >= 4 * threads:
                    yield under_way.popleft().result()
            while under_way:
                if cancel is not None:
                    cancel.check()
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()
