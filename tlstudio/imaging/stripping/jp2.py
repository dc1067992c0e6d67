"""JPEG 2000 (ISO/IEC 15444-1): boxes that decoders do not need, and comments, are blanked."""

from __future__ import annotations

from collections.abc import Iterator

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, patched

_KEPT = frozenset({b"jP  ", b"ftyp", b"jp2h", b"jp2c", b"free", b"rreq", b"jpch", b"jplh"})
_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
_COMMENT, _TILE, _END = 0x64, 0x90, 0xD9


def pieces(data: Data) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    patches: list[tuple[int, bytes]] = []
    if data[: len(_SIGNATURE)] != _SIGNATURE:
        patches += _comments(data, 0)
    else:
        for start, head, stop in _boxes(data):
            kind = data[start + 4 : start + 8]
            if kind == b"jp2c":
                patches += _comments(data, head)
            elif kind not in _KEPT:
                patches += [(start + 4, b"free"), (head, bytes(stop - head))]
    return patched(len(data), patches) if patches else None


def _boxes(data: Data) -> Iterator[tuple[int, int, int]]:
    """Where each box begins, where its content does, and where it ends."""
    at = 0
    while at + 8 <= len(data):
        length, head = int.from_bytes(data[at : at + 4]), at + 8
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), at + 16
        stop = len(data) if length == 0 else at + length
        if stop < head or stop > len(data):
            raise Odd
        yield at, head, stop
        at = stop


def _comments(data: Data, at: int) -> Iterator[tuple[int, bytes]]:
    """Comments in the main header of a codestream."""
    if data[at : at + 2] != b"\xff\x4f":
        raise Odd
    at += 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Odd
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in (_TILE, _END):
            return
        if marker == _COMMENT and data[at + 6 : at + 2 + length].strip(b" "):
            yield at + 6, b" " * (length - 4)
        at += 2 + length
    raise Odd
