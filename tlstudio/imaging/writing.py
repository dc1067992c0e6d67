"""Pictures out, at the depth that they came in with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.imaging.looks.colour import is_grey


def write_unit(pixels: NDArray[np.float32], place: Path, bit_depth: int) -> Path:
    """Write [H, W, 3] in 0..1 without loss and give the file: `place` with the ending .png, or
    .tif for colour of more than 8 bits, which no PNG of Pillow's holds.

    More than 8 bits a channel become 16; what has equal channels is written as grey. OSError.
    """
    grey, deep = is_grey(pixels), bit_depth > 8
    kind, most = (np.uint16, 65535) if deep else (np.uint8, 255)
    values = np.rint((pixels[..., 0] if grey else pixels) * np.float32(most)).astype(kind)
    if deep and not grey:
        from tifffile import imwrite

        file = place.with_name(f"{place.name}.tif")
        imwrite(file, values, photometric="rgb", compression="zlib", metadata=None)
        return file
    file = place.with_name(f"{place.name}.png")
    Image.fromarray(values).save(file)
    return file
