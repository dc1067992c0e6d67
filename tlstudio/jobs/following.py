"""Follow a worker that an earlier life of this program started: its pipes are gone, its event
file is not."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import psutil

from tlstudio.domain.runs import RunState
from tlstudio.jobs import process
from tlstudio.jobs.outcome import EVENTS, Outcome, crashed, read_result
from tlstudio.jobs.watched import OnEnd, OnEvent, Patience, Watched


class Followed(Watched):
    """A worker seen through events.jsonl from its present end on. Made by `follow`.

    It cannot be asked to stop, since its standard input ended with the program that started it:
    it is ending with a checkpoint already. It can be cancelled.
    """

    def __init__(
        self,
        worker: psutil.Process,
        folder: Path,
        on_event: OnEvent,
        on_end: OnEnd,
        patience: Patience,
    ) -> None:
        super().__init__(folder, on_event, on_end, patience)
        self._worker = worker
        self._events = folder / EVENTS
        self._place = self._events.stat().st_size if self._events.exists() else 0
        self._held = b""
        threading.Thread(target=self._watch, name="job-follow", daemon=True).start()

    @property
    def pid(self) -> int:
        return int(self._worker.pid)

    def stop(self) -> None:
        """Nothing to do: it is ending by itself."""

    def _descend(self) -> None:
        family = process.descendants(self.pid)
        with contextlib.suppress(psutil.Error):
            self._worker.terminate()
        if not self._ended.wait(self.patience.terminate):
            process.kill_all([self._worker, *process.descendants(self.pid)])
        process.kill_all(family)

    def _read(self) -> None:
        with contextlib.suppress(OSError), self._events.open("rb") as events:
            events.seek(self._place)
            data = events.read()
            self._place += len(data)
            *lines, self._held = (self._held + data).split(b"\n")
            for line in lines:
                self._hear(line)

    def _watch(self) -> None:
        while process.find_alive(self.folder) is not None:
            self._read()
            self._notice_silence()
            time.sleep(0.2)
        self._read()
        found = read_result(self.folder)
        (self.folder / process.PROCESS).unlink(missing_ok=True)
        if found is None:
            found = (
                Outcome(RunState.CANCELLED) if self.cancel_wanted else crashed(self.folder, None)
            )
        self._finish(found)


def follow(
    folder: Path, on_event: OnEvent, on_end: OnEnd, *, patience: Patience | None = None
) -> Followed | None:
    """The worker that still works in `folder`, followed; None where there is none."""
    worker = process.find_alive(folder)
    if worker is None:
        return None
    return Followed(worker, folder, on_event, on_end, patience or Patience())
