"""The images that a look is learned from or given to: files, folders, images of the project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.domain.windows import Window
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pages import opened_pages
from tlstudio.imaging.reading import looks_like_image
from tlstudio.imaging.unit import resized, seen, to_unit
from tlstudio.storage import learning_rows, paths

if TYPE_CHECKING:
    from tlstudio.storage.project import Project

T = TypeVar("T")

_SINGLE = frozenset({".jpg", ".jpeg", ".bmp", ".png"})
"""Endings of files that hold one image, so that they need not be opened to count."""

FULL = Window("full")
"""All that an image's bits can hold: the same raw value is the same in every image."""


@dataclass(frozen=True, slots=True)
class LookImage:
    """One image: `name` is its path below the folder it was found in, without its ending; `image`
    its id where it is one of the project's."""

    path: Path
    name: str
    frame: int = 0
    image: int | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Pixels [H, W, 3] in 0..1, and what a channel of the file holds in bits."""

    pixels: NDArray[np.float32]
    bit_depth: int


def images_of_files(places: Sequence[Path]) -> list[LookImage]:
    """Every frame of the files named, and of the pictures inside the folders named, in order.

    UserError("look.no_file") for a place that is not there, "look.no_pictures" for none at all.
    """
    found: dict[Path, str] = {}
    for place in (Path(each).expanduser().absolute() for each in places):
        if place.is_dir():
            for file in sorted(f for f in place.rglob("*") if looks_like_image(f)):
                found.setdefault(file, file.relative_to(place).with_suffix("").as_posix())
        elif place.exists():
            found.setdefault(place, place.stem)
        else:
            raise UserError("look.no_file", file=str(place))
    if not found:
        raise UserError("look.no_pictures", file=", ".join(str(place) for place in places))
    return [image for file, name in found.items() for image in _frames(file, name)]


def _frames(file: Path, name: str) -> Iterator[LookImage]:
    """One for a file that cannot be read, which its reading will say."""
    count = 1
    if file.suffix.lower() not in _SINGLE:
        try:
            with opened_pages(file) as pages:
                count = pages.count
        except UserError:
            pass
    if count == 1:
        yield LookImage(file, name)
    else:
        for frame in range(count):
            yield LookImage(file, f"{name}-{frame + 1:04d}", frame)


def images_of_project(
    project: Project, ids: Sequence[int] | None = None, *, made_here: bool = True
) -> list[LookImage]:
    """Images of the project in the order given (all where `ids` is None), whose files are there;
    without those that this program made unless `made_here`.

    UserError("look.no_pictures") where that is none.
    """
    with project.read() as db:
        rows = {row.id: row for row in learning_rows.all_images(db)}
    found = []
    for image in rows if ids is None else dict.fromkeys(ids):
        row = rows.get(image)
        if row is None or row.missing or (row.synthetic and not made_here):
            continue
        name = PurePosixPath(Path(row.path).name).stem
        if row.frame:
            name += f"-{row.frame + 1:04d}"
        path = paths.resolve(project.folder, row.path)
        found.append(LookImage(path, name, row.frame, row.id))
    if not found:
        raise UserError("look.no_pictures", file=str(project.folder))
    return found


def opened(image: LookImage, side: int | None = None) -> Opened:
    """An image's pixels, shrunk to at most `side` a side where that is given. UserError data.…"""
    raw = read_raw(image.path, frame=image.frame)
    whole = seen(raw, FULL)
    height, width = whole.shape[:2]
    scale = 1.0 if side is None else min(1.0, side / max(height, width))
    if scale < 1:
        whole = resized(whole, max(1, round(width * scale)), max(1, round(height * scale)))
    return Opened(to_unit(whole), raw.bit_depth)


def read_through(
    images: Sequence[LookImage],
    left_out: list[tuple[LookImage, UserError]],
    stage: str,
    progress: Progress,
    cancel: Cancel | None,
) -> Iterator[NDArray[np.float32]]:
    """The pixels of each, one after the other; those that cannot be read go into `left_out`."""
    for number, image in enumerate(images):
        if cancel is not None:
            cancel.check()
        try:
            yield opened(image).pixels
        except UserError as error:
            left_out.append((image, error))
        progress(Step(stage, number + 1, len(images)))


def spread_over(items: Sequence[T], most: int) -> list[T]:
    """At most so many of the items, at even distances."""
    if len(items) <= most:
        return list(items)
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, most)]
