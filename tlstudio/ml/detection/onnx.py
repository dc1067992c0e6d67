"""A trained detector as ONNX, and the check that it finds the same boxes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tlstudio.ml.export.onnx import write_onnx
from tlstudio.ml.zoo import Detector

INPUT = "images"
OUTPUTS = ("boxes", "scores", "labels")

Arrays = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]


class _Answering(nn.Module):
    def __init__(self, detector: Detector) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (found,) = self.detector(images)
        return found["boxes"], found["scores"], found["labels"]


def export_onnx(detector: Detector, canvas: tuple[int, int], path: Path) -> None:
    """Write `detector` to `path`: "images" float32 [1, 3, height, width] of `canvas` (height,
    width) in, normalised as the model's spec says; "boxes" float32 [n, 4] (x0, y0, x1, y1 in
    pixels of the input), "scores" float32 [n] by falling score and "labels" int64 [n] (places in
    the order of the model's labels) out. Overlapping boxes are suppressed inside.

    The detector is put into eval mode on its device and left so. The dynamo exporter fails on
    these models, so the tracing one is named. UserError("bundle.failed") where a layer has no
    ONNX counterpart.
    """
    detector.eval()
    device = next(detector.parameters()).device
    example = torch.zeros(1, 3, *canvas, device=device)
    axes = {name: {0: "found"} for name in OUTPUTS}
    write_onnx(_Answering(detector), example, path, [INPUT], OUTPUTS, axes, of=detector.head)


def answers(detector: Detector, images: Tensor) -> Arrays:
    """Boxes, scores and labels that the detector gives for one image [1, 3, H, W]."""
    with torch.inference_mode():
        (found,) = detector(images)
    boxes, scores, labels = (found[name].cpu().numpy() for name in OUTPUTS)
    return boxes, scores, labels


def unmatched(first: Arrays, second: Arrays, *, pixels: float, score: float) -> int:
    """How many boxes of either have no partner in the other: the same label, corners within
    `pixels`, scores within `score`. Rows are matched one to one, in any order."""
    left = list(range(len(second[0])))
    lonely = 0
    for box, value, label in zip(*first, strict=True):
        partner = next(
            (
                at
                for at in left
                if second[2][at] == label
                and abs(second[1][at] - value) <= score
                and np.abs(second[0][at] - box).max() <= pixels
            ),
            None,
        )
        if partner is None:
            lonely += 1
        else:
            left.remove(partner)
    return lonely + len(left)
