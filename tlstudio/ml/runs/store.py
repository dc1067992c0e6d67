"""Whatever is made of each picture, made once in threads and kept in memory under a limit."""

from __future__ import annotations

import hashlib
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np
import psutil
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.imaging.facts import file_sha256
from tlstudio.ml.reporter import Reporter

SHARE = 0.25  # of the memory that is free, for what is kept
AHEAD = 2  # batches made before they are asked for
WAITING = 64  # files opened ahead

Places = NDArray[np.int64]
T = TypeVar("T")
U = TypeVar("U")


class OnDisk(Protocol):
    """A picture with the file that it comes from and its frame there; `sha256`, of the file, is
    None where it is not known."""

    @property
    def key(self) -> int | str: ...

    @property
    def path(self) -> Path: ...

    @property
    def sha256(self) -> str | None: ...

    @property
    def frame(self) -> int: ...


P = TypeVar("P", bound=OnDisk)


@dataclass(frozen=True, slots=True)
class Refused:
    """A picture that cannot be used: a code of domain.messages and its parameters."""

    picture: OnDisk
    code: str
    params: dict[str, object]

    def to_json(self) -> dict[str, object]:
        params = {name: str(value) for name, value in self.params.items()}
        return {"key": self.picture.key, "code": self.code, "params": params}


def room_for_pictures(limit: int | None) -> int:
    """Bytes that may be kept: `limit`, or a share of the memory that is free."""
    return int(psutil.virtual_memory().available * SHARE) if limit is None else limit


def decoding_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="decode")


def content_name(sha256: str, frame: int) -> str:
    """Hexadecimal name of a frame's content: the file's own sha256 for the first, "" for none."""
    if not sha256 or not frame:
        return sha256
    return hashlib.sha256(f"{sha256}:{frame}".encode()).hexdigest()


def checked_hash(picture: OnDisk, known: dict[Path, str] | None = None) -> str:
    """The sha256 of the picture's file, remembered in `known`, so that a file of many frames is
    read once. UserError("training.image_changed"), OSError."""
    known = {} if known is None else known
    actual = known.get(picture.path)
    if actual is None:
        actual = known[picture.path] = file_sha256(picture.path)
    if picture.sha256 and actual != picture.sha256:
        raise UserError("training.image_changed", file=str(picture.path))
    return actual


def open_all(
    pool: ThreadPoolExecutor,
    pictures: Sequence[OnDisk],
    work: Callable[[int], None],
    reporter: Reporter,
    *,
    stage: str,
) -> list[tuple[int, Refused]]:
    """Call `work(place)` for every picture in the threads; gives the places it failed at, where
    a file is missing, changed or holds no image."""

    def one(place: int) -> tuple[int, Refused] | None:
        picture = pictures[place]
        try:
            work(place)
        except OSError:
            return place, Refused(picture, "data.file_missing", {"file": str(picture.path)})
        except UserError as error:
            params = {"file": str(picture.path), **error.params}
            return place, Refused(picture, error.code, params)
        return None

    refused: list[tuple[int, Refused]] = []
    waiting: deque[Future[tuple[int, Refused] | None]] = deque()
    places = iter(range(len(pictures)))
    done = 0
    while done < len(pictures):
        while len(waiting) < WAITING and (place := next(places, None)) is not None:
            waiting.append(pool.submit(one, place))
        if (found := waiting.popleft().result()) is not None:
            refused.append(found)
        done += 1
        reporter.check()
        reporter.emit(Progressed(stage, done, len(pictures)))
    return refused


class Store(Generic[P, T]):
    """What `load` makes of each of `pictures`, by its place; `size` gives its bytes.

    `limit` in bytes bounds what is kept, None takes a share of the free memory; the rest is made
    again whenever it is wanted, so `load` must give the same each time. `hashes` names each
    picture's content (`content_name`), and `usable` what could be read, once `open` has run.
    """

    def __init__(
        self,
        pictures: Sequence[P],
        load: Callable[[P], T],
        size: Callable[[T], int],
        *,
        limit: int | None = None,
    ) -> None:
        self.pictures = tuple(pictures)
        self.hashes = [content_name(p.sha256 or "", p.frame) for p in self.pictures]
        self._files: dict[Path, str] = {}
        self.usable = np.ones(len(self.pictures), dtype=bool)
        self._load, self._size = load, size
        self._room = room_for_pictures(limit)
        self._kept: dict[int, T] = {}
        self._lock = threading.Lock()
        self._pool = decoding_threads()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Store[P, T]:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self, reporter: Reporter, *, stage: str) -> list[Refused]:
        """Check every file's hash and load all; gives what cannot be used."""
        found = open_all(self._pool, self.pictures, self._open_one, reporter, stage=stage)
        for place, _ in found:
            self.usable[place] = False
        return [refused for _, refused in found]

    def get(self, place: int) -> T:
        kept = self._kept.get(place)
        return kept if kept is not None else self._load(self.pictures[place])

    def soon(self, place: int) -> T | Future[T]:
        """What is kept, or what is being made in the threads."""
        kept = self._kept.get(place)
        return kept if kept is not None else self._pool.submit(self.get, place)

    def stream(
        self, batches: Iterable[tuple[Places, Places]], make: Callable[[T, int, int], U]
    ) -> Iterator[list[U]]:
        """For each batch of places and keys, what `make(item, place, key)` gives for each; made
        ahead in threads."""
        waiting: deque[list[Future[U]]] = deque()
        for places, keys in batches:
            waiting.append(
                [
                    self._pool.submit(self._made, make, int(place), int(key))
                    for place, key in zip(places, keys, strict=True)
                ]
            )
            if len(waiting) > AHEAD:
                yield [future.result() for future in waiting.popleft()]
        while waiting:
            yield [future.result() for future in waiting.popleft()]

    def _made(self, make: Callable[[T, int, int], U], place: int, key: int) -> U:
        return make(self.get(place), place, key)

    def _open_one(self, place: int) -> None:
        picture = self.pictures[place]
        self.hashes[place] = content_name(checked_hash(picture, self._files), picture.frame)
        item = self._load(self.pictures[place])
        size = self._size(item)
        with self._lock:
            if size > self._room:
                return
            self._room -= size
            self._kept[place] = item
