"""Lookup tables of DICOM: of the modality, of the value of interest (PS3.3 C.11.1 and C.11.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Value `first` maps to `entries[0]` and so on; below and above, the ends hold. Entries have
    `bits` bits."""

    first: int
    bits: int
    entries: NDArray[np.uint16]

    def look_up(self, values: NDArray[Any]) -> NDArray[np.uint16]:
        """What the table makes of whole numbers."""
        index = values.astype(np.int64) - self.first
        found: NDArray[np.uint16] = self.entries[index.clip(0, self.entries.size - 1)]
        return found


def table_of(item: Dataset, *, signed: bool, little: bool) -> Table | None:
    """The table in an item of a Modality LUT or VOI LUT Sequence; None where it has none, or one
    shorter than it says. `signed`: its input may be negative."""
    described, data = item.get("LUTDescriptor"), item.get("LUTData")
    if described is None or data is None or len(described) != 3:
        return None
    count, first, bits = (int(each) for each in described)
    count = count or 2**16
    if isinstance(data, bytes):
        held = np.frombuffer(data[: len(data) // 2 * 2], dtype="<u2" if little else ">u2")
        if held.size * 2 == count and bits <= 8:  # two entries to a word
            held = np.frombuffer(data, dtype=np.uint8)
    else:
        held = np.asarray([int(each) & 0xFFFF for each in data])
    if held.size < count or not 1 <= bits <= 16:
        return None
    if signed and first > 32767:
        first -= 65536
    return Table(first, bits, held[:count].astype(np.uint16))
