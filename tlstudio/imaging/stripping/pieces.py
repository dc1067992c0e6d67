"""A copy described: ranges of the original, and bytes of our own between them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from mmap import mmap
from typing import BinaryIO

Data = mmap | bytes
"""A whole file, mapped or read."""

Piece = tuple[int, int] | bytes
"""From a place of the original up to another, or other bytes."""

_AT_ONCE = 2**24


class Odd(Exception):
    """The file is not made as its format says, so that nobody knows what lies where in it."""


def write(data: Data, pieces: Iterable[Piece], target: BinaryIO) -> None:
    """Write the copy."""
    for piece in pieces:
        if isinstance(piece, bytes):
            target.write(piece)
            continue
        start, stop = piece
        for at in range(start, stop, _AT_ONCE):
            target.write(data[at : min(at + _AT_ONCE, stop)])


def patched(size: int, patches: Iterable[tuple[int, bytes]]) -> list[Piece]:
    """A file of `size` bytes with others at some places. Raises Odd where these overlap."""
    pieces: list[Piece] = []
    at = 0
    for start, content in sorted(patches):
        if not content:
            continue
        if start < at or start + len(content) > size:
            raise Odd
        pieces += [(at, start), content]
        at = start + len(content)
    pieces.append((at, size))
    return pieces


def joined(ranges: Sequence[tuple[int, int]]) -> list[Piece]:
    """Neighbouring ranges as one."""
    made: list[tuple[int, int]] = []
    for start, stop in ranges:
        if made and made[-1][1] == start:
            made[-1] = (made[-1][0], stop)
        else:
            made.append((start, stop))
    return list(made)


def turn_alone(orientation: int) -> bytes:
    """A TIFF structure, as EXIF is, that tells the orientation and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
