"""Whatever a file says of a shape: it comes in whole and lawful, or is counted with a reason."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tlstudio.domain.messages import MESSAGES
from tlstudio.formats.annotation_set import ReadImage, ReadShape
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services._import_geometry import OF_SHAPES, Place
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
