"""COCO, YOLO, VOC, tables and masks, broken in every way: read or refused, and soon.

TLSTUDIO_FUZZ sets how many inputs each test tries.
"""

from __future__ import annotations

import io
import json
import math
import os
import random
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tlstudio.domain.annotations import KINDS
from tlstudio.domain.errors import UserError
from tlstudio.domain.messages import MESSAGES, render
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import Reader, coco, csv_boxes, masks, voc, yolo
from tlstudio.formats.walk import Listed
from tlstudio.imaging.reading import looks_like_image

COUNT = int(os.environ.get("TLSTUDIO_FUZZ", "60"))
SECONDS = 5.0
"""Longest time one small input may take; a hang takes for ever."""

fuzz = settings(
    max_examples=COUNT, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def png(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "PNG")
    return buffer.getvalue()


def area(kind: Any, *shape: int) -> np.ndarray:
    values = np.zeros(shape, dtype=kind)
    values[2:5, 3:9] = 1 if len(shape) == 2 else (1, 2, 0)
    return values


PHOTO = png(np.random.default_rng(0).integers(0, 255, (10, 20, 3), dtype=np.uint8))
COCO: dict[str, Any] = {
    "info": {"year": 2024},
    "images": [
        {"id": 1, "file_name": "a.png", "width": 20, "height": 10},
        {"id": 2, "file_name": "b.png", "width": 20, "height": 10},
    ],
    "categories": [
        {"id": 0, "name": "all", "supercategory": "none"},
        {"id": 3, "name": "cell", "supercategory": "all", "isthing": 1, "color": [1, 2, 3]},
    ],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "bbox": [1, 2, 3, 4], "segmentation": [],
         "attributes": {"occluded": False, "track_id": 4}, "score": 0.5},
        {"id": 2, "image_id": 1, "category_id": 3, "segmentation": [[0, 0, 5, 0, 5, 5, 1, 4]]},
        {"id": 3, "image_id": 1, "category_id": 3, "iscrowd": 1,
         "segmentation": {"size": [10, 20], "counts": [30, 20, 150]}},
        {"id": 4, "image_id": 2, "category_id": 3, "keypoints": [1, 2, 2],
         "segmentation": {"size": [10, 20], "counts": "n0d0"}},
        {"image_id": 2, "file_name": "m.png", "segments_info": [{"id": 513, "category_id": 3}]},
    ],
}  # fmt: skip
PAGE = (
    "<annotation><filename>a.png</filename><path>/x/a.png</path><source><database>Unknown"
    "</database></source><size><width>20</width><height>10</height></size><object><name>cell"
    "</name><difficult>1</difficult><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>5</xmax><ymax>6"
    "</ymax></bndbox><polygon><x1>1</x1><y1>2</y1><x2>3</x2><y2>4</y2><x3>5</x3><y3>1</y3>"
    "</polygon></object><object><name>x</name><robndbox><cx>5</cx><cy>5</cy><w>2</w><h>3</h>"
    "<angle>0.3</angle></robndbox></object></annotation>"
)
TABLE = (
    "file,label,xmin,ymin,xmax,ymax,width,height,split,group\n"
    'a.png,cell,1,2,3,4,20,10,train,p1\n"b.png",,,,,,20,10,val,\n'
)
LINES = "0 0.5 0.5 0.2 0.4\n1 0.1 0.1 0.3 0.1 0.3 0.3\n0 0.5 0.5 0.2 0.4 0.9\n"
YAML = "path: /x\ntrain: images/train\nval: [images, l.txt]\nnames:\n  0: cell\n  1: wall\n"

SOURCES: dict[str, tuple[Any, str, dict[str, bytes]]] = {
    "coco": (coco, "c.json", {"c.json": json.dumps(COCO).encode(),
                              "c/m.png": png(area(np.uint8, 10, 20, 3))}),
    "voc": (voc, "x/a.xml", {"x/a.xml": PAGE.encode()}),
    "csv": (csv_boxes, "t.csv", {"t.csv": TABLE.encode()}),
    "yolo": (yolo, "a.txt", {"a.txt": LINES.encode(), "data.yaml": YAML.encode()}),
    "yolo names": (yolo, "data.yaml", {"a.txt": LINES.encode(), "data.yaml": YAML.encode()}),
    "yolo lists": (yolo, "l.txt", {"a.txt": LINES.encode(), "data.yaml": YAML.encode(),
                                   "l.txt": b"./a.png\n/x/b.png\n"}),
    "masks": (masks, "masks/a.png", {"masks/a.png": png(area(np.uint8, 10, 20))}),
    "masks deep": (masks, "masks/a.png", {"masks/a.png": png(area(np.uint16, 10, 20))}),
    "masks named": (masks, "labelmap.txt", {"masks/a.png": png(area(np.uint8, 10, 20, 3)),
                                            "labelmap.txt": b"cell:1,2,0::\nx:2,0,0::\n"}),
    "voc masks": (voc, "SegmentationClass/a.png", {
        "SegmentationClass/a.png": png(area(np.uint8, 10, 20)),
        "SegmentationObject/a.png": png(area(np.uint8, 10, 20)), "x/a.xml": PAGE.encode()}),
    "panoptic": (coco, "c/m.png", {"c.json": json.dumps(COCO).encode(),
                                   "c/m.png": png(area(np.uint8, 10, 20, 3))}),
}  # fmt: skip


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., None]:
    """`tried(reader, files)`: the source is refused, or read into a set that holds together."""
    root = tmp_path_factory.mktemp("fuzz")

    def run(reader: Reader, files: Mapping[str, bytes], least: int = 0) -> None:
        listed = []
        for name, content in {**files, "a.png": PHOTO, "b.png": PHOTO}.items():
            path = root / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            listed.append(Listed(path, name, looks_like_image(path)))
        listing = Listing(listed)
        start = time.process_time()
        try:
            evidence = reader.sniff(listing)
            if evidence is not None:
                assert set(evidence.files) <= {file.name for file in listed}
                found = reader.read(listing, evidence)
                check(found)
                assert sum(len(image.shapes) for image in found.images) >= least
            assert evidence is not None or not least
        except UserError as error:
            assert str(error)
        assert time.process_time() - start < SECONDS

    return run


def check(found: AnnotationSet) -> None:
    for label in found.labels:
        assert label == label.strip() and label.encode()
    for line in found.skipped:
        assert line.reason in MESSAGES
        missing = [f"<{name}>" for name in ("file", "count", "detail", "mask", "width", "limit")]
        said = render(line.reason, {"file": line.file, **line.params})
        assert not any(name in said for name in missing), said
        json.dumps(line.params, allow_nan=False)
    assert all(notice.code in MESSAGES for notice in found.notices)
    for image in found.images:
        assert image.path.encode() and "\0" not in image.path
        assert min(image.width or 1, image.height or 1) > 0
        json.dumps([dict(image.extras), image.tags], allow_nan=False)
        for shape in image.shapes:
            check_shape(shape)


def check_shape(shape: Any) -> None:
    assert shape.kind in KINDS and isinstance(shape.label, str)
    given = [shape.box is not None, shape.parts is not None, shape.bitmap is not None]
    assert sum(given) == (0 if shape.kind == "image_label" else 1)
    json.dumps(dict(shape.attributes), allow_nan=False)
    if shape.box is not None:
        assert all(math.isfinite(value) for value in shape.box)
        assert shape.box[2] >= 0 and shape.box[3] >= 0
    if shape.parts is not None:
        points = [p for part in shape.parts for ring in part for p in ring]
        assert points and all(math.isfinite(x) and math.isfinite(y) for x, y in points)
    if shape.bitmap is not None:
        assert shape.bitmap.width > 0 and shape.bitmap.height > 0
        if shape.bitmap.width * shape.bitmap.height < 10**7:
            assert shape.bitmap.copy().area() == shape.bitmap.area()


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([0, -1, 2**31, 2**63, 10**30, 10**400]),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["nan", "inf", "../a.png", "/etc/passwd", "C:\\a", "\0", "\ud800", "a" * 300]),
    st.lists(st.integers(-5, 5), max_size=5),
    st.just({}),
    st.just([[]]),
    st.just([{"a": [1]}]),
    st.dictionaries(st.sampled_from(["id", "size", "counts", "name"]), st.integers(), max_size=3),
).map(deepcopy)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else (
        enumerate(value) if isinstance(value, list) else ()
    )  # fmt: skip
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


@st.composite
def broken_json(draw: Any, whole: Any) -> bytes:
    value = deepcopy(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.sampled_from(places(value)[1:] or [()]))
        if not place:
            break
        owner = value
        for key in place[:-1]:
            owner = owner[key]
        how = draw(st.sampled_from(["junk", "junk", "junk", "gone", "twice"]))
        if how == "junk":
            owner[place[-1]] = draw(JUNK)
        elif how == "gone":
            del owner[place[-1]]
        elif isinstance(owner, list):
            owner.append(deepcopy(owner[place[-1]]))
    return json.dumps(value).encode("utf-8", "surrogatepass")


@st.composite
def broken_bytes(draw: Any, whole: bytes) -> bytes:
    """Bytes changed, cut out, put in and doubled, from a seed: quick, and it shrinks."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    raw = bytearray(whole)
    for _ in range(draw(st.integers(1, 6))):
        at, length = chance.randrange(len(raw) + 1), chance.choice((1, 1, 2, 4, 16, 64))
        how = chance.randrange(5)
        if how == 0:
            raw[at : at + 1] = bytes([chance.randrange(256)])
        elif how == 1:
            del raw[at : at + length]
        elif how == 2:
            raw[at:at] = bytes(chance.randrange(256) for _ in range(length))
        elif how == 3:
            raw[at:at] = raw[chance.randrange(len(raw) + 1) :][:length] * chance.choice((1, 2, 50))
        else:
            raw[at:at] = chance.choice(WORDS)
    return bytes(raw)


WORDS = (
    b"nan", b"-inf", b"1e999", b"-1", b"99999999999999999999", b"\0", b"\xff\xfe", b"\xed\xa0\x80",
    b"<", b"&a;", b"]]>", b"<!DOCTYPE a [", b'"', b"'", b",", b";", b"\n", b"\t", b"[[[[", b"{",
    b"*a", b"&a ", b"<<: ", b"../../", b"C:\\", b"| ", b"!!python/object:x ", b"0.5 0.5",
    b"\xe2\x80\xa8",
)  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_whole_sources_are_read(tried: Callable[..., None], name: str) -> None:
    """Else the tests below would break what nobody reads anyway."""
    reader, _, files = SOURCES[name]
    tried(reader, files, least=1)


@fuzz
@given(content=broken_json(COCO))
def test_coco_with_other_values(tried: Callable[..., None], content: bytes) -> None:
    tried(coco, {**SOURCES["coco"][2], "c.json": content})


@pytest.mark.parametrize("name", SOURCES)
def test_other_bytes(tried: Callable[..., None], name: str) -> None:
    reader, target, files = SOURCES[name]

    @fuzz
    @given(content=broken_bytes(files[target]))
    def run(content: bytes) -> None:
        tried(reader, {**files, target: content})

    run()


@pytest.mark.parametrize("name", ["yolo", "csv", "voc"])
def test_other_words(tried: Callable[..., None], name: str) -> None:
    """Numbers and names exchanged for others, the rest left whole."""
    import re

    reader, target, files = SOURCES[name]
    pieces = re.split(r"([ ,<>\n]+)", files[target].decode())
    other = st.one_of(
        JUNK.map(lambda value: str(value).replace("<", "")),
        st.floats().map(str),
        st.text(max_size=5),
    )

    @fuzz
    @given(changes=st.dictionaries(st.integers(0, len(pieces) - 1), other, min_size=1, max_size=4))
    def run(changes: dict[int, str]) -> None:
        text = "".join(changes.get(at, piece) for at, piece in enumerate(pieces))
        tried(reader, {**files, target: text.encode("utf-8", "surrogatepass")})

    run()


def test_a_million_points(tried: Callable[..., None], tmp_path: Path) -> None:
    value = deepcopy(COCO)
    value["annotations"][1]["segmentation"] = [[1.5] * 2_000_000]
    tried(coco, {**SOURCES["coco"][2], "c.json": json.dumps(value).encode()})
    line = b"0 " + b"0.5 0.25 " * 1_000_000
    tried(yolo, {"a.txt": line, "data.yaml": YAML.encode()})


def test_deep_files(tried: Callable[..., None]) -> None:
    deep = b'{"images":[],"categories":[],"annotations":' + b"[" * 300_000 + b"]" * 300_000 + b"}"
    tried(coco, {"c.json": deep})
    tried(
        voc,
        {"a.xml": b"<annotation><size/>" + b"<a>" * 300_000 + b"</a>" * 300_000 + b"</annotation>"},
    )
