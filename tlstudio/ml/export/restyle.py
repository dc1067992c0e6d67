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
        self.more: list[Any] = []  # models for large pictures, once there is one

    def restyled(self, held: Any, window: dict[str, Any] | None = None) -> np.ndarray:
        """float32 [H, W, 3] in 0..1 of what a file holds."""
        values = unit(self.bundle.see(held, window))
        if values.shape[0] * values.shape[1] > self.rules["whole_pixels"]:
            return self.in_pieces(values)
        made: np.ndarray = self.bundle.ask(planes(values))[0]
        return picture(made)

    def in_pieces(self, values: np.ndarray) -> np.ndarray:
        """The same of a large picture: by the statistics of some pieces that are spread evenly,
        then piece by piece, each with a border that is cut off again, without a seam."""
        rules = self.rules["pieces"]
        step, reach, piece = rules["step"], rules["reach"], rules["side"]
        height, width = values.shape[:2]
        more = ((0, -height % step), (0, -width % step), (0, 0))
        whole = np.pad(values, more, mode="reflect")
        side = min(rules["surveyed_side"], *whole.shape[:2])
        ys, xs = (spread(n, side, rules["surveyed"], step) for n in whole.shape[:2])
        some = [planes(whole[y : y + side, x : x + side]) for y in ys for x in xs]
        if not self.more:
            self.more = [self.bundle.load(rules[name]) for name in ("survey", "model")]
        survey, model = self.more
        statistics = survey.run(None, {"images": np.concatenate(some)})[0]
        made = np.empty_like(values)
        for y in range(0, height, piece):
            for x in range(0, width, piece):
                top, left = max(0, y - reach), max(0, x - reach)
                area = whole[top : y + piece + reach, left : x + piece + reach]
                asked = {"images": planes(area), "statistics": statistics}
                drawn = picture(model.run(None, asked)[0])
                core = made[y : y + piece, x : x + piece]
                core[:] = drawn[y - top : y - top + len(core), x - left : x - left + core.shape[1]]
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
        with Image.open(self.bundle.folder / told["picture"]) as stored:
            expected = np.asarray(stored.convert("RGB"))
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


def spread(length: int, side: int, count: int, step: int) -> list[int]:
    """Where `count` pieces of `side` begin along `length`: evenly, at multiples of `step`."""
    return [place * (length - side) // (count - 1) // step * step for place in range(count)]


def planes(values: np.ndarray) -> np.ndarray:
    """[H, W, 3] as the model takes it: [1, 3, H, W]."""
    return np.ascontiguousarray(values.transpose(2, 0, 1)[np.newaxis])


def picture(made: np.ndarray) -> np.ndarray:
    """[1, 3, H, W] as [H, W, 3]."""
    found: np.ndarray = made[0].transpose(1, 2, 0)
    return found


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
