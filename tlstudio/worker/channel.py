"""The private event channel: a duplicate of stdout that no library's print can reach."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import TextIO

from tlstudio.domain.events import Answer, Event, Heartbeat, Preview, Progressed, encode

HISTORY = "events.jsonl"
BEAT_EVERY = 2.0  # seconds


class Channel:
    """Event lines to the parent and, but for those that only say what is now or answer a
    question, to the history.

    `parent_gone` is set once the parent no longer reads; the history is written on.
    """

    def __init__(self, out: TextIO, history: Path) -> None:
        self._out = out
        self._history = history.open("a", encoding="utf-8")
        if history.stat().st_size and not history.read_bytes().endswith(b"\n"):
            self._history.write("\n")  # an earlier worker was killed in the middle of a line
        self._lock = threading.Lock()
        self.parent_gone = threading.Event()

    @classmethod
    def take_over(cls, folder: Path) -> Channel:
        """Keep stdout for events and send file descriptor 1 to stderr from here on."""
        folder.mkdir(parents=True, exist_ok=True)
        sys.stdout.flush()
        private = os.dup(1)
        os.dup2(2, 1)
        os.set_inheritable(private, False)
        out = os.fdopen(private, "w", encoding="utf-8", newline="\n")
        sys.stdout = sys.stderr
        return cls(out, folder / HISTORY)

    def send(self, event: Event) -> None:
        """Write one event whole; safe from any thread, never raises for a parent that is gone."""
        line = encode(event) + "\n"
        with self._lock:
            if not isinstance(event, Heartbeat | Progressed | Preview | Answer):
                self._history.write(line)
                self._history.flush()
            if self.parent_gone.is_set():
                return
            try:
                self._out.write(line)
                self._out.flush()
            except (OSError, ValueError):
                self.parent_gone.set()

    def beat(self) -> threading.Event:
        """Send a heartbeat every two seconds from a thread of its own, until the event is set."""
        ended = threading.Event()

        def run() -> None:
            while not ended.wait(BEAT_EVERY):
                self.send(Heartbeat())

        threading.Thread(target=run, name="heartbeat", daemon=True).start()
        return ended
