"""Silence for libraries that talk about odd files: their remarks may quote what a file says of
a patient, so they reach neither the screen nor a log."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_TALKATIVE = r"(pydicom|pylibjpeg|openjpeg|libjpeg|rle|nibabel|tifffile|imagecodecs|numpy)(\.|$)"
_LOGGERS = ("pydicom", "pylibjpeg", "openjpeg", "libjpeg", "nibabel.global", "tifffile")

_lock = threading.Lock()
_inside = 0
_before: list[warnings.catch_warnings[None]] = []


@contextmanager
def quiet() -> Iterator[None]:
    """No warning and no log line of a reading library for the block; safe from several threads,
    of which the last one out puts things back."""
    global _inside
    with _lock:
        if _inside == 0:
            for name in _LOGGERS:
                logging.getLogger(name).disabled = True
            kept = warnings.catch_warnings()
            kept.__enter__()
            _before.append(kept)
            warnings.filterwarnings("ignore", module=_TALKATIVE)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                _before.pop().__exit__(None, None, None)
