"""Reviewing: how far an image is, what people say about it, and who does it.

Every function that changes something is one committed transaction and one step of undo. All
raise UserError("project.read_only") where the project cannot be written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageState
from tlstudio.domain.review import Comment, after_finishing, after_leaving
from tlstudio.domain.spacing import Spacing
from tlstudio.storage import comments as _comments
from tlstudio.storage import image_facts, images, journal, shapes

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


def finish_image(project: Project, image_id: int) -> Changes:
    """One step further: labelled (with nothing in it if it is empty), then reviewed.

    A reviewed image becomes labelled again, a disputed one reviewed. Raises
    UserError("project.no_image").
    """

    def edit(db: Db) -> None:
        images.set_state(db, [image_id], after_finishing(_state(db, image_id)))

    return project.transact("undo.finish_image", edit)


def leave_image(project: Project, image_id: int) -> Changes | None:
    """Moving on makes a draft labelled; None where there was nothing to do.

    It belongs to the step that made the draft, so that undo takes both back at once. While
    there is something to redo it is left alone: going to look at another image must not take
    that away.
    """
    with project.read() as db:
        row = shapes.size_and_state(db, image_id)
    if project.read_only or row is None or row[2] != ImageState.DRAFT:
        return None
    left = False

    def edit(db: Db) -> None:
        nonlocal left
        state = _state(db, image_id)
        left = after_leaving(state) is not state and journal.redo_step(db) is None
        if left:
            images.set_state(db, [image_id], after_leaving(state))

    changes = project.transact("undo.leave_image", edit, joining=image_id)
    return changes if left else None


def _state(db: Db, image_id: int) -> ImageState:
    row = shapes.size_and_state(db, image_id)
    if row is None:
        raise UserError("project.no_image", image=image_id)
    return ImageState(row[2])


def set_review(
    project: Project, image_ids: Sequence[int], state: ImageState | str, comment: str = ""
) -> Changes:
    """Set the state of images, with a word about it."""
    wanted, text = ImageState(state), comment.strip()

    def edit(db: Db) -> None:
        images.set_state(db, image_ids, wanted)
        if text:
            _comments.add(db, image_ids, text, wanted)

    return project.transact("undo.set_review", edit)


def add_comment(project: Project, image_id: int, text: str) -> Changes:
    """Say something about an image. Raises UserError("review.comment_empty")."""
    cleaned = text.strip()
    if not cleaned:
        raise UserError("review.comment_empty")
    return project.transact("undo.add_comment", lambda db: _comments.add(db, [image_id], cleaned))


def comments(project: Project, image_id: int) -> list[Comment]:
    """What was said about the image, oldest first."""
    with project.read() as db:
        return _comments.of_image(db, image_id)


def assign(project: Project, image_ids: Sequence[int], person: str | None) -> Changes:
    """Give images to somebody; None or an empty name takes them away again."""
    name = (person or "").strip() or None
    return project.transact("undo.assign", lambda db: _comments.assign(db, image_ids, name))


def people(project: Project) -> list[str]:
    """Names to choose from: everybody seen in this project, and whoever works now."""
    with project.read() as db:
        known = set(_comments.people(db))
    return sorted(known | ({project.author} - {""}), key=str.casefold)


def set_spacing(
    project: Project, image_ids: Sequence[int], x: float | None, y: float | None, unit: str = "µm"
) -> Changes:
    """Say how large a pixel of these images is, in µm or mm; None as `x`: as the file says.

    `y` None: pixels are square. Raises UserError("review.spacing").
    """
    spacing = None
    if x is not None:
        try:
            spacing = Spacing(float(x), float(x if y is None else y), unit)
        except ValueError as error:
            raise UserError("review.spacing") from error
    return project.transact(
        "undo.set_spacing", lambda db: image_facts.set_spacing(db, image_ids, spacing)
    )
