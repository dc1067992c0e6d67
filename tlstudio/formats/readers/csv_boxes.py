"""Tables of boxes: a line for each box with its file, its label and its corners or size.

Known by their columns: xmin…ymax, x1…y2, left/top/right/bottom, x/y/w/h, one column `bbox`; or,
without names, `file,x1,y1,x2,y2,label` (keras-retinanet). Numbers that all lie between 0 and 1
are fractions of the image (Open Images).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tlstudio.domain.errors import UserError
from tlstudio.domain.notices import Notice
from tlstudio.domain.progress import Cancel
from tlstudio.domain.shapes import Bounds
from tlstudio.formats.annotation_set import IMPORT_ID, AnnotationSet
from tlstudio.formats.layout import split_named
from tlstudio.formats.listing import Listing
from tlstudio.formats.readers import LIKELY, SURE, Evidence
from tlstudio.formats.readers._gather import Gather, More, Picture
from tlstudio.formats.readers._heads import those
from tlstudio.formats.readers._image_places import place_of, split_in
from tlstudio.formats.readers._values import name_of, number, side, words
from tlstudio.imaging.reading import ENDINGS

NAME = "csv"

_FILE = ("file", "filename", "file_name", "filepath", "file_path", "path", "image", "image_path",
         "imagepath", "image_name", "img", "img_path", "image_id", "imageid")  # fmt: skip
_LABEL = ("label", "class", "class_name", "classname", "category", "labelname", "label_name",
          "category_name", "name")  # fmt: skip
_GROUP = ("group", "group_id", "patient", "patient_id", "case", "case_id", "slide", "video")
_SPLIT = ("split", "subset", "set")
_CORNERS = (
    ("xmin", "ymin", "xmax", "ymax"),
    ("x_min", "y_min", "x_max", "y_max"),
    ("x1", "y1", "x2", "y2"),
    ("left", "top", "right", "bottom"),
    ("bbox_x1", "bbox_y1", "bbox_x2", "bbox_y2"),
)
_SIZES = (
    ("x", "y", "w", "h"),
    ("xmin", "ymin", "w", "h"),
    ("bbox_x", "bbox_y", "bbox_w", "bbox_h"),
    ("bbox_x", "bbox_y", "bbox_width", "bbox_height"),
    ("x", "y", "box_width", "box_height"),
    ("left", "top", "w", "h"),
    ("x", "y", "width", "height"),
    ("left", "top", "width", "height"),
)
_BOX = ("bbox", "box", "bounding_box")
_SHEETS = (".csv", ".tsv")
_SAMPLE = 50
_EVERY = 4096


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where a table says what: indices of columns; `places` are four of them, or one of text."""

    file: int
    label: int | None
    places: tuple[int, ...]
    corners: bool
    others: Mapping[str, int]
    headed: bool = True


def sniff(listing: Listing) -> Evidence | None:
    """Tables with a column of files and columns of boxes."""
    found = those(listing.named(*_SHEETS), lambda name: _columns_of(listing, name), _SAMPLE)
    if not found:
        return None
    named = all((_columns_of(listing, name) or _NOT).headed for name in found)
    return Evidence(found, "tables with a box in each line", SURE if named else LIKELY)


def read(listing: Listing, evidence: Evidence, cancel: Cancel | None = None) -> AnnotationSet:
    """All tables; a line without numbers says that its image was looked at."""
    gather = Gather(NAME, cancel)
    pictures: dict[str, Picture] = {}
    for name in evidence.files:
        gather.check()
        columns = _columns_of(listing, name)
        if columns is None:
            gather.skip(name, "reading.not_format", format=NAME)
            continue
        try:
            _Table(listing, gather, name, columns).read(pictures)
        except UserError as error:
            gather.skip_error(name, error)
    for picture in pictures.values():
        picture.close()
    return gather.done()


def _columns_of(listing: Listing, name: str) -> _Columns | None:
    """The columns of a table by its first lines; None where it is no table of boxes."""
    head = _decoded(listing.head(name))
    try:
        rows = list(_rows("\n".join(head.splitlines()[:3])))
    except csv.Error:
        return None
    return _columns(rows[0]) or _unnamed(rows) if rows else None


def _columns(first: Sequence[str]) -> _Columns | None:
    at = {_plain(cell): index for index, cell in reversed(list(enumerate(first)))}
    file = next((at[word] for word in _FILE if word in at), None)
    if file is None or "region_shape_attributes" in at:
        return None
    label = next((at[word] for word in _LABEL if word in at and at[word] != file), None)
    others = {
        role: at[word]
        for role, names in (("group", _GROUP), ("split", _SPLIT), ("id", ("id", "box_id")))
        for word in reversed(names)
        if word in at
    }
    for names, corners in [*((c, True) for c in _CORNERS), *((s, False) for s in _SIZES)]:
        if all(name in at for name in names):
            places = tuple(at[name] for name in names)
            if corners and "width" in at and "height" in at:
                others |= {"width": at["width"], "height": at["height"]}
            return _Columns(file, label, places, corners, others)
    box = next((at[word] for word in _BOX if word in at), None)
    return None if box is None else _Columns(file, label, (box,), False, others)


def _unnamed(rows: Sequence[Sequence[str]]) -> _Columns | None:
    """file,x1,y1,x2,y2,label without names of columns, as its first lines show."""
    fits = all(len(row) == 6 and row[0].lower().endswith(tuple(ENDINGS)) for row in rows)
    numbers = [cell for row in rows for cell in row[1:5]] if fits else ["-"]
    if not all(not cell.strip() or number(cell) is not None for cell in numbers):
        return None
    return _Columns(0, 5, (1, 2, 3, 4), True, {}, headed=False)


_NOT = _Columns(0, None, (), False, {}, headed=False)


class _Table:
    def __init__(self, listing: Listing, gather: Gather, name: str, columns: _Columns) -> None:
        self._listing, self._gather, self._name, self._columns = listing, gather, name, columns
        self._split = split_in(name)
        self._places: dict[str, str] = {}

    def read(self, pictures: dict[str, Picture]) -> None:
        """Add what the table says. Raises UserError: those of `Listing.text`,
        data.table_broken."""
        relative = self._is_relative()
        if relative:
            where = str(self._listing.path(self._name))
            self._gather.set.notices.append(Notice("objects.relative_table", {"file": where}))
        for line, row in enumerate(self._lines(), start=1):
            if line % _EVERY == 0:
                self._gather.check()
            picture = self._picture(pictures, row, line)
            if picture is not None:
                self._read_row(picture, row, relative)

    def _lines(self) -> Iterator[list[str]]:
        rows = _rows(self._listing.text(self._name))
        try:
            for index, row in enumerate(rows):
                if index or not self._columns.headed:
                    yield row
        except csv.Error as error:
            file = str(self._listing.path(self._name))
            raise UserError("data.table_broken", file=file, line=0, detail=str(error)) from None

    def _picture(
        self, pictures: dict[str, Picture], row: Sequence[str], line: int
    ) -> Picture | None:
        said = name_of(_cell(row, self._columns.file))
        if not said:
            self._gather.skip(self._name, "reading.no_image")
            return None
        if said not in self._places:
            self._places[said] = place_of(self._listing, said, self._name)
        place = self._places[said]
        if place not in pictures:
            others = self._columns.others
            sides = (side(_cell(row, others.get(word))) for word in ("width", "height"))
            picture = self._gather.picture(self._name, place, *sides)
            split = split_named(_cell(row, others.get("split")))
            picture.split = split or self._split or split_in(place)
            picture.group = words(_cell(row, others.get("group"))) or None
            picture.line = line
            pictures[place] = picture
        return pictures[place]

    def _read_row(self, picture: Picture, row: Sequence[str], relative: bool) -> None:
        cells = self._cells(row)
        label = _cell(row, self._columns.label)
        if not any(cell.strip() for cell in cells):
            if label.strip():
                picture.image_label(label)
            return
        values = [number(cell) for cell in cells]
        known = [value for value in values if value is not None]
        if len(known) != 4:
            picture.skip("reading.not_numbers")
            return
        x, y, w, h = self._box(known)
        if relative:
            size = self._size(picture)
            if size is None:
                picture.skip("objects.no_size")
                return
            x, y, w, h = x * size[0], y * size[1], w * size[0], h * size[1]
        own = words(_cell(row, self._columns.others.get("id")))
        picture.box(label, x, y, w, h, **More(attributes={IMPORT_ID: own} if own else {}))

    def _size(self, picture: Picture) -> tuple[int, int] | None:
        if picture.width is not None and picture.height is not None:
            return picture.width, picture.height
        return self._listing.size_of(picture.path) if picture.path in self._listing else None

    def _box(self, values: Sequence[float]) -> Bounds:
        x, y, third, fourth = values
        return (x, y, third - x, fourth - y) if self._columns.corners else (x, y, third, fourth)

    def _cells(self, row: Sequence[str]) -> list[str]:
        """The four texts of the box; one column of text holds them in brackets."""
        if len(self._columns.places) == 4:
            return [_cell(row, place) for place in self._columns.places]
        text = _cell(row, self._columns.places[0])
        return [part for part in re.split(r"[\s,;\[\]()]+", text) if part]

    def _is_relative(self) -> bool:
        """Whether every number of the table lies between 0 and 1, and one of them within."""
        inner = False
        for row in self._lines():
            for cell in self._cells(row):
                value = number(cell)
                if value is not None and not 0 <= value <= 1:
                    return False
                inner = inner or (value is not None and 0 < value < 1)
        return inner


def _rows(text: str) -> Iterator[list[str]]:
    first = next((line for line in text.splitlines() if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    reader = csv.reader(io.StringIO(text), delimiter=max((",", ";", "\t"), key=bare.count))
    return (row for row in reader if any(cell.strip() for cell in row))


def _decoded(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    return head.decode("utf-8-sig", errors="replace")


def _plain(cell: str) -> str:
    return re.sub(r"[\s\-]+", "_", cell.strip().lower())


def _cell(row: Sequence[str], index: int | None) -> str:
    return row[index] if index is not None and index < len(row) else ""
