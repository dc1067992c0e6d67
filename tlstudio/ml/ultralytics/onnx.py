"""A trained YOLO detector as ONNX: the raw answer, with what is to be done before and after it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from tlstudio.ml.export.onnx import write_onnx

INPUT, OUTPUT = "images", "cells"


class _Answering(nn.Module):
    """The decoded answer alone, without what only training looks at."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        answer = self.network(images)
        decoded: Tensor = answer[0] if isinstance(answer, tuple) else answer
        return decoded


def export_onnx(network: nn.Module, side: int, path: Path) -> None:
    """Write `network` to `path`: "images" float32 [1, 3, side, side] in 0..1, red first, in;
    "cells" float32 [1, 4 + labels, cells] out: centre x, y, width, height in pixels of the square
    and a confidence for each label.

    The network is put into eval mode on its device and left so. UserError("bundle.failed") where a
    layer has no ONNX counterpart.
    """
    network.eval()
    device = next(network.parameters()).device
    example = torch.zeros(1, 3, side, side, device=device)
    write_onnx(_Answering(network), example, path, [INPUT], [OUTPUT], {}, of=network)
