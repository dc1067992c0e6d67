"""Which images are the same or nearly so, and which of those lie in different splits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence

import numpy as np

from tlstudio.domain.images import Split
from tlstudio.domain.leaks import ORDER, Leak, LeakKind, in_order
from tlstudio.domain.progress import Cancel
from tlstudio.imaging.near import Links, as_numbers, near_pairs
from tlstudio.storage.images import ImageHash


def identical_sets(rows: Sequence[ImageHash]) -> list[list[ImageHash]]:
    """Sets of two or more images with the same pixels."""
    return _sets(rows, lambda row: row.pixel_hash)


def identical_and_group_leaks(
    rows: Sequence[ImageHash], also: Sequence[ImageHash] = ()
) -> list[Leak]:
    """The leaks that block figures. `also` are images of `rows` again, in another group that they
    are of as well."""
    placed = _placed(rows)
    same = (_leak(LeakKind.IDENTICAL, rows_) for rows_ in identical_sets(placed))
    made = (_leak(LeakKind.CONTENT, rows_) for rows_ in _made_from_one(placed))
    groups = (
        _leak(LeakKind.GROUP, rows_, rows_[0].group)
        for rows_ in _sets([*placed, *_placed(also)], lambda row: row.group)
    )
    return [leak for leak in (*same, *made, *groups) if leak is not None]


def _made_from_one(rows: Sequence[ImageHash]) -> list[list[ImageHash]]:
    """Synthetic images, each set with the picture that all in it were made from, if it is there."""
    contents = {row.content_hash for row in rows if row.content_hash}
    if not contents:
        return []
    return _sets([row for row in rows if _origin(row) in contents], _origin)


def _origin(row: ImageHash) -> str:
    """The pixels that an image shows, or was made from."""
    return row.content_hash or row.pixel_hash


class Likeness:
    """Near duplicates among `rows`: pictures of the same look whose pixels differ."""

    def __init__(self, rows: Sequence[ImageHash], cancel: Cancel | None = None) -> None:
        self._rows: dict[str, list[ImageHash]] = defaultdict(list)
        for row in rows:
            if row.near_hash:
                self._rows[row.near_hash].append(row)
        self._hashes = list(self._rows)
        splits = np.array([_split_bits(self._rows[h]) for h in self._hashes], dtype=np.uint8)
        self._across = np.array([_crosses(self._rows[h]) for h in self._hashes], dtype=bool)
        links = Links(len(self._hashes))
        if cancel is not None:
            cancel.check()
        for one, other in near_pairs(as_numbers(self._hashes)):
            if cancel is not None:
                cancel.check()
            links.join(one, other)
            far = np.bitwise_count(splits[one] | splits[other]) > 1
            far &= (splits[one] > 0) & (splits[other] > 0)
            self._across[one[far]] = self._across[other[far]] = True
        self._root = links.roots().tolist()

    def sets(self) -> list[list[ImageHash]]:
        """Images linked by near hashes, directly or through others; sets of one picture only
        (identical pixels, or made here from it) are left out."""
        return self._by_root(range(len(self._hashes)))

    def leaks(self) -> list[Leak]:
        """One for each set with images that are directly near an image of another split."""
        touched = np.flatnonzero(self._across).tolist()
        leaks = (_leak(LeakKind.NEAR, _placed(rows)) for rows in self._by_root(touched))
        return [leak for leak in leaks if leak is not None]

    def _by_root(self, indices: Iterable[int]) -> list[list[ImageHash]]:
        found: dict[int, list[ImageHash]] = defaultdict(list)
        for index in indices:
            found[self._root[index]] += self._rows[self._hashes[index]]
        several = [rows for rows in found.values() if len({_origin(row) for row in rows}) > 1]
        return [sorted(rows, key=lambda row: row.image) for rows in several]


def across_first(sets: list[list[ImageHash]]) -> list[list[ImageHash]]:
    """Sets that lie in several splits before the others, else by their first image."""
    return sorted(sets, key=lambda rows: (len(_splits(rows)) < 2, rows[0].image))


def _split_bits(rows: Sequence[ImageHash]) -> int:
    return sum(1 << ORDER.index(split) for split in _splits(rows))


def _crosses(rows: Sequence[ImageHash]) -> bool:
    """Whether one near hash has different pictures in different splits."""
    return len(_splits(rows)) > 1 and len({row.pixel_hash for row in rows}) > 1


def _placed(rows: Sequence[ImageHash]) -> list[ImageHash]:
    return [row for row in rows if row.split is not None]


def _splits(rows: Sequence[ImageHash]) -> set[Split]:
    return {row.split for row in rows if row.split is not None}


def _sets(rows: Sequence[ImageHash], key: Callable[[ImageHash], Hashable]) -> list[list[ImageHash]]:
    found: dict[Hashable, list[ImageHash]] = defaultdict(list)
    for row in rows:
        if key(row) is not None:
            found[key(row)].append(row)
    return [rows_ for rows_ in found.values() if len(rows_) > 1]


def _leak(kind: LeakKind, rows: Sequence[ImageHash], group: str | None = None) -> Leak | None:
    splits = _splits(rows)
    if len(splits) < 2:
        return None
    ids = tuple(row.image for row in rows)
    return Leak(kind, in_order(splits), ids, group, tuple(row.path for row in rows))
