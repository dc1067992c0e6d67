"""TIFF 6 and BigTIFF: directories are written again in their places with fewer entries.

Pixels stay where they lie. Values of entries that go are filled with zeros. A description by
ImageJ or OME is cut down to what it says of sizes, since the scale is read from it.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import quoteattr

from tlstudio.imaging.stripping.pieces import Data, Odd, Piece, patched

_DESCRIPTION, _SUB, _NODATA, _XMP = 270, 330, 42113, 700
_KEPT = frozenset(
    {254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 274, 277, 278, 279, 280, 281, 282,
     283, 284, 288, 289, 290, 291, 292, 293, 296, 297, 301, 317, 318, 319, 320, 321, 322, 323, 324,
     325, 326, 327, 328, _SUB, 332, 334, 336, 338, 339, 340, 341, 342, 347, 433, 434, 512, 513, 514,
     515, 517, 518, 519, 520, 521, 529, 530, 531, 532, 559, 32995, 32996, 32997, 32998, 33421,
     33422, 34675, 37439, 50674, 50706, 50710, 50711, 50713, 50714, 50717}
)  # fmt: skip
"""Tags that pixels, their colours, their places and their sizes are read by."""
_FOLLOWED = frozenset({34665, 34853, 40965})
"""Tags that point at further directories (EXIF, GPS, interoperability), which go as a whole."""
_DATA = ((273, 279), (324, 325), (288, 289), (513, 514))
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8,
          17: 8, 18: 8}  # fmt: skip
_LETTERS = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_MOST = 100_000  # directories
_LONGEST = 2**20  # bytes of a description that is cut down
_IMAGEJ = re.compile(
    r"(?:ImageJ|images|channels|slices|frames|hyperstack|mode|unit|spacing|finterval|min|max|loop)"
    r"=[-\w.+\\µ ]{0,24}"
)
_PIXELS = re.compile(r"<(?:\w+:)?Pixels\b([^>]*)>")
_ATTRIBUTE = re.compile(
    r"\b(DimensionOrder|Type|Size[XYZCT]|PhysicalSize[XYZ](?:Unit)?|SignificantBits|BigEndian|"
    r"Interleaved)\s*=\s*\"([-\w.+µ]{0,24})\""
)
_TURN = re.compile(rb"tiff:Orientation(?:=\"|>)([1-8])")


@dataclass(frozen=True, slots=True)
class _Entry:
    tag: int
    kind: int
    count: int
    raw: bytes
    """The entry as it lies in the directory."""
    at: int
    """Where its value lies."""
    size: int
    outside: bool


@dataclass(slots=True)
class _Work:
    data: Data
    order: str
    big: bool
    patches: list[tuple[int, bytes]] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)
    kept: list[tuple[int, int]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)


def pieces(data: Data) -> list[Piece] | None:
    """The copy without metadata; None where there are none. Raises Odd."""
    try:
        return _pieces(data)
    except (struct.error, IndexError):
        raise Odd from None


def _pieces(data: Data) -> list[Piece] | None:
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        raise Odd
    (version,) = struct.unpack_from(f"{order}H", data, 2)
    if version not in (42, 43):
        raise Odd
    work = _Work(data, order, version == 43)
    work.kept.append((0, 16 if work.big else 8))
    (first,) = struct.unpack_from(f"{order}{'Q' if work.big else 'I'}", data, 8 if work.big else 4)
    waiting = [first]
    while waiting:
        waiting += _directory(work, waiting.pop())
        if len(work.seen) > _MOST:
            raise Odd
    if not work.patches and not work.gone:
        return None
    gone = [(start, stop) for start, stop in sorted(set(work.gone)) if start < stop]
    _refuse_shared(gone, work.kept)
    zeros = [(start, bytes(stop - start)) for start, stop in _merged(gone)]
    return patched(len(data), [*work.patches, *zeros])


def _directory(work: _Work, at: int, *, whole: bool = False) -> list[int]:
    """Note what becomes of a directory; those that it points at and that stay. With `whole` it
    goes itself."""
    if not at or at in work.seen:
        return []
    work.seen.add(at)
    entries, end, after = _entries(work, at)
    stay = [] if whole else [entry for entry in entries if entry.tag in _KEPT]
    next_: list[int] = []
    literal = {}
    for entry in entries:
        if entry.tag in _FOLLOWED:
            for place in _numbers(work, entry):
                _directory(work, place, whole=True)
        if entry in stay:
            work.kept += [(entry.at, entry.at + entry.size)] if entry.outside else []
            if entry.tag == _SUB:
                next_ += _numbers(work, entry)
            continue
        said = b"" if whole else _said(work, entry)
        there = work.data[entry.at : entry.at + entry.size] if said else b""
        if said and said.rstrip() == there.rstrip(b" \n\0"):
            stay.append(entry)
            work.kept += [(entry.at, entry.at + entry.size)] if entry.outside else []
        elif said and entry.outside:
            stay.append(entry)
            literal[entry.at] = said.ljust(entry.size)
        elif entry.outside:
            work.gone.append((entry.at, entry.at + entry.size))
    if whole:
        work.gone.append((at, end))
        return []
    work.kept.append((at, end))
    work.kept += _pixel_ranges(work, entries)
    work.patches += literal.items()
    work.kept += [(place, place + len(content)) for place, content in literal.items()]
    if len(stay) < len(entries):
        stay.sort(key=lambda entry: entry.tag)
        count = struct.pack(f"{work.order}{'Q' if work.big else 'H'}", len(stay))
        link = work.data[end - (8 if work.big else 4) : end]
        made = count + b"".join(entry.raw for entry in stay) + link
        work.patches.append((at, made + bytes(end - at - len(made))))
    return [*next_, after]


def _entries(work: _Work, at: int) -> tuple[list[_Entry], int, int]:
    """The entries of a directory, where it ends, and where the next one begins (0 for none)."""
    order, big, data = work.order, work.big, work.data
    head, each, inline = (8, 20, 8) if big else (2, 12, 4)
    (count,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", data, at)
    start = at + head
    end = start + count * each + inline
    if count > 4096 or end > len(data):
        raise Odd
    entries = []
    for place in range(start, start + count * each, each):
        tag, kind, number = struct.unpack_from(f"{order}HH{'Q' if big else 'I'}", data, place)
        size = _SIZES.get(kind, 1) * number
        value = place + each - inline
        outside = size > inline
        if outside:
            (value,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, value)
            if value + size > len(data):
                raise Odd
        raw = data[place : place + each]
        entries.append(_Entry(tag, kind, number, raw, value, size, outside))
    (after,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, end - inline)
    return entries, end, after


def _numbers(work: _Work, entry: _Entry) -> list[int]:
    letter = _LETTERS.get(entry.kind)
    if letter is None:
        return []
    return list(struct.unpack_from(f"{work.order}{entry.count}{letter}", work.data, entry.at))


def _pixel_ranges(work: _Work, entries: list[_Entry]) -> Iterator[tuple[int, int]]:
    by_tag = {entry.tag: entry for entry in entries}
    for places, counts in _DATA:
        if places in by_tag and counts in by_tag:
            starts, sizes = (_numbers(work, by_tag[tag]) for tag in (places, counts))
            yield from ((a, a + n) for a, n in zip(starts, sizes, strict=False) if n)


def _said(work: _Work, entry: _Entry) -> bytes:
    """What stays of a text: sizes in a description, the turn in XMP, a number."""
    if entry.tag not in (_DESCRIPTION, _XMP, _NODATA) or entry.size > _LONGEST:
        return b""
    value = work.data[entry.at : entry.at + entry.size]
    if entry.tag == _NODATA:
        return value.rstrip(b"\0") if re.fullmatch(rb"[-+.\deEnNaA ]{1,40}\0?", value) else b""
    if entry.tag == _XMP:
        turn = _TURN.search(value)
        made = b'<x tiff:Orientation="%b"/>' % turn[1] if turn and turn[1] != b"1" else b""
    else:
        made = _sizes(value.decode("utf-8", "replace")).encode()
    return made if len(made) <= entry.size else b""


def _sizes(text: str) -> str:
    if text.startswith("ImageJ="):
        lines = [line for line in text.rstrip("\0").split("\n") if _IMAGEJ.fullmatch(line)]
        return "".join(f"{line}\n" for line in lines)
    found = _PIXELS.search(text) if "<OME" in text else None
    if found is None:
        return ""
    told = "".join(f" {name}={quoteattr(value)}" for name, value in _ATTRIBUTE.findall(found[1]))
    return f"<OME><Image><Pixels{told}/></Image></OME>"


def _refuse_shared(gone: list[tuple[int, int]], kept: list[tuple[int, int]]) -> None:
    """Odd where bytes that are to go are those of something that stays."""
    marks = sorted([(a, b, True) for a, b in gone] + [(a, b, False) for a, b in kept])
    ends = {True: 0, False: 0}
    for start, stop, goes in marks:
        if start < ends[not goes]:
            raise Odd
        ends[goes] = max(ends[goes], stop)


def _merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, stop in ranges:
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], stop))
        else:
            made.append((start, stop))
    return made
