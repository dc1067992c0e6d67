"""GeoJSON, of QuPath and plain."""

from __future__ import annotations

from typing import Any

import pytest

SQUARE = [[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]
HOLE = [[2, 2], [4, 2], [4, 4], [2, 4], [2, 2]]


def feature(geometry: Any, own: str = "u1", **about: Any) -> dict[str, Any]:
    return {"type": "Feature", "id": own, "geometry": geometry, "properties": about}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def collection(*features: Any, **more: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **more}


QUPATH = {"objectType": "annotation", "classification": {"name": "Tumor", "color": [200, 0, 0]}}


def test_qupath(read: Any) -> None:
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE, HOLE], [[[20, 20], [30, 20],
               [30, 30], [20, 20]]]]}  # fmt: skip
    stroma = {"names": ["Stroma", "Positive"], "colorRGB": -16711936}
    found = read({
        "slide.tif": (100, 80),
        "slide.geojson": collection(
            feature(polygon(SQUARE, HOLE), "u1", **QUPATH, isLocked=True, name="first"),
            feature(several, "u2", objectType="detection", classification=stroma,
                    measurements={"Area": 3}),
            feature(polygon(SQUARE), "u3", objectType="annotation", name="no class"),
            feature({"type": "Point", "coordinates": [3, 4]}, "u4", **QUPATH),
            feature({"type": "LineString", "coordinates": [[3, 4], [5, 6]]}, "u5", **QUPATH),
        ),
    })  # fmt: skip
    assert found.format == "geojson" and not found.skipped
    assert [(n.code, n.params["count"]) for n in found.notices] == [("reading.measurements", 1)]
    image = found.images[0]
    assert image.path == "slide.tif"
    first, second, third = image.shapes
    assert first.label == "Tumor" and len(first.parts[0]) == 2
    assert first.attributes == {"name": "first", "locked": True, "import_id": "u1"}
    assert second.label == "Stroma: Positive" and [len(p) for p in second.parts] == [2, 1]
    assert third.label == "" and third.attributes["name"] == "no class"
    assert found.colours == {"Tumor": "#c80000", "Stroma: Positive": "#00ff00"}
    assert len(image.extras["points"]) == len(image.extras["lines"]) == 1


@pytest.mark.parametrize(
    "name", ["slide.tif.geojson", "slide.geojson", "out/slide.geojson", "slide.ome.geojson"]
)
def test_the_image_is_the_one_called_like_the_file(read: Any, name: str) -> None:
    found = read({"slide.tif": (9, 9), "other.tif": (9, 9), name: collection()})
    assert [(i.path, i.complete) for i in found.images] == [("slide.tif", True)]


def test_a_list_of_features_a_single_one_and_a_bare_geometry(read: Any) -> None:
    for value in ([feature(polygon(SQUARE))], feature(polygon(SQUARE)), polygon(SQUARE)):
        image = read({"a.geojson": value}).images[0]
        assert image.path == "a" and image.shapes[0].kind == "polygon"


def test_plain_features_name_their_label_and_image(read: Any) -> None:
    features = [
        feature(polygon(SQUARE), "1", label="cat", image="a.png"),
        feature(polygon(SQUARE), "2", **{"class": "dog"}, image="b.png", side="left"),
        feature(polygon(SQUARE), "3", label="cat", image="a.png", kind="box"),
    ]
    found = read({"a.png": (9, 9), "b.png": (9, 9), "all.json": collection(*features)})
    said = {i.path: [(s.kind, s.label) for s in i.shapes] for i in found.images}
    assert said == {"a.png": [("polygon", "cat"), ("box", "cat")], "b.png": [("polygon", "dog")]}
    assert found.images[1].shapes[0].attributes == {"side": "left", "import_id": "2"}


def test_a_collection_within_a_collection_ends(read: Any) -> None:
    geometry: dict[str, Any] = polygon(SQUARE)
    for _ in range(50):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}
    found = read({"a.geojson": feature(geometry)})
    assert not found.images[0].shapes and found.skipped[0].reason == "reading.unknown_kind"


def test_broken_features_cost_only_themselves(read: Any) -> None:
    bad = [
        feature(polygon([[0, 0], ["x", 1], [1, 1]])),
        feature(polygon([[0, 0], [1, 1]])),
        feature(polygon()),
        feature({"type": "Blob"}),
        feature({}),
        "none",
        feature(polygon(SQUARE), label="cat"),
    ]
    found = read({"a.geojson": collection(*bad)})
    assert [s.label for s in found.images[0].shapes] == ["cat"]
    assert {s.reason: s.params["count"] for s in found.skipped} == {
        "reading.not_numbers": 1, "reading.few_points": 2, "reading.unknown_kind": 1,
        "reading.entry": 2,
    }  # fmt: skip
