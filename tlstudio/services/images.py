"""Looking at images: finding, listing, thumbnails, filters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow, Skipped
from tlstudio.domain.marks import ShapeMark
from tlstudio.services._thumbnails import drawn_again
from tlstudio.storage import facets as stored_facets
from tlstudio.storage import images, imports, paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project


def find_images(project: Project, query: ImageQuery | None = None) -> list[int]:
    """The ids of the images the query asks for, in its order."""
    with project.read() as db:
        return images.query_ids(db, query or ImageQuery())


def image_rows(project: Project, image_ids: Sequence[int]) -> list[ImageRow]:
    """What a list shows of these images, in this order; ids nobody has are left out."""
    with project.read() as db:
        return images.rows(db, image_ids)


def thumbnails(project: Project, hashes: Iterable[str]) -> dict[str, bytes]:
    """JPEG bytes by pixel hash; those that are not kept are drawn anew from their files.

    A file that is gone or cannot be read has none.
    """
    wanted = set(hashes)
    found = project.thumbnails.get_many(wanted)
    return found | drawn_again(project, wanted - found.keys())


def shape_marks(project: Project, image_ids: Sequence[int]) -> dict[int, list[ShapeMark]]:
    """The shapes of each of these images in few points each, the 60 largest of them."""
    from tlstudio.services._shape_marks import marks_of

    return marks_of(project, image_ids)


def image_path(project: Project, image_id: int) -> Path:
    """The file that holds the image. Raises UserError("project.no_image")."""
    with project.read() as db:
        path = images.path_of(db, image_id)
    if path is None:
        raise UserError("project.no_image", image=image_id)
    return paths.resolve(project.folder, path)


def facets(project: Project, names: Collection[str] | None = None) -> dict[str, Any]:
    """What filters offer, with numbers of images; of `names` only, where they are given.

    Keys: images, missing, unlabelled (no accepted annotation), commented, burned_in and synthetic
    {bool: n}, and {value: n} in the words of ImageQuery: labels, states, splits ("" for none),
    groups, tags, kinds, makers, origins, assignees; folders {path/: n}; imports {id: (source,
    when)}.
    """
    with project.read() as db:
        return stored_facets.facets(db, names)


def skipped_files(project: Project) -> list[Skipped]:
    """Files that imports left out, and why."""
    with project.read() as db:
        return imports.skipped(db)
