"""YOLO detection: a line "label cx cy w h" a box, all but the label as shares of the image.

https://docs.ultralytics.com/datasets/detect/
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.annotation_set import ReadShape
from tlstudio.formats.writers import _yolo
from tlstudio.formats.writers.exported import Export, OutImage, Tally, WriteReport
from tlstudio.formats.writers.geometry import bounds_of

NAME = "yolo"
STEMS = True
HOLDS = frozenset({"box", "polygon", "mask", "splits"})

place = _yolo.place


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons and masks go out as the boxes around them."""
    return _yolo.write(export, out, HOLDS, _lines, progress, cancel)


def _lines(shape: ReadShape, image: OutImage, tally: Tally) -> Iterable[str]:
    if shape.box is None:
        tally.lose("export.changed.to_box")
    x, y, w, h = bounds_of(shape)
    across, down = float(image.width), float(image.height)
    return [f"{(x + w / 2) / across!r} {(y + h / 2) / down!r} {w / across!r} {h / down!r}"]
