"""A quick look at a source before it is imported: nothing is decoded, nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.domain.texts import lawful
from tlstudio.formats.entries import Entry
from tlstudio.formats.grouping import column_of, grouper_of
from tlstudio.formats.sources import read_source
from tlstudio.formats.tables import read_table
from tlstudio.imaging.dicom.header import looks_like_dicom
from tlstudio.imaging.pages import HEAD
from tlstudio.services._unpacking import Unpacked, forget_archives, unpacked
from tlstudio.services.datasets import ImportOptions

__all__ = ["SourceLook", "forget_archives", "look_at"]

_SAMPLES = 6


@dataclass(frozen=True, slots=True)
class SourceLook:
    """What a source seems to hold.

    `images` counts files that look like images; `labels` and `splits` count them; `groups` is
    how many groups the rule makes and `samples` shows (name, group) for a few spread over the
    source. `kinds` counts annotations by kind where there are files of them. `columns` are the
    further columns of a table, `levels` how deep folders go. `patients`: some of the files are
    of a kind that names its patient.
    """

    format: str
    images: int
    labels: dict[str, int]
    splits: dict[str, int]
    groups: int
    ungrouped: int
    samples: tuple[tuple[str, str | None], ...]
    columns: tuple[str, ...]
    levels: int
    skipped: tuple[Skipped, ...]
    warnings: tuple[Notice, ...]
    kinds: dict[str, int] = field(default_factory=dict)
    patients: bool = False


def look_at(
    source: Path | Sequence[Path],
    options: ImportOptions,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> SourceLook:
    """Read the listing of `source` with these options.

    Raises the same UserErrors as import_source where the source as a whole cannot be read.
    """
    places = [source] if isinstance(source, Path) else list(source)
    with unpacked(places, progress, cancel) as opened:
        return _seen(opened, options, cancel)


def _seen(opened: Unpacked, options: ImportOptions, cancel: Cancel | None) -> SourceLook:
    rule = options.group_from
    found = read_source(
        opened.places,
        kind=options.format,
        images_dir=options.images_dir,
        grouper=grouper_of(rule),
        column=column_of(rule),
        cancel=cancel,
    )
    entries = [*found.entries, *found.absent]
    labels = Counter(name for entry in entries for name in entry.labels or ())
    shapes = [shape for entry in entries if entry.said for shape in entry.said.shapes]
    labels.update(lawful(shape.label) for shape in shapes)
    kinds = Counter(shape.kind for shape in shapes if not shape.suggestion)
    groups = Counter(entry.group for entry in entries)
    return SourceLook(
        format=found.format,
        images=len(found.entries),
        labels=dict(sorted(labels.items())),
        splits=dict(Counter(entry.split.value for entry in entries if entry.split)),
        groups=len([name for name in groups if name]),
        ungrouped=groups[None],
        samples=tuple((entry.name, entry.group) for entry in _spread(entries)),
        columns=_columns(opened.places) if found.format == "csv" else (),
        levels=max((entry.name.count("/") for entry in entries), default=0),
        skipped=(*opened.skipped, *opened.told_skipped(found.skipped)),
        warnings=tuple(opened.told_notices(found.notices)),
        kinds=dict(sorted(kinds.items())),
        patients=any(_names_patients(entry.file) for entry in _spread(found.entries)),
    )


def _names_patients(file: Path) -> bool:
    try:
        with file.open("rb") as content:
            return looks_like_dicom(file, content.read(HEAD))
    except OSError:
        return False


def _columns(places: Sequence[Path]) -> tuple[str, ...]:
    table = next((place for place in places if place.is_file()), None)
    return tuple(read_table(table).columns) if table is not None else ()


def _spread(entries: Sequence[Entry]) -> Sequence[Entry]:
    step = max(1, len(entries) // _SAMPLES)
    return entries[::step][:_SAMPLES]
