"""Raw values as a PNG that any program reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.imaging.levels import Raw

_MOST = 65535


def write_png(raw: Raw, target: Path) -> str:
    """Write the values of `raw`; what was done to them: "exact" for nothing, "shifted" for whole
    numbers that begin at 0 now, "scaled" for others, spread over 16 bits.

    Where the least values are white they are turned over, as other programs know no such thing.
    """
    values, done = _held(raw)
    if raw.inverted:
        values = np.iinfo(values.dtype).max - values
    if values.ndim == 3 and values.dtype == np.uint16:
        import imagecodecs

        target.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(values)))
    else:
        Image.fromarray(values).save(target, "PNG")
    return done


def _held(raw: Raw) -> tuple[NDArray[Any], str]:
    values = raw.values
    if values.dtype.kind == "u":
        return values, "exact"
    finite = np.isfinite(values)
    clean = np.where(finite, values, 0)
    whole = bool(finite.all()) and bool((np.rint(clean) == clean).all())
    low = float(clean.min()) if raw.full is None else min(raw.full[0], float(clean.min()))
    if whole and low == round(low) and float(clean.max()) - low <= _MOST:
        return (clean - np.float32(low)).astype(np.uint16), "shifted" if low else "exact"
    low, high = float(clean.min()), float(clean.max())
    scale = _MOST / (high - low) if high > low else 0.0
    return np.rint((clean.astype(np.float64) - low) * scale).astype(np.uint16), "scaled"
