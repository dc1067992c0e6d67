"""Looks: learned from images of a site, and seen on a few others. services.matching gives them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.errors import UserError
from tlstudio.domain.progress import Cancel, Progress, silent
from tlstudio.imaging.display import window_of
from tlstudio.imaging.looks import METHODS as MEASURING
from tlstudio.imaging.looks import Look, learn_look
from tlstudio.imaging.looks.colour import is_grey
from tlstudio.services._look_images import (
    LookImage,
    Opened,
    images_of_files,
    images_of_project,
    opened,
    read_through,
    spread_over,
)
from tlstudio.services.neural_matching import NEURAL, AnyLook, give_look, neural_look

__all__ = [
    "METHODS",
    "NEURAL",
    "AnyLook",
    "Learned",
    "Left",
    "Look",
    "LookImage",
    "Sample",
    "Shown",
    "Suits",
    "as_shown",
    "images_of_files",
    "images_of_project",
    "learn",
    "leaves_as_is",
    "load_sample",
    "show",
    "suits",
]

METHODS = (*MEASURING, NEURAL)
MEASURED = 200
"""Images that a look is learned from, at most; of more, so many at even distances."""
LOOKED_AT = 6  # images of each side that a method is recommended by
SMALL = 256  # px, the longer side at which they are looked at


@dataclass(frozen=True, slots=True)
class Left:
    """An image that was left out or left as it was, and why: a code with its parameters."""

    file: str
    code: str
    params: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, image: LookImage, error: UserError) -> Left:
        return cls(str(image.path), error.code, dict(error.params))


@dataclass(frozen=True, slots=True)
class Learned:
    """A look, with the references that could not be read."""

    look: AnyLook
    left_out: tuple[Left, ...] = ()


@dataclass(frozen=True, slots=True)
class Suits:
    """The method that suits these images, and the code of the words that say why."""

    method: str
    code: str


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """An image made small to be looked at while settings change."""

    image: LookImage
    pixels: NDArray[np.float32]
    bit_depth: int = 8


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """uint8 [h, w, 3] of a sample before and after; `problem` where it would be left as it is."""

    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    problem: Left | None = None


def learn(
    references: Sequence[LookImage],
    method: str,
    progress: Progress = silent,
    cancel: Cancel | None = None,
    *,
    weights: str = "default",
) -> Learned:
    """The look of up to MEASURED of the references, by one of METHODS.

    `weights` are those of the feature network of "neural", default or a file. UserError:
    look.method, look.no_images where none can be read, look.no_tissue, look.other_stains;
    weights.absent, styling.weights_file. Raises Cancelled.
    """
    if method not in METHODS:
        raise UserError("look.method", method=method, known=", ".join(METHODS))
    if method == NEURAL:
        return Learned(neural_look(references, weights))
    left_out: list[tuple[LookImage, UserError]] = []
    some = spread_over(references, MEASURED)
    look = learn_look(read_through(some, left_out, "look.learning", progress, cancel), method)
    return Learned(look, tuple(Left.of(image, error) for image, error in left_out))


def suits(images: Sequence[LookImage], references: Sequence[LookImage]) -> Suits:
    """The method that suits best, by a few of the images: stains for stained tissue on both
    sides, histograms where one side has no colour, else colour."""
    sides = [_small(images), _small(references)]
    if any(side and all(is_grey(each) for each in side) for side in sides):
        return Suits("histogram", "look.suits.histogram")
    with suppress(UserError):
        for side in sides:
            learn_look(side, "macenko")
        return Suits("macenko", "look.suits.macenko")
    return Suits("lab", "look.suits.lab")


def load_sample(image: LookImage, side: int = 640) -> Sample:
    """An image of at most `side` pixels a side. UserError data.…"""
    found = opened(image, side)
    return Sample(image, found.pixels, found.bit_depth)


def show(sample: Sample, look: AnyLook, strength: float = 1.0, source: Look | None = None) -> Shown:
    """A sample before and after; `source` as in `matching`. Deep images are shown through
    one window for both, so that a difference in brightness is seen."""
    problem = None
    try:
        after = give_look(sample.pixels, look, strength, source)
    except UserError as error:
        if not leaves_as_is(error):
            raise
        after, problem = sample.pixels, Left.of(sample.image, error)
    before, changed = _seen(sample, sample.pixels, after)
    return Shown(before, changed, problem)


def leaves_as_is(error: UserError) -> bool:
    """Whether an image that raised `error` cannot be given the look, though others can."""
    return error.code.startswith(("look.", "styling."))


def as_shown(sample: Sample) -> NDArray[np.uint8]:
    """uint8 [h, w, 3] of a sample as it is."""
    return _seen(sample, sample.pixels)[0]


def _small(images: Sequence[LookImage]) -> list[NDArray[np.float32]]:
    found: list[Opened] = []
    for image in spread_over(images, LOOKED_AT):
        with suppress(UserError):
            found.append(opened(image, SMALL))
    return [each.pixels for each in found]


def _seen(sample: Sample, *pixels: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    low, high = _window(*pixels) if sample.bit_depth > 8 else (0.0, 1.0)
    return [
        np.rint(((each - low) / (high - low)).clip(0, 1) * 255).astype(np.uint8) for each in pixels
    ]


def _window(*pixels: NDArray[np.float32]) -> tuple[float, float]:
    """What is black and white on screen: the window that holds those of all images."""
    ends = [window_of(each) for each in pixels]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    return (low, high) if high > low else (0.0, 1.0)
