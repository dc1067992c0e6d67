"""Pictures as a YOLO network's square holds them, read once and kept in memory under a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tlstudio.domain.windows import AUTO, Window
from tlstudio.imaging.unit import read_rgb8
from tlstudio.metrics.detection import Truth
from tlstudio.ml.runs.snapshot import LabelName, Picture
from tlstudio.ml.runs.store import Store
from tlstudio.ml.ultralytics.letterbox import Pixels, fitted, resized


@dataclass(frozen=True, slots=True)
class Scaled:
    """`pixels` [h, w, 3] RGB with the longer side as asked for, of a picture of `width` x `height`.

    Images of more than 8 bits a channel come rounded to 8 by their window: the library's own
    augmentation knows no others.
    """

    pixels: Pixels
    width: int
    height: int


def store_of(
    pictures: Sequence[Picture], side: int, window: Window = AUTO, *, limit: int | None = None
) -> Store[Picture, Scaled]:
    """The pictures with their longer side made `side`."""

    def load(picture: Picture) -> Scaled:
        image = read_rgb8(picture.path, frame=picture.frame, window=window)
        height, width = image.shape[:2]
        return Scaled(resized(image, *fitted(width, height, side)), width, height)

    return Store(pictures, load, lambda scaled: scaled.pixels.nbytes, limit=limit)


def truth_of(picture: Picture, labels: Sequence[LabelName]) -> Truth:
    """The boxes of a picture in pixels, their labels as places in `labels`."""
    place = {label.id: index for index, label in enumerate(labels)}
    rows = [a for a in picture.annotations if a["kind"] == "box" and int(a["label"]) in place]
    return Truth.of(
        [a["box"] for a in rows],
        [place[int(a["label"])] for a in rows],
        [bool(a.get("crowd")) for a in rows],
    )


def centred(truth: Truth, width: int, height: int) -> NDArray[np.float32]:
    """What is learned from: [N, 5] label, centre and size as shares of the image's sides.

    Boxes that stand for a crowd teach nothing, and none reaches over the image's border.
    """
    boxes, labels = truth.boxes[~truth.crowd], truth.labels[~truth.crowd]
    low = np.clip(boxes[:, :2], 0, [width, height])
    high = np.clip(boxes[:, :2] + boxes[:, 2:], 0, [width, height])
    whole = ((high - low) > 0).all(axis=1)
    low, high = low[whole] / [width, height], high[whole] / [width, height]
    rows = np.concatenate([labels[whole, None], (low + high) / 2, high - low], axis=1)
    return rows.astype(np.float32)
