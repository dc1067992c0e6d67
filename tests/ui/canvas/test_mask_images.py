"""Which pixels of a mask are drawn where."""

from __future__ import annotations

import numpy as np
import pytest

from tlstudio.services.shaping import Bitmap
from tlstudio.ui.canvas.mask_images import sample


@pytest.mark.parametrize("scale", [0.3, 0.999, 1.0, 1.001, 2.0, 3.7])
@pytest.mark.parametrize("corner", [(0.0, 0.0), (-37.0, 11.0), (40.0, -5.5)])
def test_each_drawn_pixel_shows_what_the_mask_has_under_its_middle(scale, corner) -> None:
    pixels = np.random.default_rng(0).random((90, 120)) < 0.5
    bitmap = Bitmap.from_array(pixels, 0, 0, 120, 90)
    area = (-10, -6, 200, 150)
    found = sample(bitmap, area, (scale, *corner))
    step = max(1, int(1 / scale))
    for row, column in np.random.default_rng(1).integers(0, (150, 200), (400, 2)):
        x = int(np.floor((column - 10 + 0.5 - corner[0]) / scale))
        y = int(np.floor((row - 6 + 0.5 - corner[1]) / scale))
        inside = 0 <= x < 120 and 0 <= y < 90
        if step == 1:
            assert found[row, column] == (inside and pixels[y, x])
        elif not inside:
            assert not found[row, column]
