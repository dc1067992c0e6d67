"""Pixels of a mask that travels as an image file or as the bytes of one."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError

MASK_LIMIT = 2**27
"""Largest mask taken, in pixels: a few hundred bytes may claim any size."""

_FORMATS = ("PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG")


def mask_of_bytes(data: bytes) -> NDArray[np.bool_]:
    """The mask [h, w] in an image file's bytes: pixels that are neither black nor transparent.

    Pixels of a palette are on unless their number is 0. Raises UserError("mask.broken"),
    "mask.too_large".
    """
    try:
        with Image.open(BytesIO(data), formats=list(_FORMATS)) as image:
            if image.width * image.height > MASK_LIMIT:
                raise UserError("mask.too_large", limit=MASK_LIMIT // 10**6)
            pixels = np.asarray(image)
            clear = pixels[..., -1] == 0 if image.mode in ("RGBA", "LA") else None
    except UserError:
        raise
    except Image.DecompressionBombError:
        raise UserError("mask.too_large", limit=MASK_LIMIT // 10**6) from None
    except Exception:  # decoders raise anything on hostile bytes
        raise UserError("mask.broken") from None
    if pixels.ndim == 2:
        return np.asarray(pixels != 0)
    if clear is not None:
        return np.asarray(pixels[..., :-1].any(axis=2) & ~clear)
    return np.asarray(pixels.any(axis=2))
