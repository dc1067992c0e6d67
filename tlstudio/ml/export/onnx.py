"""A trained classifier as ONNX, written offline by torch's tracing exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
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

    The classifier is put into eval mode on its device and left so. The dynamo exporter, torch's
    default, fails on some of the models, so the tracing one is named. UserError("bundle.failed")
    where a layer has no ONNX counterpart at this size.
    """
    classifier.eval()
    device = next(classifier.parameters()).device
    # Two images: tracing one would let layers take the batch axis for a constant 1.
    example = torch.zeros(2, 3, image_size, image_size, device=device)
    try:
        with tracing(), torch.no_grad():
            torch.onnx.export(
                _Answering(classifier).eval(),
                (example,),
                str(path),
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: {0: "batch"}, OUTPUT: {0: "batch"}},
                opset_version=OPSET,
                dynamo=False,
            )
    except (RuntimeError, ValueError, TypeError) as error:
        path.unlink(missing_ok=True)
        if isinstance(error, torch.OutOfMemoryError):
            raise
        reason = str(error).strip().splitlines()[0][:300]
        name = type(classifier).__name__
        raise UserError("bundle.failed", model=name, size=image_size, reason=reason) from error


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
