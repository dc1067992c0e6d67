"""Label Studio's JSON, full and short."""

from __future__ import annotations

import json
import math
from collections import Counter
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.shapes import parts_area


def result(kind: str, value: dict[str, Any], own: str = "r1", **more: Any) -> dict[str, Any]:
    known = {"id": own, "type": kind, "from_name": "label", "to_name": "image", "value": value}
    return {**known, "original_width": 200, "original_height": 100, **more}


def place(label: str = "cat", **more: Any) -> dict[str, Any]:
    known = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    return {**known, "rectanglelabels": [label], **more}


def task(*results: Any, image: str = "/data/upload/1/a.png", **more: Any) -> dict[str, Any]:
    made = {"id": 1, "completed_by": 7, "result": list(results), "was_cancelled": False}
    return {"id": 1, "data": {"image": image}, "annotations": [made], "predictions": [], **more}


def stream(pixels: np.ndarray[Any, Any]) -> list[int]:
    """Bytes [n] as the brush packs them: runs of 3, 4, 8 or 16 bits length."""
    sizes, bits = (3, 4, 8, 16), f"{len(pixels):032b}{7:05b}"
    bits += "".join(f"{size - 1:04b}" for size in sizes)
    at = 0
    while at < len(pixels):
        end = at + 1
        while end < len(pixels) and pixels[end] == pixels[at] and end - at < 65536:
            end += 1
        if end - at > 1:
            which = next(i for i, size in enumerate(sizes) if end - at <= 2**size)
            bits += f"1{which:02b}{end - at - 1:0{sizes[which]}b}{pixels[at]:08b}"
        else:
            end = min(at + 5, len(pixels))
            which = 0
            bits += f"0{which:02b}{end - at - 1:03b}"
            bits += "".join(f"{value:08b}" for value in pixels[at:end])
        at = end
    bits += "0" * (-len(bits) % 8)
    return [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)]


@pytest.mark.shared
def test_real_boxes_of_several_people(real: Any) -> None:
    found = real("label_studio/test_export_yolo")
    assert found.format == "label-studio" and not found.skipped
    kinds = Counter((s.kind, s.label) for image in found.images for s in image.shapes)
    assert kinds == {
        ("box", "parasites"): 1, ("box", "white"): 3, ("polygon", "Butterfly"): 24,
        ("polygon", "butterfly"): 1, ("polygon", "Airplane"): 1,
    }  # fmt: skip
    first = found.images[0]
    assert (first.path, first.width, first.height) == ("/image1", 2800, 2800)
    assert first.shapes[0].box == pytest.approx((1060.83789, 2009.47177, 107.10382, 127.50455))
    turned = found.images[2].shapes[0]
    assert turned.attributes["angle"] == pytest.approx(328.3324)
    area = 597 * 0.19045470024656689 * 768 * 0.08132522043893883
    assert parts_area(turned.parts) == pytest.approx(area)
    assert ("reading.other_people", 1) in [(n.code, n.params["count"]) for n in found.notices]


@pytest.mark.shared
def test_real_tasks_of_other_things_are_left_out(real: Any) -> None:
    found = real("label_studio/test_export_csv")
    assert [(i.path.rpartition("/")[2], len(i.shapes)) for i in found.images] == [
        ("0030019819f25b28.jpg", 1), ("00155094b7acc33b.jpg", 2),
    ]  # fmt: skip
    said = {n.code: n.params["count"] for n in found.notices}
    assert said == {"reading.suggestions_left": 2, "reading.other_data": 2}
    box = found.images[0].shapes[0].box
    assert box == pytest.approx((37.30492, 67.33833, 710.4768, 413.3376))


@pytest.mark.shared
def test_real_pages_of_one_task(real: Any) -> None:
    found = real("label_studio/test_export_json_min")
    pages = {i.path: [s.label for s in i.shapes] for i in found.images}
    assert pages.pop("/data/upload/29/example.png") == ["Airplane"]
    assert next(iter(pages)) == "example1.jpeg" and pages["example1.jpeg"] == ["Document Title"]
    assert not any(list(pages.values())[1:])
    title = next(i for i in found.images if i.path == "example1.jpeg").shapes[0]
    assert title.attributes["categories_0"] == [["Archaea"]]


def test_every_region(read: Any) -> None:
    results = [
        result("rectanglelabels", place(), "a"),
        result("rectanglelabels", place(rotation=90), "b"),
        result("polygonlabels", {"points": [[0, 0], [10, 0], [10, 10]], "polygonlabels": ["dog"]},
               "c"),
        result("ellipselabels", {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20, "rotation": 0,
                                 "ellipselabels": ["eye"]}, "d"),
        result("keypointlabels", {"x": 50, "y": 50, "width": 1, "keypointlabels": ["tip"]}, "e"),
        result("choices", {"choices": ["sharp"]}, "f"),
        result("textarea", {"text": ["a note"]}, "g", from_name="note"),
    ]  # fmt: skip
    found = read({"a.json": [task(*results)]})
    image = found.images[0]
    box, turned, polygon, ellipse, label = image.shapes
    assert box.box == (20, 20, 60, 40) and box.author == "7"
    assert box.attributes == {"import_id": "a"}
    xs = sorted({round(x, 6) for x, _ in turned.parts[0][0]})
    assert xs == [-20, 20] and turned.attributes["angle"] == 90
    assert polygon.parts == ((((0, 0), (20, 0), (20, 10)),),)
    assert ellipse.attributes["shape"] == "circle"
    assert parts_area(ellipse.parts) == pytest.approx(math.pi * 400, rel=0.01)
    assert (label.kind, label.label) == ("image_label", "sharp")
    assert image.extras["points"] == [{"label": "tip", "points": [[100.0, 50.0]]}]
    assert image.extras["answers"] == {"note": ["a note"]}


def test_label_and_place_said_apart(read: Any) -> None:
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0}
    results = [
        result("rectangle", value, "a"),
        result("labels", {**value, "labels": ["cat"]}, "a"),
        result("choices", {**value, "choices": ["hidden"]}, "a", from_name="state"),
    ]
    shape = read({"a.json": [task(*results)]}).images[0].shapes
    assert [(s.kind, s.label) for s in shape] == [("box", "cat")]
    assert shape[0].attributes["state"] == ["hidden"]


def test_brush(read: Any) -> None:
    rng = np.random.default_rng(3)
    alpha = np.zeros((100, 200), dtype=np.uint8)
    alpha[20:60, 30:90] = 255
    alpha[70:90, 100:150] = rng.integers(0, 2, (20, 50)) * 255
    rgba = np.zeros((100, 200, 4), dtype=np.uint8)
    rgba[..., 3] = alpha
    value = {"format": "rle", "rle": stream(rgba.reshape(-1)), "brushlabels": ["cat"]}
    shape = read({"a.json": [task(result("brushlabels", value))]}).images[0].shapes[0]
    assert np.array_equal(shape.bitmap.whole(), alpha > 0)


@pytest.mark.parametrize("rle", [[], [1, 2, 3], ["x"], [300], [255] * 40, [-1], None, "no"])
def test_brush_that_is_none(read: Any, rle: Any) -> None:
    value = {"format": "rle", "rle": rle, "brushlabels": ["cat"]}
    found = read({"a.json": [task(result("brushlabels", value))]})
    assert not found.images[0].shapes and found.skipped[0].reason == "reading.mask"


def test_short_form(read: Any) -> None:
    row = {
        "image": "/data/upload/1/0f1e2d3c-a.png", "id": 5,
        "label": [{**place(), "original_width": 200, "original_height": 100}],
        "quality": "sharp", "many": {"choices": ["x", "y"]}, "stars": 4,
        "annotator": 1, "annotation_id": 9, "updated_at": "2024-01-02",
    }  # fmt: skip
    later = {**row, "quality": "blurred", "updated_at": "2024-01-03", "annotator": 2}
    found = read({"a.png": (200, 100), "a.json": [row, later]})
    assert [i.path for i in found.images] == ["a.png"], "found without the letters before it"
    kinds = [(s.kind, s.label, s.author) for s in found.images[0].shapes]
    assert kinds == [
        ("box", "cat", "2"), ("image_label", "blurred", "2"), ("image_label", "x", "2"),
        ("image_label", "y", "2"),
    ]  # fmt: skip
    assert found.images[0].shapes[0].box == (20, 20, 60, 40)


def test_sizes_come_from_the_image_where_the_file_gives_none(read: Any) -> None:
    bare = {"type": "rectanglelabels", "id": "a", "value": place()}
    files = {"a.png": (400, 300), "a.json": [task(bare)]}
    assert read(files).images[0].shapes[0].box == (40, 60, 120, 120)


def test_no_size_no_shape(read: Any) -> None:
    bare = {"type": "rectanglelabels", "id": "a", "value": place()}
    found = read({"a.json": [task(bare, image="b.png")]})
    assert not found.images[0].shapes and found.skipped[0].reason == "reading.no_size"


def test_predictions_are_suggestions_where_nobody_annotated(read: Any) -> None:
    guess = {"result": [result("rectanglelabels", place(), score=0.8)], "score": 0.7}
    tasks = [
        {**task(result("rectanglelabels", place("dog"))), "predictions": [guess]},
        {"id": 2, "data": {"image": "b.png"}, "annotations": [], "predictions": [guess]},
        {"id": 3, "data": {"image": "c.png"}, "annotations": []},
        {**task(image="d.png"), "id": 4},
    ]
    found = read({"a.json": tasks})
    said = [[(s.label, s.suggestion, s.confidence) for s in i.shapes] for i in found.images]
    assert said == [[("dog", False, None)], [("cat", True, 0.8)], [], []]
    assert [i.complete for i in found.images] == [True, False, False, True]


def test_cancelled_work_is_none(read: Any) -> None:
    entry = task(result("rectanglelabels", place()))
    entry["annotations"][0]["was_cancelled"] = True
    image = read({"a.json": [entry]}).images[0]
    assert not image.shapes and not image.complete


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("https://host/x/a%20b.png?token=1", "in/a b.png"),
        ("s3://bucket/in/a b.png", "in/a b.png"),
        ("/data/local-files/?d=in/a b.png", "in/a b.png"),
        ("file:///etc/passwd.png", "etc/passwd.png"),
        ("/data/upload/../../../etc/x.png", "/data/upload/../../../etc/x.png"),
    ],
)
def test_addresses(read: Any, given: str, meant: str) -> None:
    assert read({"in/a b.png": (9, 9), "a.json": [task(image=given)]}).images[0].path == meant


def test_turned_pictures_are_refused(read: Any) -> None:
    found = read({"a.json": [task(result("rectanglelabels", place(), image_rotation=90))]})
    assert found.skipped[0].reason == "reading.rotated_view"


def test_nan_negative_and_nonsense(read: Any) -> None:
    bad = [
        result("rectanglelabels", place(x=float("nan")), "a"),
        result("rectanglelabels", place(width=-5), "b"),
        result("ellipselabels", {"x": 1, "y": 1, "radiusX": -1, "radiusY": 1}, "c"),
        result("polygonlabels", {"points": [[1, 1]]}, "d"),
        result("polygonlabels", {"points": [[1], 2]}, "e"),
    ]
    found = read({"a.json": json.dumps([task(*bad), "no task", {"data": 3}])})
    assert not found.images[0].shapes
    reasons: Counter[str] = Counter()
    for skipped in found.skipped:
        reasons[skipped.reason] += skipped.params["count"]
    assert reasons == {
        "reading.not_numbers": 2, "reading.negative": 2, "reading.few_points": 1,
        "reading.entry": 2,
    }  # fmt: skip
