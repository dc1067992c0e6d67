"""Outlines and pixels are two views of one shape; nonsense becomes valid or is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlstudio.domain.annotations import Polygon
from tlstudio.domain.errors import UserError
from tlstudio.domain.shapes import Parts, is_degenerate
from tlstudio.imaging import outlines
from tlstudio.imaging.bitmap import Bitmap

quick = settings(max_examples=100, deadline=None)
seeds = st.integers(0, 2**32 - 1)
SIDE = 64
SQUARE: Parts = ((((10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)),),)


def noisy(seed: int) -> NDArray[np.bool_]:
    """Small masks full of holes, single pixels and corners that touch."""
    rng = np.random.default_rng(seed)
    h, w = rng.integers(1, 16, 2)
    return rng.random((h, w)) < rng.choice([0.1, 0.3, 0.5, 0.7, 0.9])


def geometry(parts: Parts) -> shapely.Geometry:
    return shapely.MultiPolygon([shapely.Polygon(part[0], part[1:]) for part in parts])


def star(seed: int, points: int = 9) -> Parts:
    """A ring around a middle, seldom convex, never crossing itself."""
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, points))
    away = rng.uniform(5, 25, points)
    x, y = rng.uniform(15, SIDE - 15, 2)
    ring = zip((x + away * np.cos(turn)).tolist(), (y + away * np.sin(turn)).tolist(), strict=True)
    return ((tuple(ring),),)


@quick
@given(seeds)
def test_tracing_and_filling_gives_the_same_pixels(seed: int) -> None:
    mask = noisy(seed)
    bitmap = Bitmap.from_array(mask, 3, 5, SIDE, SIDE)
    parts = outlines.parts_from_bitmap(bitmap)
    assert outlines.bitmap_from_parts(parts, SIDE, SIDE) == bitmap
    shape = geometry(parts)
    assert shape.is_valid
    assert shape.area == mask.sum()


@quick
@given(seeds)
def test_a_part_is_what_hangs_together_by_edges(seed: int) -> None:
    from tlstudio.imaging.opencv import cv2

    mask = noisy(seed)
    parts = outlines.parts_from_bitmap(Bitmap.from_array(mask, 3, 5, SIDE, SIDE))
    count, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    assert len(parts) == count - 1


def test_tracing_crosses_the_edges_of_tiles() -> None:
    bitmap = Bitmap(1300, 1100)
    bitmap.stamp(100, 100, 1200, 1000, 90, True)
    bitmap.stamp(500, 500, 530, 520, 20, False)
    parts = outlines.parts_from_bitmap(bitmap)
    assert len(parts) == 1 and len(parts[0]) == 2
    assert outlines.bitmap_from_parts(parts, 1300, 1100) == bitmap


def test_an_island_in_a_hole_keeps_its_own_hole() -> None:
    mask = np.zeros((20, 20), dtype=bool)
    mask[0:20, 0:20] = True
    mask[2:18, 2:18] = False
    mask[5:15, 5:15] = True
    mask[8:10, 8:10] = False
    bitmap = Bitmap.from_array(mask, 0, 0, SIDE, SIDE)
    parts = outlines.parts_from_bitmap(bitmap)
    assert sorted(outlines.area((part,)) for part in parts) == [96, 144]
    assert outlines.bitmap_from_parts(parts, SIDE, SIDE) == bitmap


def test_simpler_outlines_stay_near() -> None:
    bitmap = Bitmap(200, 200)
    bitmap.stamp(60, 60, 140, 120, 30, True)
    exact, simple = (outlines.parts_from_bitmap(bitmap, t) for t in (0.0, 1.0))
    assert len(simple[0][0]) < len(exact[0][0]) / 3
    again = outlines.bitmap_from_parts(simple, 200, 200)
    assert abs(again.area() - bitmap.area()) < bitmap.area() * 0.01
    assert geometry(exact).hausdorff_distance(geometry(simple)) <= 1.0 + 1e-9


@pytest.mark.parametrize("tolerance", [0.25, 0.5, 1.0, 2.0, 6.0])
def test_smoothed_outlines_of_speckled_pixels_can_be_stored(tolerance: float) -> None:
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:120, :120]
    mask = (rows - 60) ** 2 + (columns - 60) ** 2 < 40**2
    mask ^= rng.random(mask.shape) < 0.01
    mask[3, 5:90] = True
    found = outlines.parts_from_bitmap(Bitmap.from_array(mask, 0, 0, 120, 120), tolerance)
    assert is_degenerate(Polygon(id="", image=1, label=1, parts=found)) is None
    assert outlines.area(found) == pytest.approx(mask.sum(), rel=0.1)
    if tolerance == 1.0:
        assert len(found) <= 2 and len(found[0]) == 1, "the specks and pinholes are gone"


def test_a_speck_alone_stays_however_smooth() -> None:
    speck = Bitmap.from_array(np.ones((1, 1), bool), 5, 6, 20, 20)
    assert outlines.area(outlines.parts_from_bitmap(speck, 3.0)) == 1


@quick
@given(seeds)
def test_filling_takes_the_pixels_whose_centre_is_inside(seed: int) -> None:
    parts = star(seed)
    filled = outlines.bitmap_from_parts(parts, SIDE, SIDE).whole()
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    shape = shapely.Polygon(parts[0][0])
    inside = shapely.contains_xy(shape, x, y)
    sure = shapely.distance(shape.exterior, shapely.points(x, y)) > 1e-9
    assert np.array_equal(filled[sure], inside[sure])


def test_what_reaches_beyond_the_image_is_clipped() -> None:
    far: Parts = ((((-1e12, -1e12), (1e12, -1e12), (1e12, 1e12), (-1e12, 1e12)),),)
    assert outlines.bitmap_from_parts(far, 700, 600).area() == 700 * 600
    beside: Parts = ((((-50, -50), (-10, -50), (-10, 900)),),)
    assert outlines.bitmap_from_parts(beside, 700, 600).is_empty
    for odd in (float("nan"), float("inf")):
        with pytest.raises(UserError) as error:
            outlines.bitmap_from_parts(((((0, 0), (9, 0), (9, odd)),),), 700, 600)
        assert error.value.code == "shape.not_finite"


def test_neighbours_share_no_pixel() -> None:
    left: Parts = ((((0, 0), (20.5, 0), (10.5, 40), (0, 40)),),)
    right: Parts = ((((20.5, 0), (40, 0), (40, 40), (10.5, 40)),),)
    one, other = (outlines.bitmap_from_parts(p, 40, 40).whole() for p in (left, right))
    assert not (one & other).any()
    assert (one | other).all()


@quick
@given(seeds, seeds)
def test_joining_and_subtracting_agree_with_pixels(one: int, other: int) -> None:
    a, b = star(one), star(other)
    pixels = [outlines.bitmap_from_parts(p, SIDE, SIDE).whole() for p in (a, b)]
    for parts, wanted in (
        (outlines.union([a, b]), pixels[0] | pixels[1]),
        (outlines.difference(a, [b]), pixels[0] & ~pixels[1]),
        (outlines.intersection(a, b), pixels[0] & pixels[1]),
    ):
        inside = outlines.within(parts, SIDE, SIDE)
        if inside:
            assert geometry(inside).is_valid
        length = geometry(inside).length if inside else 0.0
        assert abs(outlines.area(inside) - wanted.sum()) <= length + 1
        again = outlines.bitmap_from_parts(parts, SIDE, SIDE).whole()
        # New corners are rounded to the nearest number, so a centre right on a line may flip.
        assert (again ^ wanted).sum() <= 1


def test_a_hole_comes_of_subtracting_the_middle() -> None:
    middle: Parts = ((((15, 15), (20, 15), (20, 20), (15, 20)),),)
    parts = outlines.difference(SQUARE, [middle])
    assert len(parts) == 1 and len(parts[0]) == 2
    assert outlines.area(parts) == 375
    assert geometry(outlines.union([parts, middle])).equals(geometry(SQUARE))
    assert outlines.difference(SQUARE, [SQUARE]) == ()
    assert not outlines.contains(parts, 17, 17) and outlines.contains(parts, 12, 12)


def test_a_line_across_divides() -> None:
    pieces = outlines.cut(SQUARE, [(5, 15), (35, 15)])
    assert [outlines.area(piece) for piece in pieces] == [300, 100]
    assert outlines.box_of(pieces[1]) == (10, 10, 20, 5)
    bent = outlines.cut(SQUARE, [(20, 5), (20, 20), (35, 20)])
    assert sorted(outlines.area(piece) for piece in bent) == [100, 300]


def test_parts_that_are_not_cut_stay_with_the_largest_piece() -> None:
    two = outlines.union([SQUARE, ((((40, 40), (50, 40), (50, 50), (40, 50)),),)])
    pieces = outlines.cut(two, [(5, 15), (35, 15)])
    assert [len(piece) for piece in pieces] == [2, 1]
    assert [outlines.area(piece) for piece in pieces] == [400, 100]
    assert [outlines.area(part) for part in outlines.separate(two)] == [400, 100]


def test_a_ring_falls_into_two_when_cut_through_its_hole() -> None:
    ring = outlines.difference(SQUARE, [((((15, 15), (25, 15), (25, 25), (15, 25)),),)])
    pieces = outlines.cut(ring, [(20, 0), (20, 40)])
    assert [outlines.area(piece) for piece in pieces] == [150, 150]


@pytest.mark.parametrize(
    "line",
    [
        [(0, 0), (5, 5)],
        [(5, 15), (20, 15)],
        [(15, 15), (20, 20)],
        [(10, 0), (10, 40)],
        [(20, 20)],
        [(20, 20), (20, 20)],
        [],
    ],
    ids=["beside", "half way", "inside", "along the edge", "a point", "the same point", "nothing"],
)
def test_a_line_that_divides_nothing_is_refused(line: list[tuple[float, float]]) -> None:
    with pytest.raises(UserError) as error:
        outlines.cut(SQUARE, line)
    assert error.value.code == "outline.not_cut"


coordinate = st.one_of(
    st.integers(-20, 80).map(float), st.floats(-1e6, 1e6), st.sampled_from([float("nan"), 1e308])
)
rings = st.lists(st.tuples(coordinate, coordinate), max_size=12).map(tuple)
anything = st.lists(st.lists(rings, max_size=3).map(tuple), max_size=3).map(tuple)


@settings(max_examples=400, deadline=None)
@given(anything, anything)
def test_any_points_become_valid_or_are_refused(one: Parts, other: Parts) -> None:
    for work in (
        lambda: outlines.valid(one),
        lambda: outlines.union([one, other]),
        lambda: outlines.difference(one, [other]),
        lambda: outlines.simplify(one, 1.0),
        lambda: outlines.within(one, SIDE, SIDE),
        lambda: outlines.cut(one, other[0][0] if other and other[0] else [])[0],
    ):
        try:
            parts = work()
        except UserError as error:
            assert error.code in ("shape.not_finite", "shape.too_small", "outline.not_cut")
            continue
        for part in parts:
            assert all(len(ring) >= 3 for ring in part)
        assert geometry(parts).is_valid


small = st.integers(0, 40).map(float)
crossing = st.lists(st.tuples(small, small), min_size=3, max_size=12).map(tuple)


@quick
@given(st.lists(crossing, min_size=1, max_size=3).map(tuple))
def test_mending_keeps_what_filling_shows(
    part: tuple[tuple[tuple[float, float], ...], ...],
) -> None:
    before = outlines.bitmap_from_parts((part,), SIDE, SIDE).whole()
    try:
        mended = outlines.valid((part,))
    except UserError as error:
        assert error.code == "shape.too_small"
        return
    after = outlines.bitmap_from_parts(mended, SIDE, SIDE).whole()
    y, x = np.mgrid[0:SIDE, 0:SIDE] + 0.5
    lines = shapely.union_all([shapely.LinearRing(ring) for ring in part])
    sure = shapely.distance(lines, shapely.points(x, y)) > 1e-6
    assert np.array_equal(before[sure], after[sure])
