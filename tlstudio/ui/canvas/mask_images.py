"""Masks as coloured images at the screen's resolution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.ui.canvas.look import Look, contrast_to

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap

Bools = NDArray[np.bool_]
_HATCH = 7


def mask_image(
    bitmap: Bitmap,
    look: Look,
    opacity: float,
    area: tuple[int, int, int, int],
    place: tuple[float, float, float],
) -> QImage:
    """The part of a mask in `area` (x, y, w, h in drawn pixels); `place` is (scale, left, top).

    An image point p is drawn at p * scale + (left, top). The outline is one to two drawn pixels
    wide at any scale.
    """
    drawn = sample(bitmap, (area[0] - 2, area[1] - 2, area[2] + 4, area[3] + 4), place)
    return coloured(drawn, look, opacity, area)


def sample(
    bitmap: Bitmap, area: tuple[int, int, int, int], place: tuple[float, float, float]
) -> Bools:
    """The mask at the middle of each drawn pixel of `area`; bool [h, w]."""
    x, y, w, h = area
    scale, left, top = place
    columns = np.floor((np.arange(x, x + w) + 0.5 - left) / scale).astype(np.int64)
    rows = np.floor((np.arange(y, y + h) + 0.5 - top) / scale).astype(np.int64)
    result = np.zeros((h, w), np.bool_)
    in_x = (columns >= 0) & (columns < bitmap.width)
    in_y = (rows >= 0) & (rows < bitmap.height)
    if not in_x.any() or not in_y.any():
        return result
    columns, rows = columns[in_x], rows[in_y]
    step = max(1, math.floor(1 / scale))
    x0, y0 = int(columns[0]), int(rows[0])
    window = bitmap.window(x0, y0, int(columns[-1]) + 1 - x0, int(rows[-1]) + 1 - y0, step)
    at = np.ix_((rows - y0) // step, (columns - x0) // step)
    result[np.ix_(in_y, in_x)] = window[at]
    return result


def coloured(drawn: Bools, look: Look, opacity: float, area: tuple[int, int, int, int]) -> QImage:
    """`drawn` [h + 4, w + 4] as an image [h, w]: filled, with an outline and a halo around it."""
    x, y, w, h = area
    inner = drawn[1:-1, 1:-1] & drawn[:-2, 1:-1] & drawn[2:, 1:-1]
    inner &= drawn[1:-1, :-2] & drawn[1:-1, 2:]
    wide = drawn[1:-1, 1:-1] | drawn[:-2, 1:-1] | drawn[2:, 1:-1]
    wide |= drawn[1:-1, :-2] | drawn[1:-1, 2:]
    body, inner, wide = drawn[2:-2, 2:-2], inner[1:-1, 1:-1], wide[1:-1, 1:-1]
    # Places by number: nothing, halo, filling, outline.
    code = wide.view(np.uint8) + body.view(np.uint8) + (body & ~inner).view(np.uint8)
    if look.suggestion:
        stripes = (np.arange(x, x + w)[None, :] + np.arange(y, y + h)[:, None]) % _HATCH < 2
        code[(code == 2) & ~stripes] = 0
    fill = min(1.0, 2 * opacity) if look.suggestion else opacity
    palette = np.array(
        [
            0,
            _packed(contrast_to(look.colour), 0.5),
            _packed(look.colour, fill),
            _packed(look.colour, 0.95),
        ],
        np.uint32,
    )
    pixels = palette[code]
    image = QImage(pixels.data, w, h, 4 * w, QImage.Format.Format_ARGB32_Premultiplied)
    return image.copy()


def _packed(colour: QColor, opacity: float) -> int:
    """A colour with its opacity as a premultiplied ARGB pixel."""
    alpha = round(255 * max(0.0, min(1.0, opacity)))
    r, g, b = (round(c * alpha / 255) for c in (colour.red(), colour.green(), colour.blue()))
    return alpha << 24 | r << 16 | g << 8 | b
