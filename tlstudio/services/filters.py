"""Saved filters: a way of looking at the images, kept in the project under a name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery
from tlstudio.storage import filters

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """An ImageQuery with a name that is its own in the project."""

    id: int
    name: str
    query: ImageQuery


def list_filters(project: Project) -> list[SavedFilter]:
    """All saved filters, by name."""
    with project.read() as db:
        found = filters.all_filters(db)
    return [SavedFilter(number, name, as_query(saved)) for number, name, saved in found]


def save_filter(project: Project, name: str, query: ImageQuery) -> Changes:
    """Keep the query; a filter of the same name is replaced. No step of undo.

    Raises UserError("filter.name_empty").
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise UserError("filter.name_empty")
    saved = as_json(query)
    return project.transact(
        "undo.save_filter", lambda db: filters.save(db, cleaned, saved), undoable=False
    )


def rename_filter(project: Project, filter_id: int, name: str) -> Changes:
    """Give a saved filter another name. No step of undo.

    Raises UserError: filter.name_empty, filter.name_taken.
    """
    cleaned = " ".join(name.split())
    if not cleaned:
        raise UserError("filter.name_empty")

    def edit(db: Db) -> None:
        if any(n == cleaned and i != filter_id for i, n, _ in filters.all_filters(db)):
            raise UserError("filter.name_taken", name=cleaned)
        filters.rename(db, filter_id, cleaned)

    return project.transact("undo.rename_filter", edit, undoable=False)


def delete_filter(project: Project, filter_id: int) -> Changes:
    """Forget a saved filter. No step of undo."""
    return project.transact(
        "undo.delete_filter", lambda db: filters.delete(db, filter_id), undoable=False
    )


def as_json(query: ImageQuery) -> dict[str, Any]:
    """The query in what JSON can say; fields that restrict nothing are left out."""
    plain = ImageQuery()
    said = {field.name: getattr(query, field.name) for field in fields(query)}
    return {
        name: sorted(value) if isinstance(value, frozenset) else value
        for name, value in said.items()
        if value != getattr(plain, name)
    }


def as_query(saved: dict[str, Any]) -> ImageQuery:
    """The query again; fields that this program does not know restrict nothing."""
    known = {field.name for field in fields(ImageQuery)}
    values: dict[str, Any] = {
        name: frozenset(value) if isinstance(value, list) else value
        for name, value in saved.items()
        if name in known
    }
    return ImageQuery(**values)
