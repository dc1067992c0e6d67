"""How large a compressed picture says it is: checked before a decoder believes it."""

from __future__ import annotations

import struct

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC} | {0xF7}
"""JPEG's start-of-frame markers, and that of JPEG-LS."""
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def stated_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) in the header of a JPEG, JPEG-LS or JPEG 2000 codestream; None for others."""
    if data[:4] == b"\0\0\0\x0c":  # boxes around the codestream
        start = data.find(b"\xff\x4f\xff\x51")
        data = data[start:] if start >= 0 else b""
    if data[:4] == b"\xff\x4f\xff\x51":
        if len(data) < 24:
            return None
        right, bottom, left, top = struct.unpack(">4I", data[8:24])
        return max(0, right - left), max(0, bottom - top)
    if data[:2] == b"\xff\xd8":
        return _jpeg(data)
    return None


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
        elif marker in _ALONE:
            at += 2
        elif marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height
        else:
            at += 2 + struct.unpack(">H", data[at + 2 : at + 4])[0]
    return None
