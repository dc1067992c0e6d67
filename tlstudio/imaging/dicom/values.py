"""From stored values to those of the modality: Hounsfield units, counts, or as they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.dicom.groups import number, where, words
from tlstudio.imaging.dicom.tables import Table, table_of

if TYPE_CHECKING:
    from pydicom import Dataset

_UNITS = {
    "HU": "HU", "BQML": "Bq/ml", "CNTS": "counts", "CPS": "counts/s", "GML": "g/ml", "OD": "OD",
    "PCNT": "%", "CM2ML": "cm²/ml", "PROPCPS": "", "PROPCNTS": "", "US": "", "NONE": "",
}  # fmt: skip
"""What is written after a value, by the words of Rescale Type and Units."""


@dataclass(frozen=True, slots=True, eq=False)
class Modality:
    """How a frame's stored values become the modality's: a table, else slope and intercept."""

    table: Table | None
    slope: float
    intercept: float
    unit: str

    def apply(self, stored: NDArray[Any]) -> NDArray[Any]:
        """Whole numbers stay whole where slope and intercept are; else 32-bit floats."""
        if self.table is not None:
            found = self.table.look_up(stored)
            return found.astype(np.uint8) if self.table.bits <= 8 else found
        if (self.slope, self.intercept) == (1.0, 0.0):
            return stored
        whole = self.slope.is_integer() and self.intercept.is_integer()
        if whole and stored.dtype.kind in "iu" and self._small(stored):
            return stored.astype(np.int32) * np.int32(self.slope) + np.int32(self.intercept)
        return (stored.astype(np.float64) * self.slope + self.intercept).astype(np.float32)

    def _small(self, stored: NDArray[Any]) -> bool:
        limits = np.iinfo(stored.dtype)
        most = max(abs(int(limits.min)), int(limits.max)) * abs(self.slope) + abs(self.intercept)
        return most < 2**31

    def full(self, data: Dataset) -> tuple[float, float] | None:
        """The least and the greatest value that the stored bits could mean; None for floats."""
        if self.table is not None:
            return 0.0, float(2**self.table.bits - 1)
        bits = int(number(data.get("BitsStored"), 0))
        if not 1 <= bits <= 32:
            return None
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed(data) else (0, 2**bits - 1)
        ends = sorted(float(end) * self.slope + self.intercept for end in (low, high))
        return ends[0], ends[1]


def signed(data: Dataset) -> bool:
    """Whether stored values are in two's complement."""
    return number(data.get("PixelRepresentation"), 0) == 1


def modality_of(data: Dataset, frame: int, *, little: bool) -> Modality:
    """What the file says of a frame. A slope of 0, or none that is a number, counts as 1."""
    place = where(data, frame, "PixelValueTransformationSequence", "RescaleSlope")
    slope = number(place.get("RescaleSlope"), 1.0) if place is not None else 1.0
    offset = number(place.get("RescaleIntercept"), 0.0) if place is not None else 0.0
    if not (math.isfinite(slope) and math.isfinite(offset)) or slope == 0:
        slope, offset = 1.0, 0.0
    items = data.get("ModalityLUTSequence")
    table = table_of(items[0], signed=signed(data), little=little) if items else None
    return Modality(table, slope, offset, _unit(data, place))


def _unit(data: Dataset, place: Dataset | None) -> str:
    said = words(place.get("RescaleType") if place is not None else None) or words(
        data.get("Units")
    )
    if said:
        return _UNITS.get(said[0].upper(), "")
    return "HU" if data.get("Modality") == "CT" and place is not None else ""
