"""PBM, PGM and PPM: comments in the header become spaces."""

from __future__ import annotations

from tlstudio.imaging.stripping.pieces import Data, Piece, patched

_NUMBERS = {b"P1": 2, b"P4": 2, b"P2": 3, b"P3": 3, b"P5": 3, b"P6": 3}
_LONGEST = 2**16


def pieces(data: Data) -> list[Piece] | None:
    """The copy without metadata; None where there are none."""
    head = data[:_LONGEST]
    wanted = _NUMBERS.get(head[:2], 0)
    patches: list[tuple[int, bytes]] = []
    at = 2
    while wanted and at < len(head):
        if head[at : at + 1] == b"#":
            stop = min(place for place in (head.find(b"\n", at), len(head)) if place >= 0)
            patches.append((at + 1, b" " * (stop - at - 1)))
            at = stop
        elif head[at : at + 1].isspace():
            at += 1
        else:
            while at < len(head) and not head[at : at + 1].isspace():
                at += 1
            wanted -= 1
    said = any(head[start : start + len(blank)].strip() for start, blank in patches)
    return patched(len(data), patches) if said else None
