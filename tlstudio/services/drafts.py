"""Unfinished shapes: kept while they are drawn, so that a crash does not take them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.review import Draft
from tlstudio.storage import drafts

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


def keep_draft(project: Project, image_id: int, tool: str, data: dict[str, Any] | None) -> Changes:
    """Keep the unfinished shape of an image; None: there is none any more.

    An image has one at most, and an accepted shape that is added takes its place. This is no
    step of undo. An image that is gone is passed over.
    """

    def write(db: Db) -> None:
        if data is None:
            drafts.drop(db, image_id)
        else:
            drafts.keep(db, image_id, tool, data)

    return project.transact("undo.keep_draft", write, undoable=False)


def read_draft(project: Project, image_id: int) -> Draft | None:
    """The unfinished shape that was kept for the image."""
    with project.read() as db:
        return drafts.of_image(db, image_id)
