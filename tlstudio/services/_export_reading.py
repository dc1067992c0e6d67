"""The project as an export sees it: images with safe names and their annotations, one by one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tlstudio.domain.errors import UserError
from tlstudio.domain.frame_names import picture_name
from tlstudio.domain.images import ImageState, Split
from tlstudio.domain.labels import Label
from tlstudio.formats.annotation_set import IMPORT_ID, ReadShape, nothing
from tlstudio.formats.writers.exported import OutImage, OutLabel
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.services._naming import safe_part
from tlstudio.storage import export_rows, tiles
from tlstudio.storage.connection import Db
from tlstudio.storage.export_rows import ImageFacts, ShapeFacts

_AT_A_TIME = 500
_LONGEST = 200
"""Bytes of a whole name; Windows takes 260 letters of the path above it and the name."""

_PICTURES = frozenset({"images", "JPEGImages"})


@dataclass(slots=True)
class Names:
    """A name for each image below the folder of an export: safe everywhere and unique, letter
    case aside; with `stems` also without its ending. `changed` pairs it with the wish."""

    stems: bool
    taken: set[str] = field(default_factory=set)
    changed: list[tuple[str, str]] = field(default_factory=list)

    def give_all(self, images: Sequence[ImageFacts], *, with_files: bool = False) -> dict[int, str]:
        """A name for each; one frame of several has that of a picture of its own, and so has,
        `with_files`, an image that other programs can only read as a picture. A folder that all
        of them lie in is left out where it is only the one that formats keep pictures in, so that
        it does not grow with each export and import."""
        wishes = {image.id: _wish(image, with_files=with_files) for image in images}
        first = {wish.partition("/")[0] if "/" in wish else "" for wish in wishes.values()}
        if len(first) == 1 and first <= _PICTURES:
            wishes = {image: wish.partition("/")[2] for image, wish in wishes.items()}
        return {image.id: self._give(image, wishes[image.id]) for image in images}

    def _give(self, image: ImageFacts, wish: str) -> str:
        """As near to the wish as it goes."""
        parts = [safe_part(part) for part in wish.split("/") if part not in ("", ".", "..")]
        if len("/".join(parts).encode()) > _LONGEST:
            parts = [image.sha256[:8], *parts[-1:]]
        name = "/".join(parts) or "_"
        start, dot, ending = _divided(name)
        count = 1
        while self._key(name) in self.taken:
            count += 1
            name = f"{start}-{count}{dot}{ending}"
        self.taken.add(self._key(name))
        if name != wish:
            self.changed.append((name, wish))
        return name

    def _key(self, name: str) -> str:
        return (_divided(name)[0] if self.stems else name).casefold()


def _wish(image: ImageFacts, *, with_files: bool) -> str:
    name = (image.original or image.name).replace("\\", "/")
    alone = not image.frame_name and not (with_files and becomes_picture(image))
    return name if alone else picture_name(name, image.frame_name)


def becomes_picture(image: ImageFacts) -> bool:
    """Whether an export writes the image as a PNG: it is one of several in its file, or of a kind
    that programs which read annotations do not know."""
    return bool(image.frame_name) or image.format in ("DICOM", "NIFTI")


def _divided(name: str) -> tuple[str, str, str]:
    start, dot, ending = name.rpartition(".")
    return (start, dot, ending) if dot and start and "/" not in ending else (name, "", "")


def out_labels(labels: Sequence[Label]) -> tuple[OutLabel, ...]:
    names = {label.id: label.name for label in labels}
    return tuple(
        OutLabel(label.name, label.colour, names.get(label.parent or 0), label.role.value)
        for label in labels
    )


@dataclass(slots=True)
class Reader:
    """Gives the images of the project again and again; `damaged` counts masks that are."""

    db: Db
    images: Sequence[ImageFacts]
    names: Mapping[int, str]
    labels: Mapping[int, str]
    tags: Mapping[int, tuple[str, ...]]
    suggestions: bool
    damaged: set[int] = field(default_factory=set)

    def walk(self) -> Iterator[OutImage]:
        for start in range(0, len(self.images), _AT_A_TIME):
            some = self.images[start : start + _AT_A_TIME]
            found = self._shapes(some)
            for image in some:
                yield OutImage(
                    image.id,
                    self.names[image.id],
                    image.width,
                    image.height,
                    tuple(found.get(image.id, ())),
                    ImageState(image.state),
                    Split(image.split) if image.split else None,
                    image.group,
                    self.tags.get(image.id, ()),
                )

    def _shapes(self, some: Sequence[ImageFacts]) -> dict[int, list[ReadShape]]:
        sizes = {image.id: (image.width, image.height) for image in some}
        rows = list(export_rows.shapes(self.db, list(sizes), suggestions=self.suggestions))
        masks = [str(row.id) for row in rows if row.kind == "mask"]
        stored = tiles.of_masks(self.db, masks) if masks else {}
        found: dict[int, list[ReadShape]] = {}
        for row in rows:
            bitmap = None
            if row.kind == "mask":
                try:
                    bitmap = Bitmap.decode(*sizes[row.image], stored.get(str(row.id), {}))
                except UserError:
                    bitmap = None
                if bitmap is None or bitmap.is_empty:
                    self.damaged.add(row.id)
                    continue
            found.setdefault(row.image, []).append(_shape(row, self.labels[row.label], bitmap))
        return found


def _shape(row: ShapeFacts, label: str, bitmap: Bitmap | None) -> ReadShape:
    attributes: Mapping[str, object] = nothing()
    if row.attributes != "{}":
        attributes = {k: v for k, v in json.loads(row.attributes).items() if k != IMPORT_ID}
    parts = None
    if row.parts is not None:
        parts = tuple(
            tuple(tuple(map(_point, ring)) for ring in part) for part in json.loads(row.parts)
        )
    return ReadShape(
        row.kind,
        label,
        (row.x, row.y, row.w, row.h) if row.kind == "box" else None,
        parts,
        bitmap,
        row.instance,
        row.track,
        bool(row.crowd),
        attributes,
        row.author,
        row.confidence,
        bool(row.suggestion),
    )


def _point(pair: Sequence[float]) -> tuple[float, float]:
    return (pair[0], pair[1])
