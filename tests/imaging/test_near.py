"""Near pairs among many hashes: all of them, each once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlstudio.imaging.near import Links, as_numbers, near_pairs


def _by_comparing_all(hashes: np.ndarray, most: int) -> set[tuple[int, int]]:
    distance = np.bitwise_count(hashes[:, None] ^ hashes[None, :])
    one, other = np.nonzero(np.triu(distance <= most, 1))
    return set(zip(one.tolist(), other.tolist(), strict=True))


def _found(hashes: np.ndarray, most: int) -> list[tuple[int, int]]:
    return [
        pair
        for a, b in near_pairs(hashes, most)
        for pair in zip(a.tolist(), b.tolist(), strict=True)
    ]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.integers(0, 9), st.integers(2, 120))
def test_every_near_pair_is_found_once(seed: int, most: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.integers(0, 2**64, 4, dtype=np.uint64)
    flips = np.uint64(1) << rng.integers(0, 64, (count, 7), dtype=np.uint64)
    hashes = centres[rng.integers(0, 4, count)] ^ np.bitwise_xor.reduce(flips, axis=1)
    pairs = _found(hashes, most)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == _by_comparing_all(hashes, most)


def test_large_buckets_are_compared_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tlstudio.imaging.near._BLOCK", 50)
    hashes = np.random.default_rng(0).integers(0, 256, 60, dtype=np.uint64)
    assert set(_found(hashes, 3)) == _by_comparing_all(hashes, 3)


def test_hexadecimal_hashes() -> None:
    numbers = as_numbers(["ffffffffffffffff", "0000000000000001"])
    assert numbers.tolist() == [2**64 - 1, 1]
    assert _found(as_numbers([]), 6) == []


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.lists(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)))))
def test_links_hang_together_as_by_the_plain_way(
    count: int, chunks: list[list[tuple[int, int]]]
) -> None:
    links = Links(count)
    plain = [{i} for i in range(count)]
    for chunk in chunks:
        pairs = [(a % count, b % count) for a, b in chunk]
        links.join(
            np.array([a for a, _ in pairs], dtype=np.int64),
            np.array([b for _, b in pairs], dtype=np.int64),
        )
        for a, b in pairs:
            union = plain[a] | plain[b]
            for i in union:
                plain[i] = union
    assert links.roots().tolist() == [min(members) for members in plain]
