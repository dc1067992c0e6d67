"""Images whose files have gone, and finding them again by their content."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.formats.walk import Listed, list_files
from tlstudio.imaging.facts import file_sha256
from tlstudio.storage import images
from tlstudio.storage.connection import Db
from tlstudio.storage.images import Source
from tlstudio.storage.paths import resolve
from tlstudio.storage.project import Project


@dataclass(frozen=True, slots=True)
class RelinkReport:
    """`relinked` counts files found again; `missing` are the paths still lacking."""

    relinked: int
    missing: tuple[str, ...]
    changes: Changes = Changes()  # noqa: RUF009 (frozen)

    def to_json(self) -> dict[str, Any]:
        return {"relinked": self.relinked, "missing": list(self.missing)}


def missing_images(project: Project, cancel: Cancel | None = None) -> list[ImageRow]:
    """Images whose file is not where it was; looks on the disk and notes what it sees."""
    with project.read() as db:
        sources = images.sources(db)
    absent = _absent(project, sources, cancel)
    _note(project, sources, {source.id for source in absent})
    with project.read() as db:
        return images.rows(db, images.images_of_sources(db, [source.id for source in absent]))


def noted_missing(project: Project) -> list[int]:
    """Images that were missing when last looked; quick, no disk is touched."""
    with project.read() as db:
        return images.query_ids(db, ImageQuery(missing=True))


def relink(
    project: Project, folder: Path, progress: Progress = silent, cancel: Cancel | None = None
) -> RelinkReport:
    """Find missing files anywhere below `folder` by size and SHA-256, whatever they are called.

    A file that was copied into the project and has gone from there is referred to where it is
    found. Raises UserError("data.source_missing").
    """
    if not folder.is_dir():
        raise UserError("data.source_missing", file=str(folder))
    with project.read() as db:
        sources = images.sources(db)
    absent = _absent(project, sources, cancel)
    taken = {source.path for source in sources}
    progress(Step("data.stage.listing", 0, None))
    files, _ = list_files(folder, cancel)
    found = _found(absent, files, taken, project.folder, progress, cancel)

    def write(db: Db) -> None:
        for source, path, referenced in found:
            images.set_source_path(db, source.id, path, referenced=referenced)

    changes = project.transact("undo.relink", write) if found else Changes()
    again = {source.id for source, _, _ in found}
    left = [source for source in absent if source.id not in again]
    _note(project, sources, {source.id for source in left})
    return RelinkReport(len(found), tuple(source.path for source in left), changes)


def _absent(project: Project, sources: list[Source], cancel: Cancel | None) -> list[Source]:
    absent = []
    for source in sources:
        if cancel is not None:
            cancel.check()
        if not resolve(project.folder, source.path).is_file():
            absent.append(source)
    return absent


def _note(project: Project, sources: list[Source], absent: set[int]) -> None:
    """Write down which files are missing, where that is not known already."""
    gone = [s.id for s in sources if s.id in absent and not s.missing]
    back = [s.id for s in sources if s.id not in absent and s.missing]
    if project.read_only or not (gone or back):
        return

    def write(db: Db) -> None:
        images.set_missing(db, gone, True)
        images.set_missing(db, back, False)

    project.transact("undo.relink", write, undoable=False)


def _found(
    absent: list[Source],
    files: list[Listed],
    taken: set[str],
    own: Path,
    progress: Progress,
    cancel: Cancel | None,
) -> list[tuple[Source, str, bool]]:
    """A new path, and whether it lies outside the project, for each source found again.

    Files of the right size are hashed, those with the old name first; none is used twice.
    """
    by_size: dict[int, list[Source]] = defaultdict(list)
    for source in absent:
        by_size[source.size].append(source)
    names = {source.path.replace("\\", "/").rsplit("/", 1)[-1] for source in absent}
    candidates = sorted(files, key=lambda file: file.path.name not in names)
    found: list[tuple[Source, str, bool]] = []
    for done, file in enumerate(candidates, start=1):
        if not any(by_size.values()):
            break
        if cancel is not None:
            cancel.check()
        path, referenced = _recorded(file.path, own)
        match = None if path in taken else _same(file.path, by_size)
        if match is not None:
            by_size[match.size].remove(match)
            taken.add(path)
            found.append((match, path, referenced))
        if done % 100 == 0 or done == len(candidates):
            progress(Step("data.stage.relinking", done, len(candidates)))
    return found


def _recorded(path: Path, own: Path) -> tuple[str, bool]:
    """The path as the project keeps it: relative inside its own folder, absolute elsewhere."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100 (links are kept)
    if absolute.is_relative_to(own):
        return absolute.relative_to(own).as_posix(), False
    return str(absolute), True


def _same(path: Path, by_size: dict[int, list[Source]]) -> Source | None:
    """The missing source with the bytes of `path`; the one of the same name if there are more."""
    try:
        wanted = by_size.get(path.stat().st_size)
        if not wanted:
            return None
        sha = file_sha256(path)
    except (OSError, UserError):
        return None
    same = [source for source in wanted if source.sha256 == sha]
    same.sort(key=lambda s: s.path.replace("\\", "/").rsplit("/", 1)[-1] != path.name)
    return same[0] if same else None
