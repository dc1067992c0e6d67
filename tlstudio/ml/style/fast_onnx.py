"""A stylizer as ONNX: pictures of any size in, the same pictures in the style out."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from tlstudio.ml.export.onnx import write_onnx

INPUT, OUTPUT = "images", "restyled"


def export_onnx(model: nn.Module, path: Path) -> None:
    """Write `model` to `path`: "images" float32 [batch, 3, height, width] in 0..1 in, "restyled"
    of the same shape out; batch, height and width are free.

    The model is put into eval mode on its device and left so. UserErrors as `write_onnx`.
    """
    model.eval()
    device = next(model.parameters()).device
    # Two images with odd sides: nothing of their shape can be taken for a constant of the graph.
    example = torch.zeros(2, 3, 65, 70, device=device)
    axes = {name: {0: "batch", 2: "height", 3: "width"} for name in (INPUT, OUTPUT)}
    write_onnx(model, example, path, [INPUT], [OUTPUT], axes, of=model)
