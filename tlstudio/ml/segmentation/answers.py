"""What a segmenter says of an image: the regions of its semantic map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from tlstudio.imaging.rle import encode
from tlstudio.imaging.semantic import Map


def map_of(likely: Tensor) -> Map:
    """[H, W] the most probable class of each pixel, of probabilities [C, H, W]."""
    found: Map = likely.argmax(dim=0).to(torch.uint8).numpy()
    return found


def answer_of(likely: Tensor, found: Map, labels: Sequence[int]) -> dict[str, Any]:
    """{width, height, regions: [{label, rle, confidence}]}: each label that is found, with the
    mean probability of its pixels; `labels` are ids in the order of the classes from 1."""
    height, width = found.shape
    regions = []
    for number, label in enumerate(labels, 1):
        mask = found == number
        if not mask.any():
            continue
        sure = float(np.mean(likely[number].numpy()[mask], dtype=np.float64))
        regions.append({"label": label, "rle": encode(mask), "confidence": round(sure, 4)})
    return {"width": width, "height": height, "regions": regions}
