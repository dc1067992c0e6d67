"""A segmenter as ONNX: logits of a patch, any number of patches at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F
from segmentation_models_pytorch.decoders.pspnet.decoder import PSPBlock
from torch import Tensor, nn

from tlstudio.ml.export.onnx import write_onnx

INPUT, OUTPUT = "patches", "logits"


def export_onnx(model: nn.Module, size: int, path: Path) -> None:
    """Write `model` to `path`: "patches" float32 [batch, 3, size, size], normalised, in; "logits"
    float32 [batch, classes, size, size] out, the background first; any batch.

    The model is put into eval mode on its device and left so. UserError("bundle.failed") where a
    layer has no ONNX counterpart.
    """
    model.eval()
    device = next(model.parameters()).device
    # Two patches: tracing one would let layers take the batch axis for a constant 1.
    example = torch.zeros(2, 3, size, size, device=device)
    axes = {name: {0: "batch"} for name in (INPUT, OUTPUT)}
    with _plain_pooling(model, example):
        write_onnx(model, example, path, [INPUT], [OUTPUT], axes, of=model)


class _Pooled(nn.Module):
    """Adaptive mean pooling of maps of one size as two products with a constant: ONNX has it only
    where the size can be divided."""

    def __init__(self, height: int, width: int, rows: int, columns: int) -> None:
        super().__init__()
        self.register_buffer("rows", _means(height, rows))
        self.register_buffer("columns", _means(width, columns).T.contiguous())

    def forward(self, values: Tensor) -> Tensor:
        rows, columns = self.get_buffer("rows"), self.get_buffer("columns")
        return rows @ values @ columns


class _Region(nn.Module):
    """The library's block that looks at regions, without its own way round while exporting, which
    fails where a map cannot be divided."""

    def __init__(self, pool: nn.Module) -> None:
        super().__init__()
        self.pool = pool

    def forward(self, values: Tensor) -> Tensor:
        made: Tensor = self.pool(values)
        return F.interpolate(made, size=values.shape[2:], mode="bilinear", align_corners=True)


def _means(length: int, parts: int) -> Tensor:
    """[parts, length]: part i is the mean from floor(i length / parts) to the ceiling of
    (i + 1) length / parts, as torch's AdaptiveAvgPool2d has it."""
    table = torch.zeros(parts, length)
    for part in range(parts):
        first, last = part * length // parts, -(-(part + 1) * length // parts)
        table[part, first:last] = 1 / (last - first)
    return table


@contextmanager
def _plain_pooling(model: nn.Module, example: Tensor) -> Iterator[None]:
    """Every adaptive pooling that ONNX does not have replaced, and put back at the end."""
    seen: dict[nn.Module, tuple[int, int]] = {}

    def look(layer: nn.Module, given: tuple[Tensor, ...], _made: Tensor) -> None:
        seen[layer] = (given[0].shape[-2], given[0].shape[-1])

    pools = [m for m in model.modules() if isinstance(m, nn.AdaptiveAvgPool2d)]
    handles = [pool.register_forward_hook(look) for pool in pools]
    model(example)
    for handle in handles:
        handle.remove()
    replaced: list[tuple[nn.Module, str, nn.Module]] = []
    for parent in list(model.modules()):
        for name, layer in parent.named_children():
            made = _replacement(layer, seen)
            if made is not None:
                replaced.append((parent, name, layer))
                setattr(parent, name, made.to(example.device))
    try:
        yield
    finally:
        for parent, name, layer in replaced:
            setattr(parent, name, layer)


def _replacement(layer: nn.Module, seen: dict[nn.Module, tuple[int, int]]) -> nn.Module | None:
    if isinstance(layer, PSPBlock):
        return _Region(layer.pool)
    if not isinstance(layer, nn.AdaptiveAvgPool2d) or layer not in seen:
        return None
    height, width = seen[layer]
    size = layer.output_size
    rows, columns = size if isinstance(size, tuple) else (size, size)
    rows, columns = rows or height, columns or width
    if height % rows == 0 and width % columns == 0:
        return None
    return _Pooled(height, width, rows, columns)
