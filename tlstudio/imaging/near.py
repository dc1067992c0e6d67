"""All pairs of near hashes among many, without comparing each with each.

Two 64-bit hashes that differ in at most n bits agree wholly in at least one of n + 1 bands
(the pigeonhole principle), so only hashes that share a band are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

NEAR_BITS = 6
"""Differing bits, of 64, up to which two pictures are called near duplicates."""

_BLOCK = 1_000_000  # comparisons at a time

Indices = NDArray[np.int64]


def as_numbers(hashes: Sequence[str]) -> NDArray[np.uint64]:
    """Hashes of 16 hexadecimal digits as numbers."""
    return np.array([int(text, 16) for text in hashes], dtype=np.uint64)


def near_pairs(
    hashes: NDArray[np.uint64], most: int = NEAR_BITS
) -> Iterator[tuple[Indices, Indices]]:
    """Every pair that differs in at most `most` bits, once, as two arrays of indices, in chunks.

    `hashes` should be distinct: equal ones are pairs too, and there may be very many of them.
    """
    bands = _bands(most + 1)
    for number, (shift, mask) in enumerate(bands):
        keys = (hashes >> shift) & mask
        order = np.argsort(keys, kind="stable")
        edges = np.flatnonzero(np.diff(keys[order])) + 1
        for bucket in np.split(order, edges):
            if len(bucket) > 1:
                yield from _within(hashes, bucket, bands[:number], most)


def _bands(count: int) -> list[tuple[np.uint64, np.uint64]]:
    """Shift and mask of `count` bands that cover 64 bits."""
    edges = [64 * i // count for i in range(count + 1)]
    return [(np.uint64(low), np.uint64((1 << (high - low)) - 1)) for low, high in pairwise(edges)]


def _within(
    hashes: NDArray[np.uint64],
    bucket: Indices,
    earlier: list[tuple[np.uint64, np.uint64]],
    most: int,
) -> Iterator[tuple[Indices, Indices]]:
    """Pairs inside one bucket that no earlier band has brought together."""
    values = hashes[bucket]
    rows = max(1, _BLOCK // len(bucket))
    for top in range(0, len(bucket), rows):
        differing = values[top : top + rows, None] ^ values[None, :]
        one, other = np.nonzero(np.bitwise_count(differing) <= most)
        fresh = other > one + top
        one, other = one[fresh], other[fresh]
        bits = differing[one, other]
        for shift, mask in earlier:
            unseen = (bits >> shift) & mask != 0
            one, other, bits = one[unseen], other[unseen], bits[unseen]
        if len(one):
            first, second = bucket[one + top], bucket[other]
            yield np.minimum(first, second), np.maximum(first, second)


class Links:
    """Which of `count` things hang together; pairs come in arrays and are not kept, so that
    many millions of them need no memory."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))
        self._label: Indices = np.arange(count)

    def join(self, one: Indices, other: Indices) -> None:
        """Link each of `one` with the one of `other` at the same place."""
        pairs = np.stack([self._label[one], self._label[other]], axis=1)
        pairs = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)
        for low, high in pairs.tolist():
            first, second = sorted((self._root(low), self._root(high)))
            self._parent[second] = first
        if len(pairs) * 20 > len(self._label):
            self._label = self.roots()

    def roots(self) -> Indices:
        """For each thing the least of those it hangs together with."""
        return np.array([self._root(i) for i in range(len(self._parent))], dtype=np.int64)

    def _root(self, index: int) -> int:
        parent = self._parent
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index
