"""95 % intervals: Wilson for proportions, their combination, and from resamples.

An interval names its method, is never of zero width, and is None where too little is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, isfinite, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Z95 = 1.959963984540054
"""The 97.5 % point of the normal distribution."""

CLAIMED_FROM = 100
"""Groups (patients, slides…) from which a bootstrap over groups is believed."""

RARE = 20
"""Groups that must bear on a figure, for a bootstrap of it to be believed."""

BOOTSTRAP = "bootstrap"
JACKKNIFE = "jackknife"
WILSON = "wilson"
MOVER = "mover-wilson"
PAIRED_SHARES = "bonett-price"
MOVER_PAIRED = "mover-bonett-price"
TOO_FEW = "too-few-groups"
UNDEFINED = "undefined"


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval; `low` and `high` are None together, `method` then says why.

    `method` is bootstrap or jackknife (both over groups), wilson, mover-wilson, of differences
    bonett-price or mover-bonett-price, too-few-groups or undefined.
    """

    low: float | None
    high: float | None
    method: str

    @property
    def pair(self) -> list[float] | None:
        return None if self.low is None or self.high is None else [self.low, self.high]

    @classmethod
    def none(cls, method: str) -> Interval:
        return cls(None, None, method)

    def to_json(self) -> dict[str, Any]:
        return {"interval": self.pair, "method": self.method}


def wilson(share: float, n: float) -> Interval:
    """Score interval of a proportion `share` seen in `n` independent trials, n > 0.

    Wilson (1927), J. Am. Stat. Assoc. 22, 209-212, eq. for the roots without continuity
    correction. Always wider than zero and within 0..1.
    """
    centre = (share + Z95**2 / (2 * n)) / (1 + Z95**2 / n)
    half = Z95 / (1 + Z95**2 / n) * sqrt(max(share * (1 - share), 0) / n + Z95**2 / (4 * n * n))
    low = 0.0 if share <= 0 else max(0.0, centre - half)
    high = 1.0 if share >= 1 else min(1.0, centre + half)
    return Interval(low, high, WILSON)


def mean_of_proportions(shares: Sequence[float], trials: Sequence[float]) -> Interval:
    """Interval of the plain mean of independent proportions, each with its own `trials`.

    MOVER, the square-and-add combination of Wilson intervals: Newcombe (1998), Stat. Med. 17,
    873-890; Zou and Donner (2008), Stat. Med. 27, 1693-1702.
    """
    mean = sum(shares) / len(shares)
    below = above = 0.0
    for share, n in zip(shares, trials, strict=True):
        part = wilson(share, n)
        assert part.low is not None and part.high is not None
        below += (share - part.low) ** 2
        above += (part.high - share) ** 2
    k = len(shares)
    return Interval(max(0.0, mean - sqrt(below) / k), min(1.0, mean + sqrt(above) / k), MOVER)


def resampled(
    value: float, draws: NDArray[np.float64], bearing: int, excess: float = 0.0
) -> Interval:
    """Interval of `value` from its `draws` over resampled groups, `bearing` of which matter.

    The standard error of the draws, taken to the logit scale, times Student's t: percentiles
    are too narrow near 1, where good figures lie (Qin and Hotilovac 2008, Stat. Methods Med.
    Res. 17, 207-221, compare such intervals for the area under the ROC curve). Draws that leave
    the figure undefined (NaN) make it undefined where they are more than a tenth. Where all
    draws agree, the answer is Wilson's interval as if each group were one trial.
    """
    seen = draws[np.isfinite(draws)]
    if not isfinite(value) or seen.size < 0.9 * draws.size or seen.size < 2:
        return Interval.none(UNDEFINED)
    return _on_logits(value, float(seen.std()), bearing, BOOTSTRAP, excess)


def jackknifed(
    value: float, left_out: NDArray[np.float64], bearing: int, excess: float = 0.0
) -> Interval:
    """Interval of `value` from what it is without each group in turn, `left_out` [G].

    The jackknife's standard error (Efron and Tibshirani 1993, eq. 11.5), on the logit scale as
    in `resampled`. For 20 groups and more where a bootstrap is not claimed yet; groups whose
    leaving makes the figure undefined make the interval undefined.
    """
    if not isfinite(value) or not np.isfinite(left_out).all() or left_out.size < 2:
        return Interval.none(UNDEFINED)
    return _on_logits(value, jackknife_error(left_out), bearing, JACKKNIFE, excess)


def jackknife_error(left_out: NDArray[np.float64]) -> float:
    """Standard error of a figure from what it is without each group in turn."""
    n = left_out.size
    return sqrt((n - 1) / n * float(((left_out - left_out.mean()) ** 2).sum()))


def distance_like(value: float, error: float, bearing: int, method: str) -> Interval:
    """Interval of a figure that is above 0 and has no upper end, such as a distance in pixels,
    from its standard error: on the logarithmic scale, with Student's t. UNDEFINED where the
    error tells nothing."""
    if not (isfinite(value) and isfinite(error)) or value <= 0 or error < 1e-9:
        return Interval.none(UNDEFINED)
    factor = exp(min(student(bearing - 1) * error / value, 50.0))
    return Interval(value / factor, value * factor, method)


def _on_logits(
    value: float, error: float, bearing: int, method: str, excess: float = 0.0
) -> Interval:
    """`value` in 0..1 with its standard error; Wilson's interval where that tells nothing."""
    if error < 1e-9 or not 0 < value < 1:
        return wilson(value, max(bearing, 1))
    middle = min(max(value - excess, value / 2), (1 + value) / 2)
    centre = log(middle / (1 - middle))
    half = student(bearing - 1) * error / (middle * (1 - middle))
    low, high = _expit(centre - half), _expit(centre + half)
    return Interval(min(low, value), max(high, value), method)


def resampled_error(value: float, draws: NDArray[np.float64], bearing: int) -> Interval:
    """The same for a figure that noise can only raise, such as the calibration error.

    From the 2.5 % point of the draws less twice their mean excess, to their 97.5 % point: the
    draws hold the noise of the test set once more, so that the truth lies below them.
    """
    excess = max(float(draws.mean()) - value, 0.0)
    low, high = (float(x) for x in np.quantile(draws, (0.025, 0.975)))
    low, high = max(0.0, min(low - 2 * excess, value)), min(1.0, max(high, value))
    if high - low < 1e-9:
        return wilson(value, max(bearing, 1))
    return Interval(low, high, BOOTSTRAP)


def student(freedom: int) -> float:
    """The 97.5 % point of Student's t, by the first terms of Cornish and Fisher (1937)."""
    v = max(freedom, 1)
    return Z95 + (Z95**3 + Z95) / (4 * v) + (5 * Z95**5 + 16 * Z95**3 + 3 * Z95) / (96 * v * v)


def _expit(x: float) -> float:
    return 1 / (1 + exp(-x)) if x > -700 else 0.0
