"""A mask in tiles behaves like one array of pixels, whatever is done to it."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.imaging.bitmap import TILE, Bitmap, Rect, packed_area, packed_border

Pixels = NDArray[np.bool_]
WIDTH, HEIGHT = 1100, 700
quick = settings(max_examples=60, deadline=None)
seeds = st.integers(0, 2**32 - 1)
real = st.floats(-80, WIDTH + 80, allow_nan=False).map(lambda v: round(v, 2))


def scattered(seed: int, width: int = WIDTH, height: int = HEIGHT) -> Pixels:
    """A few rectangles and single pixels, so that most tiles are neither empty nor full."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((height, width), dtype=bool)
    for _ in range(rng.integers(0, 5)):
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(1, 300, 2)
        mask[y : y + h, x : x + w] ^= True
    for _ in range(rng.integers(0, 5)):
        mask[rng.integers(0, height), rng.integers(0, width)] = True
    return mask


def bitmap_of(mask: Pixels) -> Bitmap:
    return Bitmap.from_array(mask, 0, 0, mask.shape[1], mask.shape[0])


def places_that_differ(one: Pixels, other: Pixels) -> set[tuple[int, int]]:
    rows, columns = np.nonzero(one ^ other)
    return set(zip((columns // TILE).tolist(), (rows // TILE).tolist(), strict=True))


def capsule(x0: float, y0: float, x1: float, y1: float, r: float) -> tuple[Pixels, Pixels]:
    """Pixels surely and possibly inside, one distance at a time: the rest is rounding."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy
    t = np.clip(((x - x0) * dx + (y - y0) * dy) / square, 0, 1) if square else np.zeros_like(x)
    away = np.hypot(x - x0 - t * dx, y - y0 - t * dy)
    sure, possible = away < r - 1e-6, away <= r + 1e-6
    for cx, cy in ((x0, y0), (x1, y1)):
        i, j = int(np.floor(cx)), int(np.floor(cy))
        if 0 <= i < WIDTH and 0 <= j < HEIGHT:
            sure[j, i] = possible[j, i] = True
    return sure, possible


@quick
@given(seeds)
def test_what_is_stored_comes_back(seed: int) -> None:
    mask = scattered(seed)
    bitmap = bitmap_of(mask)
    assert np.array_equal(bitmap.whole(), mask)
    encoded = bitmap.encode()
    assert None not in encoded.values()
    again = Bitmap.decode(WIDTH, HEIGHT, {p: data for p, data in encoded.items() if data})
    assert again == bitmap
    assert np.array_equal(again.whole(), mask)


@quick
@given(real, real, real, real, st.sampled_from([0.0, 0.5, 1.0, 2.5, 13.0, 50.0, 240.0]), seeds)
def test_a_stamp_is_a_capsule(
    x0: float, y0: float, x1: float, y1: float, radius: float, seed: int
) -> None:
    sure, possible = capsule(x0, y0, x1, y1, max(radius, 0.5))
    for on in (True, False):
        before = scattered(seed)
        bitmap = bitmap_of(before)
        touched, places = bitmap.stamp(x0, y0, x1, y1, radius, on)
        after = bitmap.whole()
        assert places == places_that_differ(before, after)
        if on:
            assert (after >= (before | sure)).all()
            assert (after <= (before | possible)).all()
        else:
            assert (after <= (before & ~sure)).all()
            assert (after >= (before & ~possible)).all()
        rest = after ^ before
        rest[touched.y : touched.y + touched.h, touched.x : touched.x + touched.w] = False
        assert not rest.any()
        assert touched.x >= 0 and touched.y >= 0
        assert touched.x + touched.w <= WIDTH and touched.y + touched.h <= HEIGHT


def test_the_thinnest_line_has_no_gaps() -> None:
    bitmap = Bitmap(200, 200)
    bitmap.stamp(3.2, 5.9, 190.4, 77.3, 0, True)
    columns = bitmap.whole().any(axis=0)
    assert columns[3:191].all()
    single = Bitmap(200, 200)
    touched, places = single.stamp(20.0, 30.0, 20.0, 30.0, 0, True)
    assert single.area() == 1 and single.at(20, 30)
    assert (touched, places) == (Rect(20, 30, 1, 1), {(0, 0)})


@quick
@given(seeds, seeds)
def test_adding_and_removing_are_those_of_sets(one: int, other: int) -> None:
    a, b = scattered(one), scattered(other)
    for on in (True, False):
        bitmap = bitmap_of(a)
        places = bitmap.add(bitmap_of(b)) if on else bitmap.remove(bitmap_of(b))
        wanted = a | b if on else a & ~b
        assert np.array_equal(bitmap.whole(), wanted)
        assert places == places_that_differ(a, wanted)


@quick
@given(seeds, st.integers(-1300, 1300), st.integers(-900, 900))
def test_moving_loses_what_leaves_the_image(seed: int, dx: int, dy: int) -> None:
    mask = scattered(seed)
    wanted = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    kept = (rows + dy >= 0) & (rows + dy < HEIGHT) & (columns + dx >= 0) & (columns + dx < WIDTH)
    wanted[rows[kept] + dy, columns[kept] + dx] = True
    moved = bitmap_of(mask).moved(dx, dy)
    assert np.array_equal(moved.whole(), wanted)
    assert moved == bitmap_of(wanted)


@quick
@given(seeds)
def test_bounds_and_area_are_those_of_the_pixels(seed: int) -> None:
    mask = scattered(seed)
    bitmap = bitmap_of(mask)
    assert bitmap.area() == mask.sum()
    assert bitmap.is_empty == (not mask.any())
    bounds = bitmap.bounds()
    if not mask.any():
        assert bounds is None
        return
    assert bounds is not None
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    assert bounds == (
        columns[0],
        rows[0],
        columns[-1] - columns[0] + 1,
        rows[-1] - rows[0] + 1,
    )


@quick
@given(seeds, st.integers(-50, 1200), st.integers(-50, 800), st.integers(1, 900), st.integers(1, 9))
def test_a_window_is_the_array_strided(seed: int, x: int, y: int, side: int, step: int) -> None:
    mask = scattered(seed)
    bitmap = bitmap_of(mask)
    padded = np.pad(mask, ((50, 2000), (50, 2000)))
    wanted = padded[y + 50 : y + 50 + side, x + 50 : x + 50 + side + 7]
    assert np.array_equal(bitmap.array(x, y, side + 7, side), wanted)
    assert np.array_equal(bitmap.window(x, y, side + 7, side, step), wanted[::step, ::step])


@quick
@given(seeds, seeds, st.integers(-200, 1200), st.integers(-200, 800), st.booleans())
def test_putting_clips(one: int, other: int, x: int, y: int, on: bool) -> None:
    before, piece = scattered(one), scattered(other, 300, 200)
    whole = np.zeros((HEIGHT + 1000, WIDTH + 1000), dtype=bool)
    whole[400 + y : 600 + y, 400 + x : 700 + x] = piece
    laid = whole[400 : 400 + HEIGHT, 400 : 400 + WIDTH]
    bitmap = bitmap_of(before)
    places = bitmap.put(piece, x, y, on)
    wanted = before | laid if on else before & ~laid
    assert np.array_equal(bitmap.whole(), wanted)
    assert places == places_that_differ(before, wanted)


def test_erased_tiles_are_told_as_empty_and_let_go() -> None:
    bitmap = Bitmap(1100, 700)
    bitmap.stamp(600, 100, 600, 100, 20, True)
    same = bitmap.copy()
    _, places = bitmap.stamp(600, 100, 600, 100, 25, False)
    assert places == {(1, 0)}
    assert bitmap.encode(places) == {(1, 0): None}
    assert bitmap.is_empty and bitmap == Bitmap(1100, 700)
    assert bitmap != same and not same.is_empty
    bitmap.tidy()
    assert bitmap.tiles == {}


def test_a_copy_holds_the_chosen_tiles_for_itself() -> None:
    bitmap = bitmap_of(np.ones((700, 1100), dtype=bool))
    part = bitmap.copy([(0, 0), (9, 9)])
    bitmap.stamp(10, 10, 10, 10, 5, False)
    assert set(part.tiles) == {(0, 0)}
    assert part.area() == TILE * TILE


@pytest.mark.parametrize(
    ("place", "data"),
    [
        ((0, 0), b""),
        ((0, 0), b"nonsense"),
        ((0, 0), zlib.compress(b"\xff" * 100)),
        ((0, 0), zlib.compress(b"\xff" * 10_000_000)),
        ((0, 0), zlib.compress(b"\xff" * 32768)[:-3]),
        ((5, 0), zlib.compress(b"\xff" * 32768)),
        ((-1, 0), zlib.compress(b"\xff" * 32768)),
    ],
    ids=["nothing", "not zlib", "short", "long", "cut off", "outside", "before the image"],
)
def test_damaged_tiles_are_refused(place: tuple[int, int], data: bytes) -> None:
    with pytest.raises(UserError) as error:
        Bitmap.decode(1100, 700, {place: data})
    assert error.value.code == "project.damaged_mask"


def test_pixels_stored_beyond_the_edge_do_not_appear() -> None:
    full = zlib.compress(b"\xff" * 32768)
    bitmap = Bitmap.decode(600, 40, {(0, 0): full, (1, 0): full})
    assert bitmap.area() == 600 * 40
    assert bitmap.bounds() == (0, 0, 600, 40)


@quick
@given(seeds)
def test_area_and_border_are_counted_without_unpacking(seed: int) -> None:
    mask = scattered(seed, TILE, TILE)
    data = bitmap_of(mask).encode().get((0, 0))
    if data is not None:
        assert packed_area(data) == mask.sum()
        across, down = mask[:, 1:] ^ mask[:, :-1], mask[1:] ^ mask[:-1]
        assert packed_border(data) == across.sum() + down.sum()
    with pytest.raises(UserError):
        packed_border(b"none of ours")
