# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: UP  (this file runs on Python 3.9, outside of TL Studio)
"""From a picture to the same picture in a style. Made by TL Studio.

predict.py uses it for models that restyle; it needs numpy and Pillow. All numbers it goes by
stand in bundle.json, under "preprocessing" and "postprocessing".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FOLDER = "restyled"
FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF"}
QUALITY = 95


class Model:
    """A bundle that restyles; `bundle` reads files and asks the model."""

    knows = ()

    def __init__(self, bundle: Any) -> None:
        self.bundle, self.facts = bundle, bundle.facts
        self.rules = bundle.facts["preprocessing"]

    def restyled(self, held: Any, window: dict[str, Any] | None = None) -> np.ndarray:
        """float32 [H, W, 3] in 0..1 of what a file holds."""
        values = unit(self.bundle.see(held, window))
        images = np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis])
        made: np.ndarray = self.bundle.ask(images)[0][0].transpose(1, 2, 0)
        return made

    def run(
        self, paths: Iterable[Path], given: Any, images: Any, complain: Callable[[str], None]
    ) -> None:
        """Restyle every file, as the words of the command line ask."""
        found = list(paths)
        places = Places(Path(given.out or FOLDER), alone=len(found) == 1)
        told = []
        for path in found:
            try:
                held = images.read_values(path, given.frame - 1)
                fitting(path, held.values.shape, self.rules, images.Trouble)
                place = places.of(path, images.Trouble)
            except images.Trouble as trouble:
                complain(str(trouble))
                continue
            pixels = rgb8(self.restyled(held))
            save(pixels, place)
            told.append(
                {
                    "image": str(path),
                    "file": str(place),
                    "width": pixels.shape[1],
                    "height": pixels.shape[0],
                }
            )
            if not given.json:
                print(f"{path}: {place}", flush=True)
        if given.json:
            print(json.dumps({"pictures": told}, ensure_ascii=False, indent=1))

    def check(self) -> tuple[bool, str]:
        """(whether the sample's picture is as expected, a line that says so)."""
        if changed := self.bundle.changed():
            return False, changed
        told = self.bundle.read_json("expected.json")
        got = rgb8(self.restyled(self.bundle.read(told["image"]), told["window"]))
        with Image.open(self.bundle.folder / told["picture"]) as picture:
            expected = np.asarray(picture.convert("RGB"))
        if expected.shape != got.shape:
            return False, f"{told['picture']} is not of the size of {told['image']}"
        gap = int(np.abs(expected.astype(np.int16) - got).max())
        most = told["tolerance"]["levels"]
        said = f"{told['image']}: {gap} of 255 is the largest difference from {told['picture']},"
        return gap <= most, f"{said} {most} are allowed"


class Places:
    """Where pictures go: each into the folder `out` under a name of its own, as PNG; or into the
    file `out`, where its name ends as a picture's and the picture is `alone`."""

    def __init__(self, out: Path, *, alone: bool) -> None:
        self.out = out
        self.single = alone and out.suffix.lower() in FORMATS and not out.is_dir()
        self.taken: set[str] = set()

    def of(self, source: Path, trouble: Any) -> Path:
        """The place for what becomes of `source`; `trouble` is raised where that is `source`."""
        place = self.out if self.single else self.out / f"{self.name(source)}.png"
        if place.exists() and place.samefile(source):
            raise trouble(f"{source}: would be written over; name another folder with --out")
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def name(self, source: Path) -> str:
        name, number = source.stem, 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{source.stem}-{number}"
        self.taken.add(name.casefold())
        return name


def fitting(path: Path, shape: tuple[int, ...], rules: dict[str, Any], trouble: Any) -> None:
    """Raise `trouble` for a picture that is too small or too large for the model."""
    height, width = shape[:2]
    size = f"{path}: {width} x {height} pixels"
    if min(height, width) < rules["least_side"]:
        raise trouble(f"{size} are too few; each side needs at least {rules['least_side']}")
    if height * width > rules["most_pixels"]:
        million = rules["most_pixels"] / 1000000
        raise trouble(f"{size} are too many; at most {million:g} million, make it smaller first")


def unit(seen: np.ndarray) -> np.ndarray:
    """float32 [H, W, 3] in 0..1 of a picture [H, W] or [H, W, 3], bytes or floats."""
    values = seen / np.float32(255) if seen.dtype == np.uint8 else seen
    if values.ndim == 2:
        values = np.repeat(values[..., np.newaxis], 3, axis=2)
    return values.astype(np.float32, copy=False)


def rgb8(values: np.ndarray) -> np.ndarray:
    """uint8 of floats in 0..1."""
    found: np.ndarray = np.rint(values * np.float32(255)).clip(0, 255).astype(np.uint8)
    return found


def save(pixels: np.ndarray, place: Path) -> None:
    kind = FORMATS[place.suffix.lower()]
    more: dict[str, Any] = {}
    if kind == "JPEG":
        more = {"quality": QUALITY, "subsampling": 0}
    elif kind == "TIFF":
        more = {"compression": "tiff_adobe_deflate"}
    Image.fromarray(pixels).save(place, kind, **more)
