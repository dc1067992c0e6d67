"""Pictures that this program made become images of the project: marked as such for good, never in
validation or test, in the group of what they were made from."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageRow, ImageState, SourceFacts, Split
from tlstudio.imaging.display import to_8bit
from tlstudio.imaging.facts import examine
from tlstudio.imaging.hashes import pixel_hash
from tlstudio.imaging.pages import opened_pages
from tlstudio.services._copying import copy_as_new
from tlstudio.services._naming import Names, safe_part
from tlstudio.services._scaled_shapes import scaled_copies
from tlstudio.storage import images
from tlstudio.storage.connection import Db
from tlstudio.storage.images import NewSource

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = ["AddedMade", "Made", "add_made", "content_hash_of_file"]

FOLDER = "made here"
"""Folder below images/ for their copies."""

_FIGURES = (Split.VAL, Split.TEST)


@dataclass(frozen=True, slots=True)
class Made:
    """A picture to add: its `file` is copied, `name` is shown.

    It was made from `content_image` of the project; where that is None, from a picture outside
    with the pixel hash `content_hash` (see `content_hash_of_file`), "" where nobody knows.
    """

    file: Path
    name: str
    content_image: int | None = None
    content_hash: str = ""


@dataclass(frozen=True, slots=True)
class AddedMade:
    """The ids of the new images, in order. `held_back` counts those that were to be learned from
    and got no split, since what they were made from is in validation or test."""

    images: tuple[int, ...]
    held_back: int
    changes: Changes


Also = Callable[[Db, Sequence[int]], object]


def add_made(
    project: Project,
    items: Sequence[Made],
    *,
    with_labels: bool = False,
    split: Split | None = None,
    also: Also | None = None,
) -> AddedMade:
    """Add pictures in one step of undo; each takes over the group of what it was made from.

    `with_labels` copies the content's accepted annotations too, to the picture's size. `split` is
    train or None; a picture whose content, or another image of its group, is in validation or
    test gets none. `also` is called in the same transaction with the new ids. Raises UserError:
    data.split_synthetic, project.no_image, project.read_only, and those of reading and copying.
    """
    if split in _FIGURES:
        raise UserError("data.split_synthetic", count=len(items))
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    with project.read() as db:
        contents = _contents(db, items)
        names = Names(set(images.sources_by_path(db)), project.folder)
        tested = _tested(db)
    copied: list[Path] = []
    thumbnails: dict[str, bytes] = {}
    new: list[NewSource] = []
    try:
        for item in items:
            content = contents[item.content_image]
            facts, path = _copied(project, item, names, copied, thumbnails)
            root = content.root if content is not None else item.content_hash
            new.append(NewSource(path, False, facts, "", item.name, True, root))
        project.thumbnails.put(thumbnails)
        ids: list[int] = []
        held: list[int] = []

        def write(db: Db) -> None:
            ids.extend(images.add_sources(db, new))
            placed = list(zip(ids, items, new, strict=True))
            images.set_groups(db, {i: _group(contents[m.content_image]) for i, m, _ in placed})
            if split is not None:
                held.extend(i for i, m, s in placed if _is_tested(tested, contents, m, s))
                images.set_split(db, sorted(set(ids) - set(held)), split)
            if with_labels:
                for image, item, source in placed:
                    _label(db, image, contents[item.content_image], source.facts)
            if also is not None:
                also(db, ids)

        changes = project.transact("undo.add_styled", write)
    except BaseException:
        for file in copied:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
        raise
    return AddedMade(tuple(ids), len(held), changes)


def content_hash_of_file(path: Path, frame: int = 0) -> str:
    """The pixel hash of a picture outside of the project, as it would have in it. Raises the
    UserErrors of reading."""
    with opened_pages(path) as pages:
        plane = pages.read(frame)
        seen = to_8bit(plane.image)
        return pixel_hash(plane.image, seen, deep=plane.values, inverted=plane.inverted)


@dataclass(frozen=True, slots=True)
class _Content:
    """What a picture was made from; `root` is the pixel hash of the picture at the start, where
    that was made here itself."""

    row: ImageRow
    root: str


def _contents(db: Db, items: Iterable[Made]) -> dict[int | None, _Content | None]:
    wanted = sorted({item.content_image for item in items if item.content_image is not None})
    roots = images.content_hashes(db, wanted)
    found: dict[int | None, _Content | None] = {None: None}
    for row in images.rows(db, wanted):
        found[row.id] = _Content(row, roots.get(row.id) or row.pixel_hash)
    for image in wanted:
        if image not in found:
            raise UserError("project.no_image", image=image)
    return found


def _tested(db: Db) -> tuple[set[str], set[str]]:
    """Pixels and groups that are in validation or test."""
    rows = [row for row in images.hashes(db) if row.split in _FIGURES]
    return {row.pixel_hash for row in rows}, {row.group for row in rows if row.group}


def _is_tested(
    tested: tuple[set[str], set[str]],
    contents: dict[int | None, _Content | None],
    item: Made,
    source: NewSource,
) -> bool:
    pixels, groups = tested
    return source.content_hash in pixels or _group(contents[item.content_image]) in groups


def _group(content: _Content | None) -> str | None:
    return None if content is None else content.row.group


def _copied(
    project: Project, item: Made, names: Names, copied: list[Path], thumbnails: dict[str, bytes]
) -> tuple[SourceFacts, str]:
    facts, thumbnail = examine(item.file)
    ending = item.file.suffix.lower()
    name = safe_part(item.name.replace("/", "_"))
    wanted = name if name.lower().endswith(ending) else f"{name}{ending}"
    place = f"{FOLDER}/{wanted}"
    path, facts, _ = copy_as_new(item.file, place, facts, project.folder, names, copied)
    thumbnails[facts.pixel_hash] = thumbnail
    return facts, path


def _label(db: Db, image: int, content: _Content | None, facts: SourceFacts) -> None:
    """Copy the content's annotations, and say that they are as complete as they are there."""
    if content is None:
        return
    row = content.row
    copies = scaled_copies(db, row.id, (row.width, row.height), (facts.width, facts.height))
    copies.put(db, image)
    done = row.state in (ImageState.LABELLED, ImageState.REVIEWED)
    images.set_state(db, [image], ImageState.LABELLED if done else row.state)
