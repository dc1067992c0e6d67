# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: B905, UP  (this file runs on Python 3.9, outside of TL Studio)
"""From what the model sees of a picture to a label for each of its pixels. Made by TL Studio.

predict.py uses it for models that paint regions; it needs numpy and Pillow. All numbers it goes by
stand in bundle.json, under "preprocessing" and "postprocessing". 0 is the background in every
label map, 1 the first label, and so on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Ask = Callable[[np.ndarray], Any]
FLIPS: tuple[tuple[int, ...], ...] = ((), (3,), (2,), (2, 3))
ROWS = 256  # of an image that are made larger or smaller at once


class Painter:
    """Paints by the rules of bundle.json; `ask` gives the model's outputs for its input."""

    def __init__(self, facts: dict[str, Any], ask: Ask) -> None:
        self.rules, self.after = facts["preprocessing"], facts["postprocessing"]
        self.ask = ask

    def likely(self, seen: np.ndarray) -> np.ndarray:
        """Probabilities float32 [classes, H, W], the background first, of a picture [H, W] or
        [H, W, 3], whole bytes or floats in 0..1."""
        return np.concatenate(list(self.bands(seen)), axis=1)

    def paint(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The most probable class of each pixel, uint8 [H, W], and the mean probability of each
        class over its pixels, [classes]; a large picture's probabilities are never held whole."""
        painted = np.zeros(seen.shape[:2], np.uint8)
        sums = count = np.zeros(1)
        top = 0
        for band in self.bands(seen):
            rows = map_of(band)
            painted[top : top + len(rows)] = rows
            top += len(rows)
            most, kinds = band.max(axis=0).ravel(), len(band)
            sums = sums + np.bincount(rows.ravel(), weights=most, minlength=kinds)
            count = count + np.bincount(rows.ravel(), minlength=kinds)
        return painted, sums / np.maximum(count, 1)

    def bands(self, seen: np.ndarray) -> Iterator[np.ndarray]:
        """What `likely` gives, some rows after the others from the top down."""
        size = self.rules["size"]
        height, width = seen.shape[:2]
        w, h = scaled(width, height, size, self.rules["patch"])
        values = packed(seen if (w, h) == (width, height) else resized(seen, w, h))
        more = ((0, max(0, size - h)), (0, max(0, size - w)), (0, 0))
        found = inside(self.through_windows(np.pad(values, more, mode="symmetric")), w, h)
        return found if (w, h) == (width, height) else between(found, (w, h), (width, height))

    def through_windows(self, values: np.ndarray) -> Iterator[np.ndarray]:
        """The whole through windows, blended where they overlap; rows come as soon as no window
        to come touches them."""
        size, blending = self.rules["size"], self.after["blending"]
        height, width = values.shape[:2]
        ys, xs = (starts(n, size, self.rules["overlap"]) for n in (height, width))
        places = [(y, x) for y in ys for x in xs]
        if len(places) == 1:
            yield self.asked(values, places)[0]
            return
        weight = weight_of(size, blending["sigma"], blending["least"])
        top, total, share = 0, np.zeros(0), np.zeros((size, width), np.float32)
        for at in range(0, len(places), self.after["at_once"]):
            chosen = places[at : at + self.after["at_once"]]
            for answer, (y, x) in zip(self.asked(values, chosen), chosen):
                if not total.size:
                    total = np.zeros((len(answer), size, width), np.float32)
                if y > top:
                    ready = y - top
                    yield total[:, :ready] / share[:ready]
                    total, share, top = moved_up(total, ready), moved_up(share, ready), y
                total[:, :, x : x + size] += answer * weight
                share[:, x : x + size] += weight
        yield total / share

    def asked(self, values: np.ndarray, places: list[tuple[int, int]]) -> np.ndarray:
        """Probabilities [windows, classes, size, size], the mean over flips where wanted."""
        size = self.rules["size"]
        windows = np.stack([unit(values[y : y + size, x : x + size]) for y, x in places])
        windows -= np.float32(self.rules["mean"])
        windows /= np.float32(self.rules["std"])
        images = np.ascontiguousarray(windows.transpose(0, 3, 1, 2))
        turns = FLIPS if self.after["flips"] else FLIPS[:1]
        total = None
        for axes in turns:
            turned = np.ascontiguousarray(np.flip(images, axes))
            answer = np.flip(softmax(self.ask(turned)[0]), axes)
            total = answer if total is None else total + answer
        assert total is not None
        return total / np.float32(len(turns))


class Model:
    """A bundle that paints regions: `bundle` reads files and asks the model, `tell` is
    tell_shapes.py."""

    knows = ("masks", "draw")

    def __init__(self, bundle: Any, tell: Any) -> None:
        self.bundle, self.tell, self.facts = bundle, tell, bundle.facts
        self.painter = Painter(bundle.facts, bundle.ask)

    def bands(self, held: Any) -> Iterator[np.ndarray]:
        """Probabilities [classes, rows, W] of what a file holds, from its top down."""
        return self.painter.bands(self.bundle.see(held))

    def run(
        self, paths: Iterable[Path], given: Any, images: Any, complain: Callable[[str], None]
    ) -> None:
        """Answer for every file, as the words of the command line ask."""
        telling = self.tell.Telling(given, self.facts["labels"], regions=True)
        for path in paths:
            try:
                seen = self.bundle.see(images.read_values(path, given.frame - 1))
            except images.Trouble as trouble:
                complain(str(trouble))
                continue
            painted, sure = self.painter.paint(seen)
            regions = regions_of(painted, sure)
            rows = self.tell.rows_of_regions(str(path), regions, painted.shape, self.bundle.labels)
            telling.add(path, rows, painted.shape)
            if given.masks:
                telling.mask(path, painted)
            if given.draw:
                telling.draw(path, self.tell.drawn_regions(rgb8(seen), painted, telling.colours))
        telling.end()

    def check(self) -> tuple[bool, str]:
        """(whether the sample's answer is as expected, a line that says so)."""
        if changed := self.bundle.changed():
            return False, changed
        told = self.bundle.read_json("expected.json")
        got, _ = self.painter.paint(
            self.bundle.see(self.bundle.read(told["image"]), told["window"])
        )
        with Image.open(self.bundle.folder / told["mask"]) as picture:
            expected = np.asarray(picture)
        if expected.shape != got.shape:
            return False, f"{told['mask']} is not of the size of {told['image']}"
        agreement = Agreement(len(self.bundle.labels))
        agreement.add(expected, got)
        least = told["tolerance"]["dice"]
        said = f"{told['image']}: Dice {agreement.dice:.5f} with {told['mask']}, at least {least:g}"
        said += f" is wanted; {100 * agreement.share:.3f} % of the pixels differ"
        return agreement.dice >= least, said


# --- the picture before it ----------------------------------------------------------------------


def packed(seen: np.ndarray) -> np.ndarray:
    """[H, W, channels] as whole numbers: bytes as they are, floats in steps of 16 bits."""
    values = seen[..., np.newaxis] if seen.ndim == 2 else seen
    if values.dtype == np.uint8:
        return values
    return np.rint(values * np.float32(65535)).astype(np.uint16)


def unit(values: np.ndarray) -> np.ndarray:
    """float32 [H, W, 3] in 0..1 of packed values."""
    most = np.float32(255 if values.dtype == np.uint8 else 65535)
    found = values.astype(np.float32) / most
    return np.repeat(found, 3, axis=2) if found.shape[2] == 1 else found


def scaled(width: int, height: int, size: int, patch: int) -> tuple[int, int]:
    """Width and height at which the model sees a picture: a square of `patch` pixels becomes one
    of `size`; where `patch` is -1 the longer side does, if it is not nearly that already."""
    if patch == -1:
        longer = max(width, height)
        share = 1.0 if 0 <= size - longer < 32 else size / longer
    else:
        share = size / patch
    return max(1, round(width * share)), max(1, round(height * share))


def resized(seen: np.ndarray, width: int, height: int) -> np.ndarray:
    """By Pillow, bilinear, averaged where it becomes smaller; floats channel by channel."""

    def one(values: np.ndarray) -> np.ndarray:
        whole = Image.fromarray(np.ascontiguousarray(values))
        return np.asarray(whole.resize((width, height), Image.Resampling.BILINEAR))

    if seen.dtype == np.uint8:
        return one(seen)
    channels = [seen] if seen.ndim == 2 else [seen[..., c] for c in range(3)]
    made = [one(channel).clip(0, 1) for channel in channels]
    return made[0] if seen.ndim == 2 else np.stack(made, axis=-1)


# --- windows and probabilities ------------------------------------------------------------------


def starts(length: int, size: int, overlap: float) -> list[int]:
    """Where windows begin along a side: evenly, with at least the overlap."""
    room = max(0, length - size)
    count = math.ceil(room / max(1.0, size * (1 - overlap))) + 1
    return [round(float(place)) for place in np.linspace(0, room, count)]


def weight_of(size: int, sigma: float, least: float) -> np.ndarray:
    """[size, size]: how much a window says about each of its pixels, most in its middle."""
    place = np.arange(size, dtype=np.float64) - (size - 1) / 2
    line = np.exp(-0.5 * (place / (sigma * size)) ** 2)
    table: np.ndarray = np.maximum(np.outer(line, line), least).astype(np.float32)
    return table


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of [windows, classes, H, W] logits."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: np.ndarray = raised / raised.sum(axis=1, keepdims=True)
    return found


def moved_up(values: np.ndarray, rows: int) -> np.ndarray:
    """[..., H, W] without its first rows, and as many of zeros at its end."""
    made = np.zeros_like(values)
    made[..., : values.shape[-2] - rows, :] = values[..., rows:, :]
    return made


def inside(bands: Iterable[np.ndarray], width: int, height: int) -> Iterator[np.ndarray]:
    """The rows and columns of the upper left that are picture."""
    for band in bands:
        if height > 0:
            yield band[:, :height, :width]
        height -= band.shape[1]


def between(
    bands: Iterable[np.ndarray], old: tuple[int, int], new: tuple[int, int]
) -> Iterator[np.ndarray]:
    """Rows [classes, rows, W] of a picture of `old` (width, height) as float32 ones of `new`,
    between the four nearest, some rows at a time."""
    x0, x1, fx = neighbours(old[0], new[0])
    y0, y1, fy = neighbours(old[1], new[1])
    made, first, held = 0, 0, None
    for band in bands:
        held = band if held is None else np.concatenate([held, band], axis=1)
        ready = int(np.searchsorted(y1, first + held.shape[1]))
        for at in range(made, ready, ROWS):
            rows = slice(at, min(at + ROWS, ready))
            upper, lower = held[:, y0[rows] - first], held[:, y1[rows] - first]
            above = upper[..., x0] * (1 - fx) + upper[..., x1] * fx
            below = lower[..., x0] * (1 - fx) + lower[..., x1] * fx
            part = fy[rows, np.newaxis]
            yield (above * (1 - part) + below * part).astype(np.float32)
        made = ready
        if made < new[1]:
            passed = min(int(y0[made]) - first, held.shape[1])
            held, first = held[:, passed:], first + passed


def neighbours(old: int, new: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each new place the two old ones it lies between, and how far it is from the first."""
    at = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, old - 1), (at - low).astype(np.float32)


# --- what is told of it -------------------------------------------------------------------------


def map_of(likely: np.ndarray) -> np.ndarray:
    """The most probable class of each pixel: uint8 [H, W]."""
    found: np.ndarray = likely.argmax(axis=0).astype(np.uint8)
    return found


def rgb8(seen: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3], for a person."""
    values = seen if seen.dtype == np.uint8 else np.rint(seen * np.float32(255)).astype(np.uint8)
    return np.repeat(values[..., np.newaxis], 3, axis=2) if values.ndim == 2 else values


def regions_of(painted: np.ndarray, sure: np.ndarray) -> list[dict[str, Any]]:
    """Each label that is there: its number, pixels, mean probability, box around it and run
    lengths."""
    found = []
    for number in range(1, len(sure)):
        mask = painted == number
        count = int(mask.sum())
        if not count:
            continue
        rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
        x, y = int(columns[0]), int(rows[0])
        found.append(
            {
                "number": number,
                "pixels": count,
                "confidence": round(float(sure[number]), 4),
                "box": [x, y, int(columns[-1]) - x + 1, int(rows[-1]) - y + 1],
                "counts": encode(mask),
            }
        )
    return found


def encode(mask: np.ndarray) -> str:
    """COCO's compressed run lengths of [H, W], column by column, those that are off first.

    Every number but the first three is told as its difference to the one two before it, five bits
    to a character: 48 and those bits and, but for the last of a number, 32.
    """
    flat = mask.T.reshape(-1)
    turns = np.flatnonzero(flat[1:] != flat[:-1]) + 1
    counts = np.diff(np.concatenate(([0], turns, [flat.size])))
    if flat[0]:
        counts = np.concatenate(([0], counts))
    values = counts.tolist()
    told = values[:3] + [values[n] - values[n - 2] for n in range(3, len(values))]
    text: list[str] = []
    for value in told:
        while True:
            bits = value & 31
            value >>= 5
            over = not ((value == -1 and bits & 16) or (value == 0 and not bits & 16))
            text.append(chr(48 + bits + (32 if over else 0)))
            if not over:
                break
    return "".join(text)


class Agreement:
    """How two label maps of each picture agree: `pixels` in all, `differ` of them, and for each
    label the pixels of either and of both; `likely` is the largest difference of a probability."""

    def __init__(self, labels: int) -> None:
        self.pixels = self.differ = 0
        self.either, self.both = np.zeros(labels), np.zeros(labels)
        self.likely = 0.0

    def add(self, ours: np.ndarray, theirs: np.ndarray) -> None:
        self.pixels += ours.size
        self.differ += int((ours != theirs).sum())
        for number in range(1, len(self.both) + 1):
            first, second = ours == number, theirs == number
            self.either[number - 1] += first.sum() + second.sum()
            self.both[number - 1] += (first & second).sum()

    @property
    def dice(self) -> float:
        """The least over the labels that are there, pooled over the pictures; 1 where none is."""
        there = self.either > 0
        return float((2 * self.both[there] / self.either[there]).min()) if there.any() else 1.0

    @property
    def share(self) -> float:
        """Of all pixels, those that differ."""
        return self.differ / max(1, self.pixels)
