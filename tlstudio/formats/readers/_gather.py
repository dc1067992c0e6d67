"""Gathering what a file says: shapes that hold together, and counts of those that do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import Skipped, Split
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.domain.shapes import Parts, Ring
from tlstudio.formats.annotation_set import IMPORT_ID, AnnotationSet, ReadImage, ReadShape
from tlstudio.formats.readers._values import MOST_POINTS, words
from tlstudio.formats.rle import RunBitmap
from tlstudio.imaging.bitmap import Bitmap
from tlstudio.imaging.reading import PIXEL_LIMIT


class More(TypedDict, total=False):
    """What a shape may have beside its label and place; see ReadShape."""

    instance: int | None
    group: str | None
    crowd: bool
    attributes: Mapping[str, object]
    author: str
    confidence: float | None
    suggestion: bool


class Gather:
    """An AnnotationSet in the making. What is left out is counted by file and reason."""

    def __init__(self, format_name: str, cancel: Cancel | None) -> None:
        self.set = AnnotationSet(format_name)
        self._cancel = cancel
        self._labels: dict[str, None] = {}
        self._left: Counter[tuple[str, str, tuple[tuple[str, object], ...]]] = Counter()
        self._notes: Counter[str] = Counter()

    def check(self) -> None:
        """Raises Cancelled when the person has called the work off."""
        if self._cancel is not None:
            self._cancel.check()

    def label(self, name: str, colour: str | None = None) -> None:
        """The file knows this label, whether a shape has it or not."""
        if name:
            self._labels.setdefault(name)
            if colour is not None:
                self.set.colours.setdefault(name, colour)

    def skip(self, file: str, reason: str, **params: object) -> None:
        """One more object of the file left out for this reason."""
        self._left[file, reason, tuple(params.items())] += 1

    def skip_error(self, file: str, error: UserError) -> None:
        """The whole file left out."""
        self.set.skipped.append(Skipped(file, error.code, dict(error.params)))

    def note(self, code: str, count: int = 1) -> None:
        """Something that a person should know was done so many more times."""
        self._notes[code] += count

    def picture(
        self, file: str, path: str, width: int | None = None, height: int | None = None
    ) -> Picture:
        """What `file` says of one image; it counts once it is closed."""
        return Picture(self, file, path, width, height)

    def done(self) -> AnnotationSet:
        """The set, with its labels and all that was counted."""
        self.set.labels = list(self._labels)
        for (file, reason, params), count in self._left.items():
            self.set.skipped.append(Skipped(file, reason, {**dict(params), "count": count}))
        for code, count in self._notes.items():
            self.set.notices.append(Notice(code, {"count": count}))
        return self.set


@dataclass(slots=True)
class Picture:
    """What a file says of one image. Shapes that cannot be are counted, never raised."""

    gather: Gather
    file: str
    path: str
    width: int | None = None
    height: int | None = None
    split: Split | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    complete: bool = True
    frame: int = 0
    line: int = 0
    extras: dict[str, object] = field(default_factory=dict)
    shapes: list[ReadShape] = field(default_factory=list)
    _ids: set[object] = field(default_factory=set)
    _lost: bool = False

    def skip(self, reason: str, **params: object) -> None:
        """One object of the image left out; with nothing else it is no image without objects."""
        self._lost = True
        self.gather.skip(self.file, reason, **params)

    def image_label(self, label: object, **more: Unpack[More]) -> None:
        """The image as a whole carries the label; nothing where there is none."""
        name = words(label)
        if name:
            self._take(ReadShape("image_label", name, **more))

    def box(
        self,
        label: object,
        x: float | None,
        y: float | None,
        w: float | None,
        h: float | None,
        **more: Unpack[More],
    ) -> None:
        """A box; None is a number that the file does not have."""
        if x is None or y is None or w is None or h is None:
            self.skip("reading.not_numbers")
        elif w < 0 or h < 0:
            self.skip("reading.negative")
        else:
            self._take(ReadShape("box", words(label), box=(x, y, w, h), **more))

    def polygon(self, label: object, parts: Parts | None, **more: Unpack[More]) -> None:
        """Parts of rings; None is a ring with a point that is none.

        Rings may repeat their first point at the end. Holes of fewer than three points are let go.
        """
        if parts is None:
            self.skip("reading.not_numbers")
            return
        if sum(len(ring) for part in parts for ring in part) > MOST_POINTS:
            self.skip("reading.many_points", limit=MOST_POINTS)
            return
        opened = [[_opened(ring) for ring in part] for part in parts]
        made = tuple(
            (part[0], *(ring for ring in part[1:] if len(ring) > 2))
            for part in opened
            if part and len(part[0]) > 2
        )
        if not made:
            self.skip("reading.few_points")
        else:
            self._take(ReadShape("polygon", words(label), parts=made, **more))

    def ring(self, label: object, ring: Ring | None, **more: Unpack[More]) -> None:
        """A polygon of one ring."""
        self.polygon(label, None if ring is None else ((ring,),), **more)

    def mask(
        self,
        label: object,
        pixels: NDArray[np.bool_],
        x: int,
        y: int,
        **more: Unpack[More],
    ) -> None:
        """Pixels [h, w] at (x, y), cut to the image, whose size is known or is theirs."""
        width = x + pixels.shape[1] if self.width is None else self.width
        height = y + pixels.shape[0] if self.height is None else self.height
        if width < 1 or height < 1 or width * height > PIXEL_LIMIT:
            self.skip("reading.mask", detail=f"{width} x {height}")
            return
        left, top = min(max(0, -x), pixels.shape[1]), min(max(0, -y), pixels.shape[0])
        inside = pixels[top : max(top, height - y), left : max(left, width - x)]
        if not inside.size:
            inside, left, top, x, y = np.zeros((1, 1), dtype=np.bool_), 0, 0, 0, 0
        bitmap = RunBitmap.of_mask(inside, x + left, y + top, width, height)
        self._take(ReadShape("mask", words(label), bitmap=bitmap, **more))

    def bitmap(self, label: object, bitmap: Bitmap, **more: Unpack[More]) -> None:
        """The pixels of a bitmap of the image's size."""
        self._take(ReadShape("mask", words(label), bitmap=bitmap, **more))

    def aside(
        self, kind: str, label: object, points: Ring | None, attributes: Mapping[str, object]
    ) -> None:
        """What cannot be learned from (points, lines, …) is kept with the image as it is."""
        if points is None:
            self.skip("reading.not_numbers")
            return
        if len(points) > MOST_POINTS:
            self.skip("reading.many_points", limit=MOST_POINTS)
            return
        kept = self.extras.setdefault(kind, [])
        assert isinstance(kept, list)
        entry: dict[str, object] = {"label": words(label), "points": [list(p) for p in points]}
        said = {key: value for key, value in attributes.items() if key != IMPORT_ID}
        kept.append({**entry, "attributes": said} if said else entry)
        self.gather.label(words(label))

    def _take(self, shape: ReadShape) -> None:
        own = shape.attributes.get(IMPORT_ID)
        if own is not None:
            if own in self._ids:  # two of one id would be taken for one shape
                left = {k: v for k, v in shape.attributes.items() if k != IMPORT_ID}
                shape = replace(shape, attributes=left)
            self._ids.add(own)
        self.shapes.append(shape)
        self.gather.label(shape.label)

    def close(self) -> None:
        """The image is one of the set."""
        self.gather.set.images.append(
            ReadImage(
                self.path,
                tuple(self.shapes),
                self.width,
                self.height,
                split=self.split,
                group=self.group,
                tags=self.tags,
                complete=self.complete and (bool(self.shapes) or not self._lost),
                extras=self.extras,
                frame=self.frame,
                line=self.line,
            )
        )


def _opened(ring: Ring) -> Ring:
    return ring[:-1] if len(ring) > 1 and ring[0] == ring[-1] else ring
