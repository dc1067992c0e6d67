"""Keeps several threads from holding more decoded pixels than memory allows."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_PIXELS = 100_000_000


class PixelBudget:
    """At most `most` pixels at a time; an image larger than that is decoded alone."""

    def __init__(self, most: int = MOST_PIXELS) -> None:
        self._most = most
        self._used = 0
        self._changed = threading.Condition()

    @contextmanager
    def holding(self, pixels: int) -> Iterator[None]:
        """Wait until `pixels` more fit, and hold them for the block."""
        share = min(pixels, self._most)
        with self._changed:
            self._changed.wait_for(lambda: self._used + share <= self._most)
            self._used += share
        try:
            yield
        finally:
            with self._changed:
                self._used -= share
                self._changed.notify_all()


DECODING = PixelBudget()
