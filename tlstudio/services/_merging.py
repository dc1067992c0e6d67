"""The second half of an import: what was staged goes into the database.

Images and their labels some hundred at a time; with shapes all in one transaction, so that
whatever ends it leaves no trace.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlstudio.domain.annotations import AnnotationSource, Provenance
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.formats.entries import Entry
from tlstudio.services._import_writing import Shapes, background_notices
from tlstudio.services._known import Match
from tlstudio.services._staging import Staged
from tlstudio.storage import images, labels
from tlstudio.storage.annotations import of_images, set_image_label
from tlstudio.storage.connection import Db
from tlstudio.storage.project import Project
from tlstudio.storage.sources import NewSource, sort_key

BATCH = 400
"""Images a transaction: short, so that labelling goes on beside an import."""

_IMPORTED = Provenance(source=AnnotationSource.IMPORT)


@dataclass(slots=True)
class Merged:
    """What was written: ids of new and of recognised images, and remarks."""

    added: list[int] = field(default_factory=list)
    matched: list[int] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    shapes: Counter[str] = field(default_factory=Counter)


def merge(
    project: Project,
    new: Sequence[Staged],
    changed: Sequence[Staged],
    matches: Sequence[Match],
    *,
    referenced: bool,
    progress: Progress,
    cancel: Cancel | None,
    shapes: Shapes | None = None,
) -> Merged:
    """Add `new` images, renew the facts of `changed` files, update the images of `matches`.

    Until the last new image is in, a cancel or a failure takes everything back; the updates
    come last, each batch whole. With `shapes` everything is taken back at any time.
    """
    work = _Work(new, changed, matches, progress, cancel)
    if shapes is None:
        return _merged(_Writer(project, referenced), work)
    result: list[Merged] = []

    def write(db: Db) -> None:
        result.append(_merged(_Writer(project, referenced, db, shapes), work))

    project.transact("undo.import", write, undoable=False)
    return result[0]


@dataclass(frozen=True, slots=True)
class _Work:
    new: Sequence[Staged]
    changed: Sequence[Staged]
    matches: Sequence[Match]
    progress: Progress
    cancel: Cancel | None

    def step(self, done: int) -> None:
        self.progress(Step("data.stage.merging", done, len(self.new) + len(self.matches)))

    def check(self) -> None:
        if self.cancel is not None:
            self.cancel.check()


def _merged(writer: _Writer, work: _Work) -> Merged:
    result = Merged(matched=[match.image for match in work.matches])
    new, matches = work.new, work.matches
    writer.prepare(_label_names([s.entry for s in new] + [m.entry for m in matches]))
    try:
        for batch in _batches(new):
            work.check()
            result.added += writer.add(batch)
            work.step(min(len(result.added), len(new)))
    except BaseException:
        writer.take_back(result.added)
        raise
    if work.changed:
        writer.renew(work.changed)
    for start in range(0, len(matches), BATCH):
        if writer.whole:
            work.check()
        writer.update(matches[start : start + BATCH])
        work.step(len(new) + start)
    work.step(len(new) + len(matches))
    if writer.whole:
        work.check()
    result.notices = writer.notices()
    result.shapes = writer.shape_counts()
    return result


def _batches(new: Sequence[Staged]) -> Iterator[list[Staged]]:
    """Files with about BATCH images together; one file is never divided."""
    batch: list[Staged] = []
    count = 0
    for item in new:
        batch.append(item)
        count += len(item.each())
        if count >= BATCH:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def _label_names(entries: Iterable[Entry]) -> list[str]:
    """In the order in which people expect them: sorted as file names are."""
    names = {name for entry in entries for name in entry.labels or ()}
    return sorted(names, key=sort_key)


class _Writer:
    """Each of its steps is a transaction, but with `db` all are part of the one that it is in."""

    def __init__(
        self,
        project: Project,
        referenced: bool,
        db: Db | None = None,
        shapes: Shapes | None = None,
    ) -> None:
        self._project, self._referenced = project, referenced
        self._db, self._shapes = db, shapes
        self._labels: dict[str, int] = {}
        self._new_labels: list[int] = []
        self._counts: Counter[str] = Counter()

    @property
    def whole(self) -> bool:
        """Whether all of it is one transaction."""
        return self._db is not None

    def _do(self, write: Callable[[Db], None]) -> None:
        if self._db is not None:
            write(self._db)
        else:
            self._project.transact("undo.import", write, undoable=False)

    def prepare(self, names: Sequence[str]) -> None:
        """Labels first: an unlawful name stops the import before anything is added."""

        def make(db: Db) -> None:
            before = {label.id for label in labels.all_labels(db)}
            self._labels = labels.ensure(db, names)
            if self._shapes is not None:
                self._shapes.make_labels(db)
            self._new_labels = [i for i in self._labels.values() if i not in before]

        if names or self._shapes is not None:
            self._do(make)

    def add(self, batch: Sequence[Staged]) -> list[int]:
        """Record files with their split, group and labels in one transaction; the image ids."""
        ids: list[int] = []

        def write(db: Db) -> None:
            made = images.synthetic_pixels(db)
            items = [
                _new_source(item, self._referenced, made, self._states(item)) for item in batch
            ]
            firsts = images.add_sources(db, items)
            entries = [
                Match(entry, first + place)
                for item, first in zip(batch, firsts, strict=True)
                for place, entry in enumerate(item.each())
            ]
            ids.extend(match.image for match in entries)
            self._counts["data.synthetic_stays"] += _set_places(db, entries)
            self._set_labels(db, entries, new=True)
            if self._shapes is not None:
                self._shapes.add(db, [(match.entry, match.image) for match in entries])

        self._do(write)
        return ids

    def _states(self, item: Staged) -> tuple[ImageState, ...]:
        """Those that the shapes of its frames give them."""
        if self._shapes is None or not item.entry.spoken_of:
            return ()
        return tuple(self._shapes.state_of(entry) for entry in item.each())

    def take_back(self, ids: Sequence[int]) -> None:
        """Take the images out again, and the labels that came with them unless somebody has used
        or changed them meanwhile."""
        if self.whole:  # the transaction takes itself back
            return

        def remove(db: Db) -> None:
            images.delete_images(db, ids)
            labels.delete(db, labels.unused(db, self._new_labels))

        self._do(remove)

    def renew(self, changed: Sequence[Staged]) -> None:
        """The bytes of referenced files have changed since they were imported."""
        facts = {s.known.id: s.facts for s in changed if s.known and s.facts}
        self._counts["data.files_changed"] = len(facts)

        def write(db: Db) -> None:
            images.set_facts(db, facts)

        self._do(write)

    def update(self, batch: Sequence[Match]) -> None:
        """Give recognised images what the source says of them, but nothing a person decided."""

        def write(db: Db) -> None:
            before = {row.id: row for row in images.rows(db, [m.image for m in batch])}
            for match in batch:
                row = before.get(match.image)  # None: deleted since it was recognised
                if (
                    row
                    and row.split
                    and not row.synthetic
                    and match.entry.split not in (None, row.split)
                ):
                    self._counts["data.splits_changed"] += 1
            there = [match for match in batch if match.image in before]
            self._counts["data.synthetic_stays"] += _set_places(db, there)
            mine = self._decided(db, there)
            self._counts["data.labels_kept"] += len(mine)
            self._set_labels(db, [m for m in there if m.image not in mine], new=False)
            if self._shapes is not None:
                self._shapes.update(db, [(m.entry, m.image) for m in there])

        self._do(write)

    def shape_counts(self) -> Counter[str]:
        """What became of the shapes: added, changed, removed, same, kept."""
        return self._shapes.counts if self._shapes is not None else Counter()

    def notices(self) -> list[Notice]:
        if self._shapes is not None:
            self._counts["data.labels_kept"] += self._shapes.labels_kept
        made = [Notice(code, {"count": n}) for code, n in self._counts.items() if n]
        return made + (background_notices(self._shapes) if self._shapes is not None else [])

    def _decided(self, db: Db, batch: Sequence[Match]) -> set[int]:
        """Images whose labels a person or an accepted suggestion set otherwise than the source."""
        wanted = {m.image: self._ids(m.entry) for m in batch if m.entry.labels}
        kept = set()
        for image, there in of_images(db, list(wanted)).items():
            by_hand = any(a.provenance.source is not AnnotationSource.IMPORT for a in there)
            if by_hand and {a.label for a in there} != set(wanted[image]):
                kept.add(image)
        return kept

    def _ids(self, entry: Entry) -> tuple[int, ...]:
        return tuple(self._labels[name] for name in entry.labels or ())

    def _set_labels(self, db: Db, matches: Sequence[Match], *, new: bool) -> None:
        by_labels: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for match in matches:
            if match.entry.labels:
                by_labels[self._ids(match.entry)].append(match.image)
        for wanted, ids in by_labels.items():
            for position, label in enumerate(wanted):
                exclusive = position == 0 and not new
                set_image_label(db, ids, label, _IMPORTED, exclusive=exclusive)
            states = {row.id: row.state for row in images.rows(db, ids)} if not new else {}
            open_ = [i for i in ids if states.get(i, ImageState.UNLABELLED) in _OPEN]
            images.set_state(db, open_, ImageState.LABELLED)


def _new_source(
    item: Staged, referenced: bool, made: Mapping[str, str], states: tuple[ImageState, ...]
) -> NewSource:
    """The file to record. Pixels that were `made` here are known again whatever brings them."""
    assert item.facts is not None
    name = item.entry.name.rsplit("/", 1)[-1]
    content = made.get(item.facts.pixel_hash) if not item.facts.further else None
    return NewSource(
        item.path,
        referenced,
        item.facts,
        item.entry.name,
        name,
        synthetic=content is not None,
        content_hash=content or "",
        states=states,
    )


_OPEN = (ImageState.UNLABELLED, ImageState.DRAFT)


def _set_places(db: Db, matches: Sequence[Match]) -> int:
    """Splits and groups, where the source names them; how many images did not get the split, since
    they were made here and it is for figures."""
    splits: dict[int, Split | None] = {m.image: m.entry.split for m in matches if m.entry.split}
    groups: dict[int, str | None] = {m.image: m.entry.group for m in matches if m.entry.group}
    stay = [i for i in images.synthetic_of(db, splits) if splits[i] is not Split.TRAIN]
    for image in stay:
        del splits[image]
    if splits:
        images.set_splits(db, splits)
    if groups:
        images.set_groups(db, groups)
    return len(stay)
