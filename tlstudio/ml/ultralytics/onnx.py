"""A trained YOLO detector as ONNX: the raw answer, with what is to be done before and after it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from tlstudio.domain.errors import UserError
from tlstudio.ml.export.onnx import OPSET, tracing

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
    try:
        with tracing(), torch.no_grad():
            torch.onnx.export(
                _Answering(network).eval(),
                (example,),
                str(path),
                input_names=[INPUT],
                output_names=[OUTPUT],
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError) as error:
        path.unlink(missing_ok=True)
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).strip().splitlines()[0][:300]
        name = type(network).__name__
        raise UserError("bundle.failed", model=name, size=side, reason=reason) from error
