"""Masks sent as text come back as they were, and are short."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlstudio.imaging.packed import pack, unpack


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_round_trip(width: int, height: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    assert np.array_equal(unpack(pack(mask), width, height), mask)


def test_a_smooth_outline_is_short() -> None:
    y, x = np.mgrid[0:4000, 0:6000]
    disc = (x - 3000) ** 2 + (y - 2000) ** 2 < 1900**2
    assert len(pack(disc)) < 50_000, "of 3 million bytes"


@pytest.mark.parametrize("text", ["", "not base64 at all", "AAAA", pack(np.ones((3, 3), bool))])
def test_what_is_no_mask_of_this_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="packed mask"):
        unpack(text, 64, 64)
