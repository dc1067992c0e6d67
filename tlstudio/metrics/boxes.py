"""Boxes of one image: what is true, what a model found, and how far two of them overlap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """The N true boxes of an image: `boxes` [N, 4] as x, y, width, height in pixels, `labels`
    [N] indices into the table of labels, `crowd` [N] true where one box stands for many things."""

    boxes: Floats
    labels: Ints
    crowd: Bools

    @classmethod
    def of(cls, boxes: ArrayLike, labels: ArrayLike, crowd: ArrayLike | None = None) -> Truth:
        """From lists, empty ones included; no crowds unless given. Raises ValueError."""
        b, k = _boxes(boxes), np.asarray(labels, np.intp).reshape(-1)
        c = np.zeros(len(b), np.bool_) if crowd is None else np.asarray(crowd, np.bool_).reshape(-1)
        _check(b, len(k), len(c))
        return cls(b, k, c)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """The M boxes a model found in an image, in any order: `boxes` [M, 4], `labels` [M] and
    `scores` [M], the confidence of each."""

    boxes: Floats
    labels: Ints
    scores: Floats

    @classmethod
    def of(cls, boxes: ArrayLike, labels: ArrayLike, scores: ArrayLike) -> Found:
        """From lists, empty ones included. Raises ValueError where the lengths differ."""
        b, k = _boxes(boxes), np.asarray(labels, np.intp).reshape(-1)
        s = np.asarray(scores, np.float64).reshape(-1)
        _check(b, len(k), len(s))
        return cls(b, k, s)


def _boxes(boxes: ArrayLike) -> Floats:
    return np.asarray(boxes, np.float64).reshape(-1, 4)


def _check(boxes: Floats, *lengths: int) -> None:
    if any(n != len(boxes) for n in lengths):
        raise ValueError(f"{len(boxes)} boxes with lists of {lengths}")
    if not np.isfinite(boxes).all():
        raise ValueError("a box with a coordinate that is no number")


def overlaps(found: Floats, truth: Floats, crowd: Bools) -> Floats:
    """Intersection over union [M, N] of found [M, 4] and true boxes [N, 4].

    With a crowd, the union is the found box alone, so that a box inside of it overlaps wholly
    (Lin et al. 2014, COCO; the protocol of its evaluation code).
    """
    low = np.maximum(found[:, None, :2], truth[None, :, :2])
    high = np.minimum((found[:, :2] + found[:, 2:])[:, None], (truth[:, :2] + truth[:, 2:])[None])
    side = np.clip(high - low, 0, None)
    shared = side[..., 0] * side[..., 1]
    mine, other = found[:, 2] * found[:, 3], truth[:, 2] * truth[:, 3]
    union = np.where(crowd[None], mine[:, None], mine[:, None] + other[None] - shared)
    out: Floats = np.zeros_like(shared)
    np.divide(shared, union, out=out, where=shared > 0)
    return out
