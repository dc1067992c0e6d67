"""A file of several frames or pages: each is an image of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.reading import read_image


def pages(folder: Path) -> Path:
    made = [Image.fromarray(np.full((4, 5 + n), 1000 * n, np.uint16)) for n in range(3)]
    made[0].save(folder / "a.tif", save_all=True, append_images=made[1:])
    return folder / "a.tif"


def test_each_page_has_its_own_size_and_values(tmp_path: Path) -> None:
    path = pages(tmp_path)
    for n in range(3):
        raw = read_raw(path, frame=n)
        assert raw.values.shape == (4, 5 + n)
        assert (raw.values == 1000 * n).all()
        assert read_image(path, frame=n).size == (5 + n, 4)


@pytest.mark.parametrize("frame", [3, -1])
def test_a_page_that_is_not_there_is_said(tmp_path: Path, frame: int) -> None:
    with pytest.raises(UserError) as caught:
        read_image(pages(tmp_path), frame=frame)
    assert caught.value.code == "data.no_frame"


def test_frames_of_an_animated_picture_are_whole(tmp_path: Path) -> None:
    made = [Image.new("RGB", (8, 6), colour) for colour in ("red", "lime", "blue")]
    made[0].save(tmp_path / "a.gif", save_all=True, append_images=made[1:], duration=50)
    seen = [read_raw(tmp_path / "a.gif", frame=n).values[0, 0].tolist() for n in (2, 0, 1)]
    assert seen == [[0, 0, 255], [255, 0, 0], [0, 255, 0]]
