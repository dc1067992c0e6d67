"""Large images in pieces: where they are cut, and how what was found in them is put together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torchvision.ops import batched_nms

from tlstudio.metrics.detection import Found
from tlstudio.ml.detection.canvas import Region

SAME = 0.5  # overlap from which two boxes of a label are one object seen twice
PART = 0.6  # share of a cut box that lies in a whole one, from which it is a part of it
NEAR = 2.0  # px; a box so close to an inner border may be cut by it


def regions_of(width: int, height: int, tile: int, overlap: float) -> list[Region]:
    """Pieces of side `tile` (-1: the image whole) that cover an image, neighbours overlapping by
    at least the share `overlap`; a piece ends where the image does."""
    if tile < 1:
        return [(0, 0, width, height)]
    xs, ys = _starts(width, tile, overlap), _starts(height, tile, overlap)
    return [(x, y, min(tile, width), min(tile, height)) for y in ys for x in xs]


def _starts(length: int, tile: int, overlap: float) -> list[int]:
    if length <= tile:
        return [0]
    step = max(1.0, tile * (1 - overlap))
    count = 1 + math.ceil((length - tile) / step)
    return [round(at * (length - tile) / (count - 1)) for at in range(count)]


def merged(founds: Sequence[Found], regions: Sequence[Region], width: int, height: int) -> Found:
    """What was found in pieces, in pixels of the image, as one: an object seen in two pieces
    counts once, and a part of it that a border cut off not at all.

    Each piece has its own limit, an image of many has none: it holds as many more objects.
    """
    if len(founds) == 1:
        return founds[0]
    boxes = np.concatenate([found.boxes for found in founds])
    labels = np.concatenate([found.labels for found in founds])
    scores = np.concatenate([found.scores for found in founds])
    origin = np.repeat(np.arange(len(founds)), [len(found.scores) for found in founds])
    cut = np.concatenate(
        [_cut(f.boxes, region, width, height) for f, region in zip(founds, regions, strict=True)]
    )
    kept = ~_parts(boxes, labels, scores, origin, cut, regions)
    boxes, labels, scores = boxes[kept], labels[kept], scores[kept]
    corners = torch.from_numpy(np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1))
    chosen = batched_nms(corners, torch.from_numpy(scores), torch.from_numpy(labels), SAME)
    order = chosen.numpy()
    return Found(boxes[order], labels[order], scores[order])


def _cut(boxes: NDArray[np.float64], region: Region, width: int, height: int) -> NDArray[np.bool_]:
    """Which boxes touch a border of the piece that is none of the image."""
    x, y, w, h = region
    low, high = boxes[:, :2] - (x, y), np.array([x + w, y + h]) - boxes[:, :2] - boxes[:, 2:]
    inner = np.array([x > 0, y > 0]), np.array([x + w < width, y + h < height])
    touching: NDArray[np.bool_] = ((low < NEAR) & inner[0] | (high < NEAR) & inner[1]).any(axis=1)
    return touching


def _parts(
    boxes: NDArray[np.float64],
    labels: NDArray[np.intp],
    scores: NDArray[np.float64],
    origin: NDArray[np.intp],
    cut: NDArray[np.bool_],
    regions: Sequence[Region],
) -> NDArray[np.bool_]:
    """Which cut boxes lie for the most part in a box of the same label that another piece shows
    and that is larger."""
    others = _others(origin, regions)
    gone = np.zeros(len(boxes), np.bool_)
    areas = boxes[:, 2:].prod(axis=1)
    for at in np.flatnonzero(cut):
        near = others[origin[at]]
        larger = (labels[near] == labels[at]) & (areas[near] > areas[at])
        rivals = near[larger & (scores[near] >= 0.5 * scores[at])]
        low = np.maximum(boxes[rivals, :2], boxes[at, :2])
        high = np.minimum(boxes[rivals, :2] + boxes[rivals, 2:], boxes[at, :2] + boxes[at, 2:])
        shared = np.clip(high - low, 0, None).prod(axis=1)
        gone[at] = bool((shared >= PART * areas[at]).any())
    return gone


def _others(origin: NDArray[np.intp], regions: Sequence[Region]) -> list[NDArray[np.intp]]:
    """For each piece the places of the boxes of all others that share pixels with it."""
    x, y, w, h = np.array(regions).T
    shared = (x < (x + w)[:, None]) & (y < (y + h)[:, None])
    shared &= shared.T.copy()
    np.fill_diagonal(shared, False)
    return [np.flatnonzero(row[origin]) for row in shared]
