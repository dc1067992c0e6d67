"""Small files of an import are read by a few processes of our own, while other work goes on."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import threading
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.examiner import received, unpacked
from tlstudio.imaging.facts import Seen, examine_several
from tlstudio.jobs.command import worker_command, worker_environment
from tlstudio.jobs.process import separate

_SMALL = 32_768
"""Below this mean size in bytes threads only hinder each other: the interpreter lock is the
bound (64-pixel PNG files took 0.45 ms each in one thread, 0.74 ms in two)."""
_MANY = 3000
"""From so many small files on, processes pay for the second that they take to start."""
_AT_ONCE = 40
"""Files asked for with one line: some 10 ms of work."""
_AHEAD = 50
"""Lines that wait for each process: it goes on where the threads here do not get a turn, as
while a large JSON file is taken apart."""
_MOST_HELD = 64 * 2**20
"""Bytes of answers that wait to be asked for; while there are more, nothing new is begun."""

_log = logging.getLogger(__name__)

Result = Seen | UserError


def are_small(files: Sequence[Path]) -> bool:
    """Whether the files, by some of them, are so small that threads are of no use."""
    sample = files[:: max(1, len(files) // 100)]
    return sum(map(size_of, sample)) / max(1, len(sample)) < _SMALL


def size_of(path: Path) -> int:
    """In bytes; 0 for what cannot be asked."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


class ReadAhead:
    """What `examine` returns or raises for many files, read by processes of their own.

    `begin` says what will probably be wanted, `results` what is. Where a process cannot be
    started, or dies, the work is done here. To be closed, which ends the processes.
    """

    def __init__(self, processes: int | None = None) -> None:
        self._count = min(8, os.cpu_count() or 1) if processes is None else processes
        self._changed = threading.Condition()
        self._todo: deque[Path] = deque()
        self._asked: dict[Path, tuple[_Batch, int]] = {}
        self._held = 0
        self._hungry = self._final = self._closed = False
        self._failed: BaseException | None = None
        self._examiners: list[_Examiner] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for examiner in self._examiners:
            examiner.kill()
        for thread in self._threads:
            thread.join()
        for examiner in self._examiners:
            examiner.end()
        self._asked.clear()

    @property
    def begun(self) -> bool:
        return bool(self._threads)

    @property
    def held(self) -> int:
        """Bytes of answers that wait to be asked for."""
        return self._held

    def worth(self, paths: Sequence[Path]) -> bool:
        """Whether reading these is quicker in processes: where they are many and small."""
        return self._count > 1 and len(paths) >= _MANY and are_small(paths)

    def begin(self, paths: Iterable[Path]) -> None:
        """Read these, in this order, for as long as there is room for what they tell."""
        with self._changed:
            self._todo = deque(path for path in dict.fromkeys(paths) if path not in self._asked)
            self._changed.notify_all()
        if not self._threads:
            self._examiners = [_Examiner() for _ in range(self._count)]
            self._threads = [
                threading.Thread(target=self._serve, args=(one,), name="tlstudio-examine")
                for one in self._examiners
            ]
            for thread in self._threads:
                thread.start()

    def results(self, paths: Sequence[Path], cancel: Cancel | None = None) -> Iterator[Result]:
        """One for each of `paths`, in their order; nothing else is read any more."""
        self._let_go(set(paths))
        self.begin(paths)
        with self._changed:
            self._final = True
            self._changed.notify_all()
        times = Counter(paths)
        for path in paths:
            if cancel is not None:
                cancel.check()
            times[path] -= 1
            yield self._take(path, again=times[path] > 0)

    def _let_go(self, wanted: set[Path]) -> None:
        """Forget answers that nobody will ask for."""
        with self._changed:
            for path in self._asked.keys() - wanted:
                batch, _ = self._asked.pop(path)
                self._leave(batch)

    def _take(self, path: Path, *, again: bool) -> Result:
        with self._changed:
            self._hungry = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failed is not None or self._is_told(path))
            self._hungry = False
            if self._failed is not None:
                raise self._failed
            batch, place = self._asked[path]
            result = batch.results()[place]
            if not again:
                del self._asked[path]
                self._leave(batch)
        return result

    def _is_told(self, path: Path) -> bool:
        return path in self._asked and self._asked[path][0].done

    def _leave(self, batch: _Batch) -> None:
        batch.waiting -= 1
        if not batch.waiting:
            self._held -= len(batch.answer)
            batch.answer = b""
            self._changed.notify_all()

    def _next(self, *, wait: bool) -> _Batch | None:
        """The files to be asked for next; None where there are none, or none yet."""

        def ready() -> bool:
            room = self._held < _MOST_HELD or self._hungry
            return self._closed or (bool(self._todo) and room) or (self._final and not self._todo)

        with self._changed:
            if wait:
                self._changed.wait_for(ready)
            if self._closed or not self._todo or not ready():
                return None
            paths = [self._todo.popleft() for _ in range(min(_AT_ONCE, len(self._todo)))]
            batch = _Batch(paths, len(paths))
            self._asked |= {path: (batch, place) for place, path in enumerate(paths)}
            return batch

    def _serve(self, examiner: _Examiner) -> None:
        try:
            self._talk(examiner)
        except BaseException as error:  # whoever waits must hear of it
            with self._changed:
                self._failed = error
                self._changed.notify_all()

    def _talk(self, examiner: _Examiner) -> None:
        """With one process: several lines are under way, so that it is never idle."""
        under_way: deque[_Batch] = deque()
        while True:
            while len(under_way) < _AHEAD and (batch := self._next(wait=not under_way)):
                under_way.append(batch)
                examiner.ask(batch.paths)
            if not under_way:
                return
            batch = under_way.popleft()
            answer = examiner.answer()
            with self._changed:
                if self._closed:
                    return
            if answer is None:
                batch.read_here()
            with self._changed:
                batch.answer, batch.done = answer or b"", True
                self._held += len(batch.answer)
                self._changed.notify_all()


@dataclass(slots=True)
class _Batch:
    """Files asked for together; `waiting` counts those of them that are still of interest."""

    paths: list[Path]
    waiting: int
    answer: bytes = b""
    done: bool = False
    _results: list[Result] | None = field(default=None)

    def read_here(self) -> None:
        self._results = examine_several(self.paths)

    def results(self) -> list[Result]:
        """Of all its files; what a process said that makes no sense is read here."""
        if self._results is None:
            try:
                self._results = unpacked(self.answer)
            except ValueError:
                self._results = []
            if len(self._results) != len(self.paths):
                _log.warning("a process that read files answered with nonsense")
                self.read_here()
        assert self._results is not None
        return self._results


class _Examiner:
    """One process; None where it is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                worker_command(Path("examine")),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=worker_environment(),
                **separate(),
            )
        except OSError as error:
            _log.warning("no process to read files: %s", error)

    def ask(self, paths: Sequence[Path]) -> None:
        """The answers come in the order of what was asked."""
        process = self._process
        if process is not None and process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(json.dumps([str(path) for path in paths]).encode() + b"\n")
                process.stdin.flush()

    def answer(self) -> bytes | None:
        """The next one; None where it has died."""
        process = self._process
        if process is None or process.stdout is None:
            return None
        try:
            return received(process.stdout)
        except (OSError, ValueError):
            _log.warning("a process that read files is gone")
            self.end()
            return None

    def kill(self) -> None:
        """It only reads: nothing is lost."""
        process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.kill()

    def end(self) -> None:
        """Make an end of it and wait."""
        self.kill()
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()


def told_apart(results: Iterator[Result], path: Path) -> Seen:
    """The next of `results`, which is of `path`, as `examine` would give it."""
    result = next(results)
    if isinstance(result, UserError):
        raise UserError(result.code, file=result.file or str(path), **result.params)
    return result
