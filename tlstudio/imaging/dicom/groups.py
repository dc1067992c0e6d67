"""Where a tag about a frame stands: at the top, shared by all frames, or at each frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom import Dataset


def macro(data: Dataset, frame: int, sequence: str) -> Dataset | None:
    """The item of a functional group (PS3.3 C.7.6.16) that holds for `frame`; None for none."""
    for place, index in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        items = data.get(place) or ()
        inner = items[index].get(sequence) if index < len(items) else None
        if inner:
            found: Dataset = inner[0]
            return found
    return None


def where(data: Dataset, frame: int, sequence: str, tag: str) -> Dataset | None:
    """The data set that holds `tag` for `frame`: a functional group's item, else the top."""
    item = macro(data, frame, sequence)
    if item is not None and item.get(tag) is not None:
        return item
    return data if data.get(tag) is not None else None


def numbers(value: Any) -> list[float]:
    """A tag's value as floats; [] for one that is empty or holds anything else."""
    if value is None or value == "":
        return []
    several = value if isinstance(value, list | tuple) or hasattr(value, "__iter__") else [value]
    try:
        return [float(each) for each in several]
    except (TypeError, ValueError):
        return []


def number(value: Any, otherwise: float) -> float:
    """The first number of a tag's value."""
    found = numbers(value)
    return found[0] if found else otherwise


def words(value: Any) -> list[str]:
    """A tag's value as texts."""
    if value is None or value == "":
        return []
    several = [value] if isinstance(value, str) else list(value)
    return [str(each).strip() for each in several]
