"""95 % intervals of the difference of two models' figures on the same images.

The same groups are drawn for both models, so that what is hard about an image drops out of the
difference (the paired bootstrap; Efron and Tibshirani 1993, An Introduction to the Bootstrap,
ch. 8). From 100 groups the bootstrap gives the standard error, from 20 the jackknife; the interval
is symmetric, with Student's t.

Where the models differ on few groups, such intervals are too narrow: with four groups, all better
in one model, they would exclude 0, though a coin falls four times on one side often enough. So the
variance is that of two more groups on which the models differ, one each way. For the share of
right images that is the interval of Bonett and Price (2012, J. Educ. Behav. Stat. 37, 479-488),
which is used as it is where each group is one image, at any size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from tlstudio.metrics.boxes import Bools, Floats, Ints
from tlstudio.metrics.grouped import Groups, Weighted, spread
from tlstudio.metrics.intervals import (
    BOOTSTRAP,
    CLAIMED_FROM,
    JACKKNIFE,
    MOVER_PAIRED,
    PAIRED_SHARES,
    RARE,
    TOO_FEW,
    UNDEFINED,
    Z95,
    Interval,
    jackknife_error,
    student,
)

_MOST_LEFT_OUT = 200  # groups left out in turn to tell how much one weighs, where a bootstrap is


@dataclass(frozen=True, slots=True)
class Difference:
    """Figures of the first and the second model, `value` the second less the first, and its
    interval; `bearing` groups matter for it."""

    first: float | None
    second: float | None
    value: float | None
    interval: Interval
    bearing: int


class Paired:
    """Two models' figures on the same images, and how their difference varies with the groups.

    `differ` [G] are the groups in which the answers differ. 0 resamples leave intervals out.
    """

    def __init__(
        self,
        first: Weighted,
        second: Weighted,
        groups: Groups,
        differ: Bools,
        *,
        resamples: int,
        seed: int,
    ) -> None:
        def difference(weights: Floats) -> Mapping[str, Floats]:
            one, two = first(weights), second(weights)
            return {name: two[name] - one[name] for name in two}

        once = np.ones((groups.count, 1))
        self._first = {name: value[..., 0] for name, value in first(once).items()}
        self._second = {name: value[..., 0] for name, value in second(once).items()}
        self._groups = groups.count
        self._differ = differ
        few = groups.count < CLAIMED_FROM
        found = spread(difference, groups, resamples=min(resamples, 1) if few else resamples,
                       seed=seed)  # fmt: skip
        self._values, self._draws, self._left_out = found.values, found.draws, found.left_out
        self._lacking = found.left_out
        self._which = np.arange(groups.count)
        if self._draws is not None and not few:
            self._which = _some(np.flatnonzero(differ), seed)
            weights = np.ones((groups.count, len(self._which)))
            weights[self._which, np.arange(len(self._which))] = 0.0
            self._lacking = difference(weights) if len(self._which) else None

    def difference(
        self,
        name: str,
        bearing: Bools,
        *place: int,
        distance: bool = False,
        skewed: bool = False,
    ) -> Difference:
        """Of the figure `name` at `place` among its axes; `bearing` [G] are the groups that matter.

        A `distance` has no upper end; a `skewed` figure, of which a few images make most of the
        spread, has no interval where no bootstrap is claimed.
        """
        first, second = float(self._first[name][place]), float(self._second[name][place])
        matter = int(bearing.sum())
        value = float(self._values[name][place])
        return Difference(
            _known(first),
            _known(second),
            _known(value),
            self._interval(name, matter, place, distance=distance, skewed=skewed),
            matter,
        )

    def _interval(
        self, name: str, bearing: int, place: tuple[int, ...], *, distance: bool, skewed: bool
    ) -> Interval:
        value = float(self._values[name][place])
        if not isfinite(value):
            return Interval.none(UNDEFINED)
        if self._draws is None or bearing < RARE or (skewed and self._left_out is not None):
            return Interval.none(TOO_FEW)
        error, method = self._error(name, place)
        if not isfinite(error):
            return Interval.none(UNDEFINED)
        effect = self._effect(name, place, value, bearing)
        if effect == 0:
            if distance:
                return Interval.none(UNDEFINED)
            effect = self._groups / bearing
        half = student(bearing - 1) * sqrt(error**2 + 2 * (effect / self._groups) ** 2)
        if distance:
            return Interval(value - half, value + half, method)
        return Interval(max(-1.0, value - half), min(1.0, value + half), method)

    def _error(self, name: str, place: tuple[int, ...]) -> tuple[float, str]:
        """The standard error and its method; NaN where too many weightings leave it undefined."""
        if self._left_out is not None:
            left_out = self._left_out[name][place]
            known = np.isfinite(left_out).all()
            return (jackknife_error(left_out) if known else float("nan")), JACKKNIFE
        assert self._draws is not None
        draws = self._draws[name][place]
        seen = draws[np.isfinite(draws)]
        enough = seen.size >= 0.9 * draws.size and seen.size > 1
        return (float(seen.std()) if enough else float("nan")), BOOTSTRAP

    def _effect(self, name: str, place: tuple[int, ...], value: float, bearing: int) -> float:
        """How much a group on which the models differ adds to G times the difference: the root of
        the mean square over such groups, weighted by the squares, so that groups which matter
        little count little; 0 where none does."""
        if self._lacking is None:
            return 0.0
        lacking = self._lacking[name][place]
        use = np.isfinite(lacking) & self._differ[self._which]
        gained = (self._groups - 1) * (value - lacking[use])
        squares = (gained + value * self._groups / bearing) ** 2
        total = float(squares.sum())
        return sqrt(float((squares**2).sum()) / total) if total > 1e-18 else 0.0


def _some(places: Ints, seed: int) -> Ints:
    if len(places) <= _MOST_LEFT_OUT:
        return places
    chosen: Ints = np.random.default_rng(seed).choice(places, _MOST_LEFT_OUT, replace=False)
    return chosen


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def shares(gained: int, lost: int, n: int) -> Interval:
    """Interval of (gained - lost) / n: of `n` independent trials the second model was right in
    `gained` where the first was not, and wrong in `lost` where it was right.

    The adjusted Wald interval of Bonett and Price (2012), eq. 8; holds the difference itself.
    """
    up, down = (gained + 1) / (n + 2), (lost + 1) / (n + 2)
    half = Z95 * sqrt((up + down - (up - down) ** 2) / (n + 2))
    value = (gained - lost) / n
    low, high = max(-1.0, up - down - half), min(1.0, up - down + half)
    return Interval(min(low, value), max(high, value), PAIRED_SHARES)


def mean_of_shares(values: Sequence[float], parts: Sequence[Interval]) -> Interval:
    """Interval of the plain mean of independent differences, each with its own interval.

    Square and add: Zou and Donner (2008), Stat. Med. 27, 1693-1702.
    """
    mean = sum(values) / len(values)
    below = above = 0.0
    for value, part in zip(values, parts, strict=True):
        assert part.low is not None and part.high is not None
        below += (value - part.low) ** 2
        above += (part.high - value) ** 2
    k = len(values)
    low, high = mean - sqrt(below) / k, mean + sqrt(above) / k
    return Interval(max(-1.0, low), min(1.0, high), MOVER_PAIRED)
