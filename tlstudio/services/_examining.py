"""Small files of an import are read by a few processes of our own, in the order asked for."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import subprocess
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.examiner import unpacked
from tlstudio.imaging.facts import Seen, examine_several
from tlstudio.jobs.command import worker_command, worker_environment
from tlstudio.jobs.process import separate

_AT_ONCE = 40
"""Files asked for with one line: some 20 ms of work."""
_AHEAD = 4
"""Lines that wait for each process, so that none is ever idle."""

_log = logging.getLogger(__name__)

Result = Seen | UserError


def examined_ahead(
    paths: Iterable[Path], processes: int, cancel: Cancel | None = None
) -> Generator[Result, None, None]:
    """What `examine` returns or raises for each of `paths`, in their order.

    Where a process cannot be started, or dies, the work is done here. Closing ends them all.
    """
    rest = iter(paths)
    asked: deque[Future[list[Result]]] = deque()
    with _Examiners(processes) as examiners:
        while True:
            while len(asked) < _AHEAD * processes and (some := list(islice(rest, _AT_ONCE))):
                asked.append(examiners.ask(some))
            if not asked:
                return
            if cancel is not None:
                cancel.check()
            yield from asked.popleft().result()


class _Examiners:
    """Each thread of the pool talks with one process at a time."""

    def __init__(self, count: int) -> None:
        self._free: queue.SimpleQueue[_Examiner] = queue.SimpleQueue()
        self._all = [_Examiner() for _ in range(count)]
        for examiner in self._all:
            self._free.put(examiner)
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="tlstudio-examine")

    def __enter__(self) -> _Examiners:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for examiner in self._all:
            examiner.end()

    def ask(self, paths: Sequence[Path]) -> Future[list[Result]]:
        return self._pool.submit(self._ask, paths)

    def _ask(self, paths: Sequence[Path]) -> list[Result]:
        examiner = self._free.get()
        try:
            return examiner.ask(paths)
        finally:
            self._free.put(examiner)


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

    def ask(self, paths: Sequence[Path]) -> list[Result]:
        """The results of `paths`; its own work is done here if it dies over it."""
        process = self._process
        if process is not None and process.stdin is not None and process.stdout is not None:
            with contextlib.suppress(OSError, ValueError):
                line = json.dumps([str(path) for path in paths]).encode()
                process.stdin.write(line + b"\n")
                process.stdin.flush()
                found = unpacked(process.stdout)
                if len(found) == len(paths):
                    return found
            _log.warning("a process that read files died over %d of them", len(paths))
            self.end()
        return examine_several(paths)

    def end(self) -> None:
        """Close its stdin, which ends it, and wait."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def told_apart(results: Iterator[Result], path: Path) -> Seen:
    """The next of `results`, which is of `path`, as `examine` would give it."""
    result = next(results)
    if isinstance(result, UserError):
        raise UserError(result.code, file=result.file or str(path), **result.params)
    return result
