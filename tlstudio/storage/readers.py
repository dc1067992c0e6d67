"""Readers: read-only connections, each lent to one block of reading at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlite_utils import Database

_MOST_IDLE = 8


class Readers:
    """Connections made by `connect` as they are needed; a few idle ones are kept open."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect
        self._idle: list[Database] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def lend(self) -> Iterator[Database]:
        """A connection that sees one moment of the database for the length of the block."""
        reader = self._borrow()
        try:
            reader.begin()
            yield reader
        finally:
            self._give_back(reader)

    def close(self) -> None:
        """Close the idle connections; lent ones close when they come back."""
        with self._lock:
            self._closed = True
            for reader in self._idle:
                reader.close()
            self._idle.clear()

    def _borrow(self) -> Database:
        with self._lock:
            if self._closed:
                raise RuntimeError("the project is closed")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, reader: Database) -> None:
        reader.rollback()
        with self._lock:
            if not self._closed and len(self._idle) < _MOST_IDLE:
                self._idle.append(reader)
                return
        reader.close()
