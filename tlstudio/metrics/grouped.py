"""Intervals of any figure that can be computed under weights of the groups.

Groups (patients, slides, videos; an image without one is its own group) are drawn with
replacement, all their images with them, since images of one group are not independent (Efron
and Tibshirani 1993, An Introduction to the Bootstrap, ch. 8). That is claimed from 100 groups;
from 20 to 99 each group is left out in turn (the jackknife, ch. 11). Fewer have no interval.
At least 20 groups must bear on the figure in either case.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlstudio.metrics.intervals import (
    BOOTSTRAP,
    CLAIMED_FROM,
    JACKKNIFE,
    RARE,
    TOO_FEW,
    UNDEFINED,
    Interval,
    distance_like,
    jackknife_error,
    jackknifed,
    resampled,
)

Floats = NDArray[np.float64]

Weighted = Callable[[Floats], Mapping[str, Floats]]
"""Figures [..., R] by name, under weights of the groups [G, R]."""

_CHUNK = 100  # weightings at a time: their running sums then stay in a processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """`of` [I] is the group of each image, 0 to `count` - 1."""

    of: NDArray[np.intp]
    count: int

    @classmethod
    def named(cls, names: Sequence[str]) -> Groups:
        """From the name of each image's group."""
        found, of = np.unique(np.asarray(names, dtype=np.str_), return_inverse=True)
        return cls(of.reshape(-1), len(found))

    def bearing(self, images: NDArray[np.bool_]) -> NDArray[np.intp]:
        """How many groups have at least one of the images [I, ...] that are true."""
        held = np.zeros((self.count, *images.shape[1:]), np.bool_)
        np.logical_or.at(held, self.of, images)
        count: NDArray[np.intp] = held.sum(axis=0)
        return count


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What the figures come to: `values` as they are, `others` [..., R] under other weights of
    the groups, by the method that their number allows; None where there are too few."""

    values: Mapping[str, Floats]
    others: Mapping[str, Floats] | None
    bootstrapped: bool

    def interval(self, name: str, bearing: int, *place: int) -> Interval:
        """Of the figure `name`, at `place` among its axes; `bearing` groups matter for it."""
        value = float(self.values[name][place])
        if not np.isfinite(value):
            return Interval.none(UNDEFINED)
        if self.others is None or bearing < RARE:
            return Interval.none(TOO_FEW)
        made = resampled if self.bootstrapped else jackknifed
        return made(value, self.others[name][place], bearing)

    def distance(self, name: str, bearing: int, *place: int) -> Interval:
        """The same for a figure without an upper end, such as a distance in pixels."""
        value = float(self.values[name][place])
        if not np.isfinite(value):
            return Interval.none(UNDEFINED)
        if self.others is None or bearing < RARE:
            return Interval.none(TOO_FEW)
        others = self.others[name][place]
        known = others[np.isfinite(others)]
        if known.size < 0.9 * others.size:
            return Interval.none(UNDEFINED)
        if self.bootstrapped:
            return distance_like(value, float(known.std()), bearing, BOOTSTRAP)
        return distance_like(value, jackknife_error(known), bearing, JACKKNIFE)


def spread(figures: Weighted, groups: Groups, *, resamples: int, seed: int) -> Spread:
    """The figures, and how they vary with the groups; 0 resamples leave the variation out."""
    once = figures(np.ones((groups.count, 1)))
    values = {name: value[..., 0] for name, value in once.items()}
    if resamples <= 0 or groups.count < RARE:
        return Spread(values, None, False)
    if groups.count < CLAIMED_FROM:
        left_out = figures(1.0 - np.eye(groups.count))
        return Spread(values, left_out, False)
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, resamples, _CHUNK):
        r = min(_CHUNK, resamples - start)
        drawn = rng.integers(0, groups.count, (groups.count, r))
        flat = np.bincount((drawn * r + np.arange(r)).ravel(), minlength=groups.count * r)
        parts.append(figures(flat.reshape(groups.count, r).astype(np.float64)))
    joined = {name: np.concatenate([p[name] for p in parts], axis=-1) for name in parts[0]}
    return Spread(values, joined, True)
