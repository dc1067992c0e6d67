"""The scene: what is where, what is chosen, what is hidden."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tlstudio.domain.annotations import Annotation, AnnotationSource, Box, Polygon, Provenance
from tlstudio.domain.labels import Label
from tlstudio.ui.canvas.hits import BOX_HANDLES
from tlstudio.ui.canvas.packed import Packed
from tlstudio.ui.canvas.scene import Scene

IMAGE = 7
LABELS = [Label(1, "round", "#E69F00"), Label(2, "bars", "#56B4E9")]
OUTER = ((10.0, 10.0), (50.0, 10.0), (50.0, 50.0), (10.0, 50.0))
HOLE = ((20.0, 20.0), (40.0, 20.0), (40.0, 40.0), (20.0, 40.0))


def box(key: str, x: float, y: float, w: float, h: float, **more: Any) -> Box:
    return Box(id=key, image=IMAGE, label=more.pop("label", 1), x=x, y=y, w=w, h=h, **more)


def polygon(key: str, *rings: tuple[tuple[float, float], ...], **more: Any) -> Polygon:
    return Polygon(id=key, image=IMAGE, label=1, parts=(rings,), **more)


@pytest.fixture
def scene(qapp: object) -> Scene:
    return Scene()


def put(scene: Scene, *shapes: Annotation) -> Scene:
    scene.load(shapes, {}, LABELS)
    return scene


def test_a_hole_is_not_inside(scene: Scene) -> None:
    put(scene, polygon("ring", OUTER, HOLE))
    assert scene.at(15, 15, 0) == ["ring"]
    assert scene.at(30, 30, 0) == []
    assert scene.at(39, 30, 2) == ["ring"]


def test_a_thin_shape_is_hit_near_its_outline(scene: Scene) -> None:
    put(scene, polygon("line", ((10.0, 10.0), (90.0, 10.0), (90.0, 10.5))))
    assert scene.at(50, 14, 2) == []
    assert scene.at(50, 12, 3) == ["line"]


def test_the_topmost_of_like_size_comes_first(scene: Scene) -> None:
    put(scene, box("low", 0, 0, 50, 50, z=0), box("high", 10, 10, 50, 50, z=3))
    assert scene.at(30, 30, 0) == ["high", "low"]


def test_an_edit_does_not_lift_a_shape(scene: Scene) -> None:
    put(scene, box("8", 0, 0, 50, 50), box("9", 10, 10, 50, 50), box("10", 5, 5, 50, 50))
    scene.replace(["8", "9"], [box("9", 10, 12, 50, 50), box("8", 1, 0, 50, 50)])
    assert [shape.id for shape in scene.shapes()] == ["8", "9", "10"]


def test_a_small_shape_under_a_large_one_can_be_reached(scene: Scene) -> None:
    put(scene, box("small", 20, 20, 5, 5, z=0), box("large", 0, 0, 90, 90, z=9))
    assert scene.at(22, 22, 0) == ["small", "large"]


def test_locked_shapes_come_last_and_are_not_boxed_in(scene: Scene) -> None:
    put(scene, box("free", 0, 0, 50, 50), box("kept", 5, 5, 9, 9, attributes={"locked": True}))
    assert scene.at(8, 8, 0) == ["free", "kept"]
    assert scene.inside((-1, -1, 99, 99)) == ["free"]


def test_a_mask_is_hit_at_its_pixels(scene: Scene, shapes: Any) -> None:
    shape, bitmap = shapes.mask("m", 10, 10, 20, 20)
    bitmap.stamp(20, 20, 20, 20, 4, False)
    scene.load([shape], {"m": bitmap}, LABELS)
    assert scene.at(12, 12, 1) == ["m"]
    assert scene.at(20, 20, 1) == []
    assert scene.at(-5, -5, 9) == []


def test_hidden_and_filtered_shapes_are_not_hit(scene: Scene) -> None:
    guess = Provenance(AnnotationSource.MODEL, confidence=0.4, suggestion=True)
    put(
        scene,
        box("a", 0, 0, 50, 50),
        box("b", 0, 0, 50, 50, label=2),
        box("c", 0, 0, 50, 50, provenance=guess),
    )
    assert set(scene.at(5, 5, 0)) == {"a", "b", "c"}
    scene.filters.set_hidden(["a"])
    assert set(scene.at(5, 5, 0)) == {"b", "c"}
    scene.filters.set_labels([1])
    assert scene.at(5, 5, 0) == ["c"]
    scene.filters.set_show_suggestions(False)
    assert scene.at(5, 5, 0) == []
    scene.filters.set_hidden([])
    assert scene.at(5, 5, 0) == ["a"]
    scene.filters.set_labels(None)
    scene.filters.set_sources(["suggestion"])
    scene.filters.set_show_suggestions(True)
    assert scene.at(5, 5, 0) == ["c"]
    scene.filters.set_sources(None)
    scene.filters.set_hide_all(True)
    assert scene.at(5, 5, 0) == []


def test_choosing_keeps_the_order_and_adds_and_toggles(scene: Scene) -> None:
    put(scene, *(box(key, i, i, 9, 9) for i, key in enumerate("abcd")))
    told: list[tuple[str, ...]] = []
    scene.selection_changed.connect(lambda: told.append(scene.selected))
    scene.select(["c", "a", "nobody"])
    scene.select(["b", "a"], add=True)
    scene.select(["a", "d"], toggle=True)
    scene.select(["c", "b", "d"])
    assert told == [("c", "a"), ("c", "a", "b"), ("c", "b", "d")]


def test_replacing_touches_only_what_it_names(scene: Scene) -> None:
    put(scene, box("a", 0, 0, 9, 9), box("b", 100, 100, 9, 9), box("c", 50, 50, 9, 9))
    told: list[tuple[Any, Any]] = []
    scene.stored.connect(lambda ids, rects: told.append((ids, rects)))
    scene.select(["a", "b"])
    scene.hover("b")
    scene.replace(["a", "b"], [box("a", 20, 0, 9, 9), box("new", 70, 0, 5, 5)])
    [(ids, rects)] = told
    assert set(ids) == {"a", "b", "new"}
    assert set(rects) == {(0, 0, 9, 9), (100, 100, 9, 9), (20, 0, 9, 9), (70, 0, 5, 5)}
    assert scene.selected == ("a",)
    assert scene.hovered_id is None
    assert scene.get("b") is None
    assert scene.at(22, 2, 0) == ["a"]
    assert scene.at(2, 2, 0) == []
    assert {shape.id for shape in scene.all()} == {"a", "c", "new"}


def test_a_preview_ends_when_its_shape_is_stored(scene: Scene) -> None:
    put(scene, box("a", 0, 0, 9, 9))
    scene.preview("a", box("a", 30, 30, 9, 9))
    scene.preview("fresh", box("fresh", 60, 60, 5, 5))
    assert scene.shown("a") == box("a", 30, 30, 9, 9)
    assert scene.get("a") == box("a", 0, 0, 9, 9)
    assert scene.bounds(["a", "fresh"]) == (30, 30, 35, 35)
    scene.replace(["a"], [box("a", 31, 31, 9, 9)])
    assert scene.shown("a") == box("a", 31, 31, 9, 9)
    scene.preview("fresh", None)
    assert scene.shown("fresh") is None


def test_handles_are_those_of_chosen_unlocked_shapes(scene: Scene) -> None:
    put(
        scene,
        box("a", 0, 0, 40, 20),
        polygon("p", OUTER, HOLE),
        box("kept", 100, 100, 40, 20, attributes={"locked": True}),
    )
    assert scene.vertex_at(40, 20, 3) is None
    scene.select(["a", "p", "kept"])
    corner = scene.vertex_at(41, 21, 3)
    assert corner is not None
    assert (corner.id, BOX_HANDLES[corner.index]) == ("a", "se")
    side = scene.vertex_at(39, 10, 3)
    assert side is not None
    assert BOX_HANDLES[side.index] == "e"
    vertex = scene.vertex_at(40.5, 40, 2)
    assert vertex is not None
    assert (vertex.id, vertex.part, vertex.ring, vertex.index) == ("p", 0, 1, 2)
    edge = scene.edge_at(30, 49, 3)
    assert edge is not None
    assert (edge.id, edge.ring, edge.index, edge.x, edge.y) == ("p", 0, 2, 30, 50)
    assert scene.vertex_at(100, 100, 3) is None


def test_handles_follow_a_preview(scene: Scene) -> None:
    put(scene, box("a", 0, 0, 40, 20))
    scene.select(["a"])
    scene.preview("a", box("a", 200, 200, 40, 20))
    found = scene.vertex_at(200, 200, 3)
    assert found is not None
    assert found.index == 0


def test_ten_thousand_shapes_are_searched_in_a_blink(scene: Scene) -> None:
    put(scene, *(box(f"b{i}", i % 100 * 40, i // 100 * 30, 30, 20) for i in range(10_000)))
    started = time.thread_time()  # of this thread alone, however busy the machine is
    for _ in range(20):
        scene.at(1010, 1010, 3)
    # A search that walks all shapes one by one takes some 10 ms each.
    assert time.thread_time() - started < 0.1


rings = st.lists(
    st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=3, max_size=9, unique=True
)
shape_sets = st.dictionaries(st.sampled_from("abcdefgh"), st.lists(rings, min_size=1, max_size=3))


@settings(max_examples=60)
@given(st.lists(shape_sets, min_size=1, max_size=8))
def test_arrays_hold_what_was_put_in(steps: list[dict[str, list[list[tuple[int, int]]]]]) -> None:
    packed, model = Packed(), {}
    for step in steps:
        made = {key: _polygon(key, parts) for key, parts in step.items()}
        packed.drop(made)
        packed.add(list(made.values()))
        model.update(made)
        assert set(packed.slots) == set(model)
        for key, shape in model.items():
            slot = packed.slots[key]
            points = [point for part in shape.parts for ring in part for point in ring]
            stored = packed.outline(slot)
            assert sorted(map(tuple, np.concatenate(stored))) == sorted(points)
            x0, y0, x1, y1 = packed.bounds[slot]
            assert (x0, y0) == (min(p[0] for p in points), min(p[1] for p in points))
            assert (x1, y1) == (max(p[0] for p in points), max(p[1] for p in points))
        order = [packed.ids[slot] for slot in packed.order]
        assert sorted(order) == sorted(model)
        heights = [model[key].z for key in order]
        assert heights == sorted(heights)


def _polygon(key: str, parts: list[list[tuple[int, int]]]) -> Polygon:
    outer, *holes = (tuple((float(x), float(y)) for x, y in ring) for ring in parts)
    return replace(polygon(key, outer, *holes), z=len(parts))


def test_holes_turn_against_their_outer_ring(qapp: object) -> None:
    packed = Packed()
    packed.add([polygon("a", OUTER, HOLE), polygon("b", OUTER[::-1], HOLE[::-1])])
    for slot in range(2):
        outer, hole = packed.outline(slot)
        assert _area(outer) > 0 > _area(hole)


def _area(ring: np.ndarray) -> float:
    after = np.roll(ring, -1, axis=0)
    return float((ring[:, 0] * after[:, 1] - after[:, 0] * ring[:, 1]).sum() / 2)
