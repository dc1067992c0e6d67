# SPDX-License-Identifier: AGPL-3.0-or-later
"""Frames of a TIFF file as numbers, channels included. Made by TL Studio; read_images.py uses it.

It needs Python 3.9 or newer and numpy; tifffile and imagecodecs where Pillow would not give all
that the file holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np


def picture_of(light: int, samples: int, extra: tuple[int, ...]) -> Any:
    """How many samples of a page make its picture (0: each is one for itself), and whether the
    last of them is how opaque a pixel is."""
    if light in (2, 6) and samples >= 3:
        clear = extra[:1] in ((1,), (2,)) or (samples == 4 and not extra)
        return 3 + clear, clear
    if samples == 2 and extra in ((1,), (2,)):
        return 2, True
    return int(samples == 1), False


def channels_of(light: int, samples: int, extra: tuple[int, ...]) -> list[Any]:
    """The frames of a page: None for its picture, and the channels that are no part of one."""
    shown = picture_of(light, samples, extra)[0]
    return [*([None] if shown else []), *range(shown, samples)]


def has_channels(image: Any) -> bool:
    """Whether a page that Pillow has opened holds channels that are no part of one picture."""
    light, samples, extra = kind_of(image)
    return light in (0, 1, 2, 6) and samples > picture_of(light, samples, extra)[0]


def kind_of(image: Any) -> Any:
    """How the values of a TIFF's page are meant, how many samples a pixel has, and what those
    are that are neither grey nor colour."""

    def tag(code: int, otherwise: Any) -> tuple[int, ...]:
        value = image.tag_v2.get(code, otherwise)
        return tuple(map(int, value)) if isinstance(value, tuple) else (int(value),)

    return tag(262, 1)[0], tag(277, 1)[0], tag(338, ())


def kind_of_page(page: Any) -> Any:
    """As `kind_of`, of a page that tifffile has opened."""
    return int(page.photometric), int(page.samplesperpixel), tuple(map(int, page.extrasamples))


def frames_in(path: Path) -> list[Any]:
    """(place, channel) of every frame of a file that Pillow does not know; smaller copies and
    masks do not count."""
    from tifffile import TiffFile

    with TiffFile(path) as whole:
        held: Any = whole.pages
        pages = [(n, held[n]) for n in range(len(held))]
        kept = [(n, page) for n, page in pages if n == 0 or not int(page.subfiletype) & 5]
        return [(n, each) for n, page in kept for each in channels_of(*kind_of_page(page))]


def read_tiff(path: Path, place: int, channel: Any) -> dict[str, Any]:
    """A channel of a page, or its picture; the first channel where it is no picture. values
    [height, width] or [height, width, samples], clear (the last sample is how opaque a pixel is),
    colour (red, green and blue), inverted (the least values are white), orientation."""
    from tifffile import TiffFile

    with TiffFile(path) as whole:
        page: Any = whole.pages[place]
        values, light = page.asarray(maxworkers=1), int(page.photometric)
        if values.ndim == 3 and page.planarconfig == 2 and values.shape[0] == page.samplesperpixel:
            values = np.moveaxis(values, 0, -1)
        shown, clear = picture_of(*kind_of_page(page))
        if channel is not None or shown == 0:
            values = values[..., channel or 0]
        elif values.ndim == 3:
            values = values[..., :shown]
        tag = page.tags.get(274)
        return {
            "values": values,
            "clear": clear and values.ndim == 3,
            "colour": light in (2, 6),
            "inverted": light == 0 and values.dtype.kind != "b",
            "orientation": int(tag.value) if tag is not None else 1,
        }
