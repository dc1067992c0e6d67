"""Shapes of an import on their way into the database, beside the images they belong to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain

from tlstudio.domain.images import ImageState
from tlstudio.domain.labels import BACKGROUND_NAMES, LabelRole
from tlstudio.domain.notices import Notice
from tlstudio.formats.annotation_set import ReadImage
from tlstudio.formats.entries import Entry
from tlstudio.services._import_differences import Difference, compare
from tlstudio.storage import images, imported, labels, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.imported import ShapeRow

_OPEN = (ImageState.UNLABELLED, ImageState.DRAFT)
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")

Landing = tuple[Entry, int]
"""An entry of the source and the image it came to."""


class Shapes:
    """`rows` are those of each image by the name of its entry; their labels are places in
    `names`. `colours` are those of new labels, where the file gives them. `spoiled` are entries
    of which no shape could be taken: nobody can say that there is nothing in them."""

    def __init__(
        self,
        origin: str,
        rows: Mapping[str, Sequence[ShapeRow]],
        names: Sequence[str],
        colours: Mapping[str, str],
        spoiled: Collection[str] = (),
    ) -> None:
        self._origin, self._rows = origin, rows
        self._names, self._colours, self._spoiled = names, colours, spoiled
        self._labels: list[int] = []
        self.counts: Counter[str] = Counter()
        self.labels_kept = 0
        self.backgrounds: list[str] = []

    def make_labels(self, db: Db) -> None:
        """Labels that are missing are made, with the colours of the file; one that is called
        background and is drawn, as holes are where a tool has none, gets that role."""
        known = {label.name for label in labels.all_labels(db)}
        ids = labels.ensure(db, self._names)
        self._labels = [ids[name] for name in self._names]
        self.backgrounds = self._new_backgrounds(known)
        for name in self.backgrounds:
            labels.set_role(db, ids[name], LabelRole.BACKGROUND)
        for name, colour in self._colours.items():
            if name in ids and name not in known and _COLOUR.fullmatch(colour):
                labels.set_colour(db, ids[name], colour.upper())

    def _new_backgrounds(self, known: Collection[str]) -> list[str]:
        """Names of labels that are not `known` and become the background."""
        new = {
            place
            for place, name in enumerate(self._names)
            if name not in known and name.casefold() in BACKGROUND_NAMES
        }
        if not new:
            return []
        drawn: set[int] = set()
        for row in chain.from_iterable(self._rows.values()):
            if row.label in new:
                drawn.add(row.label)
                if row.kind == "image_label":
                    return []  # then it is a class of images
        return [self._names[place] for place in sorted(drawn)]

    def know_labels(self, db: Db) -> None:
        """The ids of labels that are there; 0, which no shape has, for those that are not."""
        known = {label.name: label.id for label in labels.all_labels(db)}
        self.backgrounds = self._new_backgrounds(known)
        self._labels = [known.get(name, 0) for name in self._names]

    def add(self, db: Db, batch: Sequence[Landing]) -> None:
        """Everything that the file says of images that are new and have their `state_of`."""
        items = (
            (image, z, row)
            for entry, image in batch
            for z, row in enumerate(self._rows.get(entry.name, ()), start=1)
        )
        self.counts["added"] += imported.add(db, items, self._labels)
        self._note_rest(db, batch)

    def update(self, db: Db, batch: Sequence[Landing]) -> None:
        """The difference to what is there, for images that were known."""
        before = imported.of_images(db, [image for _, image in batch])
        added: list[tuple[int, int, ShapeRow]] = []
        changed: list[tuple[int, ShapeRow]] = []
        removed: list[int] = []
        for (_, image), difference in self._differences(db, batch, before):
            top = max((item.z for item in before.get(image, ())), default=0)
            added += [(image, top + z, row) for z, row in enumerate(difference.add, start=1)]
            changed += difference.change
            removed += difference.remove
        imported.remove(db, removed)
        imported.change(db, changed)
        imported.add(db, added)
        self._note_states(db, batch)
        self._note_rest(db, batch)

    def foretell(self, db: Db, batch: Sequence[Landing]) -> None:
        """Count what `update` would do."""
        before = imported.of_images(db, [image for _, image in batch])
        for _ in self._differences(db, batch, before):
            pass

    def _differences(
        self, db: Db, batch: Sequence[Landing], before: Mapping[int, list[imported.Stored]]
    ) -> Iterator[tuple[Landing, Difference]]:
        masks = [item.id for items in before.values() for item in items if item.kind == "mask"]
        pixels = {int(i): t for i, t in tiles.of_masks(db, map(str, masks)).items()}
        for entry, image in batch:
            if entry.said is None:
                continue
            there = before.get(image, [])
            found = compare(there, self._of(entry), self._origin, pixels)
            self.labels_kept += found.labels_kept
            self.counts.update(
                added=len(found.add),
                changed=len(found.change),
                removed=len(found.remove),
                same=found.same,
                kept=found.kept,
            )
            yield (entry, image), found

    def number_of(self, name: str) -> int:
        """How many shapes the entry of this name has."""
        return len(self._rows.get(name, ()))

    def _of(self, entry: Entry) -> list[ShapeRow]:
        rows = self._rows.get(entry.name, ())
        return [row._replace(label=self._labels[row.label]) for row in rows]

    def state_of(self, entry: Entry) -> ImageState:
        """What an image becomes by what the file says of it, as long as nobody has looked."""
        if entry.said is None or entry.name in self._spoiled:
            return ImageState.UNLABELLED
        return _state(entry.said) or ImageState.UNLABELLED

    def _note_states(self, db: Db, batch: Sequence[Landing]) -> None:
        ids = [image for entry, image in batch if entry.said is not None]
        open_ = images.in_states(db, ids, [state.value for state in _OPEN])
        for state in (ImageState.LABELLED, ImageState.DRAFT):
            chosen = [i for entry, i in batch if i in open_ and self.state_of(entry) is state]
            images.set_state(db, chosen, state)

    def _note_rest(self, db: Db, batch: Sequence[Landing]) -> None:
        """Tags and whatever else the file says of the images as such."""
        said = [(entry.said, image) for entry, image in batch if entry.said is not None]
        by_tags: dict[tuple[str, ...], list[int]] = {}
        for read, image in said:
            if read.tags:
                by_tags.setdefault(read.tags, []).append(image)
        for tags, chosen in by_tags.items():
            images.set_tags(db, chosen, add=tags)
        imported.set_attributes(db, {image: read.extras for read, image in said if read.extras})


def background_notices(shapes: Shapes) -> list[Notice]:
    """What is said of labels that become the background."""
    return [Notice("data.label_background", {"name": name}) for name in shapes.backgrounds]


def _state(read: ReadImage) -> ImageState | None:
    """Points, lines and suggestions leave open what else there is, so they make no negative."""
    drawn = any(not shape.suggestion for shape in read.shapes)
    if read.complete and (drawn or not (read.extras or read.shapes)):
        return ImageState.LABELLED
    return ImageState.DRAFT if drawn or read.extras else None
