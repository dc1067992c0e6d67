"""Values of files that anyone may have written: taken where they are what they should be.

Nothing here raises; None says that a value is not of the kind asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache

from tlstudio.domain.shapes import Point, Ring

FARTHEST = 1e9
"""Pixels; no image reaches so far."""
MOST_POINTS = 100_000
"""Points of one outline; more are a broken file, and would take minutes to draw."""

_QUICK = {int, float}
_DEEP, _MANY, _LONG, _NAME = 4, 200, 2000, 300


def number(value: object) -> float | None:
    """A finite number that can be a coordinate, also written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < FARTHEST else None


def numbers(values: object, count: int | None = None) -> list[float] | None:
    """All of them numbers, and as many as asked for."""
    listed = items(values)
    if set(map(type, listed)) <= _QUICK:
        with suppress(OverflowError):
            made = list(map(float, listed))  # type: ignore[arg-type]
            # The sum is below the bound only if each of them is, and is a number.
            if sum(map(abs, made)) < FARTHEST:
                return made if count in (None, len(made)) else None
    found = [number(value) for value in listed]
    kept = [value for value in found if value is not None]
    right = len(kept) == len(found) and count in (None, len(kept))
    return kept if right else None


def whole(value: object) -> int | None:
    """A whole number, also written as 3.0 or as text."""
    found = number(value)
    return int(found) if found is not None and found == int(found) else None


def side(value: object) -> int | None:
    """A width or height of an image: a whole number above 0."""
    found = whole(value)
    return found if found is not None and found > 0 else None


def yes(value: object) -> bool:
    """Whether a file says yes: true, 1, "1", "true", "yes"."""
    if isinstance(value, str):
        return value.strip().lower() in ("1", "true", "yes")
    return value is True or (isinstance(value, int | float) and value == 1)


def words(value: object, most: int = _NAME) -> str:
    """Text on one line without what no file and no database takes; "" for what is no text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    if isinstance(value, str):
        return _short(value, most) if len(value) <= _NAME else _on_one_line(value, most)
    return _on_one_line(repr(value)[:_NAME], most)


def _on_one_line(text: str, most: int) -> str:
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return " ".join(text.split())[:most]


_short = lru_cache(maxsize=4096)(_on_one_line)
"""A file says the names of its labels a million times."""


def name_of(value: object) -> str:
    """A path as a file gives it, with "/" between folders; "" where it gives none."""
    if not isinstance(value, str):
        return ""
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return text.strip().replace("\\", "/")[:4096]


def items(value: object) -> Sequence[object]:
    """A list, or nothing."""
    return value if isinstance(value, list | tuple) else ()


def mapping(value: object) -> Mapping[str, object]:
    """An object of JSON, or an empty one."""
    return value if isinstance(value, dict) else {}


def plain(value: object, deep: int = 0) -> object:
    """What can be kept as an attribute: short, shallow, without NaN and odd letters."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else words(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return value[:_LONG].encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    if deep >= _DEEP:
        return None
    if isinstance(value, dict):
        some = list(value.items())[:_MANY]
        return {words(key): plain(one, deep + 1) for key, one in some}
    return [plain(one, deep + 1) for one in items(value)[:_MANY]]


def attributes_of(value: object) -> dict[str, object]:
    """An object of JSON as attributes, without those that say nothing."""
    kept = {words(key): plain(one) for key, one in list(mapping(value).items())[:_MANY]}
    return {key: one for key, one in kept.items() if key and one not in (None, "", [], {})}


_EXACT = (float, int)


def ring_of(pairs: Iterable[object]) -> Ring | None:
    """Points [[x, y], …] (further numbers of a point are let go); None if one is no point."""
    made: list[Point] = []
    for pair in pairs:
        if type(pair) is list and len(pair) == 2:  # nearly all are; `number` is slow
            one, other = pair
            exact = type(one) in _EXACT and type(other) in _EXACT
            if exact and -FARTHEST < one < FARTHEST and -FARTHEST < other < FARTHEST:
                made.append((float(one), float(other)))
                continue
        both = items(pair)
        if len(both) < 2 or (x := number(both[0])) is None or (y := number(both[1])) is None:
            return None
        made.append((x, y))
    return tuple(made)


def ring_of_flat(values: object) -> Ring | None:
    """Points [x, y, x, y, …]; None if one is no point."""
    found = numbers(values)
    if found is None or len(found) % 2:
        return None
    return tuple(zip(found[::2], found[1::2], strict=True))
