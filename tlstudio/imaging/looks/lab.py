"""Mean and spread in CIELAB (Reinhard et al. 2001, who use another opponent space)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.looks.colour import from_lab, is_grey, to_lab
from tlstudio.imaging.looks.sampling import Floats, in_strips, sampled

STEEPEST = 4.0
"""Spreads are changed by this factor at most: in a flat image it would be noise that grows."""
FLAT = 0.05  # of L, a or b: a spread below it is none

Sample = dict[str, NDArray[np.float64]]
Statistics = dict[str, NDArray[np.float64]]


def gather(pixels: Floats) -> Sample:
    """Mean and spread [3] of L, a and b of one image."""
    lab = to_lab(sampled(pixels))
    return {"mean": lab.mean(axis=0), "spread": lab.std(axis=0)}


def learn(samples: Sequence[Sample]) -> Statistics:
    """Each image counts alike: the mean of the means, and the root mean square of the spreads
    within the images, since it is single images that are changed."""
    means = np.mean([each["mean"] for each in samples], axis=0)
    spreads = np.sqrt(np.mean([each["spread"] ** 2 for each in samples], axis=0))
    return {"mean": means, "spread": spreads}


def change(pixels: Floats, source: Statistics, target: Statistics) -> Floats:
    """Each of L, a and b shifted and stretched from one mean and spread to the other; of a grey
    image L alone."""
    grey = is_grey(pixels)
    flat = source["spread"] < FLAT
    factor = target["spread"] / np.where(flat, 1, source["spread"])
    factor = np.where(flat, 1, np.clip(factor, 0, STEEPEST)).astype(np.float32)
    start, end = source["mean"].astype(np.float32), target["mean"].astype(np.float32)
    if grey:
        factor[1:], start[1:], end[1:] = 1, 0, 0

    def moved(strip: Floats) -> Floats:
        unit = from_lab((to_lab(strip) - start) * factor + end)
        return np.repeat(unit[..., 1:2], 3, axis=-1) if grey else unit

    return in_strips(pixels, moved)
