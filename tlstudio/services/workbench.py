"""What the labelling page reads: an image with all that is on it, the next one, the history."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tlstudio.domain.annotations import Annotation, Mask
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow, ImageState
from tlstudio.domain.review import Comment, Draft, Step
from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.storage import comments, drafts, images, journal, shapes, tiles
from tlstudio.storage import image_facts as _facts

if TYPE_CHECKING:
    from tlstudio.storage.connection import Db
    from tlstudio.storage.project import Project

_log = logging.getLogger(__name__)

_AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class Opened:
    """One image as the page shows it; `annotations` lowest first, suggestions and labels of
    the whole image included. A mask whose pixels are damaged has no entry in `bitmaps`.
    `spacing` is what a person has said of it; what the file says is with its pixels."""

    row: ImageRow
    annotations: list[Annotation]
    bitmaps: dict[str, Bitmap]
    draft: Draft | None
    comments: list[Comment]
    spacing: Spacing | None
    assignee: str | None


def open_image(project: Project, image_id: int) -> Opened:
    """Everything that is stored about an image, as of one moment; its pixels come apart
    (services.pictures). Raises UserError("project.no_image")."""
    with project.read() as db:
        found = images.rows(db, [image_id])
        if not found:
            raise UserError("project.no_image", image=image_id)
        row = found[0]
        items = shapes.of_image(db, image_id)
        stored = _stored_tiles(db, items)
        said = comments.of_image(db, image_id)
        draft = drafts.of_image(db, image_id)
        spacing = _facts.spacing(db, image_id)
        assignee = comments.assignee(db, image_id)
    bitmaps = _bitmaps(row.width, row.height, stored)
    return Opened(row, items, bitmaps, draft, said, spacing, assignee)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is stored about an image beside its annotations."""

    state: ImageState
    comments: list[Comment]
    spacing: Spacing | None
    assignee: str | None


def image_facts(project: Project, image_id: int) -> Facts:
    """What is stored about an image, without its shapes. Raises UserError("project.no_image")."""
    with project.read() as db:
        found = images.rows(db, [image_id])
        if not found:
            raise UserError("project.no_image", image=image_id)
        return Facts(
            found[0].state,
            comments.of_image(db, image_id),
            _facts.spacing(db, image_id),
            comments.assignee(db, image_id),
        )


def read_shapes(
    project: Project, image_id: int, ids: Iterable[str]
) -> tuple[list[Annotation], dict[str, Bitmap]]:
    """These annotations of the image, lowest first, and the pixels of the masks among them.

    Ids that are not there any more are left out.
    """
    with project.read() as db:
        facts = shapes.size_and_state(db, image_id)
        if facts is None:
            return [], {}
        items = shapes.of_image(db, image_id, ids)
        stored = _stored_tiles(db, items)
    return items, _bitmaps(facts[0], facts[1], stored)


def _stored_tiles(db: Db, items: Iterable[Annotation]) -> dict[str, dict[tuple[int, int], bytes]]:
    masks = [item.id for item in items if isinstance(item, Mask)]
    return {mask: {} for mask in masks} | tiles.of_masks(db, masks) if masks else {}


def _bitmaps(
    width: int, height: int, stored: dict[str, dict[tuple[int, int], bytes]]
) -> dict[str, Bitmap]:
    found = {}
    for mask, encoded in stored.items():
        try:
            found[mask] = Bitmap.decode(width, height, encoded)
        except UserError as error:
            _log.error("mask %s: %s", mask, error)
    return found


def next_image(
    project: Project,
    ids: Sequence[int],
    current: int,
    step: int,
    states: frozenset[str] | None = None,
) -> int | None:
    """The next image after `current` in `ids` (`step` 1) or before it (-1), of these states.

    None at the end. Where `current` is not among `ids`, the first (last) that fits.
    """
    try:
        place = ids.index(current) + step
    except ValueError:
        place = 0 if step > 0 else len(ids) - 1
    rest = ids[place:] if step > 0 else ids[place::-1] if place >= 0 else ()
    if states is None:
        return rest[0] if rest else None
    with project.read() as db:
        for start in range(0, len(rest), _AT_A_TIME):
            some = rest[start : start + _AT_A_TIME]
            fitting = images.in_states(db, some, states)
            for image in some:
                if image in fitting:
                    return image
    return None


def progress(project: Project) -> dict[str, int]:
    """How many images are in each state; every state is in it."""
    with project.read() as db:
        found = images.state_counts(db)
    return {state.value: found.get(state.value, 0) for state in ImageState}


def history(project: Project, limit: int = 200, image_id: int | None = None) -> list[Step]:
    """The newest steps first: what undo and redo can reach, and who made it when.

    `image_id`: only those among them that touched this image.
    """
    found = []
    with project.read() as db:
        for row in journal.newest(db, limit):
            touched = journal.images_of(db, row["id"])
            if image_id is not None and image_id not in touched:
                continue
            found.append(
                Step(
                    id=row["id"],
                    code=row["undo_code"],
                    author=row["author"],
                    at=row["made_at"],
                    image_count=len(touched),
                    undone=bool(row["undone"]),
                )
            )
    return found


def step_images(project: Project, step: int) -> list[int]:
    """Those of the images that this step of the history touched that are in the project still, in
    the order in which all images are gone through."""
    with project.read() as db:
        return images.query_ids(db, ImageQuery(ids=frozenset(journal.images_of(db, step))))
