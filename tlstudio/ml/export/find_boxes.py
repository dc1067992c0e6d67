# SPDX-License-Identifier: AGPL-3.0-or-later
# ruff: noqa: B905, UP  (this file runs on Python 3.9, outside of TL Studio)
"""From what the model sees of a picture to the boxes that it finds. Made by TL Studio.

predict.py uses it for models that find objects; it needs numpy and Pillow. All numbers it goes by
stand in bundle.json, under "preprocessing" and "postprocessing". Boxes are x, y, width and height
in pixels of the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

Ask = Callable[[np.ndarray], Any]


class Boxes:
    """What was found in a picture of `width` x `height`: `boxes` [N, 4], `labels` [N] as places
    in the list of labels, `scores` [N] from high to low. Boxes of a score up to `end` may have been
    left out, because the list of a piece was full."""

    def __init__(
        self,
        width: int,
        height: int,
        boxes: np.ndarray,
        labels: np.ndarray,
        scores: np.ndarray,
        end: float = 0.0,
    ) -> None:
        self.width, self.height = width, height
        self.boxes, self.labels, self.scores, self.end = boxes, labels, scores, end

    def surest(self, least: float) -> Boxes:
        """Those of at least that score."""
        kept = self.scores >= least
        return Boxes(
            self.width,
            self.height,
            self.boxes[kept],
            self.labels[kept],
            self.scores[kept],
            self.end,
        )


class Finder:
    """Finds boxes by the rules of bundle.json; `ask` gives the model's outputs for its input."""

    def __init__(self, facts: dict[str, Any], ask: Ask) -> None:
        self.rules, self.after = facts["preprocessing"], facts["postprocessing"]
        self.ask = ask

    def find(self, seen: np.ndarray) -> Boxes:
        """The boxes in a picture: [H, W] or [H, W, 3], whole bytes or floats in 0..1."""
        height, width = seen.shape[:2]
        look = self.in_square if self.rules["steps"] == "letterbox-1" else self.on_canvas
        pieces = pieces_of(width, height, self.rules["tile"], self.rules["overlap"])
        found, ends = [], [0.0]
        for x, y, w, h in pieces:
            boxes, labels, scores = look(seen[y : y + h, x : x + w])
            if len(scores) >= self.after["most"]:
                ends.append(float(scores.min()))
            found.append((boxes + np.array([x, y, 0.0, 0.0]), labels, scores))
        boxes, labels, scores = found[0]
        if len(found) > 1:
            boxes, labels, scores = merged(found, pieces, width, height, self.after["pieces"])
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] >= self.after["floor"]]
        boxes, labels, scores = boxes[order].round(3), labels[order], scores[order].round(6)
        return Boxes(width, height, boxes, labels, scores, max(ends))

    def in_square(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of a model that sees a picture in the middle of a grey square."""
        square, gains, corner = letterboxed(rgb8(seen), self.rules["side"], self.rules["grey"])
        values = square.transpose(2, 0, 1)[np.newaxis].astype(np.float32) / np.float32(255)
        corners, scores, labels = boxes_of(self.ask(values)[0][0], self.after)
        moved = (corners.astype(np.float64) - np.array(corner * 2)) / np.array(gains * 2)
        return sized(moved, seen), labels, scores.astype(np.float64)

    def on_canvas(self, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of a model that sees a picture in the upper left corner of its canvas."""
        rules, (height, width) = self.rules, seen.shape[:2]
        w, h = fitted(width, height, rules["width"], rules["height"])
        small = unit(seen if (w, h) == (width, height) else resized(seen, w, h))
        canvas = np.zeros((rules["height"], rules["width"], 3), np.float32)
        canvas[:h, :w] = (small - np.float32(rules["mean"])) / np.float32(rules["std"])
        values = np.ascontiguousarray(canvas.transpose(2, 0, 1)[np.newaxis])
        corners, scores, labels = self.ask(values)
        moved = sized(corners.astype(np.float64) * np.array([width / w, height / h] * 2), seen)
        solid = (moved[:, 2:] > 0).all(axis=1) & np.isfinite(moved).all(axis=1)
        return moved[solid], labels[solid].astype(np.intp), scores[solid].astype(np.float64)


class Model:
    """A bundle that finds boxes: `bundle` reads files and asks the model, `tell` is
    tell_shapes.py."""

    knows = ("threshold", "draw")

    def __init__(self, bundle: Any, tell: Any) -> None:
        self.bundle, self.tell, self.facts = bundle, tell, bundle.facts
        self.finder = Finder(bundle.facts, bundle.ask)
        self.threshold = float(bundle.facts["postprocessing"]["threshold"])

    def find(self, held: Any, window: dict[str, Any] | None = None) -> Boxes:
        """All boxes in what a file holds, however unsure."""
        return self.finder.find(self.bundle.see(held, window))

    def run(
        self, paths: Iterable[Path], given: Any, images: Any, complain: Callable[[str], None]
    ) -> None:
        """Answer for every file, as the words of the command line ask."""
        least = self.threshold if given.threshold is None else given.threshold
        names = self.bundle.labels
        telling = self.tell.Telling(given, self.facts["labels"], regions=False)
        for path in paths:
            try:
                seen = self.bundle.see(images.read_values(path, given.frame - 1))
            except images.Trouble as trouble:
                complain(str(trouble))
                continue
            found = self.finder.find(seen).surest(least)
            rows = self.tell.rows_of_boxes(str(path), found, names)
            telling.add(path, rows, (found.height, found.width))
            if given.draw:
                telling.draw(path, self.tell.drawn_boxes(rgb8(seen), found, names, telling.colours))
        telling.end()

    def check(self) -> tuple[bool, str]:
        """(whether the sample's answer is as expected, a line that says so)."""
        if changed := self.bundle.changed():
            return False, changed
        told = self.bundle.read_json("expected.json")
        objects, names = told["objects"], self.bundle.labels
        expected = Boxes(
            told["width"],
            told["height"],
            np.array([each["box"] for each in objects], np.float64).reshape(-1, 4),
            np.array([names.index(each["label"]) for each in objects], np.intp),
            np.array([each["confidence"] for each in objects], np.float64),
        )
        agreement = self.tell.Agreement()
        held = self.bundle.read(told["image"])
        found = self.find(held, told["window"])
        self.tell.compare(expected, found, told["tolerance"], agreement)
        boxes = "expected box" if len(objects) == 1 else "expected boxes"
        said = f"{told['image']}: {agreement.matched} of {len(objects)} {boxes} found again,"
        said += f" {agreement.lonely} without a partner; largest difference"
        said += f" {agreement.pixels:.2g} px and {agreement.score:.2g} of confidence"
        return agreement.fine(told["tolerance"]), said


# --- the picture before it ----------------------------------------------------------------------


def unit(seen: np.ndarray) -> np.ndarray:
    """float32 [H, W, 3] in 0..1."""
    values = seen / np.float32(255) if seen.dtype == np.uint8 else seen
    return np.repeat(values[..., np.newaxis], 3, axis=2) if values.ndim == 2 else values


def rgb8(seen: np.ndarray) -> np.ndarray:
    """uint8 [H, W, 3]."""
    values = seen if seen.dtype == np.uint8 else np.rint(seen * np.float32(255)).astype(np.uint8)
    return np.repeat(values[..., np.newaxis], 3, axis=2) if values.ndim == 2 else values


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


def fitted(width: int, height: int, across: int, down: int) -> tuple[int, int]:
    """Width and height of a picture on a canvas, its sides' ratio kept."""
    scale = min(across / width, down / height)
    return min(max(1, round(width * scale)), across), min(max(1, round(height * scale)), down)


def letterboxed(
    image: np.ndarray, side: int, grey: int
) -> tuple[np.ndarray, tuple[float, float], tuple[int, int]]:
    """`image` [H, W, 3] in the middle of a square; how much larger it became across and down, and
    where its corner lies."""
    height, width = image.shape[:2]
    ratio = side / max(width, height)
    w, h = min(math.ceil(width * ratio), side), min(math.ceil(height * ratio), side)
    left, top = round((side - w) / 2 - 0.1), round((side - h) / 2 - 0.1)
    square = np.full((side, side, 3), grey, np.uint8)
    square[top : top + h, left : left + w] = between(image, w, h)
    return square, (w / width, h / height), (left, top)


def between(image: np.ndarray, width: int, height: int) -> np.ndarray:
    """At another size: between the four nearest pixels, not averaged where it becomes smaller, as
    OpenCV's INTER_LINEAR."""
    if image.shape[:2] == (height, width):
        return image
    y0, y1, fy = neighbours(image.shape[0], height)
    x0, x1, fx = neighbours(image.shape[1], width)
    fx, fy = fx[np.newaxis, :, np.newaxis], fy[:, np.newaxis, np.newaxis]
    upper, lower = image[y0], image[y1]
    a, b = upper[:, x0].astype(np.float32), upper[:, x1]
    c, d = lower[:, x0].astype(np.float32), lower[:, x1]
    above, below = a + (b - a) * fx, c + (d - c) * fx
    made: np.ndarray = np.floor(above + (below - above) * fy + np.float32(0.5)).astype(np.uint8)
    return made


def neighbours(old: int, new: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each new place the two old ones it lies between, and how far it is from the first."""
    at = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, old - 1), (at - low).astype(np.float32)


def pieces_of(
    width: int, height: int, tile: int, overlap: float
) -> list[tuple[int, int, int, int]]:
    """x, y, width and height of the pieces of side `tile` that cover a picture; below 1: whole."""
    if tile < 1:
        return [(0, 0, width, height)]
    xs, ys = starts(width, tile, overlap), starts(height, tile, overlap)
    return [(x, y, min(tile, width), min(tile, height)) for y in ys for x in xs]


def starts(length: int, tile: int, overlap: float) -> list[int]:
    if length <= tile:
        return [0]
    count = 1 + math.ceil((length - tile) / max(1.0, tile * (1 - overlap)))
    return [round(at * (length - tile) / (count - 1)) for at in range(count)]


# --- the boxes after it -------------------------------------------------------------------------


def sized(corners: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """x0, y0, x1, y1 as x, y, width, height, cut off at the borders of the picture."""
    height, width = seen.shape[:2]
    boxes = corners.clip(0, np.array([width, height] * 2, np.float64))
    boxes[:, 2:] -= boxes[:, :2]
    return boxes


def boxes_of(
    answer: np.ndarray, after: dict[str, Any]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners x0, y0, x1, y1 in the square, scores and labels of a raw answer.

    It is [4 + labels, cells] with centre, size and a confidence for each label, or [found, 6],
    corners, score and label, of a model that leaves no doubles.
    """
    floor, most = after["floor"], after["most"]
    if answer.shape[1] == 6 and answer.shape[0] != 6:
        kept = answer[answer[:, 4] > floor]
        kept = kept[np.argsort(-kept[:, 4], kind="stable")][:most]
        return kept[:, :4], kept[:, 4], kept[:, 5].astype(np.intp)
    labels, cells = np.nonzero(answer[4:] > floor)
    found = answer[4:][labels, cells]
    order = np.argsort(-found, kind="stable")[: after["candidates"]]
    labels, cells, found = labels[order], cells[order], found[order]
    centre, half = answer[:2, cells].T, answer[2:4, cells].T / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)
    kept = suppressed(corners, labels, after["same"], most)
    return corners[kept], found[kept], labels[kept]


def suppressed(corners: np.ndarray, labels: np.ndarray, overlap: float, most: int) -> np.ndarray:
    """Places of the boxes that stay, of boxes sorted from sure to unsure: each takes away those
    after it of its label whose intersection with it is more than `overlap` of their union.

    Only boxes that begin between a widest box before it and its own end can meet it, so the rows
    are laid out from left to right.
    """
    across = np.argsort(corners[:, 0], kind="stable")
    rows, kinds = corners[across], labels[across]
    x0, y0, x1, y1 = np.ascontiguousarray(rows.T)
    areas = (x1 - x0) * (y1 - y0)
    begin = np.searchsorted(x0, x0 - (x1 - x0).max(initial=0))
    end = np.searchsorted(x0, x1)
    left = np.ones(len(rows), np.bool_)
    kept: list[int] = []
    for place, at in enumerate(np.argsort(across)):
        if len(kept) >= most:
            break
        if not left[at]:
            continue
        kept.append(place)
        near = slice(begin[at], end[at])
        wide = np.minimum(x1[at], x1[near]) - np.maximum(x0[at], x0[near])
        high = np.minimum(y1[at], y1[near]) - np.maximum(y0[at], y0[near])
        shared = wide.clip(0) * high.clip(0)
        union = areas[at] + areas[near] - shared
        left[near] &= ~((kinds[near] == kinds[at]) & (shared > overlap * union))
    return np.array(kept, np.intp)


def merged(
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    pieces: list[tuple[int, int, int, int]],
    width: int,
    height: int,
    rules: dict[str, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What was found in pieces as one: an object seen in two counts once, and a part of it that a
    border cut off not at all."""
    boxes, labels, scores = (np.concatenate([each[n] for each in found]) for n in range(3))
    origin = np.repeat(np.arange(len(found)), [len(each[2]) for each in found])
    touching = [
        at_border(each[0], piece, width, height, rules["near"])
        for each, piece in zip(found, pieces)
    ]
    others = others_of(origin, pieces)
    kept = ~parts(boxes, labels, scores, origin, np.concatenate(touching), others, rules["part"])
    boxes, labels, scores = boxes[kept], labels[kept], scores[kept]
    order = np.argsort(-scores, kind="stable")
    boxes, labels, scores = boxes[order], labels[order], scores[order]
    corners = np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
    stay = suppressed(corners, labels, rules["same"], len(boxes))
    return boxes[stay], labels[stay], scores[stay]


def at_border(
    boxes: np.ndarray, piece: tuple[int, int, int, int], width: int, height: int, near: float
) -> np.ndarray:
    """Which boxes touch a border of the piece that is none of the picture."""
    x, y, w, h = piece
    low, high = boxes[:, :2] - (x, y), np.array([x + w, y + h]) - boxes[:, :2] - boxes[:, 2:]
    first, last = np.array([x > 0, y > 0]), np.array([x + w < width, y + h < height])
    touching: np.ndarray = ((low < near) & first | (high < near) & last).any(axis=1)
    return touching


def parts(
    boxes: np.ndarray,
    labels: np.ndarray,
    scores: np.ndarray,
    origin: np.ndarray,
    cut: np.ndarray,
    others: list[np.ndarray],
    share: float,
) -> np.ndarray:
    """Which cut boxes lie for the most part in a larger box of their label of another piece."""
    gone = np.zeros(len(boxes), np.bool_)
    areas = boxes[:, 2:].prod(axis=1)
    for at in np.flatnonzero(cut):
        near = others[origin[at]]
        larger = (labels[near] == labels[at]) & (areas[near] > areas[at])
        rivals = near[larger & (scores[near] >= 0.5 * scores[at])]
        low = np.maximum(boxes[rivals, :2], boxes[at, :2])
        high = np.minimum(boxes[rivals, :2] + boxes[rivals, 2:], boxes[at, :2] + boxes[at, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        gone[at] = bool((shared >= share * areas[at]).any())
    return gone


def others_of(origin: np.ndarray, pieces: list[tuple[int, int, int, int]]) -> list[np.ndarray]:
    """For each piece the places of the boxes of all others that share pixels with it."""
    x, y, w, h = np.array(pieces).T
    shared = (x < (x + w)[:, np.newaxis]) & (y < (y + h)[:, np.newaxis])
    shared &= shared.T.copy()
    np.fill_diagonal(shared, False)
    return [np.flatnonzero(row[origin]) for row in shared]
