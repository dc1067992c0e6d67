"""What a file says of one image, made ready for the database: cut to the image, counted.

Pure but for the counting; nothing is read and nothing stored.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped
from tlstudio.domain.notices import Notice
from tlstudio.domain.texts import lawful, one_line
from tlstudio.formats.annotation_set import IMPORT_ID, ReadImage, ReadShape
from tlstudio.formats.upright import uprighted
from tlstudio.services._import_geometry import Geometry, Place, Unfit, geometry
from tlstudio.storage.imported import ShapeRow, as_json
from tlstudio.storage.labels import clean_name

LabelMap = Mapping[str, str | None]


@dataclass(slots=True)
class Tally:
    """What was found over all images. `kinds` and `labels` count what comes in, suggestions
    apart; `found` counts labels by their names in the file. `reasons` has one line for each
    image and reason."""

    kinds: Counter[str] = field(default_factory=Counter)
    labels: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    reasons: list[Skipped] = field(default_factory=list)
    suggestions: int = 0

    def notices(self) -> list[Notice]:
        return [Notice(code, {"count": n}) for code, n in sorted(self.notes.items()) if n]


class Preparer:
    """Makes rows of shapes. `origin` tells the files of one import from those of another;
    `label_map` gives another name to a label, or None to leave it out.

    The label of a row is its place in `names`, which are those of the project: first what the
    file lists, in its order, then what its shapes name besides.
    """

    def __init__(self, origin: str, label_map: LabelMap, listed: Iterable[str] = ()) -> None:
        self.origin, self._map = origin, label_map
        self.tally = Tally()
        self._known: dict[str, str | Unfit | None] = {}
        self.names: list[str] = []
        self._places: dict[str, int] = {}
        for label in listed:
            with contextlib.suppress(UserError):
                name = mapped(label, label_map)
                if name:
                    self.place_of(name)

    def place_of(self, name: str) -> int:
        """Where a label's name stands in `names`; it is added if it is new."""
        if name not in self._places:
            self._places[name] = len(self.names)
            self.names.append(name)
        return self._places[name]

    def rows(self, read: ReadImage, place: Place) -> list[ShapeRow]:
        """The shapes of `read` that can be stored, in their order; each once."""
        notes, reasons = self.tally.notes, Counter[str]()
        read, turned = uprighted(read, place.width, place.height, place.orientation)
        notes["data.images_turned"] += turned
        if self._unlike(read, place):
            notes["data.images_resized"] += 1
        made: dict[str, ShapeRow] = {}
        for shape in read.shapes:
            self.tally.found[lawful(shape.label)] += 1
            try:
                label = self._label(shape.label)
                if label is None:
                    notes["data.labels_left_out"] += 1
                    continue
                key, row = self._row(shape, label, place)
            except Unfit as error:
                reasons[error.code] += 1
                continue
            if key in made and self._same(row, made[key]):
                notes["data.shapes_doubled"] += 1
                continue
            if key in made:  # two shapes of one id: the later ones get one of their own
                notes["data.ids_doubled"] += 1
                key, row = self._row(shape, label, place, len(made))
            made[key] = row
            self._count(shape, label)
        for code, count in reasons.items():
            facts: dict[str, object] = {"count": count}
            self.tally.reasons.append(Skipped(place.name, code, facts))
        notes["data.not_trainable"] += sum(
            len(v) if isinstance(v, list | tuple) else 1 for v in read.extras.values()
        )
        return list(made.values())

    def _unlike(self, read: ReadImage, place: Place) -> bool:
        """Whether the file tells another size for the image than it has."""
        if not read.width or not read.height or not read.shapes:
            return False
        return (read.width, read.height) != (place.width, place.height)

    def _count(self, shape: ReadShape, label: str) -> None:
        if shape.suggestion:
            self.tally.suggestions += 1
            return
        self.tally.kinds[shape.kind] += 1
        self.tally.labels[label] += 1

    def _label(self, label: str) -> str | None:
        """The project's name of a label; None to leave it out. Raises Unfit."""
        if label not in self._known:
            try:
                name = mapped(label, self._map)
                self._known[label] = Unfit("data.shape_unlabelled") if name == "" else name
            except UserError:
                self._known[label] = Unfit("data.shape_label")
        known = self._known[label]
        if isinstance(known, Unfit):
            raise known
        return known

    def _same(self, row: ShapeRow, other: ShapeRow) -> bool:
        return row._replace(attributes="") == other._replace(attributes="")

    def _row(
        self, shape: ReadShape, label: str, place: Place, number_in_image: int = 0
    ) -> tuple[str, ShapeRow]:
        """What the shape is known by in its image, and its row."""
        lies = geometry(shape, place, self.tally.notes)
        given = shape.attributes.get(IMPORT_ID)
        if given in (None, ""):
            known = _digest(shape, lies, label)
        else:
            known = f"{shape.kind}:{given}"[:100]
        if number_in_image:
            known += f"~{number_in_image}"
        number = lawful(f"{self.origin}#{known}")
        return known, ShapeRow(
            kind=shape.kind,
            label=self.place_of(label),
            x=lies.x,
            y=lies.y,
            w=lies.w,
            h=lies.h,
            parts=lies.parts,
            instance=shape.instance if _fits(shape.instance) else None,
            group=one_line(shape.group)[:200] or None if shape.group else None,
            crowd=shape.crowd,
            attributes=as_json({**shape.attributes, IMPORT_ID: number}),
            confidence=_share(shape.confidence),
            suggestion=shape.suggestion,
            author=one_line(shape.author)[:200] if shape.author else "",
            tiles=lies.tiles,
            import_id=number,
        )


def mapped(label: str, label_map: LabelMap) -> str | None:
    """The project's name for a label of a file; None to leave it out, "" where it has none.

    Raises UserError: project.label_name.
    """
    label = lawful(label)
    name = label_map.get(label, label)
    if name is None or not name.strip():
        return name if name is None else ""
    return clean_name(lawful(name))


def _fits(number: int | None) -> bool:
    return number is not None and abs(number) < 2**53


def _share(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _digest(shape: ReadShape, lies: Geometry, label: str) -> str:
    """A short name for a shape that its file gives none: the same each time it is read."""
    made = hashlib.blake2b(digest_size=6)
    made.update(repr((shape.kind, label, lies[:4], shape.suggestion)).encode())
    made.update((lies.parts or "").encode())
    for place in sorted(lies.tiles or {}):
        made.update(repr(place).encode() + (lies.tiles or {})[place])
    return made.hexdigest()
