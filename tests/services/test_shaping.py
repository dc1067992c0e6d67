"""Shapes: each edit is one step, stays in the image, and the image's state follows."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tlstudio.domain.annotations import AnnotationSource, Box, Mask, Polygon, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState
from tlstudio.services import drafts, images, labelling, projects, shaping, workbench
from tlstudio.storage.project import Project

Make = Callable[..., Project]

RING = ((1.0, 1.0), (30.0, 1.0), (20.0, 30.0))
SUGGESTED = Provenance(AnnotationSource.MODEL, run="r0001", confidence=0.5, suggestion=True)


def box(label: int = 1, **more: Any) -> Box:
    place = {"x": 10.0, "y": 10.0, "w": 20.0, "h": 15.0}
    return Box(**{"id": "", "image": 0, "label": label, **place, **more})


def polygon(label: int = 1, **more: Any) -> Polygon:
    return Polygon(**{"id": "", "image": 0, "label": label, "parts": ((RING,),), **more})


def bitmap(*stamps: tuple[float, float, float], size: tuple[int, int] = (64, 48)) -> Any:
    made = shaping.Bitmap(*size)
    for x, y, radius in stamps:
        made.stamp(x, y, x, y, radius, on=True)
    return made


def shapes(project: Project, image: int = 1) -> list[Any]:
    return workbench.open_image(project, image).annotations


def state(project: Project, image: int = 1) -> str:
    return images.image_rows(project, [image])[0].state.value


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.code == code


def test_shapes_are_added_on_top_cut_to_the_image(project_of: Make) -> None:
    project = project_of(2, ["cell", "dirt"])
    edited = shaping.add_shapes(project, 1, [box(x=-5, w=400), polygon(2)])
    assert (edited.changes.images, edited.changes.undo_code) == ({1}, "undo.add_shapes")
    assert edited.changes.annotations == set(edited.ids) == {"1", "2"}
    first, second = shapes(project)
    assert (first.x, first.w, first.image, first.provenance.author) == (0, 64, 1, project.author)
    assert (second.parts, second.label) == (((RING,),), 2)
    assert state(project) == "draft"
    assert projects.undo(project).annotations == {"1", "2"}  # type: ignore[union-attr]
    assert (shapes(project), state(project)) == ([], "unlabelled")


def test_a_degenerate_shape_among_good_ones_stores_nothing(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    bad = {
        "shape.too_small": box(w=0.5),
        "shape.too_few_points": polygon(parts=((RING[:2],),)),
        "shape.empty_mask": Mask(id="", image=1, label=1, x=0, y=0, w=5, h=5),
    }
    for code, shape in bad.items():
        refused(code, lambda shape=shape: shaping.add_shapes(project, 1, [box(), shape]))
    refused("project.no_label", lambda: shaping.add_shapes(project, 1, [box(7)]))
    refused("project.no_image", lambda: shaping.add_shapes(project, 9, [box()]))
    assert (shapes(project), state(project)) == ([], "unlabelled")
    assert projects.undo_code(project) is None


def test_only_the_outline_of_a_change_is_taken(project_of: Make) -> None:
    project = project_of(1, ["cell", "dirt"])
    (one,) = shaping.add_shapes(project, 1, [box(attributes={"k": 1})]).ids
    stale = box(2, id=one, x=50, y=40, w=30, h=30, z=9)
    assert shaping.change_shapes(project, 1, [stale]).ids == (one,)
    (now,) = shapes(project)
    assert (now.label, now.z, now.attributes) == (1, 0, {"k": 1})
    assert (now.x, now.y, now.w, now.h) == (50, 40, 14, 8)
    shaping.change_shapes(project, 1, [polygon(id=one)])
    assert isinstance(shapes(project)[0], Polygon)
    refused("shape.too_small", lambda: shaping.change_shapes(project, 1, [box(id=one, x=64)]))


def test_a_change_to_the_same_is_no_step(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    edited = shaping.change_shapes(project, 1, [box(id=one)])
    assert (edited.ids, edited.changes.images) == ((one,), frozenset())
    shaping.move_shapes(project, 1, [one], 0, 0)
    projects.undo(project)
    assert shapes(project) == []


def test_shapes_move_together_and_masks_by_whole_pixels(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    (mask,) = shaping.paint_mask(project, 1, None, 1, bitmap((20, 20, 4)), [(0, 0)]).ids
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    shaping.move_shapes(project, 1, [one, mask], 3.7, -100)
    opened = workbench.open_image(project, 1)
    assert opened.bitmaps[mask] == bitmap((20, 20, 4)).moved(3, -10)
    moved = next(item for item in opened.annotations if item.id == one)
    assert (moved.x, moved.y) == (13, 0)
    projects.undo(project)
    assert workbench.open_image(project, 1).bitmaps[mask] == bitmap((20, 20, 4))


def test_each_stroke_is_a_step_and_the_last_pixel_takes_the_mask(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    pixels = bitmap((20, 20, 4))
    (mask,) = shaping.paint_mask(project, 1, None, 1, pixels, [(0, 0)]).ids
    (item,) = shapes(project)
    assert (item.x, item.y, item.w, item.h) == tuple(pixels.bounds())
    _, places = pixels.stamp(40, 20, 40, 20, 4, on=True)
    shaping.paint_mask(project, 1, mask, 1, pixels, places)
    assert workbench.open_image(project, 1).bitmaps[mask] == pixels
    assert shapes(project)[0].w == pixels.bounds().w
    empty = shaping.Bitmap(64, 48)
    edited = shaping.paint_mask(project, 1, mask, 1, empty, [(0, 0)])
    assert (edited.ids, edited.changes.annotations, shapes(project)) == ((), {mask}, [])
    assert state(project) == "unlabelled"
    projects.undo(project)
    assert workbench.open_image(project, 1).bitmaps[mask] == pixels
    refused("shape.empty_mask", lambda: shaping.paint_mask(project, 1, None, 1, empty, []))
    projects.undo(project)
    assert workbench.open_image(project, 1).bitmaps[mask] == bitmap((20, 20, 4))


def test_a_stroke_begun_while_an_undo_was_under_way_brings_nothing_back(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    first = bitmap((20, 20, 4))
    (mask,) = shaping.paint_mask(project, 1, None, 1, first, [(0, 0)]).ids
    seen = first.copy()
    seen.stamp(40, 20, 40, 20, 4, on=True)
    shaping.paint_mask(project, 1, mask, 1, seen, [(0, 0)], first)
    projects.undo(project)
    after = seen.copy()
    after.stamp(30, 20, 30, 20, 3, on=True)
    after.stamp(20, 20, 20, 20, 2, on=False)
    shaping.paint_mask(project, 1, mask, 1, after, [(0, 0)], seen)
    wanted = first.copy()
    wanted.stamp(30, 20, 30, 20, 3, on=True)
    wanted.stamp(20, 20, 20, 20, 2, on=False)
    assert workbench.open_image(project, 1).bitmaps[mask] == wanted
    (item,) = shapes(project)
    assert (item.x, item.y, item.w, item.h) == tuple(wanted.bounds())


def test_a_stroke_that_leaves_the_place_as_it_is_is_work_all_the_same(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    pixels = bitmap((20, 20, 8))
    (mask,) = shaping.paint_mask(project, 1, None, 1, pixels, [(0, 0)]).ids
    labelling.set_state(project, [1], ImageState.REVIEWED)
    project.author = "grace"
    _, places = pixels.stamp(20, 20, 20, 20, 2, on=False)
    edited = shaping.paint_mask(project, 1, mask, 1, pixels, places)
    assert edited.changes.annotations == {mask}
    assert state(project) == "labelled"
    with project.read() as db:
        assert db.value("SELECT updated_by FROM annotations") == "grace"
    again = shaping.paint_mask(project, 1, mask, 1, pixels, places)
    assert not again.changes.images, "the same pixels once more are no step"
    assert projects.undo(project).annotations == {mask}  # type: ignore[union-attr]
    assert workbench.open_image(project, 1).bitmaps[mask] == bitmap((20, 20, 8))


def test_a_stroke_over_several_masks_is_one_edit(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    before = [bitmap((20, 20, 8)), bitmap((40, 20, 4))]
    one, two = (shaping.paint_mask(project, 1, None, 1, b, [(0, 0)]).ids[0] for b in before)
    cut, gone = before[0].copy(), bitmap()
    cut.stamp(20, 20, 20, 20, 3, on=False)
    strokes = [(one, cut, {(0, 0)}, before[0]), (two, gone, {(0, 0)}, before[1])]
    edited = shaping.paint_masks(project, 1, strokes)
    assert edited.changes.annotations == {one, two}
    assert workbench.open_image(project, 1).bitmaps == {one: cut}
    assert projects.undo(project).annotations == {one, two}  # type: ignore[union-attr]
    assert workbench.open_image(project, 1).bitmaps == {one: before[0], two: before[1]}


def test_only_masks_are_painted_and_only_outlines_reshaped(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    (mask,) = shaping.paint_mask(project, 1, None, 1, bitmap((20, 20, 4)), [(0, 0)]).ids
    refused(
        "shape.not_a_mask",
        lambda: shaping.paint_mask(project, 1, one, 1, bitmap((9, 9, 3)), [(0, 0)]),
    )
    refused("shape.not_an_outline", lambda: shaping.change_shapes(project, 1, [box(id=mask)]))


def test_a_shape_that_is_gone_or_elsewhere_is_said_so(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    refused("shape.gone", lambda: shaping.delete_shapes(project, 2, [one]))
    shaping.delete_shapes(project, 1, [one])
    refused("shape.gone", lambda: shaping.move_shapes(project, 1, [one], 1, 1))


def test_locked_shapes_are_left_alone_until_freed(project_of: Make) -> None:
    project = project_of(1, ["cell", "dirt"])
    one, two = shaping.add_shapes(project, 1, [box(), box()]).ids
    labelling.set_state(project, [1], ImageState.REVIEWED)
    shaping.set_locked(project, 1, [one], True)
    assert state(project) == "reviewed"
    calls: list[Callable[[], object]] = [
        lambda: shaping.change_shapes(project, 1, [box(id=one, x=1)]),
        lambda: shaping.move_shapes(project, 1, [two, one], 1, 1),
        lambda: shaping.delete_shapes(project, 1, [one]),
        lambda: shaping.relabel_shapes(project, 1, [one], 2),
        lambda: shaping.order_shapes(project, 1, [one], "back"),
        lambda: shaping.convert_shapes(project, 1, [one], "mask"),
        lambda: shaping.join_shapes(project, 1, [two, one]),
        lambda: shaping.split_shapes(project, 1, [one]),
        lambda: shaping.subtract_shapes(project, 1, [one, two]),
    ]
    for call in calls:
        refused("shape.locked", call)
    shaping.set_locked(project, 1, [one], False)
    shaping.delete_shapes(project, 1, [one])
    assert [item.id for item in shapes(project)] == [two]


def test_labels_of_shapes_change(project_of: Make) -> None:
    project = project_of(1, ["cell", "dirt"])
    one, two = shaping.add_shapes(project, 1, [box(), polygon()]).ids
    shaping.relabel_shapes(project, 1, [two, one], 2)
    assert {item.label for item in shapes(project)} == {2}
    refused("project.no_label", lambda: shaping.relabel_shapes(project, 1, [one], 8))


def order(project: Project) -> str:
    return "".join(item.id for item in shapes(project))


def test_shapes_are_brought_to_the_front_and_back(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    shaping.add_shapes(project, 1, [box(), box(), box(x=40), box()])
    assert order(project) == "1234"
    shaping.order_shapes(project, 1, ["2", "1"], "front")
    assert order(project) == "3412"
    shaping.order_shapes(project, 1, ["2"], "back")
    assert order(project) == "2341"
    shaping.order_shapes(project, 1, ["2"], "forward")
    assert order(project) == "3421", "the shape it does not overlap is passed over"
    shaping.order_shapes(project, 1, ["1"], "backward")
    assert order(project) == "3412"
    shaping.add_shapes(project, 1, [box()])
    assert order(project) == "34125", "a new shape is on top of all"
    for _ in range(5):
        projects.undo(project)
    assert order(project) == "1234"
    changes = shaping.order_shapes(project, 1, ["1"], "back").changes
    assert not changes.images, "nothing to do is no step"


def test_reviewed_work_that_is_edited_is_only_labelled(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    labelling.set_state(project, [1], ImageState.REVIEWED)
    shaping.move_shapes(project, 1, [one], 1, 0)
    assert state(project) == "labelled"
    projects.undo(project)
    assert state(project) == "reviewed"
    shaping.delete_shapes(project, 1, [one])
    assert state(project) == "labelled", "nothing in it is an answer, too"


def test_suggestions_do_not_count_as_work_until_accepted(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    one, two, three = shaping.add_shapes(project, 1, [box(provenance=SUGGESTED)] * 3).ids
    assert state(project) == "unlabelled"
    shaping.reject_shapes(project, 1, [one])
    assert state(project) == "unlabelled"
    shaping.accept_shapes(project, 1, [two])
    accepted = next(item for item in shapes(project) if item.id == two).provenance
    assert (accepted.suggestion, accepted.run, accepted.confidence) == (False, "r0001", 0.5)
    assert state(project) == "draft"
    shaping.change_shapes(project, 1, [box(id=three, x=30)])
    assert not shapes(project)[1].provenance.suggestion, "whoever changes it, accepts it"
    shaping.reject_shapes(project, 1, [two])
    assert len(shapes(project)) == 2


def test_a_suggested_label_of_the_image_is_accepted_in_place_of_another(project_of: Make) -> None:
    from tlstudio.storage import annotations

    project = project_of(1, ["cell", "dirt"])
    labelling.assign_label(project, [1], 1)
    project.transact(
        "undo.x", lambda db: annotations.set_image_label(db, [1], 2, SUGGESTED, exclusive=False)
    )
    suggested = next(item for item in shapes(project) if item.provenance.suggestion)
    shaping.accept_shapes(project, 1, [suggested.id])
    (item,) = shapes(project)
    assert (item.label, item.provenance.suggestion, item.provenance.run) == (2, False, "r0001")


def test_a_copy_lies_beside_and_is_the_persons_own(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    given = box(x=40, w=24, group="t", attributes={"k": 1}, provenance=SUGGESTED)
    (one,) = shaping.add_shapes(project, 1, [given]).ids
    shaping.set_locked(project, 1, [one], True)
    (two,) = shaping.duplicate_shapes(project, 1, [one], 10, 0).ids
    copied = next(item for item in shapes(project) if item.id == two)
    assert (copied.x, copied.group, copied.attributes) == (30, None, {"k": 1}), "to the left"
    assert copied.provenance.source is AnnotationSource.PERSON
    assert not copied.provenance.suggestion


def test_what_would_lie_outside_a_smaller_image_is_not_pasted(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    folder = str(project.folder)
    far = Mask(id="", image=1, label=1, x=300, y=200, w=9, h=9)
    pixels = shaping.Bitmap.from_array(np.ones((9, 9), bool), 300, 200, 400, 300)
    clip = shaping.Clip(folder, (box(x=0, w=20), far, box(x=350, w=20)), {1: pixels})
    kept = shaping.paste_shapes(project, 1, clip)
    assert len(kept.ids) == len(shapes(project)) == 1
    alone = shaping.Clip(folder, (box(x=-300, w=20), box(x=350, w=20)))
    refused("shape.outside", lambda: shaping.paste_shapes(project, 1, alone))


def test_a_clip_outlives_its_shapes(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    (mask,) = shaping.paint_mask(project, 1, None, 1, bitmap((60, 40, 9)), [(0, 0)]).ids
    clip = shaping.copy_shapes(project, 1, [mask, one])
    labelling.delete_images(project, [1])
    first, second = shaping.paste_shapes(project, 2, clip).ids
    opened = workbench.open_image(project, 2)
    assert [item.id for item in opened.annotations] == [first, second]
    assert opened.bitmaps[first] == bitmap((60, 40, 9))
    assert opened.annotations[1].x == 10
    labelling.delete_labels(project, [1])
    refused("project.no_label", lambda: shaping.paste_shapes(project, 2, clip))
    other = project_of(1, ["other"], name="other")
    refused("shape.other_project", lambda: shaping.paste_shapes(other, 1, clip))


def test_an_added_shape_takes_the_place_of_the_unfinished_one(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    drafts.keep_draft(project, 1, "polygon", {"points": [[1, 2]]})
    shaping.add_shapes(project, 1, [box(provenance=SUGGESTED)])
    assert drafts.read_draft(project, 1) is not None
    shaping.add_shapes(project, 1, [polygon()])
    assert drafts.read_draft(project, 1) is None


def test_an_edit_that_was_overtaken_is_made_from_what_is_there_now(
    project_of: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its reading and its writing another thread moves the shape."""
    project = project_of(1, ["cell"])
    (one,) = shaping.add_shapes(project, 1, [box()]).ids
    plain, calls = project.transact, []

    def slow(code: str, fn: Any, **more: Any) -> Any:
        if not calls:
            calls.append(code)
            other = threading.Thread(target=shaping.move_shapes, args=(project, 1, [one], 4, 0))
            monkeypatch.setattr(project, "transact", plain)
            other.start()
            other.join()
        return plain(code, fn, **more)

    monkeypatch.setattr(project, "transact", slow)
    shaping.move_shapes(project, 1, [one], 0, 5)
    (now,) = shapes(project)
    assert (now.x, now.y) == (14, 15)


def test_shapes_are_counted_by_kind(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    shaping.add_shapes(project, 1, [box(), box(), polygon(), box(provenance=SUGGESTED)])
    shaping.paint_mask(project, 2, None, 1, bitmap((20, 20, 4)), [(0, 0)])
    info = projects.project_info(project)
    assert info["kinds"] == {"box": 2, "polygon": 1, "mask": 1}
    assert (info["suggestions"], info["states"]) == (1, {"draft": 2})
