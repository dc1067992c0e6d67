"""Labelling: what a person says is stored at once, and undo takes back exactly that."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlstudio.domain.annotations import AnnotationSource, Box, Provenance
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow, ImageState, SourceFacts, Split
from tlstudio.services import filters, images, labelling, projects
from tlstudio.storage import annotations as store
from tlstudio.storage import backups
from tlstudio.storage import images as stored
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project

Make = Callable[..., Project]


def rows(project: Project) -> list[ImageRow]:
    return images.image_rows(project, images.find_images(project))


def suggest(project: Project, image: int, label: int, confidence: float) -> None:
    made = Provenance(AnnotationSource.MODEL, run="r0001", confidence=confidence, suggestion=True)
    project.transact(
        "undo.x", lambda db: store.set_image_label(db, [image], label, made, exclusive=False)
    )


def test_a_label_makes_images_labelled_and_undo_unlabels_them(project_of: Make) -> None:
    project = project_of(3, ["cat", "dog"])
    changes = labelling.assign_label(project, [1, 3], 2)
    assert (changes.images, changes.undo_code) == ({1, 3}, "undo.assign_label")
    assert [(row.labels, row.state) for row in rows(project)] == [
        ((2,), ImageState.LABELLED),
        ((), ImageState.UNLABELLED),
        ((2,), ImageState.LABELLED),
    ]
    labelling.assign_label(project, [1], 1)
    assert rows(project)[0].labels == (1,)
    assert projects.undo(project).images == {1}  # type: ignore[union-attr]
    assert rows(project)[0].labels == (2,)
    projects.undo(project)
    assert all(row.labels == () and row.state == "unlabelled" for row in rows(project))


def test_none_takes_labels_away(project_of: Make) -> None:
    project = project_of(2, ["cat"])
    labelling.assign_label(project, [1, 2], 1)
    labelling.assign_label(project, [1], None)
    assert [row.state for row in rows(project)] == ["unlabelled", "labelled"]
    assert projects.undo_code(project) == "undo.remove_label"


def test_an_image_with_a_box_stays_labelled_without_its_label(project_of: Make) -> None:
    project = project_of(1, ["cat"])
    labelling.assign_label(project, [1], 1)
    box = Box(id="", image=1, label=1, x=0, y=0, w=5, h=5)
    project.transact("undo.x", lambda db: store.add(db, [box]))
    labelling.assign_label(project, [1], None)
    assert rows(project)[0].state == ImageState.LABELLED


def test_one_label_is_taken_off_and_what_was_never_its_stays(project_of: Make) -> None:
    project = project_of(3, ["cat", "dog"])
    labelling.assign_label(project, [1], 1)
    labelling.assign_label(project, [1], 2, add=True)
    labelling.set_state(project, [3], ImageState.LABELLED)
    box = Box(id="", image=2, label=2, x=0, y=0, w=5, h=5)
    project.transact("undo.x", lambda db: store.add(db, [box]))
    before = rows(project)
    assert labelling.take_label_off(project, [1, 2, 3], 2).images == {1}
    assert [row.labels for row in rows(project)] == [(1,), (2,), ()]
    assert [row.state for row in rows(project)] == [row.state for row in before]
    assert not labelling.take_label_off(project, [2], 2).images
    projects.undo(project)
    assert rows(project) == before


def test_adding_toggles_a_second_label(project_of: Make) -> None:
    project = project_of(2, ["cat", "dog"])
    labelling.assign_label(project, [1, 2], 1)
    labelling.assign_label(project, [1], 2, add=True)
    assert [row.labels for row in rows(project)] == [(1, 2), (1,)]
    labelling.assign_label(project, [1, 2], 2, add=True)
    assert [row.labels for row in rows(project)] == [(1, 2), (1, 2)]
    labelling.assign_label(project, [1, 2], 2, add=True)
    assert [row.labels for row in rows(project)] == [(1,), (1,)]
    labelling.assign_label(project, [1], 1, add=True)
    assert rows(project)[0].state == ImageState.UNLABELLED


def test_an_unknown_label_is_refused_and_nothing_is_said(project_of: Make) -> None:
    project = project_of(1)
    with pytest.raises(UserError) as caught:
        labelling.assign_label(project, [1], 7)
    assert caught.value.code == "project.no_label"
    assert rows(project)[0].state == ImageState.UNLABELLED


def test_an_answer_drops_what_models_suggested(project_of: Make) -> None:
    project = project_of(2, ["cat", "dog"])
    for image in (1, 2):
        suggest(project, image, 1, 0.4)
        suggest(project, image, 2, 0.6)
    labelling.assign_label(project, [1], 1)
    assert [(row.labels, row.suggested) for row in rows(project)] == [((1,), ()), ((), (1, 2))]
    labelling.assign_label(project, [2], 1, add=True)
    assert (rows(project)[1].labels, rows(project)[1].suggested) == ((1,), (2,))


def test_accepting_takes_the_surest_and_keeps_where_it_came_from(project_of: Make) -> None:
    project = project_of(3, ["cat", "dog"])
    suggest(project, 1, 1, 0.4)
    suggest(project, 1, 2, 0.6)
    suggest(project, 2, 1, 0.9)
    changes = labelling.accept_suggestions(project, [1, 2, 3])
    assert changes.images == {1, 2}
    assert [(row.labels, row.suggested, row.state.value) for row in rows(project)] == [
        ((2,), (), "labelled"),
        ((1,), (), "labelled"),
        ((), (), "unlabelled"),
    ]
    with project.read() as db:
        made = store.of_images(db, [1])[1][0].provenance
    assert (made.source, made.run, made.confidence) == (AnnotationSource.MODEL, "r0001", 0.6)
    projects.undo(project)
    assert rows(project)[0].suggested == (1, 2)
    labelling.reject_suggestions(project, [1])
    assert (rows(project)[0].suggested, rows(project)[0].state) == ((), ImageState.UNLABELLED)


def test_deleting_a_label_is_one_step_with_all_its_annotations(project_of: Make) -> None:
    project = project_of(4, ["cat", "dog"])
    labelling.assign_label(project, [1, 2, 3], 1)
    labelling.assign_label(project, [3], 2, add=True)
    labelling.set_state(project, [4], ImageState.LABELLED)
    before = rows(project)
    changes = labelling.delete_labels(project, [1])
    assert changes.labels == {1}
    assert changes.images == {1, 2, 3}
    assert [row.state.value for row in rows(project)] == [
        "unlabelled",
        "unlabelled",
        "labelled",
        "labelled",
    ]
    projects.undo(project)
    assert rows(project) == before
    assert [label.name for label in labelling.list_labels(project)] == ["cat", "dog"]


def test_merging_labels_keeps_one_label_an_image_and_a_backup(project_of: Make) -> None:
    project = project_of(3, ["cat", "kitten", "dog"])
    labelling.assign_label(project, [1, 2], 2)
    labelling.assign_label(project, [2], 1, add=True)
    before = rows(project)
    labelling.merge_labels(project, [2, 1], 1)
    assert [row.labels for row in rows(project)] == [(1,), (1,), ()]
    assert [label.name for label in labelling.list_labels(project)] == ["cat", "dog"]
    assert labelling.label_usage(project) == {1: 2, 3: 0}
    assert [item.reason for item in backups.all_backups(project.folder)] == ["merge"]
    projects.undo(project)
    assert rows(project) == before


def test_a_merge_that_is_done_again_tells_what_the_labels_became(project_of: Make) -> None:
    project = project_of(1, ["cell", "cells", "dirt", "small"])
    project.transact("undo.x", lambda db: db.execute("UPDATE labels SET parent = 2 WHERE id > 2"))
    labelling.merge_labels(project, [2, 3], 1)
    taken_back = projects.undo(project)
    assert taken_back is not None and not taken_back.merged
    project.close()
    with projects.open_project(project.folder) as again:
        done = projects.redo(again)
        assert done is not None and done.merged == {(2, 1), (3, 1)}, "though nothing had them"
        labelling.delete_labels(again, [1])
        projects.undo(again)
        assert projects.redo(again).merged == set()  # type: ignore[union-attr]


def test_saved_filters_follow_a_merge_and_its_undo(project_of: Make) -> None:
    project = project_of(1, ["cat", "kitten", "dog"])

    def saved() -> list[frozenset[int]]:
        return [made.query.labels for made in filters.list_filters(project)]

    filters.save_filter(project, "a", ImageQuery(labels=frozenset({0, 2})))
    filters.save_filter(project, "b", ImageQuery(labels=frozenset({1, 2})))
    assert labelling.merge_labels(project, [2], 1).merged == {(2, 1)}
    assert saved() == [{0, 1}, {1}]
    labelling.merge_labels(project, [1], 3)
    assert saved() == [{0, 3}, {3}]
    projects.undo(project)
    projects.undo(project)
    assert saved() == [{0, 2}, {1, 2}]
    labelling.merge_labels(project, [1], 2)
    assert saved() == [{0, 2}, {2}]


def test_labels_keep_their_images_when_renamed(project_of: Make) -> None:
    project = project_of(1, ["cat", "dog"])
    labelling.assign_label(project, [1], 1)
    changes = labelling.rename_label(project, 1, "felis")
    assert changes.labels == {1}
    assert labelling.label_named(project, "felis").id == 1
    assert rows(project)[0].labels == (1,)
    with pytest.raises(UserError) as caught:
        labelling.rename_label(project, 1, "dog")
    assert caught.value.code == "project.label_exists"


def test_splits_groups_tags_and_states_are_steps(project_of: Make) -> None:
    project = project_of(2, ["cat"])
    labelling.set_split(project, [1], Split.TEST)
    labelling.set_group(project, [1, 2], " slide 1 ")
    labelling.set_tags(project, [2], add=["odd", " "])
    labelling.set_state(project, [2], ImageState.DISPUTED)
    first, second = rows(project)
    assert (first.split, first.group, second.group) == (Split.TEST, "slide 1", "slide 1")
    assert (second.tags, second.state) == (("odd",), ImageState.DISPUTED)
    labelling.set_group(project, [1], None)
    assert rows(project)[0].group is None
    for _ in range(5):
        assert projects.undo(project) is not None
    assert projects.undo(project) is None
    assert rows(project)[0].split is None


def test_removed_images_come_back_with_everything(project_of: Make) -> None:
    project = project_of(2, ["cat"])
    labelling.assign_label(project, [1, 2], 1)
    before = rows(project)
    labelling.delete_images(project, [1])
    assert [row.id for row in rows(project)] == [2]
    projects.undo(project)
    assert rows(project) == before


# -- against a plain model -------------------------------------------------------------------

IMAGES = (1, 2, 3)
LABELS = (1, 2)
Said = dict[int, frozenset[int]]

_ids = st.lists(st.sampled_from(IMAGES), min_size=1, max_size=3, unique=True)
_edits = st.one_of(
    st.tuples(st.just("assign"), _ids, st.sampled_from(LABELS)),
    st.tuples(st.just("add"), _ids, st.sampled_from(LABELS)),
    st.tuples(st.just("clear"), _ids, st.none()),
    st.tuples(st.just("undo"), st.just([]), st.none()),
    st.tuples(st.just("redo"), st.just([]), st.none()),
)


def say(said: Said, what: str, ids: list[int], label: int | None) -> Said:
    """What images are said to show after an edit: the rules in their plainest form."""
    if what == "clear":
        return said | {image: frozenset() for image in ids}
    assert label is not None
    if what == "assign":
        return said | {image: frozenset({label}) for image in ids}
    if all(label in said[image] for image in ids):
        return said | {image: said[image] - {label} for image in ids}
    return said | {image: said[image] | {label} for image in ids}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of three images; fsync is off, for lasting through power cuts is not tested."""
    folder = tmp_path_factory.mktemp("scratch") / "p.tlproj"
    with Project.create(folder, name="p", task="classification") as project:
        assert project._writer is not None
        project._writer.execute("PRAGMA synchronous=OFF")
        labelling.add_labels(project, ["a", "b"])
        facts = [SourceFacts(1, 1, f"{n}", 4, 4, "L", 8, f"{n}", "0" * 16) for n in IMAGES]
        files = [stored.NewSource(f"{fact.sha256}.png", False, fact) for fact in facts]
        project.transact("undo.import", lambda db: stored.add_sources(db, files), undoable=False)
        yield project


def _afresh(db: Db) -> None:
    store.set_image_label(db, IMAGES, None)
    stored.set_state(db, IMAGES, ImageState.UNLABELLED)
    stored.set_tags(db, [1], add=["used"])
    stored.set_tags(db, [1], remove=["used"])


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(edits=st.lists(_edits, max_size=25))
def test_any_sequence_of_edits_undo_and_redo_ends_as_a_plain_model_says(
    scratch: Project, edits: list[tuple[str, list[int], int | None]]
) -> None:
    scratch.transact("undo.import", _afresh, undoable=False)
    history, at = [dict.fromkeys(IMAGES, frozenset[int]())], 0
    for what, ids, label in edits:
        if what == "undo":
            assert (projects.undo(scratch) is not None) == (at > 0)
            at = max(0, at - 1)
        elif what == "redo":
            assert (projects.redo(scratch) is not None) == (at + 1 < len(history))
            at = min(len(history) - 1, at + 1)
        else:
            said = say(history[at], what, ids, label)
            labelling.assign_label(scratch, ids, label, add=what == "add")
            if said != history[at]:
                history, at = [*history[: at + 1], said], at + 1
        shown = {row.id: row for row in rows(scratch)}
        assert {image: frozenset(shown[image].labels) for image in IMAGES} == history[at]
        assert all((row.state == "labelled") == bool(row.labels) for row in shown.values())
