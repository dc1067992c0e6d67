"""What a comparison comes to, as one message with its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tlstudio.domain.notices import Notice
from tlstudio.metrics.comparison import Comparison
from tlstudio.metrics.intervals import RARE
from tlstudio.services._compared_figures import better


def answer(first: str, second: str, found: Comparison, headline: str) -> Notice:
    """The sentence on the `headline`: better, worse, unclear, too_few, same or undefined."""
    row = found.overall[headline]
    facts: dict[str, object] = {
        "first": first,
        "second": second,
        "images": found.images,
        "groups": found.groups,
    }
    if not found.differ:
        return Notice("compare.same", facts)
    if row.value is None:
        return Notice("compare.undefined", facts)
    low, high = row.interval.low, row.interval.high
    if low is None or high is None:
        return Notice("compare.too_few", {**facts, "gain": _signed(row.value), "needed": RARE})
    ahead = better(headline, row)
    if ahead is None:
        facts |= {"gain": _signed(row.value), "interval": _range(low, high)}
        return Notice("compare.unclear", facts)
    # How much the better one is ahead, so that the number is a gain whichever it is.
    sign = 1 if ahead == "second" else -1
    ends = sorted((sign * low, sign * high))
    facts |= {"gain": _signed(sign * row.value, ends[1] - ends[0]), "interval": _range(*ends)}
    return Notice("compare.better" if ahead == "second" else "compare.worse", facts)


_LOOK, _LOOK_SETTINGS = "look_augmentation", frozenset({"look_augmentation", "look_strength"})
_NONE = "none"


def meaning(
    settings: Mapping[str, tuple[Any, Any]], found: Comparison, headline: str
) -> Notice | None:
    """Where one run alone learned with other sites' looks, whether that helped on these images;
    None where the runs do not differ in that or nothing can be said."""
    one, two = settings.get(_LOOK, (_NONE, _NONE))
    row = found.overall[headline]
    if (one == _NONE) == (two == _NONE) or row.interval.pair is None:
        return None
    others = sorted(settings.keys() - _LOOK_SETTINGS)
    if others:
        return Notice("compare.look_not_alone", {"names": ", ".join(others)})
    kind, with_it = (two, "second") if one == _NONE else (one, "first")
    ahead = better(headline, row)
    if ahead is None:
        return Notice("compare.look_unclear", {"kind": kind})
    return Notice("compare.look_helped" if ahead == with_it else "compare.look_hurt",
                  {"kind": kind})  # fmt: skip


def _digits(width: float) -> int:
    """A narrow interval has more digits, so that its width is seen."""
    return 2 if width >= 0.02 else 3 if width >= 0.002 else 4


def _signed(value: float, width: float = 1.0) -> str:
    return f"{value:+.{_digits(width)}f}"


def _range(low: float, high: float) -> str:
    digits = _digits(high - low)
    return f"{low:+.{digits}f} to {high:+.{digits}f}"
