"""Pictures decoded once and kept small in memory, under a limit; the rest decoded as needed."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import torch
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.domain.errors import UserError
from tlstudio.domain.events import Progressed
from tlstudio.imaging.facts import file_sha256
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.reporter import Reporter

SHARE = 0.25  # of the memory that is free, for decoded pictures
AHEAD = 2  # batches decoded before they are asked for

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Refused:
    """A picture that cannot be used: a code of domain.messages and its parameters."""

    picture: Picture
    code: str
    params: dict[str, object]


class Gallery:
    """Pixels [B, 3, S, S] uint8 (channels last in memory, which convolutions on a processor read
    up to three times faster) of pictures by their places in `pictures`.

    `limit` in bytes bounds what is kept; None takes a share of the memory that is free.
    `hashes` holds each picture's sha256 once `open` has run.
    """

    def __init__(
        self, pictures: Sequence[Picture], transform: Transform, *, limit: int | None = None
    ) -> None:
        self.pictures = tuple(pictures)
        self.transform = transform
        each = 3 * transform.size**2
        room = int(psutil.virtual_memory().available * SHARE) if limit is None else limit
        self._kept = min(len(self.pictures), room // each)
        self._store = torch.empty(
            (self._kept, transform.size, transform.size, 3), dtype=torch.uint8
        )
        self.hashes = [p.sha256 or "" for p in self.pictures]
        self.usable = np.ones(len(self.pictures), dtype=bool)
        self._pool = ThreadPoolExecutor(max(2, os.cpu_count() or 2), thread_name_prefix="decode")

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self, reporter: Reporter, *, stage: str) -> list[Refused]:
        """Check every file's hash and decode what is kept; gives what cannot be used."""
        refused: list[Refused] = []
        total = len(self.pictures)
        waiting: deque[Future[Refused | None]] = deque()
        places = iter(range(total))
        done = 0
        while done < total:
            while len(waiting) < 64 and (place := next(places, None)) is not None:
                waiting.append(self._pool.submit(self._open_one, place))
            found = waiting.popleft().result()
            if found is not None:
                refused.append(found)
            done += 1
            reporter.check()
            reporter.emit(Progressed(stage, done, total))
        return refused

    def stream(self, batches: Iterable[Places]) -> Iterator[tuple[Places, Tensor]]:
        """Each batch's places with its pixels; what is not kept is decoded ahead in threads."""
        waiting: deque[tuple[Places, list[Future[Tensor]] | None]] = deque()
        for places in batches:
            kept = bool((places < self._kept).all())
            futures = None if kept else [self._pool.submit(self._decode, int(p)) for p in places]
            waiting.append((places, futures))
            if len(waiting) > AHEAD:
                yield self._take(*waiting.popleft())
        while waiting:
            yield self._take(*waiting.popleft())

    def _take(self, places: Places, futures: list[Future[Tensor]] | None) -> tuple[Places, Tensor]:
        if futures is None:
            pixels = self._store[torch.from_numpy(places)]
        else:
            pixels = torch.stack([future.result() for future in futures])
        return places, pixels.permute(0, 3, 1, 2)

    def _decode(self, place: int) -> Tensor:
        if place < self._kept:
            return self._store[place]
        return self._squared(self.pictures[place].path)

    def _squared(self, path: Path) -> Tensor:
        return torch.from_numpy(self.transform.read(path)).permute(1, 2, 0)

    def _open_one(self, place: int) -> Refused | None:
        picture = self.pictures[place]
        try:
            actual = file_sha256(picture.path)
            if picture.sha256 and actual != picture.sha256:
                raise UserError("training.image_changed", file=str(picture.path))
            self.hashes[place] = actual
            if place < self._kept:
                self._store[place] = self._squared(picture.path)
        except OSError:
            self.usable[place] = False
            return Refused(picture, "data.file_missing", {"file": str(picture.path)})
        except UserError as error:
            self.usable[place] = False
            return Refused(picture, error.code, {"file": str(picture.path), **error.params})
        return None
