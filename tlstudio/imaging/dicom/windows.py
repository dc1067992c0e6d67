"""The windows that a DICOM file states: VOI lookup tables, and centres with widths."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from tlstudio.imaging.dicom.groups import numbers, where, words
from tlstudio.imaging.dicom.tables import table_of
from tlstudio.imaging.voi import FileWindow

if TYPE_CHECKING:
    from pydicom import Dataset

_MOST = 50
_SIGMOID_POINTS = 1024
_STEP = 1e-3
"""A window of one value is a step; this is how wide the step is drawn."""


def windows_of(data: Dataset, frame: int, *, signed: bool, little: bool) -> tuple[FileWindow, ...]:
    """The windows for a frame, tables first, as PS3.3 C.11.2 defines them.

    `signed`: values that go in may be negative; `little`: the byte order of the file.
    """
    found: list[FileWindow] = []
    tables = where(data, frame, "FrameVOILUTSequence", "VOILUTSequence")
    for item in list(tables.VOILUTSequence)[:_MOST] if tables is not None else ():
        table = table_of(item, signed=signed, little=little)
        if table is not None and table.entries.size > 1:
            white = max(2**table.bits - 1, int(table.entries.max()))
            curve = (table.entries / white).astype(np.float32)
            name = " ".join(words(item.get("LUTExplanation")))[:64]
            found.append(FileWindow(table.first, table.first + curve.size - 1, name, curve))
    return (*found, *_stated(data, frame))


def _stated(data: Dataset, frame: int) -> list[FileWindow]:
    place = where(data, frame, "FrameVOILUTSequence", "WindowCenter")
    if place is None:
        return []
    kind = str(place.get("VOILUTFunction") or "LINEAR").strip().upper()
    names = words(place.get("WindowCenterWidthExplanation"))
    pairs = zip(numbers(place.WindowCenter), numbers(place.get("WindowWidth")), strict=False)
    found = []
    for index, (centre, width) in enumerate(list(pairs)[:_MOST]):
        name = names[index][:64] if index < len(names) else ""
        made = _made(kind, centre, width, name)
        if made is not None:
            found.append(made)
    return found


def _made(kind: str, centre: float, width: float, name: str) -> FileWindow | None:
    """PS3.3 C.11.2.1.2.1 (linear), C.11.2.1.3.1 (sigmoid), C.11.2.1.3.2 (linear exact)."""
    if not (math.isfinite(centre) and math.isfinite(width)) or width <= 0:
        return None
    if kind == "SIGMOID":
        low, high = centre - 2 * width, centre + 2 * width
        points = np.linspace(-2, 2, _SIGMOID_POINTS)
        return FileWindow(low, high, name, (1 / (1 + np.exp(-4 * points))).astype(np.float32))
    if kind == "LINEAR_EXACT":
        return FileWindow(centre - width / 2, centre + width / 2, name)
    if width < 1:
        return None
    half = max(width - 1, _STEP) / 2
    return FileWindow(centre - 0.5 - half, centre - 0.5 + half, name)
