# SPDX-License-Identifier: AGPL-3.0-or-later
"""One frame of a DICOM file as numbers. Made by TL Studio; read_images.py uses it.

It needs Python 3.10 or newer, numpy and pydicom 3 (with pylibjpeg for compressed files). Values
are those of the modality (Hounsfield units in a CT); the window is the first that the file states.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def read_dicom(path: Path, frame: int) -> dict[str, Any]:
    """values [rows, columns] or [rows, columns, 3], window (low, high, curve or None) or None,
    inverted (the least values are white), full (least and greatest value that the bits can mean)
    or None. ValueError says in words what cannot be read."""
    data = pydicom.dcmread(path, force=True)
    if not data.get("Rows") or not any(name in data for name in PIXELS):
        raise ValueError("this DICOM file holds no image")
    if not 0 <= frame < int(number(data.get("NumberOfFrames"), 1)):
        raise ValueError(f"there is no frame {frame + 1}")
    supply_syntax(data)
    stored = pixel_array(data, index=frame)
    kind = str(data.get("PhotometricInterpretation") or "").strip()
    told: dict[str, Any] = {"window": None, "inverted": False, "full": None}
    if kind == "PALETTE COLOR":
        colours = apply_color_lut(stored, data)[..., :3]
        if colours.dtype != np.uint8 and colours.max() > 255:
            colours = colours >> 8
        return {**told, "values": colours.astype(np.uint8)}
    if stored.ndim == 3:
        return {**told, "values": stored}
    if number(data.get("BitsAllocated"), 0) == 1:
        return {**told, "values": stored.astype(bool)}
    bits = int(number(data.get("BitsStored"), stored.itemsize * 8))
    if stored.dtype == np.uint16 and bits <= 8 and stored.max() <= 255:
        stored = stored.astype(np.uint8)
    little = data.original_encoding[1] is not False
    values, full = modality(data, frame, stored, little)
    negative = full is not None and full[0] < 0
    shape = str(data.get("PresentationLUTShape") or "").strip().upper()
    return {
        "values": values,
        "window": window(data, frame, negative, little),
        "inverted": kind == "MONOCHROME1" or shape == "INVERSE",
        "full": full if stored.dtype.kind in "iu" else None,
    }


def supply_syntax(data: Any) -> None:
    """Name the transfer syntax of a file without the DICOM mark, as it could be read."""
    if getattr(data, "file_meta", None) is None:
        data.file_meta = pydicom.dataset.FileMetaDataset()
    if not data.file_meta.get("TransferSyntaxUID"):
        implicit, little = data.original_encoding
        big = "1.2.840.10008.1.2.2"
        data.file_meta.TransferSyntaxUID = pydicom.uid.UID(
            "1.2.840.10008.1.2" if implicit else "1.2.840.10008.1.2.1" if little else big
        )


# --- from stored values to those of the modality ------------------------------------------------


def modality(
    data: Any, frame: int, stored: np.ndarray, little: bool
) -> tuple[np.ndarray, tuple[float, float] | None]:
    """Values by the modality's table, else slope and intercept; what the bits can mean."""
    signed = number(data.get("PixelRepresentation"), 0) == 1
    items = data.get("ModalityLUTSequence")
    found = table(items[0], signed, little) if items else None
    if found is not None:
        first, bits, entries = found
        index = (stored.astype(np.int64) - first).clip(0, entries.size - 1)
        return entries[index].astype(np.uint8 if bits <= 8 else np.uint16), (0.0, 2.0**bits - 1)
    place = holder(data, frame, "PixelValueTransformationSequence", "RescaleSlope")
    slope = 1.0 if place is None else number(place.get("RescaleSlope"), 1.0)
    offset = 0.0 if place is None else number(place.get("RescaleIntercept"), 0.0)
    if not (math.isfinite(slope) and math.isfinite(offset)) or slope == 0:
        slope, offset = 1.0, 0.0
    full, bits = None, int(number(data.get("BitsStored"), 0))
    if 1 <= bits <= 32:
        least, most = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
        low, high = sorted(float(end) * slope + offset for end in (least, most))
        full = (low, high)
    if (slope, offset) == (1.0, 0.0):
        return stored, full
    scaled = stored.astype(np.float64) * slope + offset
    whole = slope.is_integer() and offset.is_integer() and stored.dtype.kind in "iu"
    if whole and np.abs(scaled).max() < 2**31:
        return scaled.astype(np.int32), full
    return scaled.astype(np.float32), full


# --- the window that the file states (PS3.3 C.11.2) ---------------------------------------------


def window(
    data: Any, frame: int, signed: bool, little: bool
) -> tuple[float, float, np.ndarray | None] | None:
    """The first table, else the first centre with its width."""
    place = holder(data, frame, "FrameVOILUTSequence", "VOILUTSequence")
    for item in place.VOILUTSequence if place is not None else ():
        found = table(item, signed, little)
        if found is not None and found[2].size > 1:
            first, bits, entries = found
            white = max(2**bits - 1, int(entries.max()))
            return first, first + entries.size - 1, (entries / white).astype(np.float32)
    place = holder(data, frame, "FrameVOILUTSequence", "WindowCenter")
    if place is None:
        return None
    kind = str(place.get("VOILUTFunction") or "LINEAR").strip().upper()
    centres, widths = numbers(place.WindowCenter), numbers(place.get("WindowWidth"))
    for centre, width in zip(centres, widths, strict=False):
        made = straight_or_sigmoid(kind, centre, width)
        if made is not None:
            return made
    return None


def straight_or_sigmoid(
    kind: str, centre: float, width: float
) -> tuple[float, float, np.ndarray | None] | None:
    """(low, high, curve) of a centre and a width; None where they make no window."""
    if not (math.isfinite(centre) and math.isfinite(width)) or width <= 0:
        return None
    if kind == "SIGMOID":
        curve = (1 / (1 + np.exp(-4 * np.linspace(-2, 2, 1024)))).astype(np.float32)
        return centre - 2 * width, centre + 2 * width, curve
    if kind == "LINEAR_EXACT":
        return centre - width / 2, centre + width / 2, None
    if width < 1:
        return None
    half = max(width - 1, 1e-3) / 2
    return centre - 0.5 - half, centre - 0.5 + half, None


def table(item: Any, signed: bool, little: bool) -> tuple[int, int, np.ndarray] | None:
    """(first value, bits, entries) of a lookup table; None where it has none that is whole."""
    described, held = item.get("LUTDescriptor"), item.get("LUTData")
    if described is None or held is None or len(described) != 3:
        return None
    count, first, bits = (int(each) for each in described)
    count = count or 2**16
    if isinstance(held, bytes):
        entries = np.frombuffer(held[: len(held) // 2 * 2], "<u2" if little else ">u2")
        if entries.size * 2 == count and bits <= 8:
            entries = np.frombuffer(held, np.uint8)
    else:
        entries = np.asarray([int(each) & 0xFFFF for each in held])
    if entries.size < count or not 1 <= bits <= 16:
        return None
    first = first - 65536 if signed and first > 32767 else first
    return first, bits, entries[:count].astype(np.uint16)


# --- where a tag stands -------------------------------------------------------------------------


def holder(data: Any, frame: int, sequence: str, tag: str) -> Any:
    """What holds `tag` for the frame: its own group, the one shared by all, or the file."""
    for place, index in (
        ("PerFrameFunctionalGroupsSequence", frame),
        ("SharedFunctionalGroupsSequence", 0),
    ):
        items = data.get(place) or ()
        inner = items[index].get(sequence) if index < len(items) else None
        if inner:
            if inner[0].get(tag) is not None:
                return inner[0]
            break
    return data if data.get(tag) is not None else None


def numbers(value: Any) -> list[float]:
    """A tag's value as floats; none where it is empty or something else."""
    if value is None or value == "":
        return []
    try:
        return [float(v) for v in (value if hasattr(value, "__iter__") else [value])]
    except (TypeError, ValueError):
        return []


def number(value: Any, otherwise: float) -> float:
    found = numbers(value)
    return found[0] if found else otherwise
