"""Run lengths, as COCO and its kin write masks: column by column, off first.

Run lengths come as a list of numbers or as one short text (pycocotools, `rleToString`): every
number but the first three is told as its difference to the one two before it, five bits to a
character, which is 48 and those bits and, but for the last character of a number, 32.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.bitmap import Pixels
from tlstudio.imaging.reading import PIXEL_LIMIT

Counts = NDArray[np.int64]

_MOST_DIGITS = 12
"""Groups of five bits to a number: 60 bits hold any length that fits an image."""


def encode(mask: Pixels) -> str:
    """`mask` [h, w] as the short text, of the whole image: COCO's compressed counts."""
    return to_text(counts_of_mask(mask))


def decode(text: str, width: int, height: int) -> Pixels:
    """The mask [height, width] that `encode` told; UserError("formats.rle") where it is none."""
    return mask_of_counts(counts_of(text, width, height), width, height)


def mask_of_counts(counts: Counts, width: int, height: int) -> Pixels:
    """The mask [height, width] of run lengths that fit it (see `counts_of`)."""
    on = np.zeros(width * height, dtype=np.bool_)
    values = np.arange(counts.size) % 2 == 1
    filled = int(counts.sum())
    on[:filled] = np.repeat(values, counts)
    return on.reshape(width, height).T


def counts_of(value: object, width: int, height: int) -> Counts:
    """Run lengths of a mask of `width` by `height`, from a list of numbers or from text.

    Raises UserError("formats.rle") where they are none, or do not fit that size.
    """
    if isinstance(value, bytes):
        value = value.decode("ascii", errors="replace")
    if isinstance(value, str):
        counts = from_text(value)
    elif isinstance(value, list):
        counts = _from_list(value)
    else:
        raise UserError("formats.rle", detail="no run lengths")
    if width < 1 or height < 1 or width * height > PIXEL_LIMIT:
        raise UserError("formats.rle", detail=f"size {width} x {height}")
    if counts.size and (counts.min() < 0 or counts.max() > width * height):
        raise UserError("formats.rle", detail="a run of no length that fits")
    if int(counts.sum()) > width * height:
        raise UserError("formats.rle", detail=f"more pixels than {width} x {height}")
    return counts


def bounds_of(counts: Counts, height: int) -> tuple[int, int, int, int]:
    """(x, y, width, height) of the smallest rectangle around what is on, in an image of that
    height; all 0 for an empty mask."""
    edges = np.cumsum(counts)
    starts, ends = edges[0::2][: edges.size // 2], edges[1::2]
    there = ends > starts
    starts, ends = starts[there], ends[there] - 1
    if not starts.size:
        return 0, 0, 0, 0
    left, right = int(starts[0] // height), int(ends[-1] // height)
    if (starts // height != ends // height).any():
        # A run that goes on in the next column passes the last row and the first.
        top, bottom = 0, height - 1
    else:
        top, bottom = int((starts % height).min()), int((ends % height).max())
    return left, top, right - left + 1, bottom - top + 1


def _from_list(values: list[object]) -> Counts:
    if not all(isinstance(v, int | float) and abs(v) < 2**53 for v in values):
        raise UserError("formats.rle", detail="no numbers")
    exact = np.array(values, dtype=np.float64)
    if not np.array_equal(exact, np.rint(exact)):
        raise UserError("formats.rle", detail="no whole numbers")
    return exact.astype(np.int64)


def from_text(text: str) -> Counts:
    """The run lengths that the text tells; UserError("formats.rle") where it tells none."""
    if not text.isascii():
        raise UserError("formats.rle", detail="no text of run lengths")
    raw = np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64)
    digits = raw - 48
    if not digits.size:
        return np.zeros(0, dtype=np.int64)
    if digits.min() < 0 or digits.max() > 63 or digits[-1] & 32:
        raise UserError("formats.rle", detail="no text of run lengths")
    last = np.flatnonzero((digits & 32) == 0)
    first = np.concatenate(([0], last[:-1] + 1))
    length = last - first + 1
    if length.max() > _MOST_DIGITS:
        raise UserError("formats.rle", detail="a number too long")
    place = np.arange(digits.size) - np.repeat(first, length)
    values = np.add.reduceat((digits & 31) << (5 * place), first)
    negative = (digits[last] & 16) != 0
    values[negative] -= np.int64(1) << (5 * length[negative])
    # The bound keeps the sums below from running over; no true run is longer.
    if np.abs(values).max() > PIXEL_LIMIT:
        raise UserError("formats.rle", detail="a run too long")
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values


def to_text(counts: Counts) -> str:
    """The text that `from_text` reads."""
    values = counts.astype(np.int64)
    values[3:] -= counts[1:-2]
    # n characters hold -16 * 32 ** (n - 1) up to, but without, 16 * 32 ** (n - 1).
    room = np.where(values < 0, ~values, values)
    length = np.ones(values.size, dtype=np.int64)
    limit = 16
    while (wider := room >= limit).any():
        length += wider
        limit <<= 5
    first = np.cumsum(length) - length
    place = np.arange(int(length.sum())) - np.repeat(first, length)
    digits = (np.repeat(values, length) >> (5 * place)) & 31
    goes_on = place < np.repeat(length, length) - 1
    return (digits + 48 + 32 * goes_on).astype(np.uint8).tobytes().decode("ascii")


def counts_of_mask(mask: Pixels) -> Counts:
    """Run lengths of `mask` [h, w]: off first, so that the first is 0 where pixel 0 is on."""
    flat = np.asarray(mask, dtype=np.bool_).T.reshape(-1)
    if not flat.size:
        return np.zeros(0, dtype=np.int64)
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    edges = np.concatenate(([0], turns, [flat.size]))
    counts = np.diff(edges)
    return np.concatenate(([0], counts)) if flat[0] else counts
