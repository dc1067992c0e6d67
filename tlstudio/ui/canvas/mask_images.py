"""Masks as coloured images at the screen's resolution."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QImage

from tlstudio.ui.canvas.look import Look, contrast_to, faded

if TYPE_CHECKING:
    from tlstudio.services.shaping import Bitmap

Bools = NDArray[np.bool_]
_HATCH = 7
_DASH = 6


def mask_image(
    bitmap: Bitmap,
    look: Look,
    opacity: float,
    area: tuple[int, int, int, int],
    place: tuple[float, float, float],
) -> QImage:
    """The part of a mask in `area` (x, y, w, h in drawn pixels); `place` is (scale, left, top).

    An image point p is drawn at p * scale + (left, top). The outline is two drawn pixels wide
    at any scale.
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
    across, down = _within(columns, bitmap.width), _within(rows, bitmap.height)
    columns, rows = columns[across], rows[down]
    if not len(columns) or not len(rows):
        return result
    step = max(1, math.floor(1 / scale))
    x0, y0 = int(columns[0]), int(rows[0])
    window = bitmap.window(x0, y0, int(columns[-1]) + 1 - x0, int(rows[-1]) + 1 - y0, step)
    if step == 1 and window.shape == (len(rows), len(columns)):
        result[down, across] = window  # pixel for pixel
        return result
    lines = window.take((columns - x0) // step, axis=1)
    lines.take((rows - y0) // step, axis=0, out=result[down, across], mode="clip")
    return result


def _within(places: NDArray[np.int64], length: int) -> slice:
    """Those of rising `places` that lie in 0 … length - 1."""
    return slice(int(np.searchsorted(places, 0)), int(np.searchsorted(places, length)))


def coloured(drawn: Bools, look: Look, opacity: float, area: tuple[int, int, int, int]) -> QImage:
    """`drawn` [h + 4, w + 4] as an image [h, w]: filled, with an outline and a halo around it.

    Of a suggestion the filling is hatched and the outline dashed.
    """
    x, y, w, h = area
    # Places by number: nothing, halo, filling, outline.
    code = np.zeros((h, w), np.uint8)
    inner = np.ones((h, w), np.bool_)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        code |= _shifted(drawn, dx, dy).view(np.uint8)
        inner &= _shifted(drawn, dx, dy)
        inner &= _shifted(drawn, 2 * dx, 2 * dy)
    body = _shifted(drawn, 0, 0)
    code |= body.view(np.uint8)
    code += body.view(np.uint8)
    code += (body & ~inner).view(np.uint8)
    if look.suggestion:
        stripes = (np.arange(x, x + w)[None, :] + np.arange(y, y + h)[:, None]) % _HATCH < 2
        code *= ((code != 2) | stripes).view(np.uint8)
        dashes = (np.arange(x, x + w)[None, :] // _DASH + np.arange(y, y + h)[:, None] // _DASH) % 2
        code *= ((code == 2) | (dashes == 0)).view(np.uint8)
    fill = min(1.0, 2 * opacity) if look.suggestion else opacity
    return indexed(
        code,
        [
            QColor(0, 0, 0, 0),
            contrast_to(look.colour),
            faded(look.colour, fill),
            look.colour,
        ],
    )


def rim_image(
    bitmap: Bitmap,
    area: tuple[int, int, int, int],
    place: tuple[float, float, float],
    light: QColor,
    dark: QColor,
) -> QImage:
    """Only the outline of a mask, `light` with a `dark` line around it; see `mask_image`."""
    x, y, w, h = area
    drawn = sample(bitmap, (x - 2, y - 2, w + 4, h + 4), place)
    near, far = np.zeros((h, w), np.bool_), np.zeros((h, w), np.bool_)
    inner = np.ones((h, w), np.bool_)
    for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        near |= _shifted(drawn, dx, dy)
        inner &= _shifted(drawn, dx, dy)
        far |= _shifted(drawn, 2 * dx, 2 * dy)
    near |= _shifted(drawn, 0, 0)
    rim, around = near & ~inner, far & ~near  # no pixel is in both
    code = rim.view(np.uint8) * np.uint8(2)
    code |= around.view(np.uint8)
    return indexed(code, [QColor(0, 0, 0, 0), dark, light])


def indexed(code: NDArray[np.uint8], colours: list[QColor]) -> QImage:
    """The colour with each pixel's number; `code` is uint8 [h, w]."""
    h, w = code.shape
    image = QImage(code.data, w, h, w, QImage.Format.Format_Indexed8)
    image.setColorTable([colour.rgba() for colour in colours])
    return image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)


def _shifted(drawn: Bools, dx: int, dy: int) -> Bools:
    """`drawn` without its rim of two pixels, as seen (dx, dy) away."""
    h, w = drawn.shape
    return drawn[2 + dy : h - 2 + dy, 2 + dx : w - 2 + dx]
