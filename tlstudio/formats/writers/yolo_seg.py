"""YOLO segmentation: a line "label x y x y …" a ring, as shares of the image.

https://docs.ultralytics.com/datasets/segment/
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers import _yolo
from tlstudio.formats.writers.exported import Export, OutImage, Tally, WriteReport
from tlstudio.formats.writers.geometry import count_holes, outline_of

NAME = "yolo-seg"
STEMS = True
HOLDS = frozenset({"box", "polygon", "mask", "splits"})

place = _yolo.place


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Boxes go out by their corners, masks as their outlines, each part as a ring of its own;
    holes are filled."""
    return _yolo.write(export, out, HOLDS, _lines, progress, cancel)


def _lines(shape: ReadShape, image: OutImage, tally: Tally) -> Iterable[str]:
    if shape.parts is None:
        tally.lose("export.changed.to_polygon")
    parts = outline_of(shape)
    tally.lose("export.lost.holes", count_holes(parts))
    if len(parts) > 1:
        tally.lose("export.changed.parts_apart")
    width, height = float(image.width), float(image.height)
    for part in parts:
        yield " ".join(f"{x / width!r} {y / height!r}" for x, y in part[0])
