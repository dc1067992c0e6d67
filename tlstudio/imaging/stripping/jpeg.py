"""JPEG (ITU-T T.81): segments that decoders need, the density and the colour profile are kept.

The orientation is told by an EXIF segment of our own. Further pictures behind the first one
(previews of cameras, films) are left out.
"""

from __future__ import annotations

import re

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, turn_alone

_EXIF = b"Exif\0\0"
_NEXT = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""A marker within compressed pixels that is no restart, stuffing or filling."""
_SOI, _EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _COM = (
    0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE,
)  # fmt: skip
_ALONE = frozenset({0x01, _SOI, *range(0xD0, 0xD8)})
_JFIF_SIZE, _ADOBE_SIZE = 14, 12


def pieces(data: Data, orientation: int) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    if data[:2] != b"\xff\xd8":
        raise Odd
    exif = _EXIF + turn_alone(orientation) if orientation != 1 else b""
    kept: list[Piece] = [(0, 2)]
    told = lost = False
    at, size = 2, len(data)
    while at < size:
        start, marker, stop = _segment(data, at)
        at = stop
        if marker == _EOI:
            kept.append((start, stop))
            lost |= any(data[stop : stop + 2**16].strip(b"\0")) or size - stop > 2**16
            break
        content = data[start + 4 : stop] if _APP0 <= marker <= 0xEF or marker == _COM else b""
        if marker == _SOS:
            found = _NEXT.search(data, stop)
            at = found.start() if found else size
            kept.append((start, at))
        elif marker == _APP1 and exif and content == exif and not told:
            told = True
            kept.append((start, stop))
        else:
            part = _part(marker, content, (start, stop))
            lost |= part != (start, stop)
            if part is not None:
                kept.append(part)
    if exif and not told:
        kept.insert(1, _made(_APP1, exif))
        lost = True
    return kept if lost else None


def _segment(data: Data, at: int) -> tuple[int, int, int]:
    """Where the segment begins, its marker, and where it ends."""
    if data[at] != 0xFF:
        raise Odd
    while at + 1 < len(data) and data[at + 1] == 0xFF:  # filling
        at += 1
    if at + 1 >= len(data):
        raise Odd
    marker = data[at + 1]
    if marker in _ALONE or marker == _EOI:
        return at, marker, at + 2
    length = int.from_bytes(data[at + 2 : at + 4])
    if length < 2 or at + 2 + length > len(data):
        raise Odd
    return at, marker, at + 2 + length


def _part(marker: int, content: bytes, whole: tuple[int, int]) -> Piece | None:
    """What is kept of a segment: all of it, its beginning, or nothing."""
    if marker == _APP0:
        if not content.startswith(b"JFIF\0") or len(content) < _JFIF_SIZE:
            return None
        if len(content) == _JFIF_SIZE and content[12:14] == b"\0\0":
            return whole
        return _made(marker, content[:12] + b"\0\0")  # without its thumbnail
    if marker == _APP2:
        return whole if content.startswith(b"ICC_PROFILE\0") else None
    if marker == _APP14:
        if not content.startswith(b"Adobe") or len(content) < _ADOBE_SIZE:
            return None
        return whole if len(content) == _ADOBE_SIZE else _made(marker, content[:_ADOBE_SIZE])
    return None if _APP0 <= marker <= 0xEF or marker == _COM else whole


def _made(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content
