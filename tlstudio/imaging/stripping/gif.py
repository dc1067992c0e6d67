"""GIF89a: pictures, their timing and how often they repeat are kept."""

from __future__ import annotations

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, joined

_CONTROL, _APPLICATION = 0xF9, 0xFF
_APPLICATIONS = frozenset({b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"})


def pieces(data: Data) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    if data[:3] != b"GIF" or len(data) < 13:
        raise Odd
    kept = [(0, _after_colours(13, data[10]))]
    at, size, lost = kept[0][1], len(data), False
    while at < size:
        start, kind = at, data[at]
        if kind == 0x3B:
            kept.append((start, at + 1))
            lost |= at + 1 < size
            break
        if kind == 0x2C:
            if at + 10 > size:
                raise Odd
            at = _after_blocks(data, _after_colours(at + 10, data[at + 9]) + 1)
            kept.append((start, at))
            continue
        if kind != 0x21 or at + 2 > size:
            raise Odd
        label, name = data[at + 1], data[at + 3 : at + 14]
        at = _after_blocks(data, at + 2)
        if label == _CONTROL or (label == _APPLICATION and name in _APPLICATIONS):
            kept.append((start, at))
        else:
            lost = True
    return joined(kept) if lost else None


def _after_colours(at: int, flags: int) -> int:
    return at + (3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0)


def _after_blocks(data: Data, at: int) -> int:
    while True:
        if at >= len(data):
            raise Odd
        length = data[at]
        at += 1 + length
        if not length:
            return at
