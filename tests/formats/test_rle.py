"""Run lengths: column by column, off first, as a list and as text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tlstudio.domain.errors import UserError
from tlstudio.formats.rle import RunBitmap, bitmaps_of
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.rle import (
    bounds_of,
    counts_of,
    counts_of_mask,
    decode,
    encode,
    from_text,
    mask_of_counts,
    to_text,
)

SMALL = npst.arrays(np.bool_, npst.array_shapes(min_dims=2, max_dims=2, max_side=24))


def test_the_first_column_comes_first() -> None:
    mask = np.array([[0, 1], [0, 1], [1, 0]], dtype=np.bool_)
    assert counts_of_mask(mask).tolist() == [2, 3, 1]
    assert counts_of_mask(~mask).tolist() == [0, 2, 3, 1]


def test_a_text_that_pycocotools_wrote() -> None:
    # pycocotools.mask.encode of a 10 x 10 mask that is on from row 2 to 4 in columns 3 and 4.
    mask = np.zeros((10, 10), dtype=np.bool_)
    mask[2:5, 3:5] = True
    assert to_text(counts_of_mask(mask)) == "P1370`1"
    assert np.array_equal(mask_of_counts(counts_of("P1370`1", 10, 10), 10, 10), mask)


@given(SMALL)
def test_both_ways_give_the_mask_again(mask: np.ndarray) -> None:
    height, width = mask.shape
    counts = counts_of_mask(mask)
    assert counts.sum() == mask.size
    for value in (counts.tolist(), to_text(counts), to_text(counts).encode()):
        assert np.array_equal(mask_of_counts(counts_of(value, width, height), width, height), mask)
    assert np.array_equal(decode(encode(mask), width, height), mask)


@given(SMALL)
def test_bounds_are_those_of_the_pixels(mask: np.ndarray) -> None:
    height, width = mask.shape
    place = Bitmap.from_array(mask, 0, 0, width, height).bounds() or (0, 0, 0, 0)
    assert bounds_of(counts_of_mask(mask), height) == tuple(place)


@given(st.lists(st.integers(0, 10**7), max_size=30))
def test_any_lengths_survive_the_text(counts: list[int]) -> None:
    assert from_text(to_text(np.array(counts, dtype=np.int64))).tolist() == counts


@pytest.mark.parametrize("size", [(3, 3), (513, 700), (1, 1500), (1024, 2), (1100, 1300)])
def test_a_run_bitmap_is_the_bitmap_of_its_mask(size: tuple[int, int]) -> None:
    height, width = size
    rng = np.random.default_rng(height)
    mask = rng.random(size) < 0.5
    mask[height // 3 :, width // 2 :] = True
    made, wanted = RunBitmap.of_mask(mask), Bitmap.from_array(mask, 0, 0, width, height)
    assert made == wanted
    assert made.encode() == wanted.encode()
    assert (made.area(), made.bounds(), made.is_empty) == (wanted.area(), wanted.bounds(), False)


def test_a_part_lies_where_it_is_put() -> None:
    part = np.array([[1, 0, 1], [1, 1, 1]], dtype=np.bool_)
    made = RunBitmap.of_mask(part, 5, 7, 40, 30)
    assert made == Bitmap.from_array(part, 5, 7, 40, 30)


def test_each_value_of_a_map_is_a_bitmap() -> None:
    values = np.array([[0, 300, 300], [7, 7, 0]])
    found = bitmaps_of(values)
    assert list(found) == [0, 7, 300]
    assert all(np.array_equal(found[value].whole(), values == value) for value in found)
    assert bitmaps_of(np.zeros((0, 4), dtype=int)) == {}


@pytest.mark.parametrize(
    "value",
    [
        None, 3, {"a": 1}, [1, -2, 3], [1, None], [1.5, 2], [float("nan")], [float("inf"), 1],
        [10**30], [50, 51], "é", "\0", "o", "o" * 40, "~~~~", " ", [[1]], [10**9, 10**9],
    ],
)  # fmt: skip
def test_damaged_lengths_are_refused(value: object) -> None:
    with pytest.raises(UserError) as refused:
        counts_of(value, 10, 10)
    assert refused.value.code == "formats.rle"


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (10**9, 10**9), (-1, -1)])
def test_a_size_that_no_image_has_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UserError):
        counts_of([1], *size)


def test_too_few_pixels_leave_the_rest_off() -> None:
    assert mask_of_counts(counts_of([1, 2], 2, 3), 2, 3).tolist() == [[0, 0], [1, 0], [1, 0]]


@settings(max_examples=300)
@given(st.text(st.characters(min_codepoint=48, max_codepoint=111), max_size=40))
def test_any_text_of_those_letters_is_read_or_refused(text: str) -> None:
    try:
        mask_of_counts(counts_of(text, 64, 64), 64, 64)
    except UserError as error:
        assert error.code == "formats.rle"


def test_what_a_small_text_claims_costs_no_memory() -> None:
    with pytest.raises(UserError):
        counts_of("o" * 11 + "0", 10, 10)
