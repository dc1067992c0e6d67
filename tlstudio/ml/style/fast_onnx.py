"""A stylizer as ONNX: pictures of any size in, the same pictures in the style out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tlstudio.ml.export.onnx import write_onnx
from tlstudio.ml.zoo.stylizer import Stylizer

INPUT, STATISTICS, OUTPUT = "images", "statistics", "restyled"
_FREE = {0: "batch", 2: "height", 3: "width"}


def export_onnx(model: Stylizer, path: Path) -> None:
    """Write `model` to `path`: "images" float32 [batch, 3, height, width] in 0..1 in, "restyled"
    of the same shape out; batch, height and width are free.

    The model is put into eval mode on its device and left so. UserErrors as `write_onnx`.
    """
    _write(model, model, path, [INPUT], [OUTPUT], {INPUT: _FREE, OUTPUT: _FREE})


def export_survey(model: Stylizer, path: Path) -> None:
    """The statistics of pieces of a large picture: "images" in, "statistics" [2, channels] out."""
    _write(_Survey(model), model, path, [INPUT], [STATISTICS], {INPUT: _FREE})


def export_pieces(model: Stylizer, path: Path) -> None:
    """A piece by the statistics of its picture: "images" and "statistics" in, "restyled" out."""
    axes = {INPUT: _FREE, OUTPUT: _FREE}
    _write(_Pieces(model), model, path, [INPUT, STATISTICS], [OUTPUT], axes)


def _write(
    module: nn.Module,
    model: Stylizer,
    path: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
) -> None:
    model.eval()
    # Two images with odd sides: nothing of their shape can be taken for a constant of the graph.
    example: tuple[Tensor, ...] = (torch.zeros(2, 3, 65, 70, device=model.last.weight.device),)
    if STATISTICS in inputs:
        with torch.no_grad():
            example = (*example, model.survey(example[0]))
    write_onnx(module, example, path, inputs, outputs, axes, of=model)


class _Survey(nn.Module):
    def __init__(self, model: Stylizer) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        return self.model.survey(images)


class _Pieces(nn.Module):
    def __init__(self, model: Stylizer) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, statistics: Tensor) -> Tensor:
        made: Tensor = self.model(images, statistics)
        return made
