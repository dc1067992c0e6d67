"""Values by their rank: each channel, or the one of a grey image, gets another's distribution.

The curve from one to the other is the monotone one between their quantiles (histogram
specification; Gonzalez and Woods, Digital Image Processing, 3.3). The distribution of several
images is the mean of their quantiles, which is their barycentre (Agueh and Carlier 2011).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tlstudio.imaging.looks.colour import LIGHT_TO_XYZ, is_grey
from tlstudio.imaging.looks.sampling import Floats, in_strips, sampled

SHARES = np.linspace(0, 1, 1025)

Sample = dict[str, NDArray[np.float64]]
Statistics = dict[str, NDArray[np.float64]]


def gather(pixels: Floats) -> Sample:
    """Quantiles of one image: "channels" [3, len(SHARES)] and "brightness" [len(SHARES)]."""
    values = sampled(pixels)
    quantiles = np.quantile(values, SHARES, axis=0).T
    grey = is_grey(pixels)
    bright = quantiles[0] if grey else np.quantile(values @ LIGHT_TO_XYZ[1], SHARES)
    return {"channels": quantiles, "brightness": bright, "grey": np.array(float(grey))}


def learn(samples: Sequence[Sample]) -> Statistics:
    """ "grey" is 1 where all images are."""
    made = {
        name: np.mean([each[name] for each in samples], axis=0)
        for name in ("channels", "brightness")
    }
    return made | {"grey": np.array(min(float(each["grey"]) for each in samples))}


def change(pixels: Floats, source: Statistics, target: Statistics) -> Floats:
    """Each channel by its own curve; where the image or the look is grey, one curve for all, that
    of the brightness."""
    if is_grey(pixels):
        one = Curve(source["brightness"], target["brightness"])
        return np.repeat(in_strips(pixels[..., :1], one), 3, axis=-1)
    if target["grey"]:
        return in_strips(pixels, Curve(source["brightness"], target["brightness"]))
    curves = [Curve(a, b) for a, b in zip(source["channels"], target["channels"], strict=True)]

    def mapped(strip: Floats) -> Floats:
        return np.stack([curve(strip[..., c]) for c, curve in enumerate(curves)], axis=-1)

    return in_strips(pixels, mapped)


class Curve:
    """From one set of quantiles to another; values beyond the first are shifted like its ends."""

    def __init__(self, source: NDArray[np.float64], target: NDArray[np.float64]) -> None:
        # A value that holds several ranks, such as a black border, goes to the middle of theirs.
        self._from, first, count = np.unique(source, return_index=True, return_counts=True)
        sums = np.add.reduceat(target, first)
        self._to = sums / count

    def __call__(self, values: Floats) -> Floats:
        inside = np.clip(values, self._from[0], self._from[-1])
        mapped = np.interp(inside, self._from, self._to) + (values - inside)
        found: Floats = mapped.astype(np.float32)
        return found
