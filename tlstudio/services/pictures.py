"""Pictures to look at: loaded with the values their files hold, drawn at any size and tone.

Nothing here changes an image. `render` and `value_at` are pure and may be called anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.images import ImageRow
from tlstudio.domain.spacing import Spacing
from tlstudio.imaging.display import window_of
from tlstudio.imaging.levels import Raw, halved_until_small, read_draft, read_raw, read_thumbnail
from tlstudio.imaging.resampling import resampled
from tlstudio.imaging.tone import Adjust, shown
from tlstudio.imaging.voi import AUTOMATIC, VOLUME, FileWindow
from tlstudio.storage import images
from tlstudio.storage.paths import resolve

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

__all__ = [
    "AUTOMATIC",
    "VOLUME",
    "Adjust",
    "FileWindow",
    "Picture",
    "Spacing",
    "load_picture",
    "preview_of_file",
    "render",
    "value_at",
]


@dataclass(frozen=True, slots=True)
class Picture:
    """An image ready to be drawn.

    `levels` are [h, w] or [h, w, 3] of uint8, uint16 or float32: the values as the file holds
    them, then each half the size, by area, until 1024 pixels or fewer are left. `low` and `high`
    are what is shown black and white unless a person says otherwise. `spacing` is what the file
    says, as is the `unit` of the values, "" for none. `windows` can be chosen from, the first being
    `low` to `high`: that of the file, or of the image, else the further ones of the file and
    AUTOMATIC. `inverted`: the least values are white, and `render` turns them over; the values
    stay. A `preview` is there to be seen at once: its first level is smaller than the image of
    `width` by `height`, and its values are not those of the file.
    """

    levels: tuple[NDArray[Any], ...]
    width: int
    height: int
    bit_depth: int
    low: float
    high: float
    preview: bool = False
    spacing: Spacing | None = None
    windows: tuple[FileWindow, ...] = ()
    inverted: bool = False
    unit: str = ""

    @property
    def nbytes(self) -> int:
        """Bytes that the levels take."""
        return sum(level.nbytes for level in self.levels)


def load_picture(project: Project, image_id: int, *, quick: bool = False) -> Picture:
    """The picture of an image; with `quick` a preview, where one comes sooner: the thumbnail,
    else a draft of a JPEG.

    Raises UserError("project.no_image"), those of a file that cannot be read, and
    "data.other_size" for a file that was exchanged: what is drawn on it would lie elsewhere.
    """
    with project.read() as db:
        found = images.rows(db, [image_id])
    if not found:
        raise UserError("project.no_image", image=image_id)
    row = found[0]
    path = resolve(project.folder, row.path)
    preview = _thumbnail(project, row) or read_draft(path) if quick else None
    raw = preview or read_raw(path, frame=row.frame)
    if (raw.width, raw.height) != (row.width, row.height):
        now, was = f"{raw.width} × {raw.height}", f"{row.width} × {row.height}"
        raise UserError("data.other_size", file=row.path, now=now, was=was)
    return _picture(raw, preview=preview is not None)


def preview_of_file(path: Path, side: int) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """A file's first image as the models see it, in 8 bits: pixels [h, w, 3] of at most `side`
    a side, and its own (width, height). Raises UserError as a file that cannot be read."""
    from tlstudio.imaging.unit import read_seen, resized, to_rgb8

    seen = read_seen(path)
    height, width = seen.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale < 1:
        seen = resized(seen, max(1, round(width * scale)), max(1, round(height * scale)))
    return to_rgb8(seen), (width, height)


def render(
    picture: Picture,
    rect: tuple[float, float, float, float],
    size: tuple[int, int],
    adjust: Adjust,
) -> NDArray[np.uint8]:
    """uint8 [h, w, 3], or [h, w] of a grey picture or single channel, of `size` (w, h) device
    pixels over `rect` (x, y, w, h) in image pixels: exact pixels from 1:1 up, smooth below.

    The answer may be a part of the picture itself and not to be written to.
    """
    values = resampled(
        picture.levels, picture.width, picture.height, rect, size, smooth=picture.preview
    )
    if picture.inverted:
        adjust = replace(adjust, invert=not adjust.invert)
    chosen = picture.windows[adjust.window : adjust.window + 1]
    return shown(values, picture.low, picture.high, adjust, chosen[0].curve if chosen else None)


def value_at(picture: Picture, x: float, y: float) -> tuple[float, ...] | None:
    """The values of the file under a point: one, or red, green and blue.

    None outside the image, and while only a preview is there.
    """
    column, row = math.floor(x), math.floor(y)
    if picture.preview or not (0 <= column < picture.width and 0 <= row < picture.height):
        return None
    return tuple(np.atleast_1d(picture.levels[0][row, column]).tolist())


def _thumbnail(project: Project, row: ImageRow) -> Raw | None:
    jpeg = project.thumbnails.get_many([row.pixel_hash]).get(row.pixel_hash)
    try:
        return None if jpeg is None else read_thumbnail(jpeg, row.width, row.height)
    except OSError:  # the cache may be damaged; the file is what counts
        return None


def _picture(raw: Raw, *, preview: bool) -> Picture:
    windows = _windows(raw)
    levels = halved_until_small(raw.values)
    for level in levels:  # `render` may hand out a part of one
        level.setflags(write=False)
    return Picture(
        levels,
        raw.width,
        raw.height,
        raw.bit_depth,
        windows[0].low,
        windows[0].high,
        preview,
        raw.spacing,
        windows,
        raw.inverted,
        raw.unit,
    )


def _windows(raw: Raw) -> tuple[FileWindow, ...]:
    """An image of 8 bits is shown as it is, a deep one through its file's window, else its own
    percentiles; the others can be chosen."""
    if raw.bit_depth == 8:
        return (FileWindow(0.0, 255.0), *raw.windows)
    return (*raw.windows, FileWindow(*window_of(raw.values), AUTOMATIC))
