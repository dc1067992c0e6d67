"""When Python searches for rings of references that nothing holds any more."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_blocks = 0


@contextmanager
def uncollected() -> Iterator[None]:
    """Put off the search: making a million small lasting things, such as reading 600,000
    annotations, takes a fifth less time. Blocks may overlap in several threads; the last one to
    leave finds it as it was."""
    global _blocks
    was = gc.isenabled()
    with _lock:
        _blocks += 1
    gc.disable()
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
        if was:
            gc.enable()


@contextmanager
def settled() -> Iterator[None]:
    """What there is now lasts: rings of references are searched for among newer things only. A
    million shapes that have been read are not looked through again while pictures are."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


_WHOLE = 2  # the generation of all that there is
_SHARE = 0.01  # of the time, for searches through everything
_next_whole = 0.0


def collect_due() -> None:
    """Search as Python would do by itself, once and as far as is due, unless it is put off.

    Everything is looked through again only once a hundred times as long has passed as it took: of
    a million things it takes half a second.
    """
    global _next_whole
    if _blocks:
        return
    counts, limits = gc.get_count(), gc.get_threshold()
    begun = time.monotonic()
    last = _WHOLE if begun >= _next_whole else _WHOLE - 1
    due = [n for n in range(last + 1) if counts[n] > limits[n]]
    if not due:
        return
    gc.collect(due[-1])
    if due[-1] == _WHOLE:
        ended = time.monotonic()
        _next_whole = ended + (ended - begun) / _SHARE
