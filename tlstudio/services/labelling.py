"""Labelling: labels themselves, and what a person says of images.

Every function is one committed transaction and one step of undo; when it returns, the edit is
on the disk. All raise UserError("project.read_only") where the project cannot be written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import AnnotationSource, Provenance
from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import Label, LabelRole
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import backups, images, label_previews, labels

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


def list_labels(project: Project) -> list[Label]:
    """All labels, in the order people see."""
    with project.read() as db:
        return labels.all_labels(db)


def label_named(project: Project, name: str) -> Label:
    """The label of that name. Raises UserError("project.no_label")."""
    with project.read() as db:
        return labels.by_name(db, name)


def label_usage(project: Project) -> dict[int, int]:
    """How many accepted annotations each label has, by label id."""
    with project.read() as db:
        return labels.usage(db)


def add_labels(
    project: Project, names: Sequence[str], *, role: LabelRole = LabelRole.NORMAL
) -> Changes:
    """Add labels. Raises UserError: project.label_exists, project.label_empty."""
    return project.transact("undo.add_labels", lambda db: labels.add(db, names, role=role))


def rename_label(project: Project, label_id: int, name: str) -> Changes:
    """Give a label another name. Raises UserError("project.label_exists") if it is taken."""
    return project.transact("undo.rename_label", lambda db: labels.rename(db, label_id, name))


def set_label_colour(project: Project, label_id: int, colour: str) -> Changes:
    """Give a label another colour, as #RRGGBB."""
    return project.transact("undo.label_colour", lambda db: labels.set_colour(db, label_id, colour))


def set_label_role(project: Project, label_id: int, role: LabelRole) -> Changes:
    """Say what a label is for: normal, the background, or areas to ignore."""
    return project.transact("undo.label_role", lambda db: labels.set_role(db, label_id, role))


def label_figures(project: Project) -> dict[int, tuple[int, int]]:
    """On how many images, and by how many shapes, each label is used; unused ones are left out."""
    with project.read() as db:
        return label_previews.figures(db)


def order_labels(project: Project, label_ids: Sequence[int]) -> Changes:
    """Show the labels in this order."""
    return project.transact("undo.label_order", lambda db: labels.set_order(db, label_ids))


def merge_labels(project: Project, from_ids: Iterable[int], into_id: int) -> Changes:
    """Make several labels one; the database is copied to backups first."""
    going = list(from_ids)
    if not project.read_only:
        backups.back_up(project, "merge")

    def edit(db: Db) -> Changes:
        labels.merge(db, going, into_id)
        return Changes(merged=frozenset((gone, into_id) for gone in going if gone != into_id))

    return project.transact("undo.merge_labels", edit)


def merge_preview(project: Project, from_ids: Iterable[int], into_id: int) -> dict[str, int]:
    """What merge_labels would change, in numbers.

    Keys: images, image_labels, boxes, polygons, masks, suggestions (what gets the other
    label), doubled (image labels that go because the image keeps one that says the same),
    unlabelled (0: no image loses its last annotation).
    """
    going = set(from_ids) - {into_id}
    with project.read() as db:
        found = label_previews.counts(db, going)
        found["doubled"] = label_previews.said_twice(db, going, into_id)
    return found | {"unlabelled": 0}


def delete_preview(project: Project, label_ids: Iterable[int]) -> dict[str, int]:
    """What delete_labels would take away, in numbers.

    Keys: images, image_labels, boxes, polygons, masks, suggestions, and unlabelled: images
    that would be left with nothing and become unlabelled.
    """
    going = set(label_ids)
    with project.read() as db:
        found = label_previews.counts(db, going)
        found["unlabelled"] = label_previews.left_with_nothing(db, going)
    return found


def delete_labels(project: Project, label_ids: Iterable[int]) -> Changes:
    """Delete labels with everything labelled so: one step, which undo brings back whole."""
    going = list(label_ids)
    return project.transact("undo.delete_labels", lambda db: labels.delete(db, going))


def assign_label(
    project: Project, image_ids: Sequence[int], label_id: int | None, *, add: bool = False
) -> Changes:
    """Say what these images show.

    By default the label replaces others of its exclusive set; with `add` it is put beside
    them, or taken away again where all of these images have it. None takes all labels away.
    Images with a label become labelled, images left with nothing become unlabelled; what a
    model had suggested for them in place of this answer is dropped.
    """
    ids = list(image_ids)

    def edit(db: Db) -> None:
        if label_id is None:
            _annotations.set_image_label(db, ids, None)
            labels.unlabel_empty(db, ids)
            return
        label = labels.by_id(db, label_id)
        if add and _annotations.all_have_image_label(db, ids, label.id):
            _annotations.remove_image_label(db, ids, label.id)
            labels.unlabel_empty(db, ids)
            return
        _annotations.set_image_label(db, ids, label.id, exclusive=not add)
        dropped = label.id if add else None
        _annotations.delete_suggestions(db, ids, label_id=dropped, kind="image_label")
        images.set_state(db, ids, ImageState.LABELLED)

    return project.transact("undo.assign_label" if label_id else "undo.remove_label", edit)


def take_label_off(project: Project, image_ids: Sequence[int], label_id: int) -> Changes:
    """Take this one label of the image as a whole off these images; shapes of it stay.

    Images left with nothing become unlabelled. The Changes are without images where none of
    them had the label as a whole.
    """
    ids = list(image_ids)

    def edit(db: Db) -> None:
        labels.unlabel_empty(db, _annotations.remove_image_label(db, ids, label_id))

    return project.transact("undo.remove_label", edit)


def accept_suggestions(project: Project, image_ids: Sequence[int]) -> Changes:
    """Take what models suggested for these images: the surest image label and all shapes.

    They keep the run and the confidence they came from; other suggested image labels are
    dropped.
    """
    ids = list(image_ids)

    def edit(db: Db) -> None:
        answered: set[int] = set()
        for image, label, run, confidence in _annotations.suggested_labels(db, ids):
            if image in answered:
                continue
            answered.add(image)
            made = Provenance(source=AnnotationSource.MODEL, run=run, confidence=confidence)
            _annotations.set_image_label(db, [image], label, made)
        _annotations.delete_suggestions(db, answered, kind="image_label")
        answered |= _annotations.accept_shapes(db, ids)
        images.set_state(db, answered, ImageState.LABELLED)

    return project.transact("undo.accept_suggestions", edit)


def reject_suggestions(project: Project, image_ids: Sequence[int]) -> Changes:
    """Drop what models suggested for these images."""
    ids = list(image_ids)
    return project.transact(
        "undo.reject_suggestions", lambda db: _annotations.delete_suggestions(db, ids)
    )


def set_state(project: Project, image_ids: Sequence[int], state: ImageState) -> Changes:
    """Set the review state. `labelled` without a label says: looked at, nothing in it."""
    return project.transact("undo.set_state", lambda db: images.set_state(db, image_ids, state))


def set_split(project: Project, image_ids: Sequence[int], split: Split | None) -> Changes:
    """Put images into a split, or out of all.

    UserError("data.split_synthetic") where some were made here and the split is val or test.
    """

    def edit(db: Db) -> None:
        if split in (Split.VAL, Split.TEST) and (made := images.synthetic_of(db, image_ids)):
            raise UserError("data.split_synthetic", count=len(made))
        images.set_split(db, image_ids, split)

    return project.transact("undo.set_split", edit)


def set_group(project: Project, image_ids: Sequence[int], name: str | None) -> Changes:
    """Put images into a group (patient, slide, video), or out of it."""
    cleaned = (name or "").strip() or None
    return project.transact("undo.set_group", lambda db: images.set_group(db, image_ids, cleaned))


def set_tags(
    project: Project,
    image_ids: Sequence[int],
    *,
    add: Iterable[str] = (),
    remove: Iterable[str] = (),
) -> Changes:
    """Add tags to images and take tags away."""
    adding = [tag.strip() for tag in add if tag.strip()]
    removing = [tag.strip() for tag in remove if tag.strip()]
    return project.transact(
        "undo.set_tags", lambda db: images.set_tags(db, image_ids, add=adding, remove=removing)
    )


def delete_images(project: Project, image_ids: Sequence[int]) -> Changes:
    """Take images out of the project; their files stay, so undo brings all of it back."""
    return project.transact("undo.delete_images", lambda db: images.delete_images(db, image_ids))
