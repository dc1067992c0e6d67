"""Pictures decoded once and kept small in memory, under a limit; the rest decoded as needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.pixels import Transform
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.store import (
    AHEAD,
    Places,
    Refused,
    checked_hash,
    decoding_threads,
    open_all,
    room_for_pictures,
)


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
        self._kept = min(len(self.pictures), room_for_pictures(limit) // each)
        self._store = torch.empty(
            (self._kept, transform.size, transform.size, 3), dtype=torch.uint8
        )
        self.hashes = [p.sha256 or "" for p in self.pictures]
        self.usable = np.ones(len(self.pictures), dtype=bool)
        self._pool = decoding_threads()

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self, reporter: Reporter, *, stage: str) -> list[Refused]:
        """Check every file's hash and decode what is kept; gives what cannot be used."""
        found = open_all(self._pool, self.pictures, self._open_one, reporter, stage=stage)
        for place, _ in found:
            self.usable[place] = False
        return [refused for _, refused in found]

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

    def _open_one(self, place: int) -> None:
        picture = self.pictures[place]
        self.hashes[place] = checked_hash(picture)
        if place < self._kept:
            self._store[place] = self._squared(picture.path)
