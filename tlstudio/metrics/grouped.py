"""Intervals of any figure that can be computed under weights of the groups.

Groups (patients, slides, videos; an image without one is its own group) are drawn with
replacement, all their images with them, since images of one group are not independent (Efron
and Tibshirani 1993, An Introduction to the Bootstrap, ch. 8). That is claimed from 100 groups;
from 20 to 99 each group is left out in turn (the jackknife, ch. 11). Fewer have no interval.
At least 20 groups must bear on the figure in either case.

Average precision is optimistic on small sets: precision is read off as the highest at a recall
or beyond. How much a resample, which has fewer different images, lies above the set itself is an
estimate of how much the set lies above what it stands for, and the interval is moved by it.
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

_FOR_EXCESS = 200  # resamples that tell a mean, where the spread comes from the jackknife

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
    """What the figures come to: `values` as they are, `draws` [..., R] of resampled groups, and
    `left_out` [..., G] without each group in turn where they are too few for a bootstrap; both
    None where they are too few for anything."""

    values: Mapping[str, Floats]
    draws: Mapping[str, Floats] | None
    left_out: Mapping[str, Floats] | None

    def interval(
        self, name: str, bearing: int, *place: int, optimistic: bool = False, skewed: bool = False
    ) -> Interval:
        """Of the figure `name`, at `place` among its axes; `bearing` groups matter for it.

        An `optimistic` one is moved by its excess; a `skewed` one, of which a few images make
        most of the spread, has none where no bootstrap is claimed.
        """
        value = float(self.values[name][place])
        if not np.isfinite(value):
            return Interval.none(UNDEFINED)
        if self.draws is None or bearing < RARE or (skewed and self.left_out is not None):
            return Interval.none(TOO_FEW)
        draws = self.draws[name][place]
        known = draws[np.isfinite(draws)]
        excess = max(float(known.mean()) - value, 0.0) if optimistic and known.size else 0.0
        if self.left_out is not None:
            return jackknifed(value, self.left_out[name][place], bearing, excess)
        return resampled(value, draws, bearing, excess)

    def distance(self, name: str, bearing: int, *place: int) -> Interval:
        """The same for a figure without an upper end, such as a distance in pixels."""
        value = float(self.values[name][place])
        if not np.isfinite(value):
            return Interval.none(UNDEFINED)
        if self.draws is None or bearing < RARE:
            return Interval.none(TOO_FEW)
        others = (self.left_out if self.left_out is not None else self.draws)[name][place]
        known = others[np.isfinite(others)]
        if known.size < 0.9 * others.size:
            return Interval.none(UNDEFINED)
        if self.left_out is not None:
            return distance_like(value, jackknife_error(known), bearing, JACKKNIFE)
        return distance_like(value, float(known.std()), bearing, BOOTSTRAP)


def spread(figures: Weighted, groups: Groups, *, resamples: int, seed: int) -> Spread:
    """The figures, and how they vary with the groups; 0 resamples leave the variation out."""
    once = figures(np.ones((groups.count, 1)))
    values = {name: value[..., 0] for name, value in once.items()}
    if resamples <= 0 or groups.count < RARE:
        return Spread(values, None, None)
    few = groups.count < CLAIMED_FROM
    draws = _drawn(figures, groups, min(resamples, _FOR_EXCESS) if few else resamples, seed)
    return Spread(values, draws, figures(1.0 - np.eye(groups.count)) if few else None)


def _drawn(figures: Weighted, groups: Groups, resamples: int, seed: int) -> dict[str, Floats]:
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, resamples, _CHUNK):
        r = min(_CHUNK, resamples - start)
        drawn = rng.integers(0, groups.count, (groups.count, r))
        flat = np.bincount((drawn * r + np.arange(r)).ravel(), minlength=groups.count * r)
        parts.append(figures(flat.reshape(groups.count, r).astype(np.float64)))
    return {name: np.concatenate([p[name] for p in parts], axis=-1) for name in parts[0]}
