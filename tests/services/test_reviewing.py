"""States, comments, whose work it is; the next image; what is kept for later."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tlstudio.domain.annotations import Box
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageState
from tlstudio.domain.spacing import Spacing
from tlstudio.services import drafts, filters, labelling, projects, reviewing, shaping, workbench
from tlstudio.storage.project import Project

Make = Callable[..., Project]

BOX = Box(id="", image=0, label=1, x=1, y=1, w=9, h=9)


def state(project: Project, image: int = 1) -> str:
    return workbench.open_image(project, image).row.state.value


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(UserError) as caught:
        call()
    assert caught.value.code == code


def test_finishing_an_empty_image_says_there_is_nothing_in_it(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    for wanted in ("labelled", "reviewed", "labelled"):
        assert reviewing.finish_image(project, 1).images == {1}
        assert state(project) == wanted
    for wanted in ("reviewed", "labelled", "unlabelled"):
        projects.undo(project)
        assert state(project) == wanted
    refused("project.no_image", lambda: reviewing.finish_image(project, 5))


def test_moving_on_ends_a_draft_within_the_step_that_made_it(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    assert reviewing.leave_image(project, 1) is None
    shaping.add_shapes(project, 1, [BOX])
    changes = reviewing.leave_image(project, 1)
    assert changes is not None and changes.images == {1}
    assert state(project) == "labelled"
    projects.undo(project)
    assert (state(project), projects.undo_code(project)) == ("unlabelled", None)
    projects.redo(project)
    assert state(project) == "labelled"


def test_moving_on_after_work_elsewhere_is_a_step_of_its_own(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    shaping.add_shapes(project, 1, [BOX])
    shaping.add_shapes(project, 2, [BOX])
    reviewing.leave_image(project, 1)
    assert projects.undo_code(project) == "undo.leave_image"
    projects.undo(project)
    assert (state(project), state(project, 2)) == ("draft", "draft")


def test_moving_on_never_takes_redo_away(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    shaping.add_shapes(project, 1, [BOX])
    shaping.add_shapes(project, 1, [BOX])
    projects.undo(project)
    assert reviewing.leave_image(project, 1) is None
    assert state(project) == "draft"
    assert projects.redo(project) is not None


def test_a_review_with_a_word_is_one_step(project_of: Make) -> None:
    project = project_of(3, ["cell"])
    changes = reviewing.set_review(project, [1, 2], "disputed", "  two cells, not one ")
    assert changes.images == {1, 2}
    (comment,) = reviewing.comments(project, 2)
    assert (comment.text, comment.state, comment.author) == (
        "two cells, not one",
        ImageState.DISPUTED,
        project.author,
    )
    reviewing.add_comment(project, 2, "agreed")
    assert [item.text for item in workbench.open_image(project, 2).comments][1:] == ["agreed"]
    refused("review.comment_empty", lambda: reviewing.add_comment(project, 2, " "))
    projects.undo(project)
    projects.undo(project)
    assert (reviewing.comments(project, 2), state(project, 2)) == ([], "unlabelled")


def test_images_are_given_to_people(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    reviewing.assign(project, [1, 2], " grace ")
    assert workbench.open_image(project, 2).assignee == "grace"
    assert reviewing.people(project) == sorted({"grace", project.author}, key=str.casefold)
    reviewing.assign(project, [2], None)
    assert workbench.open_image(project, 2).assignee is None
    projects.undo(project)
    assert workbench.open_image(project, 2).assignee == "grace"


def test_the_size_of_a_pixel_is_kept(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    reviewing.set_spacing(project, [1, 2], 0.25, None)
    assert workbench.open_image(project, 2).spacing == Spacing(0.25, 0.25, "µm")
    assert not reviewing.set_spacing(project, [1, 2], 0.25, 0.25).images, "no step twice"
    reviewing.set_spacing(project, [2], None, None)
    assert workbench.open_image(project, 2).spacing is None
    projects.undo(project)
    assert workbench.open_image(project, 2).spacing == Spacing(0.25, 0.25, "µm")
    refused("review.spacing", lambda: reviewing.set_spacing(project, [1], 0.0, None))


def test_the_next_image_of_a_state_is_found_in_the_order_shown(project_of: Make) -> None:
    project = project_of(1200, ["cell"])
    labelling.set_state(project, range(2, 1100), ImageState.LABELLED)
    ids = [1, *range(1200, 1, -1)]
    unlabelled = frozenset({"unlabelled"})

    def after(current: int, step: int, states: frozenset[str] | None = None) -> int | None:
        return workbench.next_image(project, ids, current, step, states)

    assert (after(1, 1), after(1, -1), after(2, 1)) == (1200, None, None)
    assert (after(1200, -1), after(1100, 1)) == (1, 1099)
    assert after(1101, 1, unlabelled) == 1100
    assert after(1100, 1, unlabelled) is None
    assert after(2, -1, unlabelled) == 1100
    assert after(2, -1, frozenset({"labelled", "draft"})) == 3
    assert (after(5000, 1), after(5000, -1)) == (1, 2)


def test_progress_names_every_state(project_of: Make) -> None:
    project = project_of(3, ["cell"])
    reviewing.finish_image(project, 2)
    assert workbench.progress(project) == {
        "unlabelled": 2,
        "draft": 0,
        "labelled": 1,
        "reviewed": 0,
        "disputed": 0,
    }


def test_history_says_who_did_what_and_when(project_of: Make) -> None:
    project = project_of(3, ["cell"])
    project.author = "ada"
    shaping.add_shapes(project, 1, [BOX])
    project.author = "grace"
    reviewing.set_review(project, [1, 2, 3], "reviewed")
    projects.undo(project)
    newest, first = (step for step in workbench.history(project) if step.image_count)
    assert (newest.code, newest.author, newest.image_count) == ("undo.set_review", "grace", 3)
    assert (newest.undone, first.undone, first.author) == (True, False, "ada")
    assert newest.at >= first.at > "2020"
    only = [step.code for step in workbench.history(project, image_id=3)]
    assert only == ["undo.set_review"]
    assert len(workbench.history(project, limit=1)) == 1


def test_the_images_of_a_step_are_those_that_are_there_however_many(project_of: Make) -> None:
    project = project_of(60, ["cell"])
    labelling.assign_label(project, range(1, 61), 1)
    step = workbench.history(project)[0]
    assert workbench.step_images(project, step.id) == list(range(1, 61))
    labelling.delete_images(project, range(1, 56))
    assert workbench.step_images(project, step.id) == [56, 57, 58, 59, 60]
    assert workbench.step_images(project, workbench.history(project)[0].id) == []


def test_an_unfinished_shape_is_kept_over_closing_and_is_no_step(project_of: Make) -> None:
    project = project_of(2, ["cell"])
    shaping.add_shapes(project, 2, [BOX])
    projects.undo(project)
    drafts.keep_draft(project, 1, "polygon", {"points": [[1.5, 2.25]]})
    drafts.keep_draft(project, 1, "box", {"from": [3, 4]})
    drafts.keep_draft(project, 99, "box", {})
    project.close()
    with projects.open_project(project.folder) as again:
        draft = workbench.open_image(again, 1).draft
        assert draft is not None
        assert (draft.tool, draft.data) == ("box", {"from": [3, 4]})
        assert projects.redo(again) is not None, "a draft leaves redo alone"
        drafts.keep_draft(again, 1, "box", None)
        assert workbench.open_image(again, 1).draft is None


def test_damaged_pixels_leave_the_rest_of_the_image_to_be_seen(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    pixels = shaping.Bitmap(64, 48)
    _, places = pixels.stamp(20, 20, 20, 20, 5, on=True)
    good, bad = (shaping.paint_mask(project, 1, None, 1, pixels, places).ids[0] for _ in "ab")
    project.transact(
        "undo.x",
        lambda db: db.execute(
            "UPDATE mask_tiles SET data = x'00' WHERE annotation_id = ?", (int(bad),)
        ),
    )
    opened = workbench.open_image(project, 1)
    assert [item.id for item in opened.annotations] == [good, bad]
    assert set(opened.bitmaps) == {good}
    refused("project.damaged_mask", lambda: shaping.move_shapes(project, 1, [bad], 1, 1))
    shaping.delete_shapes(project, 1, [bad])


def test_only_what_was_asked_for_is_read(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    one, two = shaping.add_shapes(project, 1, [BOX, BOX]).ids
    items, bitmaps = workbench.read_shapes(project, 1, [two, "77"])
    assert ([item.id for item in items], bitmaps) == ([two], {})
    assert workbench.read_shapes(project, 9, [one]) == ([], {})


def test_filters_are_kept_by_name(project_of: Make) -> None:
    project = project_of(1, ["cell"])
    shaping.add_shapes(project, 1, [BOX])
    query = ImageQuery(
        labels=frozenset({0, 3}), groups=frozenset({"", "p"}), missing=False, sort="name"
    )
    filters.save_filter(project, " to do ", ImageQuery(text="x"))
    filters.save_filter(project, "to do", query)
    filters.save_filter(project, "all", ImageQuery())
    everything, saved = filters.list_filters(project)
    assert (everything.query, saved.name, saved.query) == (ImageQuery(), "to do", query)
    assert projects.undo(project) is not None, "a filter is no step, and no barrier"
    filters.delete_filter(project, saved.id)
    assert [item.name for item in filters.list_filters(project)] == ["all"]
    refused("filter.name_empty", lambda: filters.save_filter(project, " ", query))


def test_a_filter_of_a_later_program_is_read_as_far_as_it_is_known() -> None:
    assert filters.as_query({"text": "x", "moon": [1]}) == ImageQuery(text="x")
