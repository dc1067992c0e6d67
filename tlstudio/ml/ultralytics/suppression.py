"""From a YOLO network's raw answer to boxes, with numpy alone, as an exported bundle does it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FLOOR = 0.001
"""Confidence below which a box is not told."""
MOST = 300
"""Boxes told of an image, or of a piece of it, the surest ones."""
OVERLAP = 0.7
"""Intersection over union from which two boxes of a label count as one."""
CANDIDATES = 30_000
"""Boxes looked at in an image, the surest ones."""

Floats = NDArray[np.float32]


def boxes_of(
    answer: Floats, *, floor: float = FLOOR, overlap: float = OVERLAP, most: int = MOST
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Boxes [N, 4] x0, y0, x1, y1 in pixels of the square, scores [N] from high to low, labels [N].

    `answer` is one image's: [4 + labels, cells] with centre, size and a confidence for each
    label, or [found, 6] of a head that removes doubles itself, with corners, score and label.
    A cell may answer for several labels.
    """
    if answer.shape[1] == 6 and answer.shape[0] != 6:
        kept = answer[answer[:, 4] > floor]
        kept = kept[np.argsort(-kept[:, 4], kind="stable")][:most]
        return kept[:, :4], kept[:, 4], kept[:, 5].astype(np.intp)
    scores = answer[4:]
    labels, cells = np.nonzero(scores > floor)
    found = scores[labels, cells]
    order = np.argsort(-found, kind="stable")[:CANDIDATES]
    labels, cells, found = labels[order], cells[order], found[order]
    centre, half = answer[:2, cells].T, answer[2:4, cells].T / 2
    corners = np.concatenate([centre - half, centre + half], axis=1)
    kept_at = suppressed(corners, labels, overlap=overlap, most=most)
    return corners[kept_at], found[kept_at], labels[kept_at]


def suppressed(
    corners: Floats, labels: NDArray[np.intp], *, overlap: float = OVERLAP, most: int = MOST
) -> NDArray[np.intp]:
    """Places of the boxes that stay, of boxes sorted from sure to unsure: each box takes away
    those after it of its label that overlap it by more than `overlap` (greedy non-maximum
    suppression), until `most` stay."""
    areas = np.prod(corners[:, 2:] - corners[:, :2], axis=1)
    left = np.arange(len(corners))
    kept: list[int] = []
    while len(left) and len(kept) < most:
        first, left = left[0], left[1:]
        kept.append(int(first))
        low = np.maximum(corners[first, :2], corners[left, :2])
        high = np.minimum(corners[first, 2:], corners[left, 2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        union = areas[first] + areas[left] - shared
        same = (labels[left] == labels[first]) & (shared > overlap * union)
        left = left[~same]
    return np.array(kept, np.intp)
