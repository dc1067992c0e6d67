"""AVIF (ISO/IEC 23008-12): items with EXIF and XMP are blanked where they lie.

How the picture is turned is no part of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, patched

_EMPTY = b"\0\0\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"
"""Where the TIFF structure begins, and one without an entry."""


def pieces(data: Data) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    meta = next(((a, b) for kind, a, b in _boxes(data, 0, len(data)) if kind == b"meta"), None)
    if meta is None:
        raise Odd
    inner = {kind: (a, b) for kind, a, b in _boxes(data, meta[0] + 4, meta[1])}
    if b"iinf" not in inner or b"iloc" not in inner:
        raise Odd
    items = dict(_items(data, *inner[b"iinf"]))
    patches: list[tuple[int, bytes]] = []
    base = inner.get(b"idat", (0, 0))[0]
    for item, extents in _places(data, inner[b"iloc"][0], base):
        kind = items.get(item, b"")
        if kind not in (b"Exif", b"mime"):
            continue
        for start, length in extents:
            head = _EMPTY if kind == b"Exif" and length >= len(_EMPTY) else b""
            blank = head + bytes(length - len(head))
            if data[start : start + length] != blank:
                patches.append((start, blank))
    return patched(len(data), patches) if patches else None


def _boxes(data: Data, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while at + 8 <= end:
        length, head = int.from_bytes(data[at : at + 4]), at + 8
        kind = data[at + 4 : at + 8]
        if length == 1:
            length, head = int.from_bytes(data[at + 8 : at + 16]), at + 16
        stop = end if length == 0 else at + length
        if stop < head or stop > end:
            raise Odd
        yield kind, head, stop
        at = stop


def _items(data: Data, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """The number and kind of each item."""
    wide = data[at] > 0
    for kind, start, _ in _boxes(data, at + (8 if wide else 6), end):
        version = data[start]
        if kind == b"infe" and version >= 2:
            size = 4 if version == 3 else 2
            number = int.from_bytes(data[start + 4 : start + 4 + size])
            yield number, data[start + 6 + size : start + 10 + size]


def _places(data: Data, at: int, base_of_data: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """Where the bytes of each item lie: (start, length) of its parts."""
    version = data[at]
    sizes = int.from_bytes(data[at + 4 : at + 6])
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    at += 6

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(data[at - size : at])

    for _ in range(number(4 if version == 2 else 2)):
        item = number(4 if version == 2 else 2)
        method = number(2) & 15 if version else 0
        number(2)
        start = number(base) + (base_of_data if method == 1 else 0)
        if method > 1:
            raise Odd
        extents = []
        for _ in range(number(2)):
            number(index if version else 0)
            extents.append((start + number(offset), number(length)))
        yield item, extents
