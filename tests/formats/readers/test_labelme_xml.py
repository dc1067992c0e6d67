"""The XML of the LabelMe web tool."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

THING = """<object><name>{name}</name><deleted>{deleted}</deleted><id>{id}</id>
<parts><hasparts></hasparts><ispartof>{whole}</ispartof></parts>{inner}
<attributes>{attributes}</attributes></object>"""


def polygon(*points: tuple[float, float], user: str = "ann") -> str:
    inner = "".join(f"<pt><x>{x}</x><y>{y}</y></pt>" for x, y in points)
    return f"<polygon>{inner}<username>{user}</username></polygon>"


def thing(inner: str, name: str = "cat", own: str = "0", **more: str) -> str:
    known = {"deleted": "0", "whole": "", "attributes": "", **more}
    return THING.format(name=name, id=own, inner=inner, **known)


def xml(*things: str, name: str = "a.png", folder: str = "") -> str:
    return (
        f"<annotation><filename>{name}</filename><folder>{folder}</folder>"
        "<imagesize><nrows>80</nrows><ncols>100</ncols></imagesize>"
        f"{''.join(things)}</annotation>"
    )


TRIANGLE = polygon((1, 1), (9, 1), (5, 9))


@pytest.mark.shared
def test_real_files(real: Any) -> None:
    found = real("one_set_ten_formats/labelme3.0")
    assert found.format == "labelme-xml" and not found.skipped
    kinds = Counter((s.kind, s.label) for image in found.images for s in image.shapes)
    assert kinds == {
        ("polygon", "bird"): 2, ("polygon", "triangle"): 1, ("box", "rectangle"): 1,
        ("mask", "ellipse"): 2, ("box", "strawberry"): 17,
    }  # fmt: skip
    by_path = {image.path: image for image in found.images}
    assert by_path["crack.jpeg"].shapes == () and by_path["crack.jpeg"].complete
    masks = [s.bitmap for s in by_path["shapes.jpg"].shapes if s.bitmap is not None]
    assert [mask.area() for mask in masks] == [21359, 26287]
    assert tuple(masks[0].bounds()) == (366, 233, 165, 165)
    assert found.used == {"Masks/shapes_mask_2.png", "Masks/shapes_mask_3.png"}
    box = next(s for s in by_path["shapes.jpg"].shapes if s.kind == "box")
    assert box.box == pytest.approx((45.80, 45.80, 184.81, 140.52))


def test_what_was_deleted_stays_away(read: Any) -> None:
    found = read({"a.xml": xml(thing(TRIANGLE), thing(TRIANGLE, own="1", deleted="1"))})
    assert len(found.images[0].shapes) == 1
    assert [n.code for n in found.notices] == ["reading.deleted"]


def test_author_attributes_and_parts(read: Any) -> None:
    things = [
        thing(TRIANGLE, own="7", attributes="torn, side=left"),
        thing(polygon((20, 20), (30, 20), (25, 30)), own="8", whole="7"),
        thing(polygon((40, 20), (50, 20), (45, 30)), own="9"),
    ]
    shapes = read({"a.xml": xml(*things)}).images[0].shapes
    assert shapes[0].author == "ann"
    assert shapes[0].attributes == {"import_id": "7", "torn": True, "side": "left"}
    assert [s.group for s in shapes] == ["7", "7", None]


def test_points_and_lines(read: Any) -> None:
    image = read({"a.xml": xml(thing(polygon((1, 1))), thing(polygon((1, 1), (2, 2))))}).images[0]
    assert len(image.extras["points"]) == len(image.extras["lines"]) == 1 and not image.shapes


def test_a_turned_bounding_box_is_a_polygon(read: Any) -> None:
    turned = polygon((10, 0), (20, 10), (15, 15), (5, 5))
    found = read({"a.xml": xml(thing("<type>bounding_box</type>" + turned))})
    assert found.images[0].shapes[0].attributes["angle"] == 45.0


def test_two_objects_of_one_id_are_two_shapes(read: Any) -> None:
    shapes = read({"a.xml": xml(thing(TRIANGLE), thing(TRIANGLE))}).images[0].shapes
    assert [s.attributes for s in shapes] == [{"import_id": "0"}, {}]


def test_a_mask_elsewhere_is_never_opened(read: Any) -> None:
    segm = "<segm><mask>../../../etc/passwd</mask></segm>"
    found = read({"a.xml": xml(thing(segm))})
    assert found.skipped[0].reason == "reading.mask_missing"
    assert found.skipped[0].params["mask"] == "passwd"


def test_the_folder_that_the_file_names(read: Any) -> None:
    pictures = {"imgs/one/a.png": (9, 9), "imgs/two/a.png": (9, 9)}
    found = read({**pictures, "xml/a.xml": xml(folder="imgs/two")})
    assert found.images[0].path == "imgs/two/a.png"
