"""PNG (ISO/IEC 15948, APNG): chunks that tell of pixels, colours, sizes and motion are kept."""

from __future__ import annotations

import zlib

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, turn_alone

_KEPT = frozenset(
    {b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"cICP", b"mDCV", b"cLLI", b"pHYs", b"sBIT", b"bKGD",
     b"acTL", b"fcTL", b"fdAT"}
)  # fmt: skip
_USUAL = frozenset({b"icc", b"icc profile", b"photoshop icc profile"})
"""Names of colour profiles that name nobody, in small letters."""


def pieces(data: Data, orientation: int) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise Odd
    exif = _made(b"eXIf", turn_alone(orientation)) if orientation != 1 else b""
    kept: list[Piece] = [(0, 8)]
    told = lost = False
    at, size = 8, len(data)
    while at + 12 <= size:
        length, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        stop = at + 12 + length
        if stop > size:
            raise Odd
        if exif and not told and kind == b"IDAT":
            kept.append(exif)
            told = lost = True
        if kind == b"eXIf" and exif and not told and data[at:stop] == exif:
            told = True
            kept.append((at, stop))
        elif kind == b"iCCP":
            part = _profile(data, at, stop)
            lost |= part != (at, stop)
            kept.append(part)
        elif kind in _KEPT or not kind[0] & 0x20:  # critical
            kept.append((at, stop))
        else:
            lost = True
        at = stop
        if kind == b"IEND":
            lost |= at < size
            return kept if lost else None
    raise Odd


def _profile(data: Data, at: int, stop: int) -> Piece:
    name, zero, rest = data[at + 8 : stop - 4].partition(b"\0")
    if not zero:
        raise Odd
    return (at, stop) if name.lower() in _USUAL else _made(b"iCCP", b"icc\0" + rest)


def _made(kind: bytes, content: bytes) -> bytes:
    checked = zlib.crc32(kind + content).to_bytes(4)
    return len(content).to_bytes(4) + kind + content + checked
