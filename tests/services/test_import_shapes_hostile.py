"""Whatever a file says of a shape: it comes in whole and lawful, or is counted with a reason."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlstudio.domain.messages import MESSAGES
from tlstudio.domain.shapes import ring_area
from tlstudio.formats.annotation_set import ReadImage, ReadShape
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services._import_geometry import OF_SHAPES, Place, geometry
from tlstudio.services._import_shapes import Preparer

WIDE, HIGH = 64, 48

numbers = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(-20, 90),
    st.integers(-5, 70).map(float),
)
points = st.tuples(numbers, numbers)
rings = st.lists(points, max_size=8).map(tuple)
parts = st.lists(st.lists(rings, max_size=3).map(tuple), max_size=3).map(tuple)
words = st.text(max_size=20) | st.just("\ud800") | st.just("x" * 300) | st.just("cell")
values: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | words, lambda inner: st.lists(inner, max_size=2)
)


@st.composite
def masks(draw: Any) -> Bitmap:
    w, h = draw(st.sampled_from([(WIDE, HIGH), (HIGH, WIDE), (1, 1)]))
    bits = np.random.default_rng(draw(st.integers(0, 9))).random((h, w)) < draw(st.floats(0, 1))
    return Bitmap.from_array(bits, 0, 0, w, h)


shapes = st.builds(
    ReadShape,
    kind=st.sampled_from(["box", "polygon", "mask", "image_label", "spiral"]),
    label=words,
    box=st.none() | st.tuples(numbers, numbers, numbers, numbers),
    parts=st.none() | parts,
    bitmap=st.none() | masks(),
    instance=st.none() | st.integers(),
    group=st.none() | words,
    crowd=st.booleans(),
    attributes=st.dictionaries(words | st.just("import_id"), values, max_size=3),
    author=words,
    confidence=st.none() | st.floats(),
    suggestion=st.booleans(),
)
sides = st.none() | st.sampled_from([0, WIDE, HIGH, 10**9])
reads = st.builds(
    ReadImage,
    path=words,
    shapes=st.lists(shapes, max_size=6).map(tuple),
    width=sides,
    height=sides,
)


@settings(max_examples=300, deadline=None)
@given(read=reads, orientation=st.integers(1, 8))
def test_every_shape_comes_in_lawful_or_is_counted(read: ReadImage, orientation: int) -> None:
    preparer = Preparer("x-1", {"cell": "nucleus"}, ["cell"])
    rows = preparer.rows(read, Place("a.png", WIDE, HIGH, orientation))
    left = sum(int(str(item.params["count"])) for item in preparer.tally.reasons)
    doubled = preparer.tally.notes["data.shapes_doubled"]
    assert len(rows) + left + doubled == len(read.shapes)
    assert {item.reason for item in preparer.tally.reasons} <= OF_SHAPES <= MESSAGES.keys()
    for row in rows:
        assert 0 <= row.label < len(preparer.names)
        json.loads(row.attributes)
        for text in (row.attributes, row.group or "", row.author, row.parts or ""):
            text.encode()
        if row.kind == "image_label":
            continue
        assert row.x is not None and row.y is not None
        assert row.w is not None and row.h is not None
        assert all(math.isfinite(v) for v in (row.x, row.y, row.w, row.h))
        assert row.x >= -1e-6 and row.x + row.w <= WIDE + 1e-6
        assert row.y >= -1e-6 and row.y + row.h <= HIGH + 1e-6
        assert row.w > 0 and row.h > 0
    assert len({row.import_id for row in rows}) == len(rows)


def test_a_million_points_end_in_time() -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_000)
    ring = tuple(zip(32 + 20 * np.cos(turn), 24 + 20 * np.sin(turn), strict=True))
    read = ReadImage("a.png", (ReadShape("polygon", "cell", parts=((ring,),)),))
    assert len(Preparer("x-1", {}).rows(read, Place("a.png", WIDE, HIGH))) == 1


def placed(*parts: Any) -> Any:
    """Parts of what comes in of them into an image of 100 x 100, and the notes."""
    notes: Counter[str] = Counter()
    found = geometry(ReadShape("polygon", "cell", parts=parts), Place("a.png", 100, 100), notes)
    return json.loads(found.parts or ""), notes


def covered(parts: Any) -> float:
    return sum(abs(ring_area(part[0])) - sum(abs(ring_area(h)) for h in part[1:]) for part in parts)


def test_an_outline_that_reaches_out_is_cut_and_keeps_its_lines() -> None:
    found, notes = placed((((50, 50), (150, 50), (50, 150)),))
    assert covered(found) == pytest.approx(2500) and notes["data.shapes_cut"] == 1
    turn = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    circle = tuple(zip(100 + 30 * np.cos(turn), 95 + 30 * np.sin(turn), strict=True))
    found, _ = placed((circle,))
    left, top, right, bottom = bounds_of_rings(found)
    assert (left, right, bottom) == (pytest.approx(70, abs=0.01), 100, 100)
    assert top == pytest.approx(65, abs=0.01)
    assert covered(found) == pytest.approx(covered([[circle]]) / 2 * 0.605, rel=0.01)


def test_what_is_cut_may_fall_into_pieces_and_keeps_its_holes() -> None:
    fork = ((50, 10), (120, 10), (120, 90), (50, 90), (50, 70), (110, 70), (110, 30), (50, 30))
    found, notes = placed((fork,))
    assert [covered([part]) for part in found] == [1000, 1000] and not notes["data.parts_dropped"]
    hole = ((90, 90), (110, 90), (110, 110), (90, 110))
    found, _ = placed((((50, 50), (120, 50), (120, 120), (50, 120)), hole))
    assert covered(found) == 2400
    found, notes = placed((fork,), (((150, 150), (160, 150), (160, 160)),))
    assert len(found) == 2 and notes["data.parts_dropped"] == 1


def test_rounding_is_no_cut() -> None:
    found, notes = placed((((50, 50), (100.4, 50), (100.4, 100), (50, 100)),))
    assert found == [[[[50, 50], [100, 50], [100, 100], [50, 100]]]]
    assert not notes["data.shapes_cut"]


def test_long_rings_that_cross_themselves_are_cut_in_time() -> None:
    ring = tuple(map(tuple, np.random.default_rng(0).uniform(-50, 150, (20_000, 2)).tolist()))
    found, _ = placed((ring,))
    left, top, right, bottom = bounds_of_rings(found)
    assert (left, top, right, bottom) == (0, 0, 100, 100)
    bow = ((20, 20), (150, 80), (150, 20), (20, 80))
    found, _ = placed((bow,))
    assert bounds_of_rings(found) == (20, 20, 100, 80)


def bounds_of_rings(parts: Any) -> tuple[float, float, float, float]:
    points = np.array([point for part in parts for ring in part for point in ring])
    return (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
