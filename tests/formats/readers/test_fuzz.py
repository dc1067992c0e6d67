"""Files of other tools with something changed: a reader answers or refuses, whatever it is given.

TLSTUDIO_FUZZ says how many inputs are tried for each format and kind of change (60).
"""

from __future__ import annotations

import base64
import copy
import io
import json
import os
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.messages import MESSAGES
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Evidence, readers
from tlstudio.formats.walk import Listed
from tlstudio.imaging.reading import PIXEL_LIMIT

TRIED = int(os.environ.get("TLSTUDIO_FUZZ", "60"))
many = settings(
    max_examples=TRIED,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

TRIANGLE = [[1.5, 2.0], [30.25, 2.0], [15.0, 40.5]]


def _png() -> str:
    out = io.BytesIO()
    Image.fromarray(np.eye(7, dtype=np.uint8) * 255).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def _labelme() -> dict[str, Any]:
    kinds = {
        "polygon": TRIANGLE, "rectangle": TRIANGLE[:2], "circle": TRIANGLE[:2],
        "line": TRIANGLE[:2], "linestrip": TRIANGLE, "point": TRIANGLE[:1], "mask": TRIANGLE[:2],
        "rotation": [*TRIANGLE, [9, 9]], "quadrilateral": [*TRIANGLE, [9, 9]],
    }  # fmt: skip
    shapes = [
        {"label": kind, "points": points, "shape_type": kind, "group_id": 1, "flags": {"a": True},
         "description": "d", "mask": _png() if kind == "mask" else None, "direction": 0.5,
         "score": 0.5, "difficult": True, "kie_linking": [[1, 2]], "attributes": {"k": "v"}}
        for kind, points in kinds.items()
    ]  # fmt: skip
    return {"version": "5.2.1", "flags": {"sharp": True}, "shapes": shapes, "imagePath": "a.png",
            "imageData": _png(), "imageHeight": 80, "imageWidth": 100}  # fmt: skip


def _datumaro() -> dict[str, Any]:
    flat = [value for point in TRIANGLE for value in point]
    places: dict[str, dict[str, Any]] = {
        "label": {}, "bbox": {"bbox": [1, 2, 3, 4]}, "polygon": {"points": flat},
        "mask": {"rle": {"counts": "0100000", "size": [8, 9]}}, "points": {"points": flat},
        "ellipse": {"points": flat[:4]}, "rotated_bbox": {"points": [5, 5, 4, 2, 30]},
        "polyline": {"points": flat}, "caption": {"caption": "c"},
        "skeleton": {"elements": [{"points": [1, 2]}]},
    }  # fmt: skip
    entries = [
        {"id": 1, "type": kind, "label_id": 0, "group": 2, "z_order": 1,
         "attributes": {"rotation": 0.0, "track_id": 3, "is_crowd": False}, **place}
        for kind, place in places.items()
    ]  # fmt: skip
    categories = {"label": {"labels": [{"name": "x"}]},
                  "mask": {"colormap": [{"label_id": 0, "r": 1, "g": 2, "b": 3}]}}  # fmt: skip
    image = {"path": "a.png", "size": [80, 100]}
    item = {"id": "a", "annotations": entries, "image": image, "attr": {"frame": 1}}
    return {"dm_format_version": "1.0", "categories": categories, "items": [item]}


def _via() -> dict[str, Any]:
    shapes = [
        {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4},
        {"name": "circle", "cx": 9, "cy": 9, "r": 4},
        {"name": "ellipse", "cx": 9, "cy": 9, "rx": 4, "ry": 3, "theta": 1},
        {"name": "polygon", "all_points_x": [1, 9, 5], "all_points_y": [1, 1, 9]},
        {"name": "polyline", "all_points_x": [1, 9, 5], "all_points_y": [1, 1, 9]},
        {"name": "point", "cx": 9, "cy": 9},
    ]
    said = {"kind": {"a": True}, "note": "n"}
    regions = [{"shape_attributes": shape, "region_attributes": said} for shape in shapes]
    entry = {"filename": "a.png", "size": 9, "regions": regions, "file_attributes": {"k": "v"}}
    return {
        "_via_img_metadata": {"a.png9": entry, "b": {**entry, "regions": {"0": regions[0]}}},
        "_via_attributes": {"region": {"kind": {"type": "checkbox"}}, "file": {}},
    }


def _geojson() -> dict[str, Any]:
    ring = [*TRIANGLE, TRIANGLE[0]]
    geometries = [
        {"type": "Polygon", "coordinates": [ring, ring]},
        {"type": "MultiPolygon", "coordinates": [[ring], [ring]]},
        {"type": "LineString", "coordinates": ring}, {"type": "Point", "coordinates": [1, 2]},
        {"type": "MultiLineString", "coordinates": [ring]},
        {"type": "MultiPoint", "coordinates": ring},
    ]  # fmt: skip
    geometries.append({"type": "GeometryCollection", "geometries": geometries[:2]})
    about = {"objectType": "annotation", "classification": {"name": "x", "color": [1, 2, 3]},
             "isLocked": True, "metadata": {"a": 1}, "name": "n"}  # fmt: skip
    plain = {"label": "x", "kind": "box", "image": "b.png", "group": "g", "score": 0.5}
    features = [
        {"type": "Feature", "id": str(n), "geometry": one, "properties": plain if n % 2 else about}
        for n, one in enumerate(geometries)
    ]
    return {"type": "FeatureCollection", "features": features}


def _studio() -> list[Any]:
    box = {"x": 1, "y": 2, "width": 30, "height": 40, "rotation": 10}
    runs = [0, 0, 0, 16, 56, 200, 3, 255, 0, 128, 7]
    places = {
        "rectanglelabels": {**box, "rectanglelabels": ["x"]},
        "polygonlabels": {"points": TRIANGLE, "closed": True, "polygonlabels": ["x"]},
        "ellipselabels": {"x": 5, "y": 5, "radiusX": 4, "radiusY": 3, "ellipselabels": ["x"]},
        "brushlabels": {"format": "rle", "rle": runs, "brushlabels": ["x"]},
        "bitmask": {"imageDataURL": "data:image/png;base64," + _png()},
        "keypointlabels": {"x": 5, "y": 5, "keypointlabels": ["x"]},
        "choices": {"choices": ["y"]},
        "textarea": {"text": ["t"]},
    }
    results = [
        {"id": str(n), "type": kind, "value": value, "from_name": "l", "to_name": "image",
         "original_width": 2, "original_height": 2, "image_rotation": 0, "score": 0.5,
         "item_index": 0, "parentID": "1", "meta": {"text": ["m"]}}
        for n, (kind, value) in enumerate(places.items())
    ]  # fmt: skip
    made = {"id": 1, "result": results, "was_cancelled": False, "ground_truth": True,
            "completed_by": {"id": 1, "email": "e"}, "updated_at": "2024"}  # fmt: skip
    short = {"image": "c.png", "id": 3, "label": [{**box, "rectanglelabels": ["x"]}],
             "choice": "y", "annotator": 1, "updated_at": "2024"}  # fmt: skip
    return [
        {"id": 1, "data": {"image": "a.png"}, "annotations": [made, made], "predictions": [made]},
        {"id": 2, "data": {"images": ["b.png", {"url": "c.png"}]}, "predictions": [made]},
        short,
    ]


CVAT = """<annotations><version>1.1</version><meta><task><id>1</id><size>3</size><subset>val
</subset><frame_filter>step=1</frame_filter><start_frame>0</start_frame><labels><label><name>x</name>
<color>#ff0000</color></label></labels><original_size><width>100</width><height>80</height>
</original_size></task></meta><image id="0" name="a.png" width="100" height="80" subset="train">
<box label="x" xtl="1" ytl="2" xbr="3" ybr="4" rotation="30" z_order="1" group_id="2" occluded="1">
<attribute name="k">v</attribute></box><polygon label="x" points="1,1;9,1;5,9" z_order="2"/>
<polyline label="x" points="1,1;9,1"/><points label="x" points="1,1"/><tag label="x"/>
<ellipse label="x" cx="9" cy="9" rx="3" ry="2" rotation="5"/><cuboid label="x" xtl1="1"/>
<mask label="x" rle="1,2,3" left="1" top="1" width="3" height="2"/><skeleton label="x">
<points label="n" points="1,1" outside="0"/></skeleton></image><track id="0" label="x">
<box frame="0" xtl="1" ytl="2" xbr="3" ybr="4" outside="0" rotation="30"/>
<box frame="4" xtl="5" ytl="6" xbr="9" ybr="9" outside="0"/>
<box frame="6" xtl="5" ytl="6" xbr="9" ybr="9" outside="1"/></track><track id="1" label="x">
<polygon frame="0" points="1,1;9,1;5,9" outside="0"/><polygon frame="3" points="1,1;9,1;7,7;5,9"/>
<mask frame="4" rle="1,2,3" left="1" top="1" width="3" height="2"/></track></annotations>"""

LABELME_XML = """<annotation><filename>a.png</filename><folder>f</folder><imagesize>
<nrows>80</nrows><ncols>100</ncols></imagesize><object><name>x</name><deleted>0</deleted><id>0</id><occluded>yes
</occluded><attributes>a=1, b</attributes><parts><hasparts>1</hasparts><ispartof/></parts>
<polygon><username>u</username><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt><x>5</x>
<y>9</y></pt></polygon></object><object><name>y</name><id>1</id><parts><ispartof>0</ispartof>
</parts><type>bounding_box</type><polygon><pt><x>1</x><y>1</y></pt><pt><x>9</x><y>1</y></pt><pt>
<x>9</x><y>9</y></pt><pt><x>1</x><y>9</y></pt></polygon></object><object><name>m</name><segm>
<mask>m.png</mask><box><xmin>1</xmin><ymin>1</ymin></box></segm></object></annotation>"""

JSONS: dict[str, Callable[[], Any]] = {
    "labelme": _labelme, "xanylabeling": _labelme, "datumaro": _datumaro, "via": _via,
    "geojson": _geojson, "label-studio": _studio,
}  # fmt: skip
XMLS = {"cvat": CVAT, "labelme-xml": LABELME_XML}
READERS = {reader.NAME: reader for reader in readers()}

ODD_TEXT = st.sampled_from(
    ["", " ", "nan", "inf", "-inf", "1e999", "-1", "0", "99999999999999999999", "1,2;3", ";;,,",
     "../../../etc/passwd", "/abs/a.png", "C:\\a.png", "\\\\host\\a", "a\0b", "\ud800", "🦠" * 50,
     "x" * 5000, "true", "null", "{", "%s%n", "data:image/png;base64,AAAA", "0x10", "1_000", "٣",
     "http://[::1", "//", "?d=x", "a.png", "polygon", "mask", "rectangle", "ellipse", "track"]
)  # fmt: skip
ODD_NUMBER = st.one_of(
    st.sampled_from([0, -1, 1, 2**31, 2**32 - 1, 2**63, 10**30, 10**400, -0.0, 1e-300, 1e308]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.integers(-(10**6), 10**6),
)
ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), ODD_NUMBER, ODD_TEXT,
    st.sampled_from([[], {}, [[]], [{}], [None], [[1, 2]], {"name": 1}, [1, 2, 3, 4]]),
    st.recursive(st.one_of(st.none(), ODD_NUMBER, ODD_TEXT), lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
        max_leaves=8),
)  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """(container, key) of everything below."""
    found: list[tuple[Any, Any]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in list(pairs):
        found.append((value, key))
        if isinstance(one, dict | list):
            found += places(one)
    return found


@pytest.fixture(scope="module")
def source() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "Masks").mkdir()
        for name, side in (("a.png", 90), ("b.png", 2), ("Masks/m.png", 100)):
            Image.fromarray(np.eye(side, dtype=np.uint8) * 255).save(root / name)
        yield root


def run(root: Path, name: str, file: str, content: bytes) -> None:
    (root / file).write_bytes(content)
    files = [Listed(root / n, n, True) for n in ("a.png", "b.png", "Masks/m.png")]
    listing = Listing([*files, Listed(root / file, file, False)])
    for reader in READERS.values():
        reader.sniff(listing)
    try:
        check(READERS[name].read(listing, Evidence((file,), "")))
    except UserError as error:
        assert error.code in MESSAGES


def check(found: AnnotationSet) -> None:
    """What the rest of the program builds on."""
    json.dumps([found.labels, found.colours], allow_nan=False).encode()
    for skipped in found.skipped:
        assert skipped.reason in MESSAGES
        json.dumps(skipped.params, allow_nan=False)
    for image in found.images:
        assert image.path and "\0" not in image.path and image.path.encode()
        assert all(side is None or side > 0 for side in (image.width, image.height))
        json.dumps(dict(image.extras), allow_nan=False, ensure_ascii=False).encode()
        for shape in image.shapes:
            assert shape.kind in KINDS and "\0" not in shape.label
            said: list[Any] = [shape.label, shape.group, shape.author, shape.confidence]
            json.dumps(
                [*said, dict(shape.attributes)], allow_nan=False, ensure_ascii=False
            ).encode()
            assert (shape.kind == "box") == (shape.box is not None)
            assert (shape.kind == "polygon") == (shape.parts is not None)
            assert (shape.kind == "mask") == (shape.bitmap is not None)
            if shape.box is not None:
                assert all(abs(value) < 1e12 for value in shape.box)
                assert shape.box[2] >= 0 <= shape.box[3]
            for part in shape.parts or ():
                assert part and all(len(ring) > 2 for ring in part)
                assert all(abs(v) < 1e12 for ring in part for point in ring for v in point)
            if shape.bitmap is not None:
                assert 0 < shape.bitmap.width * shape.bitmap.height <= PIXEL_LIMIT


@pytest.mark.parametrize("name", JSONS)
def test_values_changed_in_json(source: Path, name: str) -> None:
    @many
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        value = copy.deepcopy(JSONS[name]())
        for _ in range(data.draw(st.integers(1, 4))):
            some = places(value)
            if not some:
                break
            holder, key = some[data.draw(st.integers(0, len(some) - 1))]
            what = data.draw(st.sampled_from(["change", "change", "remove", "double", "swap"]))
            if what == "change":
                holder[key] = copy.deepcopy(data.draw(ODD))
            elif what == "remove":
                del holder[key]
            elif what == "double" and isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
            else:
                holder[key] = copy.deepcopy(some[data.draw(st.integers(0, len(some) - 1))][0])
        run(source, name, "x.json", json.dumps(value).encode())

    tried()


@pytest.mark.parametrize("name", XMLS)
def test_values_changed_in_xml(source: Path, name: str) -> None:
    @many
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        root = ET.fromstring(XMLS[name])  # noqa: S314 (our own text)
        for _ in range(data.draw(st.integers(1, 4))):
            some = list(root.iter())
            element = some[data.draw(st.integers(0, len(some) - 1))]
            text = "".join(c for c in data.draw(ODD_TEXT) if c not in "\0\ud800")
            what = data.draw(st.sampled_from(["attribute", "attribute", "text", "remove", "tag"]))
            if what == "attribute" and element.attrib:
                element.set(data.draw(st.sampled_from(sorted(element.attrib))), text)
            elif what == "text":
                element.text = text
            elif what == "remove" and len(element):
                del element[data.draw(st.integers(0, len(element) - 1))]
            elif element is not root:
                element.tag = data.draw(st.sampled_from([one.tag for one in some]))
        run(source, name, "x.xml", ET.tostring(root))

    tried()


@pytest.mark.parametrize("name", [*JSONS, *XMLS])
def test_bytes_changed(source: Path, name: str) -> None:
    whole = json.dumps(JSONS[name]()).encode() if name in JSONS else XMLS[name].encode()
    file = "x.json" if name in JSONS else "x.xml"

    @many
    @given(st.data())
    def tried(data: st.DataObject) -> None:
        raw = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 6))):
            at = data.draw(st.integers(0, max(len(raw) - 1, 0)))
            end = min(len(raw), at + data.draw(st.integers(0, 200)))
            what = data.draw(st.sampled_from(["flip", "cut", "double", "put", "end"]))
            if what == "flip" and raw:
                raw[at] ^= 1 << data.draw(st.integers(0, 7))
            elif what == "cut":
                del raw[at:end]
            elif what == "double":
                raw[at:at] = raw[at:end] * data.draw(st.integers(1, 5))
            elif what == "put":
                raw[at:at] = data.draw(st.binary(max_size=20))
            else:
                del raw[at:]
        run(source, name, file, bytes(raw))

    tried()
