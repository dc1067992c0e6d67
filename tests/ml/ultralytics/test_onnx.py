"""An exported YOLO detector finds the same boxes, with numpy around it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from torch import nn

from tlstudio.ml.detection.onnx import unmatched
from tlstudio.ml.ultralytics.letterbox import letterboxed
from tlstudio.ml.ultralytics.onnx import INPUT, OUTPUT, export_onnx
from tlstudio.ml.ultralytics.suppression import boxes_of

Network = Callable[..., nn.Module]
SIDE = 96


def enliven(network: Any) -> Any:
    """Random weights that answer differently everywhere: statistics of this very input,
    confidences spread over all of 0..1, boxes of some cells' size."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None
    images = torch.randn(4, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(1)).abs()
    with torch.no_grad():
        network.train()(images)
        head = network.model[-1]
        for level in head.cv2:
            level[-1].bias.copy_(-torch.arange(float(head.reg_max)).repeat(4) + 1)
        for level in head.cv3:
            level[-1].bias.fill_(-1.0)
            level[-1].weight *= 30
    return network.eval()


@pytest.mark.parametrize("model", ["yolov8n", "yolo11n", "yolo26n"])
def test_boxes_are_the_same_with_onnxruntime(network: Network, model: str, tmp_path: Path) -> None:
    made = enliven(network(model, 2))
    made.fuse(verbose=False)
    export_onnx(made, SIDE, tmp_path / "m.onnx")
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (60, 110, 3), dtype=np.uint8)
    square, _ = letterboxed(image, SIDE)
    values = square.transpose(2, 0, 1)[None].astype(np.float32) / 255
    with torch.inference_mode():
        ours = made(torch.from_numpy(values))[0].numpy()
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    (theirs,) = session.run([OUTPUT], {INPUT: values})
    assert theirs.shape == ours.shape == (1, 6, 144 + 36 + 9)
    first, second = (boxes_of(answer[0]) for answer in (ours, theirs))
    assert len(first[0]) > 20 and first[1].max() > 0.3
    assert unmatched(first, second, pixels=1e-3, score=1e-4) == 0
