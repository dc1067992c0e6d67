"""Start a worker, hear its events, stop it, cancel it, and know how it ended.

The end is the end of the process, not of its pipe: grandchildren may hold the pipe open. The
outcome is what result.json says; a process gone without one has crashed.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from tlstudio.domain.runs import JobSpec, RunState
from tlstudio.jobs import process
from tlstudio.jobs.command import worker_command, worker_environment
from tlstudio.jobs.outcome import LOG, RESULT, Outcome, crashed, read_result
from tlstudio.jobs.watched import OnEnd, OnEvent, Patience, Watched

JOB = "JOB.json"

_LONGEST_LINE = 1 << 20


def ignore(_something: object) -> None:
    """For callers who do not listen."""


class Job(Watched):
    """One worker process. Made by `start`; its methods may be called from any thread."""

    def __init__(
        self,
        child: subprocess.Popen[bytes],
        folder: Path,
        on_event: OnEvent,
        on_end: OnEnd,
        patience: Patience,
    ) -> None:
        super().__init__(folder, on_event, on_end, patience)
        self._child = child
        self._exited = threading.Event()
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="job-events", daemon=True)
        self._reader.start()
        threading.Thread(target=self._watch, name="job-watch", daemon=True).start()

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, line: str) -> bool:
        """One line to the child's standard input; False where it no longer listens."""
        pipe = self._child.stdin
        try:
            with self._writing:
                if pipe is None or pipe.closed:
                    return False
                pipe.write(line.encode("utf-8") + b"\n")
                pipe.flush()
        except (OSError, ValueError):
            return False
        return True

    def stop(self) -> None:
        """Ask for a good end: finish the batch, validate, keep the best. Never escalates."""
        self.send("stop")

    def hang_up(self) -> None:
        """Close the child's standard input: it ends as if this program had died."""
        with self._writing, contextlib.suppress(OSError):
            if self._child.stdin is not None:
                self._child.stdin.close()

    def _descend(self) -> None:
        self.send("cancel")
        if self._exited.wait(self.patience.cancel):
            return
        family = process.descendants(self.pid)
        with contextlib.suppress(OSError):
            self._child.terminate()
        if not self._exited.wait(self.patience.terminate):
            family += process.descendants(self.pid)
            with contextlib.suppress(OSError):
                self._child.kill()
        process.kill_all(family)

    def _read(self) -> None:
        """Hand on lines until the pipe ends, or the process has ended and the pipe is empty."""
        pipe = self._child.stdout
        assert pipe is not None
        held = b""
        with pipe, selectors.DefaultSelector() as selector:
            if sys.platform != "win32":
                selector.register(pipe, selectors.EVENT_READ)
            while True:
                # Windows cannot wait for a pipe; there the read itself blocks, in this thread.
                if sys.platform != "win32" and not selector.select(0.1):
                    if self._exited.is_set():
                        break
                    continue
                try:
                    data = os.read(pipe.fileno(), 65536)
                except OSError:
                    break
                if not data:
                    break
                *lines, held = (held + data).split(b"\n")
                for line in lines:
                    self._hear(line)
                if len(held) > _LONGEST_LINE:
                    self._hear(held)
                    held = b""
        self._hear(held)

    def _watch(self) -> None:
        while True:
            try:
                self._child.wait(0.25)
                break
            except subprocess.TimeoutExpired:
                self._notice_silence()
        self._exited.set()
        process.end_group(self.pid)
        self._reader.join(3.0)
        self.hang_up()
        (self.folder / process.PROCESS).unlink(missing_ok=True)
        self._finish(self._read_outcome())

    def _read_outcome(self) -> Outcome:
        found = read_result(self.folder)
        if found is not None:
            return found
        if self.cancel_wanted:
            return Outcome(RunState.CANCELLED)
        return crashed(self.folder, self._child.returncode)


def start(
    spec: JobSpec,
    on_event: OnEvent = ignore,
    on_end: OnEnd = ignore,
    *,
    command: Sequence[str] | None = None,
    patience: Patience | None = None,
    environment: Mapping[str, str] | None = None,
) -> Job:
    """Write JOB.json into the job's folder and start its worker; returns once it was started.

    `command` replaces the worker's own (the job's file is then its last argument);
    `environment` is added to what every worker gets. `on_event`
    and `on_end` are called on threads of the job. Raises OSError where nothing can be started.
    """
    folder = Path(spec.folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RESULT).unlink(missing_ok=True)
    job = folder / JOB
    job.write_text(json.dumps(spec.to_json(), ensure_ascii=False), "utf-8")
    line = worker_command(job) if command is None else [*command, str(job)]
    with (folder / LOG).open("ab") as log:
        child = subprocess.Popen(
            line,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=worker_environment(environment),
            **process.separate(),
        )
    process.remember(folder, child.pid)
    return Job(child, folder, on_event, on_end, patience or Patience())


def find(folder: Path) -> psutil.Process | None:
    """The worker that still works in `folder`, started by an earlier life of this program."""
    return process.find_alive(folder)
