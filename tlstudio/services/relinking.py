"""Images whose files have gone, and finding them again by their content."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageQuery, ImageRow, SourceFacts
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.formats.walk import Listed, list_files
from tlstudio.imaging.facts import examine_all, file_sha256
from tlstudio.imaging.reading import looks_like_image
from tlstudio.services._copying import copy_in, origin_of
from tlstudio.services.identity_key import identity_key
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


def note_missing(project: Project, image_ids: Collection[int]) -> None:
    """Look on the disk for the files of these images, and note which are missing."""
    with project.read() as db:
        sources = [source for source in images.sources(db) if source.image in image_ids]
    _note(project, sources, {source.id for source in _absent(project, sources, None)})


def noted_missing(project: Project) -> list[int]:
    """Images that were missing when last looked; quick, no disk is touched."""
    with project.read() as db:
        return images.query_ids(db, ImageQuery(missing=True))


def relink(
    project: Project, folder: Path, progress: Progress = silent, cancel: Cancel | None = None
) -> RelinkReport:
    """Find missing files anywhere below `folder` by size and SHA-256, whatever they are called.

    A file that was copied into the project and has gone from there is referred to where it is
    found. One whose copy had left something behind (a patient, metadata, its name) is copied anew
    from its original. Raises UserError("data.source_missing").
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
    renewed: dict[int, SourceFacts] = {}
    for place, (source, file, referenced) in enumerate(found):
        if _is_cleaned(source) and referenced:
            facts = _copied_again(project, source, Path(file))
            found[place] = (source, source.path if facts else "", False)
            if facts is not None and facts.sha256 != source.sha256:
                renewed[source.id] = facts
    found = [each for each in found if each[1]]

    def write(db: Db) -> None:
        for source, path, referenced in found:
            images.set_source_path(db, source.id, path, referenced=referenced)
        images.set_facts(db, renewed)

    changes = project.transact("undo.relink", write) if found else Changes()
    again = {source.id for source, _, _ in found}
    left = [source for source in absent if source.id not in again]
    _note(project, sources, {source.id for source in left})
    return RelinkReport(len(found), tuple(source.path for source in left), changes)


def _is_cleaned(source: Source) -> bool:
    return bool(source.origin or source.named) and not source.referenced


def _copied_again(project: Project, source: Source, file: Path) -> SourceFacts | None:
    """Put the copy of `file` back where it was; None where its pixels are not those, or where it
    cannot be copied."""
    target = resolve(project.folder, source.path)
    try:
        seen = examine_all(file, identity_key).facts
        facts, _left = copy_in(file, target, seen)
    except FileExistsError:  # somebody has put one there meanwhile
        return None
    except UserError as error:
        if error.code == "data.disk_full":
            raise
        return None
    with project.read() as db:
        wanted = images.pixel_hashes_of(db, source.id)
    there = [frame.pixel_hash for frame in facts.every]
    if not set(wanted) <= set(there):
        target.unlink(missing_ok=True)
        return None
    names = {"named": source.named, "stem": source.stem} if source.named else {}
    return replace(facts, notes={**facts.notes, **names})


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
    originals = {source.origin: source for source in absent if source.origin}
    for source in absent:
        by_size[source.size].append(source)
    names = {source.path.replace("\\", "/").rsplit("/", 1)[-1] for source in absent}
    candidates = sorted(files, key=lambda file: file.path.name not in names)
    found: list[tuple[Source, str, bool]] = []
    for done, file in enumerate(candidates, start=1):
        if not any(by_size.values()):  # holds all that are absent, those with an original too
            break
        if cancel is not None:
            cancel.check()
        path, referenced = _recorded(file.path, own)
        match = None if path in taken else _same(file.path, by_size, originals)
        if match is not None:
            by_size[match.size].remove(match)
            originals.pop(match.origin, None)
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


def _same(
    path: Path, by_size: dict[int, list[Source]], originals: Mapping[str, Source]
) -> Source | None:
    """The missing source with the bytes of `path`, or made from them; the one of the same name
    if there are more."""
    try:
        wanted = by_size.get(path.stat().st_size, [])
        if not (wanted or (originals and looks_like_image(path))):
            return None
        sha = file_sha256(path)
    except (OSError, UserError):
        return None
    if originals and (made := originals.get(origin_of(sha))) is not None:
        return made
    same = [source for source in wanted if source.sha256 == sha]
    same.sort(key=lambda s: s.path.replace("\\", "/").rsplit("/", 1)[-1] != path.name)
    return same[0] if same else None
