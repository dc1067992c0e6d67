"""What a click fills and what stands out in a box."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.regions import flood_fill, grab_cut

Bytes = NDArray[np.uint8]


def disc(height: int, width: int, x: float, y: float, radius: float) -> NDArray[np.bool_]:
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    return np.hypot(columns - x, rows - y) <= radius


# --- filling ----------------------------------------------------------------------------------


def test_filling_compares_with_the_chosen_pixel_only() -> None:
    """A slow ramp does not leak: its far end differs from the pixel that was chosen."""
    ramp = np.tile(np.arange(200, dtype=np.uint8), (40, 1))
    filled = flood_fill(ramp, 100, 20, 10, None)
    assert filled.bounds() == (90, 0, 21, 40)
    assert filled.area() == 21 * 40
    assert flood_fill(ramp, 0, 0, 0, None).bounds() == (0, 0, 1, 40)
    assert flood_fill(ramp, 0, 0, 255, None).area() == 200 * 40


def test_each_channel_counts() -> None:
    image = np.full((20, 30, 3), 100, dtype=np.uint8)
    image[:, 15:, 2] = 130
    assert flood_fill(image, 2, 2, 29, None).area() == 20 * 15
    assert flood_fill(image, 2, 2, 30, None).area() == 20 * 30


def test_pixels_that_touch_at_a_corner_do_not_hang_together() -> None:
    image = np.zeros((4, 4), dtype=np.uint8)
    image[:2, :2] = image[2:, 2:] = 200
    assert flood_fill(image, 0, 0, 5, None).area() == 4


def test_filling_stays_in_its_limit_and_leaves_the_image_alone() -> None:
    image = np.zeros((600, 700), dtype=np.uint8)
    image.setflags(write=False)
    limit = Bitmap(700, 600)
    limit.stamp(300, 300, 500, 300, 40, True)
    assert flood_fill(image, 400, 300, 5, limit) == limit
    assert flood_fill(image, 10, 10, 5, limit).is_empty
    assert flood_fill(image, 700, 10, 5, None).is_empty
    assert flood_fill(image, -1, 10, 5, None).is_empty
    assert not image.any()


# --- what stands out --------------------------------------------------------------------------


def scene(seed: int = 0) -> Bytes:
    """A dark cell with a pale tail beside others, on grainy ground."""
    rng = np.random.default_rng(seed)
    image = np.full((300, 400, 3), (205, 200, 190), dtype=float)
    image[disc(300, 400, 60, 60, 40)] = (190, 150, 150)
    image[disc(300, 400, 250, 170, 50)] = (110, 70, 150)
    image += rng.normal(0, 5, image.shape)
    return image.clip(0, 255).astype(np.uint8)


def overlap(found: Bitmap, wanted: NDArray[np.bool_]) -> float:
    pixels = found.whole()
    return float((pixels & wanted).sum() / (pixels | wanted).sum())


def test_the_thing_in_the_box_is_found() -> None:
    wanted = disc(300, 400, 250, 170, 50)
    found = grab_cut(scene(), (190, 110, 120, 120))
    assert overlap(found, wanted) > 0.95
    assert found == grab_cut(scene(), (190.2, 109.9, 120, 120))
    drawn_upwards = grab_cut(scene(), (310, 230, -120, -120))
    assert found == drawn_upwards
    grey = scene().mean(axis=-1).astype(np.uint8)
    assert overlap(grab_cut(grey, (190, 110, 120, 120)), wanted) > 0.95


def test_large_things_are_found_too() -> None:
    large = np.asarray(Image.fromarray(scene()).resize((2000, 1500)))
    found = grab_cut(large, (950, 550, 600, 600))
    assert overlap(found, disc(1500, 2000, 1250, 850, 250)) > 0.95


def test_one_of_many_is_found() -> None:
    """Neighbours of the same colour touch the box: colour alone would find nothing."""
    image = np.full((300, 300, 3), 215, dtype=float)
    for x, y in ((150, 150), (60, 150), (240, 150), (150, 60), (150, 240), (62, 62), (238, 238)):
        image[disc(300, 300, x, y, 42)] = (180, 150, 155)
    image += np.random.default_rng(3).normal(0, 4, image.shape)
    found = grab_cut(image.clip(0, 255).astype(np.uint8), (105, 105, 90, 90))
    assert overlap(found, disc(300, 300, 150, 150, 42)) > 0.9


def test_the_box_may_be_the_whole_image() -> None:
    found = grab_cut(scene()[100:240, 180:320], (0, 0, 140, 140))
    assert overlap(found, disc(140, 140, 70, 70, 50)) > 0.9


def two_tone() -> tuple[Bytes, NDArray[np.bool_], NDArray[np.bool_]]:
    """A dark core in a pale ring that colour alone leaves to the ground; and a dark neighbour."""
    image = np.full((240, 300, 3), (205, 205, 200), dtype=float)
    ring, core = disc(240, 300, 120, 120, 60), disc(240, 300, 120, 120, 28)
    image[ring] = (196, 184, 200)
    image[core] = (90, 60, 150)
    image += np.random.default_rng(1).normal(0, 1.5, image.shape)
    return image.clip(0, 255).astype(np.uint8), ring, core


def test_a_point_to_keep_brings_its_surroundings() -> None:
    image, ring, core = two_tone()
    box = (55, 55, 130, 130)
    points = [(120, 75), (75, 120), (120, 165), (165, 120)]
    found = grab_cut(image, box, keep=points)
    assert overlap(found, ring) > 0.9
    assert all(found.at(*point) for point in points)
    without = grab_cut(image, box, keep=[(120, 120)], drop=points)
    assert overlap(without, core) > 0.85
    assert not any(without.at(*point) for point in points)


def test_holes_are_filled_unless_they_are_dropped() -> None:
    image = np.full((200, 200, 3), 210, dtype=np.uint8)
    image[disc(200, 200, 100, 100, 60)] = 80
    image[disc(200, 200, 100, 100, 20)] = 210
    image = (image + np.random.default_rng(0).integers(0, 9, image.shape)).astype(np.uint8)
    whole, ring = disc(200, 200, 100, 100, 60), disc(200, 200, 100, 100, 60)
    ring &= ~disc(200, 200, 100, 100, 20)
    assert overlap(grab_cut(image, (30, 30, 140, 140)), whole) > 0.95
    assert overlap(grab_cut(image, (30, 30, 140, 140), drop=[(100, 100)]), ring) > 0.9


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ((10, 10, 100, 100), "outline.nothing_found"),
        ((10, 10, 3, 100), "outline.box_small"),
        ((500, 10, 30, 30), "outline.box_small"),
        ((-50, -50, 52, 300), "outline.box_small"),
        ((float("nan"), 0, 10, 10), "shape.not_finite"),
    ],
)
def test_where_nothing_can_be_found_it_is_said(
    box: tuple[float, float, float, float], code: str
) -> None:
    flat = np.full((200, 300, 3), 128, dtype=np.uint8)
    with pytest.raises(UserError) as error:
        grab_cut(flat, box)
    assert error.value.code == code


@pytest.mark.shared
def test_white_cells_are_found_inside_their_boxes(shared: Path) -> None:
    """Expert boxes around white blood cells: the outline lies in the box and covers a sensible
    part of it; points on the pale rim bring the whole cell."""
    shares, spans = [], []
    for image, box in expert_boxes(shared, "WBC", 24):
        found = grab_cut(image, box)
        assert found.area() == found.array(*box).sum()
        shares.append(found.area() / (box[2] * box[3]))
        middle = (box[0] + box[2] / 2, box[1] + box[3] / 2)
        steps = ((0, 1), (0, -1), (1, 0), (-1, 0))
        keep = [(middle[0] + box[2] * a / 3, middle[1] + box[3] * b / 3) for a, b in steps]
        bounds = grab_cut(image, box, keep=keep).bounds()
        assert bounds is not None
        spans.append(bounds.w * bounds.h / (box[2] * box[3]))
    assert len(shares) > 15
    assert min(shares) > 0.2 and 0.4 < np.median(shares) < 0.85
    assert min(spans) > 0.5


@pytest.mark.shared
def test_red_cells_are_found_in_their_crowd(shared: Path) -> None:
    """Red cells lie among others of their colour; a box around one is enough all the same."""
    shares = []
    for image, box in expert_boxes(shared, "RBC", 4):
        found = grab_cut(image, box)
        assert found.area() == found.array(*box).sum()
        shares.append(found.area() / (box[2] * box[3]))
    assert len(shares) > 40
    assert min(shares) > 0.1 and 0.5 < np.median(shares) < 0.8


def expert_boxes(
    shared: Path, name: str, images: int
) -> Iterator[tuple[Bytes, tuple[int, int, int, int]]]:
    folder = shared / "data" / "bccd"
    for file in sorted((folder / "Annotations").glob("*.xml"))[:images]:
        image = np.asarray(Image.open(folder / "JPEGImages" / f"{file.stem}.jpg"))
        for item in ElementTree.parse(file).iter("object"):  # noqa: S314 - our own data
            if item.findtext("name") == name:
                left, top, right, bottom = (
                    int(item.findtext(f"bndbox/{k}") or 0) for k in ("xmin", "ymin", "xmax", "ymax")
                )
                yield image, (left, top, right - left, bottom - top)
