"""WebP (RFC 9649): pixels, motion and the colour profile are kept."""

from __future__ import annotations

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, turn_alone

_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})
_EXIF_FLAG, _XMP_FLAG = 0x08, 0x04


def pieces(data: Data, orientation: int) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        raise Odd
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    exif = turn_alone(orientation) if orientation != 1 else b""
    kept: list[Piece] = []
    lost = end < len(data)
    at = 12
    while at + 8 <= end:
        kind, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        stop = at + 8 + length + length % 2
        if at + 8 + length > end:
            raise Odd
        stop = min(stop, end)
        if kind == b"VP8X" and length >= 10:
            flags = data[at + 8] & ~(_EXIF_FLAG | _XMP_FLAG) | (_EXIF_FLAG if exif else 0)
            kept += [(at, at + 8), bytes((flags,)), (at + 9, stop)]
        elif kind in _KEPT:
            kept.append((at, stop))
        else:
            lost |= kind != b"EXIF" or data[at + 8 : at + 8 + length] != exif
        at = stop
    if not lost:
        return None
    if exif:
        kept.append(b"EXIF" + len(exif).to_bytes(4, "little") + exif)
    size = 4 + sum(len(p) if isinstance(p, bytes) else p[1] - p[0] for p in kept)
    return [b"RIFF" + size.to_bytes(4, "little") + b"WEBP", *kept]
