"""VIA, versions 1 and 2."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest

from tlstudio.domain.shapes import parts_area, parts_bounds


def region(shape: dict[str, Any], **about: Any) -> dict[str, Any]:
    return {"shape_attributes": shape, "region_attributes": about}


RECT = {"name": "rect", "x": 10, "y": 20, "width": 30, "height": 40}


def via(regions: Any, name: str = "a.png", **own: Any) -> dict[str, Any]:
    entry = {"filename": name, "size": 99, "regions": regions, "file_attributes": own}
    return {f"{name}99": entry}


@pytest.mark.shared
def test_real_file(real: Any) -> None:
    found = real("one_set_ten_formats/via")
    assert found.format == "via" and not found.skipped
    kinds = Counter((s.kind, s.label) for image in found.images for s in image.shapes)
    # the file has every strawberry twice
    assert kinds == {
        ("polygon", "bird"): 2, ("box", "rectangle"): 1, ("polygon", "triangle"): 1,
        ("polygon", "circle"): 1, ("polygon", "ellipse"): 1, ("box", "strawberry"): 34,
    }  # fmt: skip
    assert len({s.box for s in found.images[0].shapes}) == 17
    assert found.images[0].shapes[0].box == (144, 425, 46, 54)
    assert found.used == {"via_region_data.csv"}, "the same once more"


@pytest.mark.shared
def test_the_real_table_says_the_same(shared: Any, read: Any, real: Any) -> None:
    table = shared / "data/interchange/one_set_ten_formats/via/via_region_data.csv"
    found = read({"via.csv": table.read_bytes()}, "via")
    boxes = {s.box for image in found.images for s in image.shapes if s.box}
    same = real("one_set_ten_formats/via")
    assert boxes == {s.box for image in same.images for s in image.shapes if s.box}


def test_regions_as_an_object_and_as_a_list(read: Any) -> None:
    one = read({"a.json": via({"0": region(RECT, label="cat"), "1": region(RECT, label="dog")})})
    two = read({"a.json": via([region(RECT, label="cat"), region(RECT, label="dog")])})
    assert one.images == two.images
    assert [s.label for s in one.images[0].shapes] == ["cat", "dog"]


def test_every_shape(read: Any) -> None:
    shapes = [
        {"name": "circle", "cx": 50, "cy": 40, "r": 10},
        {"name": "ellipse", "cx": 50, "cy": 40, "rx": 20, "ry": 10, "theta": math.pi / 2},
        {"name": "polygon", "all_points_x": [0, 10, 10, 0], "all_points_y": [0, 0, 10, 0]},
        {"name": "polyline", "all_points_x": [0, 10], "all_points_y": [0, 5]},
        {"name": "point", "cx": 3, "cy": 4},
    ]
    image = read({"a.json": via([region(shape, type="cat") for shape in shapes])}).images[0]
    circle, ellipse, polygon = image.shapes
    assert parts_area(circle.parts) == pytest.approx(math.pi * 100, rel=0.02)
    assert parts_bounds(ellipse.parts) == pytest.approx((40, 20, 20, 40), abs=0.1)
    assert polygon.parts == ((((0, 0), (10, 0), (10, 10)),),), "the end repeats the start"
    assert image.extras["lines"][0]["points"] == [[0, 0], [10, 5]]
    assert image.extras["points"][0]["points"] == [[3, 4]]


def test_a_project_says_what_its_attributes_are(read: Any) -> None:
    about = {"note": {"type": "text"}, "kind": {"type": "checkbox", "options": {"a": "", "b": ""}}}
    rect = region(RECT, kind={"a": True, "b": True, "c": False}, note="torn")
    project = {
        "_via_settings": {}, "_via_img_metadata": via([rect], label="night"),
        "_via_attributes": {"region": about, "file": {}},
    }  # fmt: skip
    found = read({"a.json": project})
    kinds = [(s.kind, s.label) for s in found.images[0].shapes]
    assert kinds == [("image_label", "night"), ("box", "a"), ("box", "b")]
    assert found.images[0].shapes[1].attributes == {"note": "torn"}
    assert [n.params for n in found.notices] == [{"name": "kind"}]


def test_an_image_without_regions_is_listed(read: Any) -> None:
    image = read({"a.json": via([])}).images[0]
    assert image.complete and not image.shapes


def test_regions_without_a_label(read: Any) -> None:
    assert read({"a.json": via([region(RECT)])}).images[0].shapes[0].label == ""


def test_broken_regions_cost_only_themselves(read: Any) -> None:
    bad = [
        region({**RECT, "width": -5}, label="x"),
        region({**RECT, "x": "left"}, label="x"),
        region({"name": "polygon", "all_points_x": [1, 2, 3], "all_points_y": [1, 2]}),
        region({"name": "circle", "cx": 1, "cy": 1, "r": -4}),
        region({"name": "star"}),
        "no region",
        region(RECT, label="cat"),
    ]
    found = read({"a.json": via(bad)})
    assert [s.label for s in found.images[0].shapes] == ["cat"]
    reasons = {s.reason: s.params["count"] for s in found.skipped}
    assert reasons == {
        "reading.negative": 2, "reading.not_numbers": 2, "reading.unknown_kind": 1,
        "reading.entry": 1,
    }  # fmt: skip
