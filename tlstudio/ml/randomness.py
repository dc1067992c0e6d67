"""Randomness without a state: every number follows from a seed and its place.

A resumed run repeats an epoch exactly, and neither the order of work nor the number of
threads changes what is drawn.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def derive(*parts: int | str) -> int:
    """A 63-bit seed from any names and numbers; different parts give unrelated seeds."""
    text = "\x1f".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def permutation(count: int, *parts: int | str) -> NDArray[np.int64]:
    """The numbers 0..count-1 in an order that follows from `parts`."""
    return np.random.Generator(np.random.Philox(derive(*parts))).permutation(count)


def uniforms(stream: int, places: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """[len(places), count] numbers in 0..1 (1 excluded), each row fixed by its place alone.

    SplitMix64 (Steele, Lea and Flood 2014) read at the positions place * count + column.
    """
    columns = np.arange(1, count + 1, dtype=np.uint64)
    position = places.astype(np.uint64)[:, None] * np.uint64(count) + columns
    with np.errstate(over="ignore"):
        z = np.uint64(stream) + position * _GAMMA
        z = (z ^ (z >> np.uint64(30))) * _MIX_1
        z = (z ^ (z >> np.uint64(27))) * _MIX_2
        z = z ^ (z >> np.uint64(31))
    numbers: NDArray[np.float64] = (z >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return numbers
