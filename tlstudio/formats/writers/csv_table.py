"""A table: a line for each box or image label, and one without a label for an image with
nothing in it."""

from __future__ import annotations

import csv
from pathlib import Path

from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    Tally,
    WriteReport,
    in_images,
    split_name,
)
from tlstudio.formats.writers.geometry import bounds_of
from tlstudio.formats.writers.words import number

NAME = "csv"
STEMS = False
HOLDS = frozenset({"image_label", "box", "polygon", "mask", "splits", "image_groups"})
COLUMNS = ("file", "label", "xmin", "ymin", "xmax", "ymax", "width", "height", "split", "group")

place = in_images


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons and masks go out as the boxes around them. Corners are of the edges of pixels:
    xmax - xmin is the width."""
    tally = Tally(export, HOLDS)
    with Folder(out).path("annotations.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        for image in tally.walk(progress, cancel):
            end = (image.width, image.height, split_name(image.split, ""), image.group or "")
            if not image.shapes:
                table.writerow((image.name, "", "", "", "", "", *end))
            for shape in image.shapes:
                corners: tuple[str, ...] = ("", "", "", "")
                if shape.kind != "image_label":
                    if shape.box is None:
                        tally.lose("export.changed.to_box")
                    x, y, w, h = bounds_of(shape)
                    corners = tuple(number(value) for value in (x, y, x + w, y + h))
                table.writerow((image.name, shape.label, *corners, *end))
    return tally.report()
