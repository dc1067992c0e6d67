"""Suggestions become a person's answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import ImageLabel
from tlstudio.domain.images import ImageState
from tlstudio.services._shape_edits import Edited, Reach, accepted, hold, settle
from tlstudio.storage import annotations as _annotations
from tlstudio.storage import images, shapes

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


def accept(project: Project, image_id: int, ids: tuple[str, ...]) -> Edited:
    """Accept those of `ids` that are suggestions, as one step."""
    told: list[str] = []

    def write(db: Db) -> None:
        held = hold(db, image_id, Reach(ids, locked=True))
        chosen = [item for item in held.shapes.values() if item.provenance.suggestion]
        whole = [item for item in chosen if isinstance(item, ImageLabel)]
        drawn = [item for item in chosen if not isinstance(item, ImageLabel)]
        shapes.update(db, [accepted(item) for item in drawn])
        for item in whole:
            made = replace(item.provenance, suggestion=False, author="", updated_at="")
            _annotations.delete(db, [item.id])
            _annotations.set_image_label(db, [image_id], item.label, made)
        told.extend(item.id for item in drawn)
        if whole:
            images.set_state(db, [image_id], ImageState.LABELLED)
        elif chosen:
            settle(db, image_id, held.state)

    return Edited(project.transact("undo.accept_suggestions", write), tuple(told))
