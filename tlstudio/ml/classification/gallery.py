"""Pictures decoded once and kept small in memory, under a limit; the rest decoded as needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from tlstudio.imaging.unit import Seen
from tlstudio.ml.classification.data import Picture
from tlstudio.ml.classification.pixels import Transform, batch_of
from tlstudio.ml.reporter import Reporter
from tlstudio.ml.runs.store import AHEAD, Places, Refused, Store


class Gallery:
    """Pixels [B, 3, S, S] of pictures by their places in `pictures`, channels last in memory
    (which convolutions on a processor read up to three times faster): uint8, or float32 in 0..1
    where one of the batch is deep.

    `limit` in bytes bounds what is kept; None takes a share of the memory that is free. Pictures
    are kept in their own depth, grey ones with one channel.
    """

    def __init__(
        self, pictures: Sequence[Picture], transform: Transform, *, limit: int | None = None
    ) -> None:
        self.pictures = tuple(pictures)
        self.transform = transform
        self._store: Store[Picture, Seen] = Store(
            self.pictures, self._square, lambda square: square.nbytes, limit=limit
        )

    @property
    def hashes(self) -> list[str]:
        """A name of each picture's content, once `open` has run."""
        return self._store.hashes

    @property
    def usable(self) -> NDArray[np.bool_]:
        """Which pictures could be read, once `open` has run."""
        return self._store.usable

    def close(self) -> None:
        self._store.close()

    def __enter__(self) -> Gallery:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def open(self, reporter: Reporter, *, stage: str) -> list[Refused]:
        """Check every file's hash and decode it; gives what cannot be used."""
        return self._store.open(reporter, stage=stage)

    def stream(self, batches: Iterable[Places]) -> Iterator[tuple[Places, Tensor]]:
        """Each batch's places with its pixels; what is not kept is decoded ahead in threads."""
        waiting: deque[tuple[Places, list[Seen | Future[Seen]]]] = deque()
        for places in batches:
            waiting.append((places, [self._store.soon(int(place)) for place in places]))
            if len(waiting) > AHEAD:
                yield _taken(*waiting.popleft())
        while waiting:
            yield _taken(*waiting.popleft())

    def _square(self, picture: Picture) -> Seen:
        return self.transform.read(picture.path, picture.frame)


def _taken(places: Places, squares: list[Seen | Future[Seen]]) -> tuple[Places, Tensor]:
    return places, batch_of([s.result() if isinstance(s, Future) else s for s in squares])
