"""Masks: an indexed PNG for each image, masks/NAME.png, and a table of the colours.

Value 0 is the background, each label the next value; where shapes lie over one another, the
topmost is seen.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.labels import BACKGROUND_NAMES
from tlstudio.domain.progress import Cancel, Progress
from tlstudio.formats.writers.exported import (
    Export,
    Folder,
    OutImage,
    Tally,
    WriteReport,
    in_images,
    stem,
)
from tlstudio.formats.writers.geometry import pixels_of
from tlstudio.formats.writers.words import rgb
from tlstudio.imaging.bitmap import TILE, Bitmap

NAME = "masks"
STEMS = True
HOLDS = frozenset({"polygon", "mask"})
MOST_LABELS = 255

place = in_images

Colour = tuple[int, int, int]
Values = NDArray[np.uint8]


def write(export: Export, out: Path, progress: Progress, cancel: Cancel) -> WriteReport:
    """Polygons go out as the pixels whose centre they hold. Boxes are left out, for what is in
    a box is not known pixel by pixel. UserError("export.too_many_labels")."""
    if len(export.labels) > MOST_LABELS:
        raise UserError("export.too_many_labels", count=len(export.labels), most=MOST_LABELS)
    tally, folder = Tally(export, HOLDS), Folder(out)
    numbers = export.numbers(1)
    colours = _colours(export)
    palette = [value for colour in ((0, 0, 0), *colours) for value in colour]
    for image in tally.walk(progress, cancel):
        made = Image.fromarray(_painted(image, numbers, tally))
        made.putpalette(palette)
        made.save(folder.path(f"masks/{stem(image.name)}.png"), "PNG", compress_level=3)
    folder.text(*_map(export, colours))
    return tally.report()


def _painted(image: OutImage, numbers: dict[str, int], tally: Tally) -> Values:
    """Values [height, width], and the count of what does not come back from them."""
    values = np.zeros((image.height, image.width), dtype=np.uint8)
    seen: set[str] = set()
    for shape in image.shapes:
        if shape.parts is not None:
            tally.lose("export.changed.to_mask")
        if shape.label.lower() in BACKGROUND_NAMES:
            tally.lose("export.lost.background")
        if shape.label in seen:
            tally.lose("export.lost.instances_apart")
        seen.add(shape.label)
        if _paint(values, pixels_of(shape, image.width, image.height), numbers[shape.label]):
            tally.lose("export.lost.overlap")
    return values


def _paint(values: Values, pixels: Bitmap, number: int) -> bool:
    """Whether something of another label was painted over."""
    covered = False
    for (column, row), tile in pixels.tiles.items():
        part = values[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
        here = tile[: part.shape[0], : part.shape[1]]
        before = part[here]
        covered = covered or bool(((before != 0) & (before != number)).any())
        part[here] = number
    return covered


def _colours(export: Export) -> list[Colour]:
    """The labels' colours, moved a little where two are the same, so that each means one."""
    used: set[Colour] = {(0, 0, 0)}
    found = []
    for label in export.labels:
        colour = rgb(label.colour)
        while colour in used:
            value = (colour[0] << 16 | colour[1] << 8 | colour[2]) + 1 & 0xFFFFFF
            colour = (value >> 16, value >> 8 & 255, value & 255)
        used.add(colour)
        found.append(colour)
    return found


def _map(export: Export, colours: list[Colour]) -> tuple[str, str]:
    """Name and content of the table: CVAT's labelmap.txt, a line name:red,green,blue:: each; or
    lines "red green blue name", where a name could not be told in that."""
    pairs = list(zip(export.labels, colours, strict=True))
    if any(":" in label.name or label.name.startswith(("#", "//")) for label, _ in pairs):
        lines = [f"{' '.join(map(str, colour))}\t{label.name}" for label, colour in pairs]
        return "label_colors.txt", "".join(f"{line}\n" for line in ["0 0 0\tbackground", *lines])
    lines = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
    lines += [f"{label.name}:{','.join(map(str, colour))}::" for label, colour in pairs]
    return "labelmap.txt", "".join(f"{line}\n" for line in lines)
