"""Files of ill will or gone wrong: each ends in a line of the report, none in anything else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tlstudio.domain.messages import MESSAGES
from tlstudio.formats.annotation_set import AnnotationSet

CVAT = '<annotations><version>1.1</version><image name="a.png" width="9" height="9">{}</image></annotations>'  # noqa: E501
LABELME_XML = "<annotation><filename>a.png</filename><imagesize></imagesize>{}</annotation>"
LABELME = '{{"version": "5", "shapes": [{}], "imagePath": "a.png"}}'
DATUMARO = '{{"categories": {{"label": {{"labels": ["x"]}}}}, "items": [{{"id": "a", "annotations": [{}]}}]}}'  # noqa: E501
VIA = '{{"a1": {{"filename": "a.png", "file_attributes": {{}}, "regions": [{}]}}}}'
GEOJSON = '{{"type": "FeatureCollection", "features": [{}]}}'
STUDIO = '[{{"id": 1, "data": {{"image": "a.png"}}, "annotations": [{{"result": [{}]}}]}}]'

BOMB = """<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>
"""
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def reasons(found: AnnotationSet) -> set[str]:
    assert all(skipped.reason in MESSAGES for skipped in found.skipped)
    assert all(notice.code in MESSAGES for notice in found.notices)
    return {skipped.reason for skipped in found.skipped}


@pytest.mark.parametrize("start", [BOMB, OUTSIDE])
@pytest.mark.parametrize(("name", "body"), [("cvat", CVAT), ("labelme-xml", LABELME_XML)])
def test_entities_are_refused(read: Any, start: str, name: str, body: str) -> None:
    found = read({"a.xml": start + body.format("&a;&c;" if start == BOMB else "&a;")}, name)
    assert not found.images and reasons(found) == {"data.xml_entities"}


@pytest.mark.parametrize(("name", "body"), [("cvat", CVAT), ("labelme-xml", LABELME_XML)])
def test_xml_cut_off_and_xml_of_great_depth(read: Any, name: str, body: str) -> None:
    assert reasons(read({"a.xml": body.format("")[:-8]}, name)) == {"data.xml_broken"}
    deep = "<object>" * 50_000 + "</object>" * 50_000
    read({"a.xml": body.format(deep)}, name)


JSONS = [
    ("labelme", LABELME), ("xanylabeling", LABELME), ("datumaro", DATUMARO), ("via", VIA),
    ("geojson", GEOJSON), ("label-studio", STUDIO),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body"), JSONS)
def test_deep_json(read: Any, name: str, body: str) -> None:
    found = read({"a.json": body.format("[" * 200_000 + "]" * 200_000)}, name)
    assert not found.images and reasons(found) == {"data.json_deep"}


@pytest.mark.parametrize(("name", "body"), JSONS)
def test_json_that_ends_too_soon(read: Any, name: str, body: str) -> None:
    found = read({"a.json": body.format("")[:-2]}, name)
    assert not found.images and reasons(found) == {"data.json_broken"}


@pytest.mark.parametrize(("name", "body"), JSONS)
def test_objects_that_are_none(read: Any, name: str, body: str) -> None:
    odd = ["null", "3", '"x"', "[]", "[[]]", "{}", "true", "1e999", "NaN", '{"type": null}']
    found = read({"a.json": body.format(", ".join(odd))}, name)
    assert all(not image.shapes for image in found.images)
    assert reasons(found)


def entry(name: str, points: list[Any]) -> str:
    """One outline as the format writes it."""
    flat = [value for point in points for value in point]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    made: dict[str, Any] = {
        "labelme": {"label": "x", "shape_type": "polygon", "points": points},
        "datumaro": {"type": "polygon", "label_id": 0, "points": flat},
        "via": {"shape_attributes": {"name": "polygon", "all_points_x": xs, "all_points_y": ys}},
        "geojson": {"type": "Feature", "properties": {},
                    "geometry": {"type": "Polygon", "coordinates": [points]}},
        "label-studio": {"type": "polygonlabels", "original_width": 9, "original_height": 9,
                         "value": {"points": points}},
    }  # fmt: skip
    made["xanylabeling"] = made["labelme"]
    return json.dumps(made[name])


@pytest.mark.parametrize(("name", "body"), JSONS)
def test_a_million_points(read: Any, name: str, body: str) -> None:
    points = [[n % 1000, n // 1000] for n in range(1_000_000)]
    found = read({"a.json": body.format(entry(name, points))}, name)
    assert reasons(found) == {"reading.many_points"} and not found.images[0].shapes


def test_a_million_points_in_xml(read: Any) -> None:
    points = ";".join(f"{n % 1000},{n // 1000}" for n in range(1_000_000))
    found = read({"a.xml": CVAT.format(f'<polygon label="x" points="{points}"/>')})
    assert reasons(found) == {"reading.many_points"}
    inner = "".join(f"<pt><x>{n % 1000}</x><y>{n // 1000}</y></pt>" for n in range(200_000))
    thing = f"<object><name>x</name><polygon>{inner}</polygon></object>"
    assert reasons(read({"a.xml": LABELME_XML.format(thing)})) == {"reading.many_points"}


@pytest.mark.parametrize(("name", "body"), JSONS)
@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e400", "1" * 400, '"x"', "null"])
def test_numbers_that_are_none(read: Any, name: str, body: str, value: str) -> None:
    text = entry(name, [[1, 1], [12345, 1], [5, 9]]).replace("12345", value)
    found = read({"a.json": body.format(text)}, name)
    assert reasons(found) == {"reading.not_numbers"} and not found.images[0].shapes


@pytest.mark.parametrize(("name", "body"), JSONS)
def test_letters_that_no_file_takes(read: Any, name: str, body: str) -> None:
    """NUL and half characters in labels and names come out as plain text."""
    text = body.format(entry(name, [[1, 1], [9, 1], [5, 9]]))
    text = text.replace("a.png", "a\\u0000\\ud800.png").replace('"x"', '"x\\u0000\\udfff"')
    for image in read({"a.json": text}, name).images:
        for said in (image.path, *(shape.label for shape in image.shapes)):
            assert "\0" not in said and said.encode() is not None


def test_a_name_of_ten_thousand_letters(read: Any) -> None:
    path = "x" * 10_000 + ".png"
    found = read({"a.json": {"shapes": [], "imagePath": path, "version": "5"}})
    assert len(found.images[0].path) <= 4096


def test_one_bad_file_among_good_ones(read: Any) -> None:
    good = LABELME.format(entry("labelme", [[1, 1], [9, 1], [5, 9]]))
    found = read({"a.json": good, "b.json": "{", "c.json": "[" * 10**5, "d.json": good})
    assert [len(image.shapes) for image in found.images] == [1, 1]
    assert sorted(s.reason for s in found.skipped) == ["data.json_broken", "data.json_deep"]


def test_an_image_that_lost_its_only_object_is_not_called_empty(read: Any) -> None:
    box = '{{"label": "x", "shape_type": "rectangle", "points": [[1, {}], [3, 4]]}}'
    lost = read({"a.json": LABELME.format(box.format('"n"'))}, "labelme")
    assert [image.complete for image in lost.images] == [False]
    whole = read({"a.json": LABELME.format(box.format("1"))}, "labelme")
    assert [image.complete for image in whole.images] == [True]
    empty = read({"a.json": LABELME.format("")}, "labelme")
    assert [image.complete for image in empty.images] == [True]
