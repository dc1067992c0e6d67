"""A worker as a real child process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tlstudio.domain.events import Event, decode
from tlstudio.domain.runs import JobSpec

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

# The table of a worker under test holds its acts beside the real work.
START = """
import sys
def watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.sendto"):
        print("REACHED OUT", event, arguments, file=sys.stderr, flush=True)
sys.addaudithook(watch)
from tlstudio.worker import dispatch
import acts
for name in dir(acts):
    dispatch.TABLE[(name, "test")] = f"acts:{name}"
from tlstudio.worker.main import main
sys.exit(main(sys.argv[1:]))
"""


class Child:
    """A running worker: what it says, and what it is told."""

    def __init__(self, job: JobSpec) -> None:
        self.folder = Path(job.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / "job.json"
        path.write_text(json.dumps(job.to_json()))
        places = os.pathsep.join([str(ROOT), str(HERE)])
        self.log = (self.folder / "log.txt").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-c", START, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=os.environ | {"PYTHONPATH": places, "OMP_NUM_THREADS": "1"},
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.decode())

    @property
    def events(self) -> list[Event]:
        return [decode(line) for line in list(self.lines)]

    def until(self, wanted: Callable[[Event], bool], seconds: float = 240) -> Event:
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            found = next((event for event in self.events if wanted(event)), None)
            if found is not None:
                return found
            if self.process.poll() is not None and not self._reader.is_alive():
                break
            time.sleep(0.02)
        raise AssertionError(f"not said; log: {self.said()}")

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def leave(self) -> None:
        """What the death of the parent looks like to the worker."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
        self.process.wait(30)

    def end(self, seconds: float = 240) -> int:
        status = self.process.wait(seconds)
        self._reader.join(10)
        return status

    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text())
        return found

    def said(self) -> str:
        return (self.folder / "log.txt").read_text(errors="replace")

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._reader.join(10)
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """`start("act", …)` runs one of acts.py, `start(job=…)` a job of its own, in a child."""
    children: list[Child] = []

    def begin(act: str = "", *, job: JobSpec | None = None, **params: Any) -> Child:
        folder = str(tmp_path / "run")
        children.append(Child(job or JobSpec(act, "test", folder, str(tmp_path), params)))
        return children[-1]

    yield begin
    for child in children:
        child.close()
