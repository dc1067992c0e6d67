"""What a segmenter learns from: each image with its semantic map, at the scale it is seen at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tlstudio.domain.errors import UserError
from tlstudio.domain.windows import Window
from tlstudio.imaging.semantic import BACKGROUND, MOST_CLASSES, VOID, Map, paint
from tlstudio.imaging.unit import read_seen
from tlstudio.ml.randomness import derive
from tlstudio.ml.runs.packing import Packed, pack
from tlstudio.ml.runs.snapshot import LearnSet, Picture
from tlstudio.ml.segmentation.view import View, filled, filled_map

SPOTS = 500  # remembered pixels of each class in an image


@dataclass(frozen=True, slots=True)
class Sample:
    """`pixels` [H, W, C] packed and `classes` [H, W] at the model's scale, filled to a window;
    `spots` holds places (row, column) of each class but the background; `truth` is the map of
    the image as it is, `inside` (height, width) the part of `pixels` that is image."""

    pixels: Packed
    classes: Map
    spots: dict[int, NDArray[np.int32]]
    truth: Map
    inside: tuple[int, int]

    @property
    def nbytes(self) -> int:
        own = 0 if self.truth is self.classes else self.truth.nbytes
        return self.pixels.nbytes + self.classes.nbytes + own


@dataclass(frozen=True, slots=True)
class Loader:
    """Makes samples: `place` is the class of each label, `window` the choice of raw values."""

    view: View
    place: Mapping[int, int]
    window: Window

    def load(self, picture: Picture) -> Sample:
        """UserError where the file holds no image."""
        seen = read_seen(picture.path, frame=picture.frame, window=self.window)
        height, width = seen.shape[:2]
        truth = paint(picture.annotations, width, height, self.place)
        scaled = self.view.scale(seen)
        inside = scaled.shape[:2]
        classes = truth
        if inside != (height, width):
            small = Image.fromarray(truth).resize(inside[::-1], Image.Resampling.NEAREST)
            classes = np.asarray(small)
        spots = _spots(classes, derive("spots", str(picture.key)))
        classes = filled_map(classes, self.view.size)
        if classes.shape == truth.shape:
            truth = classes if np.array_equal(classes, truth) else truth
        return Sample(filled(pack(scaled), self.view.size), classes, spots, truth, inside)


def class_places(learnset: LearnSet) -> dict[int, int]:
    """The class of each label by id: 1, 2, … as the model answers, 0 for the role background,
    255 for ignore; a label that is not learned is void when it is painted.

    Raises UserError("training.too_many_labels").
    """
    count = len(learnset.labels)
    if count > MOST_CLASSES:
        raise UserError("training.too_many_labels", count=count, most=MOST_CLASSES)
    special = {"background": BACKGROUND, "ignore": VOID}
    found = {label: special[role] for label, role in learnset.roles.items() if role in special}
    return found | {label.id: number for number, label in enumerate(learnset.labels, 1)}


def _spots(classes: Map, seed: int) -> dict[int, NDArray[np.int32]]:
    rng = np.random.Generator(np.random.Philox(seed))
    found = {}
    for value in np.unique(classes):
        if value in (BACKGROUND, VOID):
            continue
        flat = np.flatnonzero(classes == value)
        if len(flat) > SPOTS:
            flat = rng.choice(flat, SPOTS, replace=False)
        found[int(value)] = np.stack(np.divmod(flat, classes.shape[1]), axis=1).astype(np.int32)
    return found
