"""What a styling is put together from: pictures to look at, regions, and what was pasted.

Regions and pasted pictures become files of the project (styles/parts), named by their content, so
that the history can be used again later; those of a project that is only read go to our own
folder.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.annotations import Box, Mask, Polygon
from tlstudio.domain.shapes import rectangle
from tlstudio.storage.home import home

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

REGION_SIDE = 1024
"""The longest side of a region made from labels; it is stretched onto the content."""

_WHITE = np.uint8(255)


@dataclass(frozen=True, slots=True)
class Look:
    """A picture as the models see it, made small enough to show: `pixels` [h, w, 3] of 8 bits;
    `width` and `height` are its own."""

    pixels: NDArray[np.uint8]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class ProjectPicture:
    """Where an image of the project lies: `frame` counts from 0 in the file."""

    image: int
    path: Path
    frame: int
    name: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """A label whose shapes lie on an image, and how many."""

    label: int
    name: str
    shapes: int


def look_at_file(path: Path, frame: int = 0, side: int = 1400) -> Look:
    """The picture, at most `side` pixels a side. UserErrors as a file that cannot be read."""
    from tlstudio.imaging.unit import read_seen, resized, to_rgb8

    seen = read_seen(path, frame=frame)
    height, width = seen.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        seen = resized(seen, max(1, round(width * scale)), max(1, round(height * scale)))
    return Look(to_rgb8(seen), width, height)


def project_pictures(project: Project, image_ids: Collection[int]) -> list[ProjectPicture]:
    """Where these images lie, in this order; ids nobody has are left out."""
    from tlstudio.storage import images, paths

    with project.read() as db:
        rows = images.rows(db, list(image_ids))
    return [
        ProjectPicture(
            row.id,
            paths.resolve(project.folder, row.path),
            row.frame,
            row.name,
            row.width,
            row.height,
        )
        for row in rows
    ]


def keep_region(project: Project, region: NDArray[np.uint8]) -> Path:
    """A grey picture [height, width] of where a style goes, as a file."""
    return _kept(project, _png(region))


def keep_pasted(project: Project, png: bytes) -> Path:
    """A picture from the clipboard, as a file."""
    return _kept(project, png)


def read_region(path: Path) -> NDArray[np.uint8]:
    """A grey picture as a region [height, width]: 255 where it is brighter than the middle.

    UserErrors as a file that cannot be read.
    """
    grey = look_at_file(path, side=REGION_SIDE).pixels.mean(axis=2)
    return np.where(grey > 127, _WHITE, np.uint8(0))


def labels_on(project: Project, image_id: int) -> list[LabelPlace]:
    """The labels whose boxes, polygons or masks lie on the image, in the order of the labels;
    suggestions do not count. Raises UserError("project.no_image")."""
    from tlstudio.services.labelling import list_labels
    from tlstudio.services.workbench import open_image

    opened = open_image(project, image_id)
    shapes = [
        each.label
        for each in opened.annotations
        if isinstance(each, Box | Polygon | Mask) and not each.provenance.suggestion
    ]
    return [
        LabelPlace(label.id, label.name, shapes.count(label.id))
        for label in list_labels(project)
        if label.id in shapes
    ]


def region_of_labels(project: Project, image_id: int, labels: Collection[int]) -> NDArray[np.uint8]:
    """Where shapes of these labels lie on an image: [height, width] of at most REGION_SIDE a
    side, 255 inside. Raises UserError("project.no_image")."""
    from tlstudio.imaging.tracing import bitmap_from_parts
    from tlstudio.services.workbench import open_image

    opened = open_image(project, image_id)
    width, height = opened.row.width, opened.row.height
    step = max(1, -(-max(width, height) // REGION_SIDE))
    found = np.zeros((-(-height // step), -(-width // step)), np.bool_)
    for each in opened.annotations:
        if each.label not in labels or each.provenance.suggestion:
            continue
        if isinstance(each, Mask):
            bitmap = opened.bitmaps.get(each.id)
        elif isinstance(each, Polygon):
            bitmap = bitmap_from_parts(each.parts, width, height)
        elif isinstance(each, Box):
            bitmap = bitmap_from_parts(rectangle(each.x, each.y, each.w, each.h), width, height)
        else:
            bitmap = None
        if bitmap is not None:
            found |= bitmap.window(0, 0, width, height, step)
    return np.where(found, _WHITE, np.uint8(0))


def _png(pixels: NDArray[np.uint8]) -> bytes:
    from PIL import Image

    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()


def _kept(project: Project, content: bytes) -> Path:
    folder = home() / "work" / "styles" if project.read_only else project.folder / "styles"
    folder = folder / "parts"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.png"
    if not place.exists():
        draft = place.with_suffix(".part")
        draft.write_bytes(content)
        draft.replace(place)
    return place
