"""Bringing the images of an export along: copied, upright, or linked."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, Step
from tlstudio.formats.writers.exported import Folder
from tlstudio.imaging.levels import read_raw
from tlstudio.imaging.pictures import write_png
from tlstudio.imaging.reading import read_image
from tlstudio.imaging.stripping.copying import Left, strip_copy
from tlstudio.services._export_reading import becomes_picture
from tlstudio.storage import paths
from tlstudio.storage.export_rows import ImageFacts

_SPARE = 50 * 2**20
_OFTEN = 20
_QUALITY = 95
_PICTURES = {"exact": "", "shifted": "export.values_shifted", "scaled": "export.values_scaled"}
"""What is to be said of a picture by what was done to its values."""


@dataclass(slots=True)
class Brought:
    """What came of it: how many, by message code, and the first missing name."""

    counts: Counter[str] = field(default_factory=Counter)
    missing: list[str] = field(default_factory=list)


def need_room(images: Sequence[ImageFacts], out: Path) -> None:
    """Raise UserError("export.disk_short") where copies of all images would not fit."""
    need = sum(image.size for image in images if not image.missing)
    free = shutil.disk_usage(out).free
    if need + _SPARE > free:
        raise UserError(
            "export.disk_short", file=str(out), need=need // 10**6 + 1, free=free // 10**6
        )


def bring(
    project: Path,
    images: Sequence[ImageFacts],
    places: Mapping[int, str],
    out: Path,
    *,
    link: bool,
    progress: Progress,
    cancel: Cancel,
) -> Brought:
    """Put the file of each of `places` below `out`; images elsewhere are passed over.

    An image whose file states a turn is written upright where it is copied, and no copy has what
    its file says beside its pixels. A frame of several,
    and what is DICOM or NIfTI, becomes a PNG with the same values. A link is a second
    name of the same file where the drive can do that, else a symbolic link, else a copy.
    """
    brought, folder = Brought(), Folder(out)
    wanted = [image for image in images if image.id in places]
    for done, image in enumerate(wanted):
        if done % _OFTEN == 0:
            progress(Step("export.stage.images", done, len(wanted)))
        cancel.check()
        source = paths.resolve(project, image.path)
        if not source.is_file():
            brought.missing.append(places[image.id])
            continue
        brought.counts["export.burned_in"] += bool(image.burned_in)
        target = folder.path(places[image.id])
        if becomes_picture(image):
            brought.counts["export.as_pictures"] += 1
            brought.counts[_PICTURES[write_png(read_raw(source, frame=image.frame), target)]] += 1
            continue
        if link and _linked(source, target):
            brought.counts["export.turned_linked"] += image.orientation != 1
            continue
        brought.counts["export.linked_as_copies"] += link
        if image.orientation != 1 and _upright(source, target):
            brought.counts["export.turned"] += 1
        elif strip_copy(source, target, image.format, image.orientation) is not Left.METADATA:
            shutil.copyfile(source, target)
    del brought.counts[""]
    progress(Step("export.stage.images", len(wanted), len(wanted)))
    return brought


def _linked(source: Path, target: Path) -> bool:
    for make in (os.link, os.symlink):
        with contextlib.suppress(OSError, NotImplementedError):
            make(source.resolve(), target)
            return True
    return False


def _upright(source: Path, target: Path) -> bool:
    """Write the canonical pixels in the same format; False where that cannot be done."""
    try:
        with Image.open(source) as opened:
            kind, profile = opened.format, opened.info.get("icc_profile")
        picture = read_image(source)
        picture.info = {k: v for k, v in picture.info.items() if k == "transparency"}
        options: dict[str, object] = {"icc_profile": profile} if profile else {}
        if kind in ("JPEG", "MPO", "WEBP"):
            kind = "JPEG" if kind == "MPO" else kind
            options["quality"] = _QUALITY
        picture.save(target, kind, exif=b"", **options)
    except (OSError, ValueError, UserError):
        target.unlink(missing_ok=True)
        return False
    return True
