"""A trained classifier as ONNX, written offline by torch's tracing exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tlstudio.domain.errors import UserError

OPSET = 17
"""Understood by onnxruntime 1.13 and newer, by OpenVINO, TensorRT and CoreML converters."""

INPUT, OUTPUT = "images", "probabilities"


class _Answering(nn.Module):
    """Logits to probabilities, inside of the exported graph."""

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> Tensor:
        return torch.softmax(self.classifier(images), dim=1)


def export_onnx(classifier: nn.Module, image_size: int, path: Path) -> None:
    """Write `classifier` to `path`: "images" float32 [batch, 3, image_size, image_size] in,
    "probabilities" float32 [batch, labels] out, any batch.

    The classifier is put into eval mode on its device and left so. UserErrors as `write_onnx`.
    """
    classifier.eval()
    device = next(classifier.parameters()).device
    # Two images: tracing one would let layers take the batch axis for a constant 1.
    example = torch.zeros(2, 3, image_size, image_size, device=device)
    axes = {name: {0: "batch"} for name in (INPUT, OUTPUT)}
    whole = _Answering(classifier)
    write_onnx(whole, example, path, [INPUT], [OUTPUT], axes, of=classifier)


def write_onnx(
    module: nn.Module,
    example: Tensor | tuple[Tensor, ...],
    path: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    axes: Mapping[str, Mapping[int, str]],
    *,
    of: nn.Module,
) -> None:
    """Trace `module` on `example`, one tensor or several, the images first, and write it to `path`;
    `axes` names those of any length.

    The dynamo exporter, torch's default, fails on some of the models, so the tracing one is
    named. UserError("bundle.failed") where a layer has no ONNX counterpart at this size; `of` is
    the model that it names.
    """
    given = example if isinstance(example, tuple) else (example,)
    try:
        with tracing(), torch.no_grad():
            torch.onnx.export(
                module.eval(),
                given,
                str(path),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: dict(each) for name, each in axes.items()},
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError) as error:
        path.unlink(missing_ok=True)
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).strip().splitlines()[0][:300]
        name, size = type(of).__name__, max(given[0].shape[2:])
        raise UserError("bundle.failed", model=name, size=size, reason=reason) from error


@contextlib.contextmanager
def tracing() -> Iterator[None]:
    """No remarks about tracing, and no fused attention, which ONNX has no counterpart for."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    log = logging.getLogger("torch.onnx")
    before = log.level
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        log.setLevel(logging.ERROR)
        try:
            yield
        finally:
            log.setLevel(before)
            torch.backends.mha.set_fastpath_enabled(fused)
