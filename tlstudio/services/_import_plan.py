"""Between reading and writing: what is to happen to each file, and the shapes of each image."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.formats.attach import assign
from tlstudio.formats.entries import Entry, Found
from tlstudio.formats.finding import Finder, tidy
from tlstudio.imaging.dicom.identity import keyed
from tlstudio.services._import_geometry import Place
from tlstudio.services._import_shapes import LabelMap, Preparer, Tally, mapped
from tlstudio.services._import_writing import Shapes
from tlstudio.services._known import Known, Match
from tlstudio.services._merging import BATCH
from tlstudio.services._staging import Stage, Staged
from tlstudio.storage import imported
from tlstudio.storage.imported import ShapeRow
from tlstudio.storage.project import Project

_EVERY = 500


@dataclass(slots=True)
class Plan:
    """Staged files sorted by what is to happen to them."""

    new: list[Staged] = field(default_factory=list)
    changed: list[Staged] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    missing: int = 0
    renamed: int = 0

    def arrivals(self) -> list[Entry]:
        """One entry for each image that is new."""
        return [entry for item in self.new for entry in item.each()]

    def entries(self) -> list[Entry]:
        return self.arrivals() + [match.entry for match in self.matches]


def planned(found: Found, staged: Stage, known: Known) -> Plan:
    """What is new, what is known, and what is nowhere."""
    plan = Plan(skipped=[*found.skipped, *staged.skipped])
    taken: set[int] = set()
    for item in staged.staged:
        if item.known is not None:
            if item.entry.said is not None and item.known.image in taken:
                plan.skipped.append(Skipped(item.entry.name, "data.image_twice"))
                continue
            taken.add(item.known.image)
            same = item.facts is not None or item.entry.name == item.known.original
            by = "path" if same or item.known.path == str(item.entry.file) else "hash"
            plan.matches += [
                replace(match, by=by) for match in known.matches(item.entry, item.known)
            ]
            if item.facts is not None:
                plan.changed.append(item)
            continue
        plan.new.append(item)
        plan.renamed += not known.original_is_new(item.entry.name)
    _match_absent(found.absent, known, plan, taken)
    for item in plan.new:
        if item.facts is not None:
            there = {frame.frame for frame in item.facts.every}
            _say_frames(plan, item.entry, there)
    plan.new = in_series_order(plan.new)
    return plan


def in_series_order(new: Sequence[Staged]) -> list[Staged]:
    """The slices of a series one after the other, where its first one is; all else as it was."""
    firsts: dict[str, int] = {}
    keys: dict[int, tuple[int, float, int]] = {}
    for place, item in enumerate(new):
        series = item.facts.series if item.facts is not None else None
        first = place if series is None else firsts.setdefault(series, place)
        position = item.facts.position if item.facts is not None else None
        keys[place] = (first, position if series and position is not None else 0.0, place)
    return [new[place] for place in sorted(keys, key=keys.__getitem__)]


def _say_frames(plan: Plan, entry: Entry, there: Collection[int]) -> None:
    for frame in entry.frames.keys() - set(there):
        plan.skipped.append(Skipped(entry.name, "data.frame_not_here", {"frame": frame + 1}))


def _match_absent(absent: Sequence[Entry], known: Known, plan: Plan, taken: set[int]) -> None:
    """Entries whose file is not there may mean images that the project holds already."""
    if not absent:
        return
    sources = known.images_by_name()
    finder = Finder(sources)
    chosen, doubtful = assign((entry.name for entry in absent if entry.said), finder)
    for entry in absent:
        if entry.said is None:
            names = finder.find(entry.name)
            name, count = (names[0] if len(names) == 1 else None), len(names)
        else:
            name, count = chosen.get(entry.name), doubtful.get(entry.name, 0)
        if name is not None and (entry.said is None or sources[name] not in taken):
            taken.add(sources[name])
            by = "path" if tidy(entry.name) == tidy(name) else "name"
            plan.matches.append(Match(entry, sources[name], by))
            continue
        kind = "row" if entry.said is None else "image"
        facts: dict[str, object] = {} if entry.said else {"line": entry.line}
        if name is not None:
            plan.skipped.append(Skipped(entry.name, "data.image_twice"))
        elif count > 1:
            plan.skipped.append(
                Skipped(entry.name, f"data.{kind}_ambiguous", {**facts, "count": count})
            )
        else:
            plan.missing += 1
            plan.skipped.append(Skipped(entry.name, f"data.{kind}_missing", facts))


@dataclass(slots=True)
class Prepared:
    """The shapes of all images, ready to be written, and what was counted on the way."""

    shapes: Shapes
    tally: Tally


def prepare(
    project: Project,
    found: Found,
    plan: Plan,
    places: Sequence[Path],
    label_map: LabelMap,
    progress: Progress,
    cancel: Cancel | None,
    key: bytes | None = None,
) -> Prepared | None:
    """The shapes that the source gives to the images of `plan`; None where it gives none. With
    `key` shapes are marked with a keyed hash of where the source lies."""
    landings = [*_landings_new(plan.new), *_landings_known(project, plan.matches)]
    if not landings:
        return None
    preparer = Preparer(origin_of(found.format, places, key), label_map, found.labels)
    rows: dict[str, list[ShapeRow]] = {}
    spoiled: set[str] = set()
    for done, (entry, place) in enumerate(landings):
        if done % _EVERY == 0:
            if cancel is not None:
                cancel.check()
            progress(Step("data.stage.shapes", done, len(landings)))
        assert entry.said is not None
        before = len(preparer.tally.reasons)
        made = preparer.rows(entry.said, place)
        if made:
            rows[entry.name] = made
        elif len(preparer.tally.reasons) > before:
            spoiled.add(entry.name)
    colours = _colours(found, label_map)
    return Prepared(Shapes(preparer.origin, rows, preparer.names, colours, spoiled), preparer.tally)


def _landings_new(new: Sequence[Staged]) -> Iterable[tuple[Entry, Place]]:
    for item in new:
        if item.facts is None or not item.entry.spoken_of:
            continue
        for entry, frame in zip(item.each(), item.facts.every, strict=True):
            if entry.said is not None:
                yield entry, Place(entry.name, frame.width, frame.height, frame.orientation)


def _landings_known(project: Project, matches: Sequence[Match]) -> Iterable[tuple[Entry, Place]]:
    said = [match for match in matches if match.entry.said is not None]
    if not said:
        return
    with project.read() as db:
        sizes = imported.sizes(db, [match.image for match in said])
    for match in said:
        if match.image in sizes:
            yield match.entry, Place(match.entry.name, *sizes[match.image])


def origin_of(format_: str, places: Sequence[Path], key: bytes | None = None) -> str:
    """A short name for the source: the same when it is imported again from where it lies."""
    text = "\n".join(sorted(os.path.realpath(place) for place in places))
    if key is not None:
        return f"{format_}-{keyed(key, 'place', text)[:10]}"
    return f"{format_}-{hashlib.sha256(os.fsencode(text)).hexdigest()[:10]}"


def _colours(found: Found, label_map: LabelMap) -> dict[str, str]:
    made: dict[str, str] = {}
    for label, colour in found.colours.items():
        try:
            name = mapped(label, label_map)
        except UserError:
            continue
        if name:
            made.setdefault(name, colour)
    return made


def foretell(project: Project, prepared: Prepared, plan: Plan) -> None:
    """Count what writing would do, without doing it."""
    shapes = prepared.shapes
    with project.read() as db:
        shapes.know_labels(db)
        for start in range(0, len(plan.matches), BATCH):
            batch = plan.matches[start : start + BATCH]
            shapes.foretell(db, [(match.entry, match.image) for match in batch])
    new = [entry.name for entry in plan.arrivals() if entry.said is not None]
    shapes.counts["added"] += sum(shapes.number_of(name) for name in new)


def relabelled(found: Found, label_map: LabelMap) -> Counter[str]:
    """Give image labels of folders and tables the names a person chose; counts by the names
    in the source."""
    counts: Counter[str] = Counter()
    for shelf in (found.entries, found.absent):
        for index, entry in enumerate(shelf):
            if not entry.labels:
                continue
            counts.update(entry.labels)
            if label_map:
                names = (label_map.get(name, name) for name in entry.labels)
                labels = tuple(dict.fromkeys(name for name in names if name))
                shelf[index] = replace(entry, labels=labels or None)
    return counts
