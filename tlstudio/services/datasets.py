"""Import images, labels, groups and splits from folders, tables and things dropped.

Files are read, hashed and copied in the background; the database is written at the end in
short transactions after a backup. A cancel leaves the project as it was.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.messages import render
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.formats.entries import Entry, Found
from tlstudio.formats.finding import Finder
from tlstudio.formats.grouping import column_of, parse_group_from
from tlstudio.formats.sources import read_source
from tlstudio.services._merging import Match, Merged, merge
from tlstudio.services._staging import Known, Stage, Staged, stage
from tlstudio.storage import backups, images, imports
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project
from tlstudio.storage.sources import sort_key

_NOTHING = Changes()


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    `format`: auto, images, class-folders (or class-folders:N), split-folders, csv.
    `images_dir`: where a table's images lie. `split`: put all of them there. `group_from`:
    folder:N, column:C or regex:R. `copy`: into the project, else refer to where they lie.
    `dry_run`: read everything, change nothing.
    """

    format: str = "auto"
    images_dir: Path | None = None
    split: Split | str | None = None
    group_from: str | None = None
    copy: bool = True
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import found and did. `images` counts readable images (added and matched);
    `annotations` and `labels` count image labels the source gives them; `splits` and `groups`
    what it says of splits and how many groups it names."""

    format: str
    images: int = 0
    images_added: int = 0
    images_matched: int = 0
    images_missing: int = 0
    annotations: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[Notice, ...] = ()
    splits: dict[str, int] = field(default_factory=dict)
    groups: int = 0
    dry_run: bool = False
    changes: Changes = _NOTHING

    def to_json(self) -> dict[str, Any]:
        """The keys of `tlstudio import --json`; reasons and messages in English."""
        return {
            "format": self.format,
            "images": self.images,
            "images_added": self.images_added,
            "images_matched": self.images_matched,
            "images_missing": self.images_missing,
            "annotations": self.annotations,
            "labels": self.labels,
            "skipped": [
                {
                    "file": item.file,
                    "reason": render(item.reason, {**item.params, "file": item.file}),
                    "code": item.reason,
                }
                for item in self.skipped
            ],
            "warnings": [notice.to_json() for notice in self.warnings],
        }


def import_source(
    project: Project,
    source: Path | Sequence[Path],
    options: ImportOptions | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> ImportReport:
    """Bring `source` (a folder, a table, or several files and folders) into the project.

    Files that are known by content and name are updated, never doubled. Raises UserError for
    what stops the whole (a missing source, unknown columns, no room) and Cancelled; single
    files never do, they are in the report's `skipped`.
    """
    options = options or ImportOptions()
    places = [Path(source)] if isinstance(source, str | Path) else [Path(p) for p in source]
    if project.read_only and not options.dry_run:
        raise UserError("project.read_only", file=str(project.folder))
    _refuse_own_folder(project, places)
    progress(Step("data.stage.listing", 0, None))
    found = _read(project, places, options, cancel)
    with project.read() as db:
        known = Known(images.sources(db))
    staged = stage(
        project,
        found.entries,
        known,
        copy=options.copy,
        dry_run=options.dry_run,
        progress=progress,
        cancel=cancel,
    )
    plan = _plan(found, staged, known)
    if options.dry_run:
        merged = Merged(list(range(len(plan.new))), [match.image for match in plan.matches])
        return _report(found, plan, merged, dry_run=True)
    try:
        if known.paths:
            backups.back_up(project, "import")
        merged = merge(
            project,
            plan.new,
            plan.changed,
            plan.matches,
            referenced=not options.copy,
            progress=progress,
            cancel=cancel,
        )
    except BaseException:
        staged.discard()
        raise
    report = _report(found, plan, merged, dry_run=False)
    _record(project, places, report, plan)
    return report


def _refuse_own_folder(project: Project, places: Sequence[Path]) -> None:
    own = Path(os.path.realpath(project.folder))
    for place in places:
        if Path(os.path.realpath(place)).is_relative_to(own):
            raise UserError("data.source_is_project", file=str(place))


def _read(
    project: Project, places: Sequence[Path], options: ImportOptions, cancel: Cancel | None
) -> Found:
    rule = options.group_from
    found = read_source(
        places,
        kind=options.format,
        images_dir=options.images_dir,
        grouper=parse_group_from(rule) if rule else None,
        column=column_of(rule),
        cancel=cancel,
    )
    own = project.folder
    found.entries = [e for e in found.entries if own not in e.file.parents]
    if options.split is not None:
        try:
            split = Split(options.split)
        except ValueError:
            raise UserError("data.split_name", name=options.split) from None
        found.entries = [replace(entry, split=split) for entry in found.entries]
        found.absent = [replace(entry, split=split) for entry in found.absent]
    return found


@dataclass(slots=True)
class _Plan:
    """Staged files sorted by what is to happen to them."""

    new: list[Staged] = field(default_factory=list)
    changed: list[Staged] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    missing: int = 0
    frames: int = 0
    renamed: int = 0


def _plan(found: Found, staged: Stage, known: Known) -> _Plan:
    plan = _Plan(skipped=[*found.skipped, *staged.skipped])
    for item in staged.staged:
        if item.known is not None:
            plan.matches.append(Match(item.entry, item.known.image))
            if item.facts is not None:
                plan.changed.append(item)
            continue
        plan.new.append(item)
        plan.frames += item.facts is not None and item.facts.frames > 1
        plan.renamed += not known.original_is_new(item.entry.name)
    _match_absent(found.absent, known, plan)
    return plan


def _match_absent(absent: Sequence[Entry], known: Known, plan: _Plan) -> None:
    """Rows whose file is not there may mean images that the project holds already."""
    if not absent:
        return
    sources = {source.original or source.path: source for source in known.paths.values()}
    finder = Finder(sources)
    for entry in absent:
        names = finder.find(entry.name)
        facts: dict[str, object] = {"line": entry.line}
        if len(names) == 1:
            plan.matches.append(Match(entry, sources[names[0]].image))
        elif names:
            facts["count"] = len(names)
            plan.skipped.append(Skipped(entry.name, "data.row_ambiguous", facts))
        else:
            plan.missing += 1
            plan.skipped.append(Skipped(entry.name, "data.row_missing", facts))


def _report(found: Found, plan: _Plan, merged: Merged, *, dry_run: bool) -> ImportReport:
    entries = [item.entry for item in plan.new] + [match.entry for match in plan.matches]
    labels = Counter(name for entry in entries for name in entry.labels or ())
    return ImportReport(
        format=found.format,
        images=len(entries),
        images_added=len(merged.added),
        images_matched=len(merged.matched),
        images_missing=plan.missing,
        annotations=labels.total(),
        labels=dict(sorted(labels.items(), key=lambda item: sort_key(item[0]))),
        skipped=tuple(plan.skipped),
        warnings=tuple(found.notices + _remarks(plan, labels) + merged.notices),
        splits=dict(Counter(entry.split.value for entry in entries if entry.split)),
        groups=len({entry.group for entry in entries if entry.group}),
        dry_run=dry_run,
        changes=_NOTHING if dry_run else Changes(everything=True),
    )


def _remarks(plan: _Plan, labels: Counter[str]) -> list[Notice]:
    notices = []
    if plan.frames:
        notices.append(Notice("data.many_frames", {"count": plan.frames}))
    if plan.renamed:
        notices.append(Notice("data.name_again", {"count": plan.renamed}))
    by_case: dict[str, list[str]] = {}
    for name in sorted(labels):
        by_case.setdefault(name.casefold(), []).append(name)
    for names in by_case.values():
        if len(names) > 1:
            notices.append(Notice("data.labels_alike", {"names": ", ".join(names)}))
    return notices


def _record(project: Project, places: Sequence[Path], report: ImportReport, plan: _Plan) -> None:
    """Note the import, and keep the list of files left out as it now is."""

    def write(db: Db) -> None:
        said = {k: v for k, v in report.to_json().items() if k != "skipped"}
        source = ", ".join(str(place) for place in places[:20])
        number = imports.record_import(db, source, report.format, said)
        before = {item.file for item in imports.skipped(db)}
        if before:
            came = {str(item.entry.file) for item in plan.new}
            came |= {str(match.entry.file) for match in plan.matches}
            imports.forget_skipped(db, sorted(before & came))
        imports.record_skipped(db, report.skipped, import_id=number)

    project.transact("undo.import", write, undoable=False)
