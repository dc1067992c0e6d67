"""CVAT's XML, for images and for video."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring

from tlstudio.domain.errors import Cancelled
from tlstudio.domain.images import Split
from tlstudio.domain.shapes import parts_area, parts_bounds
from tlstudio.formats.readers import sniff_source
from tlstudio.formats.readers._cvat_tracks import _weight


def task(inner: str, meta: str = "") -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version><meta><task>'
        f"<id>1</id>{meta}<labels><label><name>cat</name><color>#FF0000</color></label>"
        f"<label><name>dog</name></label></labels></task></meta>{inner}</annotations>"
    )


def image(inner: str, name: str = "a.png", more: str = "") -> str:
    return f'<image id="0" name="{name}" width="100" height="80" {more}>{inner}</image>'


def box(x: float, y: float, r: float, b: float, more: str = "") -> str:
    return f'<box label="cat" xtl="{x}" ytl="{y}" xbr="{r}" ybr="{b}" {more}></box>'


@pytest.mark.shared
def test_real_file(real: Any) -> None:
    found = real("one_set_ten_formats/cvat1.1")
    assert found.format == "cvat" and not found.skipped
    kinds = Counter((s.kind, s.label) for image in found.images for s in image.shapes)
    assert kinds == {
        ("polygon", "bird"): 2, ("polygon", "triangle"): 1, ("box", "rectangle"): 1,
        ("polygon", "ellipse"): 2, ("box", "strawberry"): 17,
    }  # fmt: skip
    assert found.labels == [
        "rectangle", "triangle", "circle", "ellipse", "line", "crack", "bird", "strawberry",
    ]  # fmt: skip
    assert found.colours["rectangle"] == "#832364"
    assert {image.split for image in found.images} == {Split.TEST}
    shapes = next(image for image in found.images if image.path == "images/shapes.jpg")
    assert (shapes.width, shapes.height) == (588, 643)
    round_ones = [s for s in shapes.shapes if s.label == "ellipse"]
    assert [s.attributes["shape"] for s in round_ones] == ["circle", "ellipse"]
    area = math.pi * 109.20 * 75.60
    assert parts_area(round_ones[1].parts) == pytest.approx(area, rel=0.002)
    assert len(shapes.extras["lines"]) == 1


def test_every_shape_of_an_image(read: Any) -> None:
    inner = (
        box(1, 2, 11, 22, 'occluded="1" z_order="2" group_id="4"').replace(
            "</box>", '<attribute name="side">left</attribute></box>'
        )
        + box(10, 10, 30, 20, 'rotation="90" z_order="1"')
        + '<polygon label="dog" points="0,0;10,0;10,10" z_order="0"/>'
        + '<mask label="dog" rle="1, 2, 3" left="5" top="6" width="3" height="2" z_order="3"/>'
        + '<tag label="cat"/><points label="cat" points="1,1;2,2"/>'
        + '<polyline label="cat" points="1,1;2,2"/><cuboid label="cat" xtl1="1"/>'
        + '<skeleton label="dog"><points label="nose" outside="0" points="1,2"/>'
        + '<points label="tail" outside="1" points="3,4"/></skeleton>'
    )
    found = read({"a.xml": task(image(inner))})
    shapes = {(s.kind, s.label): s for s in found.images[0].shapes}
    assert shapes["box", "cat"].box == (1, 2, 10, 20)
    assert shapes["box", "cat"].attributes == {"side": "left", "occluded": True}
    assert shapes["box", "cat"].group == "4"
    assert parts_bounds(shapes["polygon", "cat"].parts) == pytest.approx((15, 5, 10, 20))
    mask = shapes["mask", "dog"].bitmap
    assert [mask.at(*p) for p in ((5, 6), (6, 6), (7, 6), (5, 7))] == [False, True, True, False]
    assert ("image_label", "cat") in shapes
    assert [s.kind for s in found.images[0].shapes][-1] == "mask", "in the order of z"
    extras = found.images[0].extras
    assert len(extras["points"]) == len(extras["lines"]) == 1
    assert [entry["attributes"]["part"] for entry in extras["skeletons"]] == ["nose"]
    assert [(s.reason, s.params["count"]) for s in found.skipped] == [("reading.not_numbers", 1)]


def track(*stops: str, own: str = "0") -> str:
    return f'<track id="{own}" label="cat">{"".join(stops)}</track>'


def at(frame: int, x: float, outside: int = 0, more: str = "") -> str:
    return box(x, 0, x + 10, 10, f'frame="{frame}" outside="{outside}" keyframe="1" {more}')


VIDEO = "<size>8</size><original_size><width>100</width><height>80</height></original_size>"
FRAMES = {f"images/frame_{n:06d}.png": (100, 80) for n in range(8)}


def boxes(found: Any) -> dict[str, list[float]]:
    return {i.path.rpartition("/")[2][6:12]: [s.box[0] for s in i.shapes] for i in found.images}


def test_a_track_is_filled_in_between_key_frames(read: Any) -> None:
    found = read({**FRAMES, "a.xml": task(track(at(0, 0), at(4, 40), at(6, 40, 1)), VIDEO)})
    assert boxes(found) == {
        "000000": [0], "000001": [10], "000002": [20], "000003": [30], "000004": [40],
        "000005": [40], "000006": [], "000007": [],
    }  # fmt: skip
    assert all(i.frame == 0 for i in found.images), "each is a file of its own"
    assert found.images[0].shapes[0].group == "track 0"
    assert (found.images[0].width, found.images[0].height) == (100, 80)
    assert [(n.code, n.params["count"]) for n in found.notices] == [("reading.interpolated", 4)]


def test_a_track_that_is_cut_out_comes_back(read: Any) -> None:
    stops = (at(0, 0), at(2, 20, 1), at(5, 50), at(6, 60, 1))
    found = read({**FRAMES, "a.xml": task(track(*stops), VIDEO)})
    assert [n for n, some in boxes(found).items() if some] == ["000000", "000001", "000005"]


def test_a_turn_takes_the_short_way(read: Any) -> None:
    stops = (at(0, 0, 0, 'rotation="350"'), at(2, 0, 0, 'rotation="10"'), at(3, 0, 1))
    found = read({**FRAMES, "a.xml": task(track(*stops), VIDEO)})
    assert [i.shapes[0].kind for i in found.images[:3]] == ["polygon", "box", "polygon"]


def test_outlines_of_unlike_numbers_of_points(read: Any) -> None:
    def outline(frame: int, points: str, outside: int = 0) -> str:
        return f'<polygon frame="{frame}" points="{points}" outside="{outside}"/>'

    stops = (
        outline(0, "0,0;10,0;10,10;0,10"),
        outline(2, "20,0;25,0;30,0;30,10;20,10"),
        outline(3, "0,0;1,1;2,2", 1),
    )
    found = read({**FRAMES, "a.xml": task(track(*stops), VIDEO)})
    middle = found.images[1].shapes[0].parts
    assert len(middle[0][0]) == 5
    assert parts_bounds(middle) == pytest.approx((10, 0, 10, 10), abs=3)


def test_only_every_fifth_frame_was_annotated(read: Any) -> None:
    meta = VIDEO + "<frame_filter>step=5</frame_filter>"
    found = read({"a.xml": task(track(at(0, 0), at(10, 10), at(15, 0, 1)), meta)})
    paths = ["frame_000000", "frame_000005", "frame_000010"]
    assert [(i.path, i.frame) for i in found.images] == [(path, 0) for path in paths]
    assert found.images[1].shapes[0].box[0] == 5


def test_frames_by_the_order_of_the_names(read: Any) -> None:
    pictures = {"b.png": (100, 80), "a.png": (100, 80)}
    meta = VIDEO.replace("8<", "2<", 1)
    found = read({**pictures, "x.xml": task(track(at(1, 0), at(2, 0, 1)), meta)})
    assert [(i.path, len(i.shapes)) for i in found.images] == [("a.png", 0), ("b.png", 1)]
    assert "reading.frames_by_order" in [n.code for n in found.notices]


def test_a_track_to_the_end_of_time_is_no_trap(read: Any) -> None:
    found = read({"a.xml": task(track(at(0, 0), at(999_999_999, 5)), VIDEO)})
    assert len(found.images) == 2
    assert [s.reason for s in found.skipped] == ["reading.many_frames"]


def test_attributes_cost_a_track_next_to_nothing() -> None:
    box = "<box><attribute name='a'>yes</attribute><attribute name='b'>no</attribute></box>"
    assert _weight(fromstring(box)) == _weight(fromstring("<box/>")) == 5
    many = "<attribute name='a'>yes</attribute>" * 1000
    assert _weight(fromstring(f"<box>{many}</box>")) > 100


def test_long_outlines_over_many_frames_are_no_trap(read: Any) -> None:
    def outline(frame: int, points: int) -> str:
        ring = ";".join(f"{n},{n % 7}" for n in range(points))
        return f'<polygon frame="{frame}" points="{ring}" outside="0"/>'

    found = read({"a.xml": task(track(outline(0, 2000), outline(9000, 1999)), VIDEO)})
    assert len(found.images) == 2
    assert [s.reason for s in found.skipped] == ["reading.many_frames"]


def test_the_work_between_key_frames_can_be_called_off(listing_of: Any) -> None:
    class Called:
        looks = 0

        def check(self) -> None:
            self.looks += 1
            if self.looks > 5:
                raise Cancelled

    listing = listing_of({"a.xml": task(track(at(0, 0), at(900_000, 5)), VIDEO)})
    reader, evidence = sniff_source(listing)
    with pytest.raises(Cancelled):
        reader.read(listing, evidence, Called())


def two_videos(*pictures: str) -> dict[str, Any]:
    videos = {f"{v}/annotations.xml": task(track(at(1, x), at(2, 0, 1)), VIDEO)
              for v, x in (("A", 10), ("B", 20))}  # fmt: skip
    return {**videos, **dict.fromkeys(pictures, (100, 80))}


def placed(found: Any) -> dict[str, list[float]]:
    return {i.path: [s.box[0] for s in i.shapes] for i in found.images if i.shapes}


def test_each_video_has_its_own_frames(read: Any) -> None:
    names = [f"{video}/images/frame_{n:06d}.png" for video in "AB" for n in range(3)]
    found = read(two_videos(*names))
    assert placed(found) == {names[1]: [10], names[4]: [20]}
    assert sorted(i.path for i in found.images) == names


def test_a_video_without_frames_never_has_those_of_another(read: Any) -> None:
    found = read(two_videos("B/images/frame_000001.png"))
    assert placed(found) == {"A/frame_000001": [10], "B/images/frame_000001.png": [20]}


def test_a_number_that_several_frames_have_means_none_of_them(read: Any) -> None:
    pictures = {f"{folder}/frame_000001.png": (100, 80) for folder in "AB"}
    found = read({**pictures, "x.xml": task(track(at(1, 0), at(2, 0, 1)), VIDEO)})
    assert placed(found) == {"frame_000001": [0]}


def test_frames_outside_of_the_task_are_not_empty(read: Any) -> None:
    meta = VIDEO + "<start_frame>2</start_frame><stop_frame>6</stop_frame>"
    found = read({**FRAMES, "a.xml": task(track(at(3, 0), at(4, 0, 1)), meta)})
    assert list(boxes(found)) == ["000002", "000003", "000004", "000005", "000006"]
    meta = meta.replace("</stop_frame>", "</stop_frame><frame_filter>step=2</frame_filter>")
    found = read({**FRAMES, "a.xml": task(track(at(2, 0), at(4, 0, 1)), meta)})
    assert list(boxes(found)) == ["000002", "000004", "000006"]


def test_tracks_lie_in_the_order_of_z(read: Any) -> None:
    tracks = track(at(0, 50, more='z_order="2"'), at(2, 50, 1)) + track(at(0, 10), at(1, 0, 1))
    found = read({**FRAMES, "a.xml": task(tracks, VIDEO)})
    assert boxes(found)["000000"] == [10, 50]
    assert boxes(found)["000001"] == [50]


def test_a_track_of_nothing_is_nothing(read: Any) -> None:
    assert read({"a.xml": task(track(), VIDEO)}).images == []


def test_a_project_keeps_its_subsets(read: Any) -> None:
    text = (
        "<annotations><meta><project><tasks><task><id>5</id><subset>Train</subset></task>"
        "<task><id>6</id><subset>val</subset></task></tasks></project></meta>"
        + image("", "a.png", 'task_id="5"')
        + image("", "b.png", 'task_id="6"')
        + image("", "c.png", 'subset="Test"')
        + "</annotations>"
    )
    assert [i.split for i in read({"a.xml": text}).images] == [Split.TRAIN, Split.VAL, Split.TEST]


def test_more_files_than_are_looked_at_to_know_the_format(read: Any) -> None:
    files = {
        f"t{n:02d}/annotations.xml": task(image(box(1, 2, 11, 22), f"{n}.png")) for n in range(25)
    }
    found = read({**files, "t00/other.xml": "<annotation></annotation>"})
    assert len(found.images) == 25 and not found.skipped


def project(*images: str) -> str:
    return f"<annotations><meta><project></project></meta>{''.join(images)}</annotations>"


@pytest.mark.parametrize("there", [("Train", "Validation"), ("Train",), ("Validation",), ()])
def test_one_name_in_several_subsets(read: Any, there: tuple[str, ...]) -> None:
    files = {f"images/{subset}/0001.png": (100, 80) for subset in there}
    images = (image(box(x, 0, 99, 9), "0001.png", f'subset="{subset}"')
              for x, subset in ((10, "Train"), (20, "Validation")))  # fmt: skip
    found = read({**files, "annotations.xml": project(*images)})
    front = {subset: "images/" if subset in there else "" for subset in ("Train", "Validation")}
    assert placed(found) == {
        f"{front['Train']}Train/0001.png": [10],
        f"{front['Validation']}Validation/0001.png": [20],
    }
    assert [i.split for i in found.images] == [Split.TRAIN, Split.VAL]


def test_a_subset_is_a_folder_before_others_of_that_name(read: Any) -> None:
    files = {"images/val/1.png": (100, 80), "images/1.png": (100, 80)}
    one = image(box(1, 2, 3, 4), "1.png", 'subset="val"')
    assert [i.path for i in read({**files, "a.xml": project(one)}).images] == ["images/val/1.png"]


def test_images_of_tasks_side_by_side(read: Any) -> None:
    files = {f"{t}/annotations.xml": task(image(box(x, 2, 99, 9), "1.png"))
             for t, x in (("A", 1), ("B", 2))}  # fmt: skip
    both = {"A/images/1.png": (100, 80), "B/images/1.png": (100, 80)}
    assert placed(read({**files, **both})) == {"A/images/1.png": [1], "B/images/1.png": [2]}


def test_a_task_without_images_never_has_those_of_another(read: Any) -> None:
    files = {f"{t}/annotations.xml": task(image(box(x, 2, 99, 9), "1.png"))
             for t, x in (("A", 1), ("B", 2))}  # fmt: skip
    found = read({**files, "B/images/1.png": (100, 80)})
    assert placed(found) == {"A/1.png": [1], "B/images/1.png": [2]}


def test_masks_that_lie(read: Any) -> None:
    lies = [
        'rle="1,2" left="0" top="0" width="1000000" height="1000000"',
        'rle="1,-2,9" left="0" top="0" width="3" height="3"',
        'rle="1,200" left="0" top="0" width="3" height="3"',
        'rle="1,x" left="0" top="0" width="3" height="3"',
        'rle="" left="0" top="0" width="3" height="3"',
        'rle="99999999999999999999" left="0" top="0" width="3" height="3"',
        'rle="1" left="nan" top="0" width="3" height="3"',
    ]
    found = read({"a.xml": task(image("".join(f'<mask label="cat" {lie}/>' for lie in lies)))})
    assert not found.images[0].shapes
    assert sum(s.params["count"] for s in found.skipped) == len(lies)
