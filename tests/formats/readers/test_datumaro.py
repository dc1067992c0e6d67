"""Datumaro's own JSON."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.images import Split
from tlstudio.domain.shapes import parts_area, parts_bounds
from tlstudio.imaging.rle import counts_of_mask, to_text

LABELS = {"labels": [{"name": "cat", "parent": "", "attributes": []}, {"name": "dog"}]}
COLOURS = {"colormap": [{"label_id": 1, "r": 255, "g": 0, "b": 16}]}


def item(*annotations: Any, own: str = "a", **more: Any) -> dict[str, Any]:
    image = {"path": "a.png", "size": [80, 100]}
    return {"id": own, "annotations": list(annotations), "image": image, "attr": {}, **more}


def datumaro(*entries: Any) -> dict[str, Any]:
    categories = {"label": LABELS, "mask": COLOURS, "points": {"items": []}}
    return {"dm_format_version": "1.0", "infos": {}, "categories": categories,
            "items": list(entries)}  # fmt: skip


def annotation(kind: str, **more: Any) -> dict[str, Any]:
    return {"id": 0, "type": kind, "attributes": {}, "group": 0, "label_id": 0, **more}


def test_every_annotation(read: Any) -> None:
    mask = np.zeros((80, 100), dtype=bool)
    mask[10:20, 30:50] = True
    mask[12:14, 32:34] = False
    rle = {"counts": to_text(counts_of_mask(mask)), "size": [80, 100]}
    entries = [
        annotation("label", label_id=1),
        annotation("bbox", bbox=[1, 2, 30, 40], group=5, attributes={"occluded": True}),
        annotation("bbox", bbox=[10, 10, 20, 10], attributes={"rotation": 90.0}),
        annotation("polygon", points=[0, 0, 10, 0, 10, 10]),
        annotation("mask", rle=rle, attributes={"is_crowd": True}),
        annotation("ellipse", points=[10, 20, 30, 60]),
        annotation("rotated_bbox", points=[50, 40, 20, 10, 90]),
        annotation("points", points=[1, 2, 3, 4], visibility=[2, 2]),
        annotation("polyline", points=[1, 2, 3, 4], label_id=1),
        annotation("caption", caption="two cats"),
        annotation("bbox", bbox=[1, 2, 3, 4], attributes={"track_id": 9}, label_id=None),
    ]
    found = read({"annotations/train.json": datumaro(item(*entries))})
    assert found.format == "datumaro" and not found.skipped
    assert found.labels == ["cat", "dog"] and found.colours == {"dog": "#ff0010"}
    image = found.images[0]
    assert (image.path, image.width, image.height) == ("a.png", 100, 80)
    assert image.split is Split.TRAIN
    label, box, turned, polygon, masked, ellipse, turned_too, tracked = image.shapes
    assert (label.kind, label.label) == ("image_label", "dog")
    assert box.box == (1, 2, 30, 40) and box.group == "5" and box.attributes == {"occluded": True}
    assert parts_bounds(turned.parts) == pytest.approx((15, 5, 10, 20))
    assert polygon.parts == ((((0, 0), (10, 0), (10, 10)),),)
    assert masked.crowd and np.array_equal(masked.bitmap.whole(), mask)
    assert parts_area(ellipse.parts) == pytest.approx(math.pi * 200, rel=0.01)
    assert parts_bounds(turned_too.parts) == pytest.approx((45, 30, 10, 20))
    assert tracked.group == "track 9" and tracked.label == ""
    assert image.extras["captions"] == ["two cats"]
    assert len(image.extras["points"]) == len(image.extras["lines"]) == 1


def test_images_lie_under_their_subset(read: Any) -> None:
    pictures = {f"images/{split}/a.png": (9, 9) for split in ("train", "val")}
    files = {f"annotations/{split}.json": datumaro(item()) for split in ("train", "val")}
    found = read({**pictures, **files})
    assert [i.path for i in found.images] == ["images/train/a.png", "images/val/a.png"]
    assert [i.split for i in found.images] == [Split.TRAIN, Split.VAL]


def test_an_item_without_a_path_is_found_by_its_id(read: Any) -> None:
    entry = {"id": "sub/a", "annotations": [], "image": {}}
    found = read({"images/x/sub/a.jpg": (9, 9), "annotations/x.json": datumaro(entry)})
    assert found.images[0].path == "images/x/sub/a.jpg" and found.images[0].complete


def test_a_missing_category_costs_only_its_annotation(read: Any) -> None:
    bad = [
        annotation("bbox", bbox=[1, 2, 3, 4], label_id=7),
        annotation("bbox", bbox=[1, 2, 3, 4], label_id=-1),
        annotation("bbox", bbox=[1, 2, float("nan"), 4]),
        annotation("bbox", bbox=[1, 2, 3]),
        annotation("bbox", bbox=[1, 2, -3, 4]),
        annotation("polygon", points=[1, 2, 3]),
        annotation("mask", rle={"counts": "!!", "size": [80, 100]}),
        annotation("mask", rle={"counts": "01", "size": [10**9, 10**9]}),
        annotation("hash_key"),
        annotation("bbox", bbox=[1, 2, 3, 4]),
    ]
    import json

    found = read({"x.json": json.dumps(datumaro(item(*bad), "nothing", {"id": ""}))})
    assert len(found.images[0].shapes) == 1
    reasons: dict[str, int] = {}
    for skipped in found.skipped:
        reasons[skipped.reason] = reasons.get(skipped.reason, 0) + skipped.params["count"]
    assert reasons == {
        "reading.no_category": 2, "reading.not_numbers": 3, "reading.negative": 1,
        "reading.mask": 2, "reading.unknown_kind": 1, "reading.entry": 1, "reading.no_image": 1,
    }  # fmt: skip
