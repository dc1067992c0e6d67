"""labelme's JSON and X-AnyLabeling's, in all shapes that they have."""

from __future__ import annotations

import base64
import io
import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tlstudio.domain.shapes import parts_area, parts_bounds


def shape(kind: str, points: list[Any], label: str = "cat", **more: Any) -> dict[str, Any]:
    return {"label": label, "points": points, "shape_type": kind, "flags": {}, **more}


def labelme(*shapes: Any, path: str = "a.png", **more: Any) -> dict[str, Any]:
    known = {"version": "5.2.1", "flags": {}, "shapes": list(shapes), "imagePath": path}
    return {**known, "imageData": None, "imageHeight": 80, "imageWidth": 100, **more}


def png(mask: np.ndarray[Any, Any]) -> str:
    out = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8)).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.shared
def test_real_files(real: Any) -> None:
    found = real("one_set_ten_formats/labelme")
    assert found.format == "labelme" and not found.skipped
    assert [image.path for image in found.images] == [
        "birds.jpg", "crack.jpeg", "shapes.jpg", "strawberry.jpg",
    ]  # fmt: skip
    kinds = Counter((s.kind, s.label) for image in found.images for s in image.shapes)
    assert kinds == {
        ("polygon", "bird"): 2, ("box", "rectangle"): 1, ("polygon", "triangle"): 1,
        ("polygon", "circle"): 1, ("polygon", "ellipse"): 1, ("box", "strawberry"): 17,
    }  # fmt: skip
    assert found.embedded == {}, "the pictures lie beside the files"
    shapes = found.images[2]
    assert (shapes.width, shapes.height) == (588, 643)
    box = next(s for s in shapes.shapes if s.kind == "box")
    assert box.box == pytest.approx((46.985075, 45.753731, 183.582090, 141.791045), abs=1e-5)
    circle = next(s for s in shapes.shapes if s.label == "circle")
    radius = math.hypot(505.940299 - 448.477612, 371.873134 - 314.410448)
    assert circle.attributes["shape"] == "circle" and circle.parts is not None
    assert parts_area(circle.parts) == pytest.approx(math.pi * radius**2, rel=0.002)
    lines = shapes.extras["lines"]
    assert isinstance(lines, list) and lines[0]["label"] == "line"


def test_points_and_lines_are_kept_beside_the_shapes(read: Any) -> None:
    asides = [shape("point", [[1, 2]]), shape("line", [[1, 2], [3, 4]]), shape("points", [[5, 6]])]
    image = read({"a.png": (100, 80), "a.json": labelme(*asides)}).images[0]
    assert image.shapes == () and image.complete
    assert [len(image.extras[name]) for name in ("points", "lines")] == [2, 1]
    assert image.extras["points"][0] == {"label": "cat", "points": [[1.0, 2.0]]}


def test_a_box_drawn_upwards_is_a_box(read: Any) -> None:
    found = read({"a.json": labelme(shape("rectangle", [[30, 40], [10, 5]]))})
    assert found.images[0].shapes[0].box == (10, 5, 20, 35)


def test_a_mask_lies_where_its_first_point_says(read: Any) -> None:
    mask = np.array([[255, 0, 255], [0, 255, 0]])
    entry = shape("mask", [[7.0, 9.0], [9.0, 10.0]], mask=png(mask))
    found = read({"a.json": labelme(entry)}).images[0].shapes[0]
    assert (found.bitmap.width, found.bitmap.height) == (100, 80)
    assert found.bitmap.area() == 3
    assert [found.bitmap.at(*p) for p in ((7, 9), (9, 9), (8, 10), (8, 9))] == [1, 1, 1, 0]


def test_a_mask_over_the_edge_is_cut(read: Any) -> None:
    entry = shape("mask", [[-1.0, 78.0], [9.0, 10.0]], mask=png(np.ones((5, 4))))
    bitmap = read({"a.json": labelme(entry)}).images[0].shapes[0].bitmap
    assert tuple(bitmap.bounds()) == (0, 78, 3, 2)


def test_the_old_form_without_shape_type_is_a_polygon(read: Any) -> None:
    entry = {"label": "cat", "points": [[1, 1], [9, 1], [5, 9]], "line_color": None}
    found = read({"a.json": {"shapes": [entry], "imagePath": "a.png", "imageData": ""}})
    assert found.images[0].shapes[0].kind == "polygon" and found.images[0].width is None


def test_names_with_brackets_spaces_and_emoji(read: Any) -> None:
    files = {}
    for name in ("scan (1) [x]", "zwei  Wörter", "🦠 cell"):
        files[f"d/{name}.JPG"] = (100, 80)
        files[f"d/{name}.json"] = labelme(path=f"{name}.JPG")
    found = read(files)
    assert sorted(i.path for i in found.images) == sorted(n for n in files if n.endswith("JPG"))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("..\\imgs\\a.png", "imgs/a.png"),
        ("C:\\Users\\me\\imgs\\a.png", "imgs/a.png"),
        ("/home/me/a.png", "imgs/a.png"),
        ("../../../../imgs/a.png", "imgs/a.png"),
        ("/etc/passwd", "/etc/passwd"),
        ("../../../../etc/passwd", "../../../../etc/passwd"),
    ],
)
def test_paths_of_other_machines_only_find_listed_images(read: Any, given: str, meant: str) -> None:
    found = read({"imgs/a.png": (100, 80), "json/x.json": labelme(path=given)})
    assert [image.path for image in found.images] == [meant]


def test_the_same_name_in_two_folders_stays_apart(read: Any) -> None:
    files = {f"{d}/1.png": (100, 80) for d in ("left", "right")}
    files |= {f"{d}/1.json": labelme(path="1.png") for d in ("left", "right")}
    assert [image.path for image in read(files).images] == ["left/1.png", "right/1.png"]


def test_a_renamed_image_is_found_by_the_name_of_its_file(read: Any) -> None:
    found = read({"new.png": (9, 9), "b.png": (9, 9), "new.json": labelme(path="old.png")})
    assert found.images[0].path == "new.png"


def test_an_image_that_is_only_in_the_file(read: Any) -> None:
    data = png(np.zeros((80, 100)))
    found = read({"a.json": labelme(imageData=data)})
    assert found.embedded["a.png"].startswith(b"\x89PNG")
    assert read({"a.png": (100, 80), "a.json": labelme(imageData=data)}).embedded == {}


def test_flags_of_the_image_are_its_labels(read: Any) -> None:
    found = read({"a.json": labelme(flags={"blurred": True, "good": False})}).images[0]
    assert [(s.kind, s.label) for s in found.shapes] == [("image_label", "blurred")]


def test_group_flags_and_description(read: Any) -> None:
    more = {"group_id": 3, "description": "torn", "flags": {"old": True, "new": False}}
    entry = shape("polygon", [[1, 1], [9, 1], [5, 9]]) | more
    found = read({"a.json": labelme(entry)}).images[0].shapes[0]
    assert found.group == "3"
    assert found.attributes == {"old": True, "description": "torn"}


def test_turned_rectangle_of_labelme(read: Any) -> None:
    entry = shape("oriented_rectangle", [[10, 0], [20, 10], [15, 15], [5, 5]])
    found = read({"a.json": labelme(entry)}).images[0].shapes[0]
    assert found.kind == "polygon" and found.attributes["angle"] == 45.0


def test_xanylabeling(read: Any) -> None:
    extra = {"score": 0.75, "difficult": True, "kie_linking": [], "attributes": {"side": "left"}}
    entries = [
        shape("rotation", [[10, 0], [20, 10], [15, 15], [5, 5]], direction=math.pi / 4, **extra),
        shape("rectangle", [[10, 20], [30, 20], [30, 50], [10, 50]], **extra),
        shape("circle", [[50, 40], [60, 40]], **extra),
        shape("quadrilateral", [[1, 1], [9, 2], [8, 9], [2, 8]], **extra),
        shape("cuboid", [[n, n] for n in range(8)], **extra),
    ]
    found = read({"a.json": labelme(*entries, version="3.2.1")})
    assert found.format == "xanylabeling" and not found.skipped
    turned, box, circle, corners = found.images[0].shapes
    assert turned.attributes["angle"] == 45.0
    assert box.box == (10, 20, 20, 30) and box.confidence == 0.75
    assert box.attributes == {"side": "left", "difficult": True}
    assert parts_bounds(circle.parts) == pytest.approx((40, 30, 20, 20))
    assert corners.kind == "polygon" and len(found.images[0].extras["cuboids"]) == 1


def test_a_nan_or_an_unknown_shape_costs_only_itself(read: Any) -> None:
    bad = [
        shape("polygon", [[1, 1], [float("nan"), 1], [5, 9]]),
        shape("rectangle", [[1, 1], [float("inf"), 9]]),
        shape("polygon", [[1, 1], [2, 2]]),
        shape("spline", [[1, 1], [2, 2]]),
        shape("mask", [[1, 1], [2, 2]], mask="no picture"),
        shape("rectangle", None),
        "nothing",
    ]
    good = shape("rectangle", [[1, 1], [9, 9]])
    found = read({"a.json": json.dumps(labelme(*bad, good))})
    assert len(found.images[0].shapes) == 1
    reasons = Counter()
    for skipped in found.skipped:
        reasons[skipped.reason] += skipped.params["count"]
    assert reasons == {
        "reading.not_numbers": 2, "reading.few_points": 2, "reading.unknown_kind": 1,
        "reading.mask": 1, "reading.entry": 1,
    }  # fmt: skip


def test_other_json_beside_is_named(read: Any) -> None:
    found = read({"a.json": labelme(), "settings.json": {"theme": "dark"}, "b.json": "{"})
    assert [(s.file, s.reason) for s in found.skipped] == [
        ("b.json", "data.json_broken"), ("settings.json", "reading.not_format"),
    ]  # fmt: skip
