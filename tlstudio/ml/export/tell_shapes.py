# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: B905, UP  (this file runs on Python 3.9, outside of TL Studio)
"""What was found in pictures, told as rows, lines, tables, label maps and drawings, and how two
answers agree. Made by TL Studio; predict.py uses it for models that find boxes or paint regions.
It needs numpy and Pillow.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Row = dict[str, Any]

SPARE = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
"""For labels that have no colour of their own (Okabe and Ito)."""

DOUBLE = 0.4
"""Overlap from which a box may be another's double; they are removed at more than that."""

COLUMNS = ("image", "label", "confidence", "x", "y", "width", "height")


def colours_of(labels: list[dict[str, Any]]) -> list[Colour]:
    """Red, green and blue of each label."""
    told = [label.get("colour") or SPARE[n % len(SPARE)] for n, label in enumerate(labels)]
    return [tuple(int(text[n : n + 2], 16) for n in (1, 3, 5)) for text in told]  # type: ignore


def rows_of_boxes(image: str, found: Any, names: list[str]) -> list[Row]:
    """A row {image, label, confidence, box} for each box."""
    return [
        {"image": image, "label": names[label], "confidence": score, "box": box}
        for box, label, score in zip(
            found.boxes.tolist(), found.labels.tolist(), found.scores.tolist()
        )
    ]


def rows_of_regions(
    image: str, regions: list[dict[str, Any]], size: tuple[int, int], names: list[str]
) -> list[Row]:
    """A row {image, label, confidence, box, pixels, share, rle} for each label that is there;
    `size` is height and width."""
    return [
        {
            "image": image,
            "label": names[region["number"] - 1],
            "confidence": region["confidence"],
            "box": region["box"],
            "pixels": region["pixels"],
            "share": round(region["pixels"] / (size[0] * size[1]), 6),
            "rle": {"size": list(size), "counts": region["counts"]},
        }
        for region in regions
    ]


def line_of(image: str, rows: list[Row], names: list[str]) -> str:
    """One line for a person: how many objects of each label, or how much of the picture."""
    if not rows:
        return f"{image}: nothing found"
    if "share" in rows[0]:
        told = [f"{row['label']} {100 * row['share']:.1f} %" for row in rows]
    else:
        counts = Counter(row["label"] for row in rows)
        told = [f"{counts[name]} {name}" for name in names if counts[name]]
    return f"{image}: {', '.join(told)}"


def write_table(rows: list[Row], file: TextIO, regions: bool) -> None:
    """One line for each box or label; regions have their pixels and their share as well."""
    table = csv.writer(file)
    more = ("pixels", "share") if regions else ()
    table.writerow([*COLUMNS, *more])
    for row in rows:
        table.writerow(
            [row["image"], row["label"], f"{row['confidence']:.6f}", *row["box"]]
            + [row[name] for name in more]
        )


class Telling:
    """What is told of all pictures, by the words of the command line: --json, --out, --masks,
    --draw, else a line each."""

    def __init__(self, given: Any, labels: list[dict[str, Any]], regions: bool) -> None:
        self.given, self.regions = given, regions
        self.names = [label["name"] for label in labels]
        self.colours = colours_of(labels)
        self.images: list[Row] = []
        self.rows: list[Row] = []
        self.masks = Folder(Path(given.masks)) if given.masks else None
        self.drawings = Folder(Path(given.draw)) if given.draw else None

    def add(self, path: Path, rows: list[Row], size: tuple[int, int]) -> None:
        """Tell of a picture whose height and width are `size`."""
        told = {"image": str(path), "width": size[1], "height": size[0], "objects": len(rows)}
        self.images.append(told)
        self.rows += rows
        if not self.given.json and not self.given.out:
            print(line_of(str(path), rows, self.names), flush=True)

    def mask(self, path: Path, painted: np.ndarray) -> None:
        if self.masks is not None:
            self.masks.save(label_map(painted, self.colours), path)

    def draw(self, path: Path, picture: Image.Image) -> None:
        if self.drawings is not None:
            self.drawings.save(picture, path)

    def end(self) -> None:
        """Write what is written at the end."""
        if self.given.out:
            with Path(self.given.out).open("w", newline="", encoding="utf-8") as file:
                write_table(self.rows, file, self.regions)
        if self.given.json:
            told = {"images": self.images, "predictions": self.rows}
            print(json.dumps(told, ensure_ascii=False, indent=1))


class Folder:
    """Pictures written into a folder, each under a name of its own; OSError where it cannot."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        self.taken: set[str] = set()

    def save(self, picture: Image.Image, source: Path) -> Path:
        """As PNG under the name of the file that it was made of."""
        name, number = source.stem, 1
        while name.casefold() in self.taken:
            number += 1
            name = f"{source.stem}-{number}"
        self.taken.add(name.casefold())
        place = self.folder / f"{name}.png"
        picture.save(place)
        return place


def label_map(painted: np.ndarray, colours: list[Colour]) -> Image.Image:
    """An indexed picture: 0 background (black), 1 the first label in its colour, and so on."""
    picture = Image.fromarray(painted)
    palette = [0, 0, 0, *(value for colour in colours for value in colour)]
    picture.putpalette((palette + [0] * 768)[:768])
    return picture


def drawn_boxes(
    pixels: np.ndarray, found: Any, names: list[str], colours: list[Colour]
) -> Image.Image:
    """The picture [H, W, 3] with its boxes, the surest on top."""
    picture = Image.fromarray(pixels)
    pen = ImageDraw.Draw(picture)
    thick = max(1, round(max(picture.size) / 400))
    for box, label, score in reversed(list(zip(found.boxes, found.labels, found.scores))):
        x, y, width, height = (float(value) for value in box)
        right, bottom = max(x, x + width - 1), max(y, y + height - 1)
        pen.rectangle([x, y, right, bottom], outline=colours[label], width=thick)
        write(
            pen, (x + thick + 1, y + thick), f"{names[label]} {100 * score:.0f} %", colours[label]
        )
    return picture


def drawn_regions(pixels: np.ndarray, painted: np.ndarray, colours: list[Colour]) -> Image.Image:
    """The picture [H, W, 3] with its regions shining through, their borders full."""
    table = np.array([(0, 0, 0), *colours], np.float32)
    there = painted > 0
    border = np.zeros(painted.shape, np.bool_)
    for axis in (0, 1):
        turn = np.diff(painted, axis=axis) != 0
        if axis == 0:
            border[1:] |= turn
            border[:-1] |= turn
        else:
            border[:, 1:] |= turn
            border[:, :-1] |= turn
    part = np.where(border & there, 1.0, np.where(there, 0.35, 0.0)).astype(np.float32)
    made = pixels * (1 - part[..., np.newaxis]) + table[painted] * part[..., np.newaxis]
    return Image.fromarray(np.rint(made).astype(np.uint8))


def write(pen: Any, place: tuple[float, float], text: str, colour: Colour) -> None:
    """Small words over a plate of the label's colour."""
    font = ImageFont.load_default()
    light = sum(part * value for part, value in zip((0.3, 0.59, 0.11), colour)) > 140
    try:
        corners = pen.textbbox(place, text, font=font)
    except UnicodeError:  # older versions of Pillow draw Latin letters only
        text = text.encode("latin-1", "replace").decode("latin-1")
        corners = pen.textbbox(place, text, font=font)
    pen.rectangle(corners, fill=colour)
    pen.text(place, text, fill=(0, 0, 0) if light else (255, 255, 255), font=font)


# --- two answers beside each other --------------------------------------------------------------


class Agreement:
    """How two answers for the same pictures agree, boxes matched one to one: `matched` pairs,
    `lonely` boxes of either without a partner, `sure` those of them of at least the threshold,
    the largest differences in `pixels` and `score` of the pairs."""

    def __init__(self) -> None:
        self.matched = self.lonely = self.sure = 0
        self.pixels = self.score = 0.0

    @property
    def share(self) -> float:
        """Of all boxes, those without a partner."""
        return self.lonely / max(1, self.lonely + 2 * self.matched)

    def fine(self, rules: dict[str, float]) -> bool:
        """Every box of at least the threshold has its partner, and all but a few of the others,
        which come and go with the last bit of a number."""
        return self.sure == 0 and self.share <= rules["lonely"]


def compare(ours: Any, theirs: Any, rules: dict[str, float], into: Agreement) -> None:
    """Match the boxes of one picture: the same label, sides within `pixels`, scores within
    `score`, the nearest first. Boxes so unsure that the other side may have left them out, at the
    floor or at the end of a full list, are not missed; nor are unsure doubles of a box that both
    sides have: which of them stay hangs on the last bit of a number."""
    free = np.ones(len(theirs.scores), np.bool_)
    partner = np.zeros(len(ours.scores), np.bool_)
    first, second = edges(ours.boxes), edges(theirs.boxes)
    across = np.argsort(second[:, 0], kind="stable")
    reach = first[:, :1] + np.array([-1, 1]) * rules["pixels"]
    begin = np.searchsorted(second[across, 0], reach[:, 0], "left")
    end = np.searchsorted(second[across, 0], reach[:, 1], "right")
    for at in range(len(first)):
        near = np.sort(across[begin[at] : end[at]])
        far = np.abs(second[near] - first[at]).max(axis=1)
        apart = np.abs(theirs.scores[near] - ours.scores[at])
        fits = free[near] & (theirs.labels[near] == ours.labels[at])
        fits &= (far <= rules["pixels"]) & (apart <= rules["score"])
        if not fits.any():
            continue
        nearest = int(np.argmin(np.where(fits, far + apart, np.inf)))
        free[near[nearest]], partner[at] = False, True
        into.pixels = max(into.pixels, float(far[nearest]))
        into.score = max(into.score, float(apart[nearest]))
    into.matched += int(partner.sum())
    least = max(rules["floor"], ours.end, theirs.end) + rules["score"]
    for told, shared in ((ours, partner), (theirs, ~free)):
        alone = np.flatnonzero(~shared & (told.scores > least))
        sure = told.scores[alone] >= rules["threshold"]
        into.lonely += int((sure | ~doubles(told, shared, alone)).sum())
        into.sure += int(sure.sum())


def doubles(told: Any, shared: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Which of the boxes at `places` lie over a surer one of their label that is `shared`."""
    corners, labels, scores = edges(told.boxes), told.labels, told.scores
    areas = (corners[:, 2:] - corners[:, :2]).prod(axis=1)
    made = np.zeros(len(places), np.bool_)
    for n, at in enumerate(places):
        over = shared & (labels == labels[at]) & (scores >= scores[at])
        low = np.maximum(corners[over, :2], corners[at, :2])
        common = (np.minimum(corners[over, 2:], corners[at, 2:]) - low).clip(0).prod(axis=1)
        made[n] = (common > DOUBLE * (areas[over] + areas[at] - common)).any()
    return made


def edges(boxes: np.ndarray) -> np.ndarray:
    corners = boxes.astype(np.float64).reshape(-1, 4).copy()
    corners[:, 2:] += corners[:, :2]
    return corners
