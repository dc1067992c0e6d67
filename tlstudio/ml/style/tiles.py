"""Parts of a large picture that a feature network looks at one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor

from tlstudio.ml.style.perception import FeatureNetwork

MOST_SEEN = {"squeezenet1_1": 1_400_000, "vgg19": 400_000}
"""Pixels looked at at a time: some 700 MB of activations and their gradients."""


@dataclass(frozen=True, slots=True)
class Span:
    """Along one side: pixels `start` to `stop` are looked at, features from those of pixel
    `first` up to before those of `last` are counted; `ends` where the picture ends there."""

    start: int
    stop: int
    first: int
    last: int
    ends: bool

    def counted(self, stride: int) -> slice:
        """The features of a layer that count, among those of this part."""
        return slice(
            (self.first - self.start) // stride,
            None if self.ends else (self.last - self.start) // stride,
        )


@dataclass(frozen=True, slots=True)
class Tile:
    down: Span
    across: Span

    def of(self, picture: Tensor) -> Tensor:
        """The part [N, C, h, w] of [N, C, H, W]; a view."""
        return picture[:, :, self.down.start : self.down.stop, self.across.start : self.across.stop]

    def counted(self, features: Tensor, stride: int) -> Tensor:
        """Of a layer's features of this part those that count; all tiles' are the whole's."""
        return features[:, :, self.down.counted(stride), self.across.counted(stride)]

    def place(self, stride: int) -> tuple[int, int]:
        """(row, column) in the whole layer of the first feature that counts."""
        return self.down.first // stride, self.across.first // stride


def tiles_of(network: FeatureNetwork, height: int, width: int, most: int) -> list[Tile]:
    """Parts of at most about `most` pixels; one, where the picture has no more."""
    stride = max(network.strides.values())
    before, behind = (-(-reach // stride) * stride for reach in network.reach)
    side = max(stride, int(most**0.5) - before - behind)
    if height * width <= most:
        side = max(height, width)
    return [
        Tile(down, across)
        for down in _spans(height, side, stride, before, behind)
        for across in _spans(width, side, stride, before, behind)
    ]


def _spans(length: int, side: int, stride: int, before: int, behind: int) -> Iterator[Span]:
    count = -(-length // side)
    # Cuts at multiples of the stride; a last part below one stride would have no feature.
    cuts = {round(n * length / count / stride) * stride for n in range(1, count)}
    edges = [0, *sorted(cut for cut in cuts if 0 < cut < length - 2 * stride), length]
    for first, last in pairwise(edges):
        ends = last == length
        stop = length if ends else min(length, last + behind)
        # Features of a part that ends nearly at the border must be those of the border.
        stop = length if length - stop < stride else stop
        yield Span(max(0, first - before), stop, first, last, ends)
