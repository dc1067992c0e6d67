"""Recognise a source and read it: a folder, a table, or a handful of files and folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.formats import readers
from tlstudio.formats.annotated import (
    ANNOTATION_SUFFIXES,
    listing_of_file,
    listing_of_files,
    read_annotations,
    why_not_used,
)
from tlstudio.formats.entries import FORMATS, Entry, Found
from tlstudio.formats.finding import Finder
from tlstudio.formats.grouping import Grouper
from tlstudio.formats.layout import forced, recognise
from tlstudio.formats.lists import read_splits, split_lists
from tlstudio.formats.rows import entries_of_table
from tlstudio.formats.tables import TABLE_SUFFIXES, Table, read_table
from tlstudio.formats.walk import Listed, list_files, quiet
from tlstudio.imaging.reading import looks_like_image


def read_source(
    source: Path | Sequence[Path],
    *,
    kind: str = "auto",
    images_dir: Path | None = None,
    grouper: Grouper | None = None,
    column: str | None = None,
    cancel: Cancel | None = None,
    listed: Callable[[Sequence[Listed]], None] = lambda _: None,
) -> Found:
    """What `source` holds; nothing is decoded and nothing written.

    `listed` is told of the pictures that there are before their annotations are read.

    `kind` is one of FORMATS, of readers.NAMES, or "class-folders:N"; `images_dir` is where the
    images of a table or of an annotation file lie, else beside it; `column` is the column that
    `grouper` needs, in lower case.
    Raises UserError data.source_missing, data.source_unreadable, data.format_unknown,
    data.format_unfit, data.format_none, data.format_not_this, data.no_images, data.no_column,
    data.column_without_table and those of tables and readers.
    """
    if kind.partition(":")[0] not in FORMATS and kind not in readers.NAMES:
        raise UserError("data.format_unknown", format=kind)
    places = [source] if isinstance(source, Path) else list(source)
    for place in places:
        if not os.path.lexists(place):
            raise UserError("data.source_missing", file=str(place))
    if not places:
        raise UserError("data.no_images", file="")
    found = _read(places, kind, images_dir, column, cancel, listed)
    if grouper is not None:
        found.entries = [_grouped(entry, grouper) for entry in found.entries]
        found.absent = [_grouped(entry, grouper) for entry in found.absent]
        _say_groups(found)
    if not found.entries and not found.absent and not found.skipped:
        raise UserError("data.no_images", file=str(places[0]))
    return found


def _read(
    places: Sequence[Path],
    kind: str,
    images_dir: Path | None,
    column: str | None,
    cancel: Cancel | None,
    listed: Callable[[Sequence[Listed]], None],
) -> Found:
    files: list[Listed] = []
    skipped: list[Skipped] = []
    one = places[0] if len(places) == 1 and places[0].is_file() else None
    annotations = kind in readers.NAMES or kind == "auto"
    if one is None:
        files, skipped = _listing(places, cancel)
    elif looks_like_image(one):
        annotations = False
    if annotations and column is None:
        if one is not None:
            listing = listing_of_file(one, images_dir, cancel)
        else:
            listing = listing_of_files(files, images_dir, cancel)
        listed(listing.images)
        whole = one is None and images_dir is None
        found = read_annotations(listing, kind, whole=whole, place=places[0], cancel=cancel)
        if found is not None:
            found.skipped[:0] = skipped
            return found
    table = _only_table(places, kind)
    if table is not None:
        return _from_table(read_table(table), table, images_dir, column, cancel)
    if one is not None and kind == "auto" and one.suffix.lower() in ANNOTATION_SUFFIXES:
        raise UserError("data.format_none", file=str(one), looked_for=", ".join(readers.NAMES))
    if one is not None:
        files, skipped = _listing(places, cancel)
    return _from_files(files, skipped, kind, column)


def _only_table(places: Sequence[Path], kind: str) -> Path | None:
    if len(places) == 1 and places[0].is_file():
        if kind == "csv" or (kind == "auto" and places[0].suffix.lower() in TABLE_SUFFIXES):
            return places[0]
        return None
    if kind != "csv":
        return None
    if len(places) == 1:
        tables = sorted(p for p in places[0].iterdir() if p.suffix.lower() in TABLE_SUFFIXES)
        if len(tables) == 1:
            return tables[0]
    raise UserError("data.format_unfit", file=str(places[0]), format=kind)


def _listing(places: Sequence[Path], cancel: Cancel | None) -> tuple[list[Listed], list[Skipped]]:
    """Files of one folder, or of several things dropped at once, each under its own name."""
    if len(places) == 1 and places[0].is_dir():
        return list_files(places[0], cancel)
    files: list[Listed] = []
    skipped: list[Skipped] = []
    for place, name in zip(places, _apart(places), strict=True):
        if place.is_dir():
            more, out = list_files(place, cancel, name + "/")
            files += more
            skipped += out
        elif not quiet(place.name):
            files.append(Listed(place, name, looks_like_image(place)))
    once: dict[str, Listed] = {}
    for file in files:
        once.setdefault(os.path.abspath(file.path), file)  # noqa: PTH100 (links are kept)
    return list(once.values()), skipped


def _apart(places: Sequence[Path]) -> list[str]:
    """A name for each place: its own, with its parent's or a number where that is taken."""
    taken: set[str] = set()
    names = []
    for place in places:
        both = f"{place.parent.name}/{place.name}"
        numbered = (f"{place.parent.name} ({n})/{place.name}" for n in count(2))
        name = next(n for n in chain((place.name, both), numbered) if n.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return names


def _from_files(
    files: Sequence[Listed], skipped: list[Skipped], kind: str, column: str | None
) -> Found:
    images = [file for file in files if file.image]
    others = [file for file in files if not file.image]
    folders = [file.folders for file in images]
    layout = recognise(folders) if kind == "auto" else forced(kind, folders)
    used: set[str] = set()
    found = Found(layout.format, skipped=skipped, notices=list(layout.notices))
    if kind == "auto" and layout.format == "images":
        beside = _table_beside(others, images)
        if beside is not None:
            return _with_table(*beside, images, others, skipped, column)
    if column is not None:
        raise UserError("data.column_without_table", column=column)
    entries = []
    for file in images:
        if layout.leaves_out(file.folders):
            found.ignored += 1
            continue
        label = layout.label_of(file.folders)
        labels = None if label is None else (label,)
        entries.append(Entry(file.path, file.name, labels, layout.split_of(file.folders)))
    if layout.split_level is None and kind in ("auto", "images"):
        lists = split_lists(others)
        splits, notices = read_splits(lists, [entry.name for entry in entries])
        if splits:
            entries = [replace(entry, split=splits.get(entry.name)) for entry in entries]
            found.notices += notices
            used = {file.name for file in lists.values()}
    found.entries = entries
    left = [file for file in others if file.name not in used]
    found.skipped += [_not_image(file) for file in left]
    if kind == "auto":
        _say_unknown(found, left)
    return found


def _say_unknown(found: Found, others: Sequence[Listed]) -> None:
    """Files that may well be annotations, of a format that nobody here knows."""
    looked_for = ", ".join(readers.NAMES)
    like = [file for file in others if file.name.lower().endswith(ANNOTATION_SUFFIXES)]
    if like and not found.entries:
        raise UserError("data.format_none", file=str(like[0].path), looked_for=looked_for)
    stems = {_stem(entry.name) for entry in found.entries}
    like = [f for f in like if f.name.lower().endswith(_SPEAKING) or _stem(f.name) in stems]
    if like:
        facts: dict[str, object] = {"count": len(like), "looked_for": looked_for}
        found.notices.append(Notice("data.format_none_beside", facts))


_SPEAKING = (".json", ".geojson", ".xml")
"""Endings that speak for annotations whatever the file is called."""


def _stem(name: str) -> str:
    return name.rsplit("/", 1)[-1].rsplit(".", 1)[0].casefold()


def _not_image(file: Listed) -> Skipped:
    return Skipped(str(file.path), why_not_used(file.path, "data.not_image"))


def _table_beside(
    others: Sequence[Listed], images: Sequence[Listed]
) -> tuple[Listed, Table] | None:
    """The one table on the first level that names at least half of the images and their labels."""
    tables = [f for f in others if not f.folders and f.path.suffix.lower() in TABLE_SUFFIXES]
    if len(tables) != 1 or not images:
        return None
    try:
        table = read_table(tables[0].path)
    except UserError:
        return None
    if "label" not in table.roles:
        return None
    finder = Finder(file.name for file in images)
    known = {names[0] for row in table.rows if len(names := finder.find(row.file)) == 1}
    return (tables[0], table) if 2 * len(known) >= len(images) else None


def _with_table(
    file: Listed,
    table: Table,
    images: Sequence[Listed],
    others: Sequence[Listed],
    skipped: list[Skipped],
    column: str | None,
) -> Found:
    found = entries_of_table(table, {image.name: image.path for image in images}, column)
    named = {entry.name for entry in found.entries}
    found.entries += [Entry(i.path, i.name) for i in images if i.name not in named]
    found.notices.insert(0, Notice("data.table_used", {"name": file.name}))
    found.skipped[:0] = skipped
    found.skipped += [_not_image(other) for other in others if other is not file]
    return found


def _from_table(
    table: Table, path: Path, images_dir: Path | None, column: str | None, cancel: Cancel | None
) -> Found:
    """Rows are first looked up where they point; only if some are not there is the folder read."""
    base = images_dir if images_dir is not None else path.parent
    if not base.is_dir():
        raise UserError("data.source_missing", file=str(base))
    files: dict[str, Path] | None = None
    if not all(_plainly_there(base, row.file) for row in table.rows):
        listed, _ = list_files(base, cancel)
        files = {file.name: file.path for file in listed if file.image}
    return entries_of_table(table, files, column, base)


def _plainly_there(base: Path, name: str) -> bool:
    if not name or Path(name).is_absolute() or ".." in Path(name).parts:
        return False
    try:
        return (base / name).is_file()
    except (OSError, ValueError):
        return False


def _grouped(entry: Entry, grouper: Grouper) -> Entry:
    group = grouper(entry.name, entry.columns)
    return replace(entry, group=group) if group is not None else replace(entry, group=None)


def _say_groups(found: Found) -> None:
    without = sum(entry.group is None for entry in found.entries)
    if without and without == len(found.entries):
        found.notices.append(Notice("data.group_none"))
    elif without:
        found.notices.append(Notice("data.group_some", {"count": without}))
