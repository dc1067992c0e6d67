"""Import images, labels, groups and splits from folders, tables and things dropped.

Files are read, hashed and copied in the background; the database is written at the end in
short transactions after a backup. A cancel leaves the project as it was.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tlstudio.domain.changes import Changes
from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, Step, silent
from tlstudio.formats.entries import Entry, Found
from tlstudio.formats.grouping import column_of, grouper_of
from tlstudio.formats.sources import read_source
from tlstudio.formats.walk import Listed
from tlstudio.imaging.stripping.copying import Left
from tlstudio.services._examining import ReadAhead
from tlstudio.services._import_geometry import OF_SHAPES
from tlstudio.services._import_groups import annotated_at_first, group_by_files, remarks_of_files
from tlstudio.services._import_plan import Plan, Prepared, foretell, planned, prepare, relabelled
from tlstudio.services._import_report import NOTHING, ImportOptions, ImportReport
from tlstudio.services._import_shapes import Tally
from tlstudio.services._import_writing import background_notices
from tlstudio.services._known import Known, known_files
from tlstudio.services._merging import Merged, merge
from tlstudio.services._renaming import Renaming, renamed
from tlstudio.services._staging import stage
from tlstudio.services._unpacking import forget_archives, unpacked
from tlstudio.services.collecting import settled, uncollected
from tlstudio.services.patient_key import key_notices, note_use
from tlstudio.storage import backups, imports, labels
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project
from tlstudio.storage.sources import sort_key

__all__ = ["ImportOptions", "ImportReport", "import_source"]


def import_source(
    project: Project,
    source: Path | Sequence[Path],
    options: ImportOptions | None = None,
    progress: Progress = silent,
    cancel: Cancel | None = None,
) -> ImportReport:
    """Bring `source` (a folder, a table, an archive, or several of them) into the project.

    Files that are known by content and name are updated, never doubled, and so is what
    annotation files say of them. Raises UserError for
    what stops the whole (a missing source, unknown columns, no room) and Cancelled; single
    files never do, they are in the report's `skipped`.
    """
    options = options or ImportOptions()
    if options.rename and not options.copy:
        raise UserError("data.rename_reference")
    places = [Path(source)] if isinstance(source, str | Path) else [Path(p) for p in source]
    if project.read_only and not options.dry_run:
        raise UserError("project.read_only", file=str(project.folder))
    _refuse_own_folder(project, places)
    progress(Step("data.stage.listing", 0, None))
    with ExitStack() as after:
        opened = after.enter_context(unpacked(places, progress, cancel))
        if opened.names and not options.copy:
            raise UserError("data.archive_reference", file=next(iter(opened.names.values())))
        with project.read() as db:
            known = known_files(db)
            had = {label.name for label in labels.all_labels(db)}
        ahead = after.enter_context(ReadAhead())
        with uncollected():
            found = _read(project, opened.places, options, cancel, partial(_begin, ahead, known))
        counts = relabelled(found, options.label_map)
        _unpack(found, options, after)
        names = renamed(found, known, on=options.rename)
        with settled():
            staged = stage(
                project,
                found.entries,
                known,
                copy=options.copy,
                dry_run=options.dry_run,
                ahead=ahead,
                progress=progress,
                cancel=cancel,
            )
        try:
            if names is not None:
                names.mark(staged)
            groups = group_by_files(staged, options.group_from)
            plan = planned(found, staged, known)
            with uncollected():
                ready = prepare(
                    project,
                    found,
                    plan,
                    places,
                    options.label_map,
                    progress,
                    cancel,
                    names.key if names is not None and names.on else None,
                )
            if options.dry_run:
                merged = _foretold(project, plan, ready)
            else:
                if known.paths:
                    backups.back_up(project, "import")
                with uncollected():
                    merged = merge(
                        project,
                        plan.new,
                        plan.changed,
                        plan.matches,
                        referenced=not options.copy,
                        progress=progress,
                        cancel=cancel,
                        shapes=ready.shapes if ready else None,
                    )
        except BaseException:
            staged.discard()
            raise
    plan.skipped = [*opened.skipped, *opened.told_skipped(plan.skipped)]
    found.notices = opened.told_notices(found.notices)
    found.notices += groups
    if names is not None:
        found.notices += names.notices(plan.entries())
    if _uses_key(plan, options):
        found.notices += key_notices(project)
        if not options.dry_run:
            note_use(project)
    tally = ready.tally if ready else Tally()
    report = _report(found, plan, merged, tally, counts, had, options)
    if not options.dry_run:
        _record(project, places, report, plan, names)
        forget_archives()
    return report if names is None else replace(report, skipped=tuple(names.shown(report.skipped)))


def _uses_key(plan: Plan, options: ImportOptions) -> bool:
    """Whether names in the project now depend on the patient key."""
    new = [item.facts for item in plan.new if item.facts is not None]
    return options.rename or any(facts.group or facts.series for facts in new)


def _unpack(found: Found, options: ImportOptions, after: ExitStack) -> None:
    """Images that came inside of annotations become files, for as long as `after` is open."""
    if not found.embedded:
        return
    entries: list[Entry] = []
    folder = Path(after.enter_context(TemporaryDirectory(prefix="tlstudio-")))
    for number, entry in enumerate(found.entries):
        data = found.embedded.pop(entry.name, None)
        if data is None:
            entries.append(entry)
        elif not options.copy:
            found.skipped.append(Skipped(entry.name, "data.embedded_reference"))
        else:
            file = folder / f"{number}{Path(entry.name).suffix[:10]}"
            file.write_bytes(data)
            entries.append(replace(entry, file=file))
    found.entries = entries


def _foretold(project: Project, plan: Plan, ready: Prepared | None) -> Merged:
    merged = Merged(list(range(len(plan.arrivals()))), [match.image for match in plan.matches])
    if ready is not None:
        foretell(project, ready, plan)
        merged.shapes = ready.shapes.counts
        if ready.shapes.labels_kept:
            merged.notices = [Notice("data.labels_kept", {"count": ready.shapes.labels_kept})]
        merged.notices += background_notices(ready.shapes)
    return merged


def _refuse_own_folder(project: Project, places: Sequence[Path]) -> None:
    own = Path(os.path.realpath(project.folder))
    for place in places:
        if Path(os.path.realpath(place)).is_relative_to(own):
            raise UserError("data.source_is_project", file=str(place))


def _begin(ahead: ReadAhead, known: Known, pictures: Sequence[Listed]) -> None:
    """Read pictures that nobody knows by name while their annotations are taken apart."""
    new = [picture.path for picture in pictures if known.is_new(picture.name, picture.path)]
    if ahead.worth(new):
        ahead.begin(new)


def _read(
    project: Project,
    places: Sequence[Path],
    options: ImportOptions,
    cancel: Cancel | None,
    listed: Callable[[Sequence[Listed]], None],
) -> Found:
    rule = options.group_from
    found = read_source(
        places,
        kind=options.format,
        images_dir=options.images_dir,
        grouper=grouper_of(rule),
        column=column_of(rule),
        cancel=cancel,
        listed=listed,
    )
    own = f"{project.folder}{os.sep}"
    found.entries = [e for e in found.entries if not str(e.file).startswith(own)]
    if options.split is not None:
        try:
            split = Split(options.split)
        except ValueError:
            raise UserError("data.split_name", name=options.split) from None
        found.entries = [replace(entry, split=split) for entry in found.entries]
        found.absent = [replace(entry, split=split) for entry in found.absent]
    return found


def _report(
    found: Found,
    plan: Plan,
    merged: Merged,
    tally: Tally,
    counts: Counter[str],
    had: Collection[str],
    options: ImportOptions,
) -> ImportReport:
    entries = plan.entries()
    image_labels = Counter(name for entry in entries for name in entry.labels or ())
    named = image_labels + tally.labels
    kinds = tally.kinds + Counter(image_label=image_labels.total())
    not_trainable = tally.notes["data.not_trainable"]
    remarks = _remarks(plan, named) + tally.notices() + merged.notices
    return ImportReport(
        format=found.format,
        images=len(entries),
        images_added=len(merged.added),
        images_matched=len(merged.matched),
        images_missing=plan.missing,
        annotations=named.total(),
        labels=_in_order(named),
        skipped=(*plan.skipped, *tally.reasons),
        warnings=tuple(found.notices + remarks),
        splits=dict(Counter(entry.split.value for entry in entries if entry.split)),
        groups=len({entry.group for entry in entries if entry.group}),
        dry_run=options.dry_run,
        changes=NOTHING if options.dry_run else Changes(everything=True),
        kinds=dict(sorted(kinds.items())),
        suggestions=tally.suggestions,
        found_labels=_in_order(counts + tally.found),
        not_trainable=not_trainable,
        shapes={name: n for name, n in merged.shapes.items() if n},
        matched_by=dict(sorted(Counter(match.by for match in plan.matches).items())),
        new_labels=tuple(name for name in _in_order(named) if name not in had),
    )


def _in_order(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: sort_key(item[0])))


def _remarks(plan: Plan, labels: Counter[str]) -> list[Notice]:
    notices: list[Notice] = []
    notices += remarks_of_files([item.facts for item in plan.new if item.facts is not None])
    if firsts := sum(map(annotated_at_first, plan.new)):
        notices.append(Notice("data.first_frame_only", {"count": firsts}))
    left = Counter(item.left for item in plan.new if item.facts and item.facts.format != "DICOM")
    for code, what in (("data.metadata_left", Left.METADATA), ("data.odd_copied", Left.UNKNOWN)):
        if left[what]:
            notices.append(Notice(code, {"count": left[what]}))
    if plan.renamed:
        notices.append(Notice("data.name_again", {"count": plan.renamed}))
    by_case: dict[str, list[str]] = {}
    for name in sorted(labels):
        by_case.setdefault(name.casefold(), []).append(name)
    for names in by_case.values():
        if len(names) > 1:
            notices.append(Notice("data.labels_alike", {"names": ", ".join(names)}))
    return notices


def _record(
    project: Project,
    places: Sequence[Path],
    report: ImportReport,
    plan: Plan,
    names: Renaming | None,
) -> None:
    """Note the import, and keep the list of files left out as it now is."""
    files = [item for item in report.skipped if item.reason not in OF_SHAPES]
    said = {k: v for k, v in report.to_json().items() if k != "skipped"}
    source = ", ".join(str(place) for place in places[:20])
    came = {str(entry.file) for entry in plan.entries()}
    came |= {e.said.path for e in plan.entries() if e.said is not None}
    came |= {e.name for e in plan.entries() if e.said is not None}
    if names is not None:
        came |= names.came(plan.entries())
        if names.on:
            files, said, source = names.kept(files), names.kept_report(said), ""

    def write(db: Db) -> None:
        number = imports.record_import(db, source, report.format, said)
        before = {item.file for item in imports.skipped(db)}
        if before:
            imports.forget_skipped(db, sorted(before & came))
        imports.record_skipped(db, files, import_id=number)

    project.transact("undo.import", write, undoable=False)
