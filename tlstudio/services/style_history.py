"""The history of pictures made here: kept in PROJECT/styles, saved as files, added as images."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Split
from tlstudio.domain.style_history import StylingEntry, StylingKind
from tlstudio.domain.styling import Styling, check_result_name
from tlstudio.services.made_here import AddedMade, Made, add_made, content_hash_of_file
from tlstudio.storage import images, paths, stylings
from tlstudio.storage.connection import Db
from tlstudio.storage.files import replace as put_over

if TYPE_CHECKING:
    from tlstudio.services._style_worker import StyledPicture
    from tlstudio.storage.project import Project

_PLACES = ("path", "region")
"""What of a source is the path of a file."""


def history(project: Project, limit: int | None = None) -> list[StylingEntry]:
    """The pictures made in this project, the newest first; the paths in an entry's content and
    sources are absolute, its `result` is relative to the project."""
    with project.read() as db:
        found = stylings.newest_first(db, limit)
    return [_told(project, entry) for entry in found]


def keep(
    project: Project, styling: Styling, made: StyledPicture, *, content_image: int | None = None
) -> StylingEntry:
    """Put a picture into the history; its entry. Nothing of it can be undone.

    `content_image` is the project's image it was made from; where that is None it is looked for
    by its path. Raises UserError: project.read_only, styling.out.
    """
    return record(
        project,
        StylingEntry(
            id=0,
            kind=StylingKind.OPTIMISED,
            content_path=styling.content_path,
            content_image=content_image,
            content_frame=styling.content_frame,
            sources=tuple(asdict(source) for source in styling.sources),
            settings=styling.settings.to_json(),
            width=made.width,
            height=made.height,
            steps=made.steps,
            seconds=made.seconds,
            losses=made.losses,
        ),
        made.file,
    )


def record(project: Project, entry: StylingEntry, file: Path) -> StylingEntry:
    """Put any picture that was made here into the history: `file` is copied to
    styles/NUMBER with its ending. Raises as `keep`."""
    if project.read_only:
        raise UserError("project.read_only", file=str(project.folder))
    folder = paths.styles(project.folder)
    copied: list[Path] = []
    kept: list[int] = []
    stored = _stored(project, entry)

    def write(db: Db) -> Changes:
        number = stylings.add(db, stored)
        place = folder / f"{number:04d}{file.suffix.lower()}"
        put_over(copied[0], place)
        copied[0] = place
        stylings.set_result(db, number, place.relative_to(project.folder).as_posix())
        kept.append(number)
        return Changes()

    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".new-")
        os.close(handle)
        copied.append(Path(name))
        shutil.copyfile(file, name)
        project.transact("undo.add_styled", write, undoable=False)
    except OSError as error:
        _forget(copied)
        raise UserError(
            "styling.out", file=str(folder), reason=error.strerror or str(error)
        ) from error
    except BaseException:
        _forget(copied)
        raise
    return _entry(project, kept[0])


def picture_of(project: Project, styling_id: int) -> Path:
    """The file of a picture of the history. UserError: styling.gone, data.file_missing."""
    entry = _entry(project, styling_id)
    file = paths.resolve(project.folder, entry.result)
    if not entry.result or not file.is_file():
        raise UserError("data.file_missing", file=str(file))
    return file


def entry_styling(entry: StylingEntry) -> Styling:
    """What was asked for, to be made or changed again. Only for optimised pictures; UserErrors of
    domain.styling where a later or earlier program wrote it."""
    return Styling.from_json(
        {
            "content_path": entry.content_path,
            "content_frame": entry.content_frame,
            "sources": entry.sources,
            "settings": entry.settings,
        }
    )


def thumbnails(project: Project, ids: Collection[int]) -> dict[int, bytes]:
    """Small JPEGs of pictures of the history by id; those whose file cannot be read are left
    out."""
    from tlstudio.imaging.facts import examine

    names = {_thumbnail(number): number for number in ids}
    found = {names[name]: jpeg for name, jpeg in project.thumbnails.get_many(names).items()}
    drawn: dict[str, bytes] = {}
    for number in names.values():
        if number not in found:
            with contextlib.suppress(UserError):
                _, jpeg = examine(picture_of(project, number))
                found[number] = drawn[_thumbnail(number)] = jpeg
    if drawn:
        project.thumbnails.put(drawn)
    return found


def save_image(project: Project, styling_id: int, file: Path) -> Path:
    """Write a picture of the history into `file`, in the format that its ending says; where it
    lies. Pictures that it was made from are never written over.

    Raises UserError: styling.ending, styling.over_source, styling.out, styling.gone.
    """
    from tlstudio.imaging.reading import read_image

    place = Path(file).expanduser().absolute()
    check_result_name(str(place))
    source = picture_of(project, styling_id)
    refuse_sources(place, _entry(project, styling_id))
    try:
        if source.suffix.lower() == place.suffix.lower():
            shutil.copyfile(source, place)
        else:
            read_image(source).save(place, quality=95)  # of JPEG; others take no notice
    except OSError as error:
        raise UserError(
            "styling.out", file=str(place), reason=error.strerror or str(error)
        ) from error
    return place


def refuse_sources(place: Path, entry: StylingEntry) -> None:
    """UserError("styling.over_source") where `place` is one of the pictures it was made from."""
    used = [entry.content_path]
    used += [str(each[name]) for each in entry.sources for name in _PLACES if each.get(name)]
    for path in used:
        if is_same_file(place, Path(path)):
            raise UserError("styling.over_source", file=str(place))


def is_same_file(one: Path, other: Path) -> bool:
    """Whether both paths lead to one file, links followed."""
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there yet
        return one.resolve() == other.resolve()


def add_to_project(
    project: Project, styling_id: int, *, with_labels: bool = False, split: Split | None = None
) -> AddedMade:
    """Make a picture of the history an image of the project, marked as made here.

    It takes over the group of its content, and with `with_labels` the content's annotations.
    `split` is train or None. Raises UserError: styling.gone, styling.saved_already,
    data.split_synthetic, data.file_missing, project.read_only.
    """
    entry = _entry(project, styling_id)
    if entry.saved_image is not None:
        raise UserError("styling.saved_already", image=entry.saved_image)
    file = picture_of(project, styling_id)
    name = f"{PurePath(entry.content_path).stem} styled {styling_id:04d}{file.suffix}"
    made = Made(file, name, entry.content_image, _content_hash(entry))

    def note(db: Db, ids: Sequence[int]) -> None:
        stylings.set_saved(db, styling_id, ids[0])

    return add_made(project, [made], with_labels=with_labels, split=split, also=note)


def delete(project: Project, ids: Collection[int]) -> Changes:
    """Take pictures out of the history, their files too; images of the project stay. Not undone."""
    results: list[str] = []
    changes = project.transact(
        "undo.add_styled", lambda db: results.extend(stylings.delete(db, ids)), undoable=False
    )
    _forget([paths.resolve(project.folder, result) for result in results])
    project.thumbnails.remove([_thumbnail(number) for number in ids])
    return changes


def _entry(project: Project, styling_id: int) -> StylingEntry:
    with project.read() as db:
        entry = stylings.get(db, styling_id)
    if entry is None:
        raise UserError("styling.gone", number=styling_id)
    return _told(project, entry)


def _stored(project: Project, entry: StylingEntry) -> StylingEntry:
    """The entry with what lies in the project named relative to it, so that it can be moved."""

    def inside(path: str) -> str:
        place = Path(path)
        return (
            place.relative_to(project.folder).as_posix()
            if place.is_relative_to(project.folder)
            else path
        )

    content = entry.content_image
    own = inside(entry.content_path)
    if content is None and own != entry.content_path:
        with project.read() as db:
            content = images.at_place(db, own, entry.content_frame)
    sources = tuple(_with_places(each, inside) for each in entry.sources)
    return replace(entry, content_path=own, content_image=content, sources=sources)


def _told(project: Project, entry: StylingEntry) -> StylingEntry:
    def outside(path: str) -> str:
        return str(paths.resolve(project.folder, path))

    return replace(
        entry,
        content_path=outside(entry.content_path),
        sources=tuple(_with_places(each, outside) for each in entry.sources),
    )


def _with_places(source: Mapping[str, Any], change: Callable[[str], str]) -> dict[str, Any]:
    return {k: change(v) if k in _PLACES and v else v for k, v in source.items()}


def _content_hash(entry: StylingEntry) -> str:
    """The pixels of a content outside of the project, "" where it cannot be read any more."""
    if entry.content_image is not None:
        return ""
    try:
        return content_hash_of_file(Path(entry.content_path), entry.content_frame)
    except UserError:
        return ""


def _thumbnail(styling_id: int) -> str:
    return f"styling-{styling_id}"


def _forget(files: Sequence[Path]) -> None:
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
