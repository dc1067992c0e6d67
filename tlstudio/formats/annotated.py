"""A source with annotation files: its format recognised, read, and given to its images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.formats import readers
from tlstudio.formats.annotation_set import AnnotationSet
from tlstudio.formats.archives import is_archive
from tlstudio.formats.attach import Attached, attach
from tlstudio.formats.entries import Entry, Found
from tlstudio.formats.lawful import made_lawful
from tlstudio.formats.layout import recognise
from tlstudio.formats.listing import Listing
from tlstudio.formats.lists import read_splits, split_lists
from tlstudio.formats.walk import Listed, list_files

_ANNOTATION_FOLDERS = frozenset({"annotations", "annotation", "labels", "ann", "json", "xml"})
ANNOTATION_SUFFIXES = (".json", ".geojson", ".xml", ".txt", ".csv", ".tsv", ".yaml", ".yml")


def listing_of_file(file: Path, images_dir: Path | None, cancel: Cancel | None) -> Listing:
    """One annotation file, and the images in `images_dir`, else around the file."""
    base = images_dir
    if base is None:
        base = file.parent
        if base.name.lower() in _ANNOTATION_FOLDERS:
            base = base.parent
    if not base.is_dir():
        raise UserError("data.source_missing", file=str(base))
    around, _ = list_files(base, cancel)
    images = [item for item in around if item.image and item.path != file]
    return Listing([Listed(file, file.name, image=False), *images], images_dir)


def listing_of_files(
    files: Sequence[Listed], images_dir: Path | None, cancel: Cancel | None
) -> Listing:
    """The files of a source; with `images_dir` the images are those that lie there."""
    if images_dir is None:
        return Listing(files)
    if not images_dir.is_dir():
        raise UserError("data.source_missing", file=str(images_dir))
    there, _ = list_files(images_dir, cancel)
    others = [file for file in files if not file.image]
    return Listing([*others, *(file for file in there if file.image)], images_dir)


def read_annotations(
    listing: Listing, kind: str, *, whole: bool, place: Path, cancel: Cancel | None
) -> Found | None:
    """What the annotations of the source say; None where `kind` is auto (or csv) and they are
    of no known format.

    With `whole` every image of the source comes in, else those that the annotations name.
    Raises UserError: data.format_not_this and those of the reader.
    """
    if kind in ("auto", "csv"):
        found = [pair for pair in readers.candidates(listing) if kind in ("auto", pair[0].NAME)]
        if not found:
            return None
        (reader, evidence), *others = found
    else:
        try:
            (reader, evidence), others = readers.reader_named(kind, listing), []
        except UserError as error:
            raise UserError(error.code, file=str(place), **error.params) from None
    made = reader.read(listing, evidence, cancel)
    made_lawful(made)
    made.used.update(evidence.files)
    result = _found(made, listing, whole=whole)
    also = sorted({r.NAME for r, e in others if e.strength == readers.SURE} - {reader.NAME})
    if also and evidence.strength == readers.SURE:
        facts: dict[str, object] = {"format": made.format, "others": ", ".join(also)}
        result.notices.append(Notice("data.format_also", facts))
    return result


def _found(made: AnnotationSet, listing: Listing, *, whole: bool) -> Found:
    images = [file for file in listing.images if file.name not in made.used]
    attached = attach(made, {file.name: file.path for file in images}, listing.finder)
    result = Found(made.format, skipped=[*made.skipped, *attached.skipped])
    result.notices = list(made.notices)
    result.labels, result.colours = made.labels, made.colours
    result.absent, result.embedded = attached.absent, attached.embedded
    layout = recognise([file.folders for file in images])
    for file in images:
        entry = attached.entries.get(file.name)
        if entry is None and (not whole or layout.leaves_out(file.folders)):
            result.ignored += whole
            continue
        entry = entry or Entry(file.path, file.name)
        if entry.split is None and layout.split_level is not None:
            entry = replace(entry, split=layout.split_of(file.folders))
        result.entries.append(entry)
    result.entries += [attached.entries[name] for name in attached.embedded]
    used = made.used | _listed_splits(result, listing)
    if whole:
        others = (file for file in listing.files if file.name not in used)
        result.skipped += [
            Skipped(str(f.path), why_not_used(f.path, "data.not_used")) for f in others
        ]
        _say_unnamed(result, attached)
    return result


def why_not_used(file: Path, otherwise: str) -> str:
    """The reason for leaving a file of the source out."""
    return "data.archive_inside" if is_archive(file) else otherwise


def _listed_splits(result: Found, listing: Listing) -> set[str]:
    """Splits from lists beside the images, where nothing else tells them; the lists used."""
    if any(entry.split for entry in result.entries):
        return set()
    lists = split_lists(listing.files)
    splits, notices = read_splits(lists, [entry.name for entry in result.entries])
    if not splits:
        return set()
    result.entries = [
        replace(entry, split=splits.get(entry.name)) if entry.split is None else entry
        for entry in result.entries
    ]
    result.notices += notices
    return {file.name for file in lists.values()}


def _say_unnamed(result: Found, attached: Attached) -> None:
    unnamed = sum(not entry.spoken_of for entry in result.entries)
    if unnamed and attached.entries:
        result.notices.append(Notice("data.images_unnamed", {"count": unnamed}))
